// The istiods of a cluster, found as istioctl finds them, and what they answer on their monitoring port.

import type { ClusterClient } from './api-client.ts';
import { fieldsOf, stringOf } from '../cluster/schema/fields.ts';
import type { KubeObject } from '../cluster/object.ts';

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

/** What an istiod answers to `GET path`; undefined for an answer that is no success. */
export async function askIstiod(
  cluster: ClusterClient,
  { metadata }: KubeObject,
  path: string,
): Promise<unknown> {
  const { status, text } = await cluster.toPod(
    metadata.namespace ?? '',
    metadata.name,
    MONITORING_PORT,
    path,
  );
  return status === 200 ? (JSON.parse(text) as unknown) : undefined;
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
  const answer = await askIstiod(cluster, istiod, '/debug/syncz');
  if (!Array.isArray(answer)) return [];
  return answer.map((each) => {
    const fields = fieldsOf(each);
    return { id: stringOf(fields['proxy']), version: stringOf(fields['istio_version']) };
  });
}
