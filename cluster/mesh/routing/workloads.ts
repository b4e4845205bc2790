// Who a pod is to the mesh: its workload, canonical service, identity. What telemetry and policies call it.
// Source: istio/istio pkg/kube/controllers (GetDeployMetaFromPod), injection-template.yaml (canonical labels), pkg/spiffe.

import type { Pod } from '../../controllers/kinds.ts';

export interface Workload {
  /** Of the Deployment, Job or other owner; of the pod itself when nobody owns it. */
  name: string;
  namespace: string;
  canonicalName: string;
  canonicalRevision: string;
  /** Undefined without the label. */
  app: string | undefined;
  version: string | undefined;
}

/** Who a proxy is. */
export interface ProxyIdentity {
  podName: string;
  namespace: string;
  ip: string;
  labels: Readonly<Record<string, string>>;
  serviceAccount: string;
  workload: Workload;
  interception: Interception;
}

/** What of a pod's traffic its proxy leaves alone, as its annotations and so its istio-init say. */
export interface Interception {
  excludedOutboundPorts: readonly number[];
  excludedInboundPorts: readonly number[];
  /** Blocks of addresses. */
  excludedOutboundBlocks: readonly string[];
}

export function workloadOf(pod: Pod): Workload {
  const labels = pod.metadata.labels ?? {};
  const name = ownerName(pod);
  return {
    name,
    namespace: pod.metadata.namespace ?? '',
    canonicalName:
      labels['service.istio.io/canonical-name'] ??
      labels['app.kubernetes.io/name'] ??
      labels['app'] ??
      name,
    canonicalRevision:
      labels['service.istio.io/canonical-revision'] ??
      labels['app.kubernetes.io/version'] ??
      labels['version'] ??
      'latest',
    app: labels['app'],
    version: labels['version'],
  };
}

export function identityOf(pod: Pod): ProxyIdentity {
  return {
    podName: pod.metadata.name,
    namespace: pod.metadata.namespace ?? '',
    ip: pod.status?.podIP ?? '',
    labels: pod.metadata.labels ?? {},
    serviceAccount: pod.spec.serviceAccountName ?? 'default',
    workload: workloadOf(pod),
    interception: interceptionOf(pod.metadata.annotations ?? {}),
  };
}

/** Source: istio.io, Resource Annotations, `traffic.sidecar.istio.io/…`. */
function interceptionOf(annotations: Readonly<Record<string, string>>): Interception {
  const list = (name: string) =>
    (annotations[`traffic.sidecar.istio.io/${name}`] ?? '')
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '');
  return {
    excludedOutboundPorts: list('excludeOutboundPorts').map(Number),
    excludedInboundPorts: list('excludeInboundPorts').map(Number),
    excludedOutboundBlocks: list('excludeOutboundIPRanges'),
  };
}

/** `spiffe://cluster.local/ns/app/sa/client` */
export function spiffeId(trustDomain: string, namespace: string, serviceAccount: string): string {
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}

/** A ReplicaSet of a Deployment is called after it plus the template's hash. */
function ownerName(pod: Pod): string {
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller);
  if (!owner) return pod.metadata.name;
  const hash = pod.metadata.labels?.['pod-template-hash'];
  if (owner.kind === 'ReplicaSet' && hash && owner.name.endsWith(`-${hash}`))
    return owner.name.slice(0, -hash.length - 1);
  return owner.name;
}
