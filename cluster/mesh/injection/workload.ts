// Whose pod it is: the workload that metrics and Kiali name, found through the pod's owner and labels.

import type { KubeObject } from '../../object.ts';

export interface Workload {
  name: string;
  namespace: string;
  apiVersion: string;
  kind: string;
}

/** The Deployment behind a ReplicaSet, the CronJob behind a Job, another owner, or the pod itself. */
export function workloadOf(pod: KubeObject, namespace: string): Workload {
  const { name, generateName = '', labels = {}, ownerReferences = [] } = pod.metadata;
  const owner = ownerReferences.find(({ controller }) => controller === true);
  if (!owner) {
    const own = name || generateName.replace(/-$/, '');
    return { name: own, namespace, apiVersion: 'v1', kind: 'Pod' };
  }
  const hash = labels['pod-template-hash'];
  if (owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`)) {
    const deployment = owner.name.slice(0, -hash.length - 1);
    return { name: deployment, namespace, apiVersion: 'apps/v1', kind: 'Deployment' };
  }
  const scheduled = owner.kind === 'Job' ? /^(.+)-\d{8,10}$/.exec(owner.name)?.[1] : undefined;
  if (scheduled !== undefined)
    return { name: scheduled, namespace, apiVersion: 'batch/v1', kind: 'CronJob' };
  return { name: owner.name, namespace, apiVersion: owner.apiVersion, kind: owner.kind };
}

const MAX_LABEL = 63;

/** The name and revision that stand for the workload in the mesh. */
export function canonicalLabels(labels: Record<string, string>, workload: Workload) {
  const name =
    labels['service.istio.io/canonical-name'] ||
    labels['app.kubernetes.io/name'] ||
    labels['app'] ||
    workload.name;
  const revision =
    labels['service.istio.io/canonical-revision'] ||
    labels['app.kubernetes.io/version'] ||
    labels['version'] ||
    'latest';
  return {
    'service.istio.io/canonical-name': name.slice(0, MAX_LABEL).replace(/-$/, ''),
    'service.istio.io/canonical-revision': revision,
  };
}
