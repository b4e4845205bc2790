// The labels by which an installation's objects say whose they are, and by which istioctl finds them again.
// Source: the charts of Istio 1.30.3 (`istio.labels`), operator/pkg/manifest of istio/istio.

import { ISTIO_VERSION } from '../version.ts';

export type Labels = Record<string, string>;

export type ComponentName = 'Base' | 'Pilot' | 'IngressGateways' | 'EgressGateways';

export const COMPONENT_LABEL = 'operator.istio.io/component';
export const REVISION_LABEL = 'istio.io/rev';
export const TAG_LABEL = 'istio.io/tag';
/** An object that a later installation leaves alone: tags are. */
export const NOT_PRUNED_LABEL = 'install.operator.istio.io/owning-resource-not-pruned';

/** What every object of a chart has. */
export function chartLabels(name: string, chart: string): Labels {
  return {
    release: 'istio',
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/managed-by': 'Helm',
    'app.kubernetes.io/instance': 'istio',
    'app.kubernetes.io/part-of': 'istio',
    'app.kubernetes.io/version': ISTIO_VERSION,
    'helm.sh/chart': `${chart}-${ISTIO_VERSION}`,
  };
}

/** What the chart gives to objects of a revision. */
export function ofRevision(revision: string, component: ComponentName): Labels {
  return {
    [REVISION_LABEL]: revision || 'default',
    'install.operator.istio.io/owning-resource': 'unknown',
    [COMPONENT_LABEL]: component,
  };
}

/** What istioctl puts on everything that it applies. */
export function ownerLabels(
  { name, namespace, revision }: { name: string; namespace: string; revision: string },
  component?: ComponentName,
): Labels {
  return {
    'operator.istio.io/managed': 'Reconcile',
    'operator.istio.io/version': ISTIO_VERSION,
    ...(name !== '' && { 'install.operator.istio.io/owning-resource': name }),
    'install.operator.istio.io/owning-resource-namespace': namespace,
    [REVISION_LABEL]: revision || 'default',
    ...(component && { [COMPONENT_LABEL]: component }),
  };
}
