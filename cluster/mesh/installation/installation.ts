// An installation of Istio as objects, component by component, from what was asked. One source for istioctl, tests and
// benches. PodDisruptionBudgets and HorizontalPodAutoscalers are left out: this Kubernetes keeps them without effect.
// Source: istio/istio operator/pkg/component, operator/pkg/render (order, patches), the charts of Istio 1.30.3.

import { type Fields, fieldsOf, listOf, stringOf } from '../../schema/fields.ts';
import { account } from './access.ts';
import { controlPlaneObjects } from './control-plane.ts';
import { gatewayObjects, type GatewayComponent } from './gateway.ts';
import { chartLabels, type ComponentName } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { enabled, type Operator, operatorOf, type OperatorInputs } from './operator.ts';
import { patched } from './patches.ts';
import { valuesOf } from './values.ts';
import { defaultValidator, tagConfiguration, tagService } from './webhooks.ts';

export interface Component {
  name: ComponentName;
  /** As a person is told of it. */
  title: string;
  icon: string;
  objects: Manifest[];
}

export interface Installation {
  operator: Operator;
  values: Fields;
  /** In the order in which they need each other. */
  components: Component[];
  /** Components that were asked for and that this istioctl cannot install. */
  missing: string[];
}

/** @param definitions Istio's CustomResourceDefinitions. Throws OperatorError for what makes no sense. */
export function installationOf(
  inputs: OperatorInputs,
  definitions: readonly Manifest[] = [],
): Installation {
  const operator = operatorOf(inputs);
  const { components, namespace, revision } = operator;
  const values = valuesOf(operator);
  const plane = { namespace, revision, values, asked: operator.values };
  const made: Component[] = [];
  if (enabled(components['base'], true))
    made.push({
      name: 'Base',
      title: 'Istio core',
      icon: '⛵️',
      objects: [
        ...definitions,
        account('istio-reader-service-account', namespace, {
          app: 'istio-reader',
          ...chartLabels('istio-reader', 'base'),
        }),
      ],
    });
  if (enabled(components['pilot'], true))
    made.push({
      name: 'Pilot',
      title: 'Istiod',
      icon: '🧠',
      objects: patched(controlPlaneObjects(plane), components['pilot'], {
        name: revision === '' ? 'istiod' : `istiod-${revision}`,
        container: 'discovery',
      }),
    });
  const gateways = (name: GatewayComponent, field: string, title: string, icon: string) => {
    const objects = listOf(components[field])
      .filter((entry) => enabled(entry))
      .flatMap((entry) =>
        patched(gatewayObjects(name, plane, entry), entry, {
          name: stringOf(entry['name']),
          container: 'istio-proxy',
        }),
      );
    if (objects.length > 0) made.push({ name, title, icon, objects });
  };
  gateways('EgressGateways', 'egressGateways', 'Egress gateways', '🛫');
  gateways('IngressGateways', 'ingressGateways', 'Ingress gateways', '🛬');
  return {
    operator,
    values,
    components: made,
    missing: ['cni', 'ztunnel'].filter((name) => enabled(components[name])),
  };
}

/** The tag `default`: this revision answers for `istio-injection=enabled` and judges all rules. */
export function defaultTag({ operator, values }: Installation): Manifest[] {
  const { namespace, revision } = operator;
  const webhook = fieldsOf(values['sidecarInjectorWebhook']);
  const place = {
    namespace,
    revision,
    reinvocationPolicy: stringOf(webhook['reinvocationPolicy']) || 'Never',
  };
  return [
    tagConfiguration('default', place),
    defaultValidator(namespace, revision),
    tagService('default', place),
  ];
}

export function systemNamespace({ namespace }: Operator): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
}
