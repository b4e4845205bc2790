// The istiods of a cluster, found as istioctl finds them, and what they answer on their monitoring port.

import type { ClusterClient } from './api-client.ts';
import { at, listOf, stringOf } from '../cluster/schema/fields.ts';
import type { KubeObject } from '../cluster/object.ts';
import { collection, kinds, selecting } from './paths.ts';
import { requestForwarded } from './port-forward.ts';

/** istiod's monitoring and debugging, in plain HTTP. */
const MONITORING_PORT = 15_014;

/** Running istiods, of one revision or of all. */
export async function istiodPods(
  cluster: ClusterClient,
  namespace: string,
  revision?: string,
): Promise<KubeObject[]> {
  const labels = revision ? `app=istiod,istio.io/rev=${revision}` : 'app=istiod';
  const query = `?labelSelector=${encodeURIComponent(labels)}&fieldSelector=${encodeURIComponent('status.phase=Running')}`;
  const pods = await cluster.list(`/api/v1/namespaces/${namespace}/pods${query}`);
  return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

export function isReady(pod: KubeObject): boolean {
  return listOf(at(pod, 'status', 'conditions')).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );
}

/** The revision that the tag `default` points at: the one that is meant where none is named. */
export async function defaultRevision(cluster: ClusterClient): Promise<string> {
  const query = selecting('app=sidecar-injector,istio.io/tag=default');
  const [tag] = await cluster.list(`${collection(kinds.mutatingWebhook)}${query}`);
  return tag?.metadata.labels?.['istio.io/rev'] ?? 'default';
}

/** What an istiod answers to `GET path`. Rejects with a CommandError when it does not answer with success. */
export async function askIstiod(
  cluster: ClusterClient,
  { metadata }: KubeObject,
  path: string,
): Promise<string> {
  const { namespace = '', name: pod } = metadata;
  return requestForwarded(cluster, { namespace, pod, port: MONITORING_PORT }, path);
}

export interface ConnectedProxy {
  /** `name.namespace` */
  id: string;
  version: string;
}

/** The proxies that hold a stream to this istiod. */
export async function connectedProxies(
  cluster: ClusterClient,
  istiod: KubeObject,
): Promise<ConnectedProxy[]> {
  const statuses = listOf(JSON.parse(await askIstiod(cluster, istiod, 'debug/syncz')));
  return statuses.map(({ proxy, istio_version }) => ({
    id: stringOf(proxy),
    version: stringOf(istio_version),
  }));
}
