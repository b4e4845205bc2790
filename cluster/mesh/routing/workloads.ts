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
