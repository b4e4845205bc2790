// Which pod a command means: `pod`, `pod.namespace`, `deploy/name.namespace`, and other kinds that select pods.
// Source: istio/istio istioctl/pkg/util/handlers (how names are read, what is said when nothing is found).

import type { KubeObject } from '../cluster/object.ts';
import { at, fieldsOf, listOf, stringMapOf, stringOf } from '../cluster/schema/fields.ts';
import { ApiError, type ClusterClient } from './api-client.ts';
import { CommandError, type Invocation } from './command.ts';

export interface PodName {
  name: string;
  namespace: string;
}

/** Names and short names of what selects pods, by the path of their collection. */
const KINDS: readonly { words: readonly string[]; path: string; resource: string }[] = [
  kind('apps/v1', 'deployments', 'deployments.apps', 'deploy', 'deployment'),
  kind('apps/v1', 'statefulsets', 'statefulsets.apps', 'sts', 'statefulset'),
  kind('apps/v1', 'daemonsets', 'daemonsets.apps', 'ds', 'daemonset'),
  kind('apps/v1', 'replicasets', 'replicasets.apps', 'rs', 'replicaset'),
  kind('batch/v1', 'jobs', 'jobs.batch', 'job'),
  kind('v1', 'services', 'services', 'svc', 'service'),
  kind('v1', 'pods', 'pods', 'po', 'pod'),
];

function kind(group: string, plural: string, resource: string, ...words: string[]) {
  const [name = ''] = resource.split('.');
  const base = group === 'v1' ? '/api/v1' : `/apis/${group}`;
  const path = `${base}/namespaces/{namespace}/${plural}`;
  return {
    words: [...words, plural, resource, `${words[1] ?? name}.${group.split('/')[0]}`],
    path,
    resource,
  };
}

/** `name.namespace`: the part after the last dot, behind a kind if there is one. */
export function splitName(
  text: string,
  namespace: string,
): { resource: string; namespace: string } {
  const slash = text.lastIndexOf('/');
  const dot = text.lastIndexOf('.');
  return dot > slash
    ? { resource: text.slice(0, dot), namespace: text.slice(dot + 1) }
    : { resource: text, namespace };
}

/** All pods that are meant. A name without a kind is a pod's, and is not looked for. */
export async function podsMeant(invocation: Invocation, text: string): Promise<PodName[]> {
  const { resource, namespace } = splitName(text, invocation.namespace());
  const slash = resource.indexOf('/');
  if (slash < 0) return [{ name: resource, namespace }];
  const [word, name] = [resource.slice(0, slash), resource.slice(slash + 1)];
  const found = KINDS.find(({ words }) => words.includes(word.toLowerCase()));
  const failed = (why: string) =>
    new CommandError(`failed retrieving: ${why} in the ${JSON.stringify(namespace)} namespace`);
  if (!found) throw failed(`the server doesn't have a resource type ${JSON.stringify(word)}`);
  const cluster = invocation.cluster();
  let object: KubeObject;
  try {
    object = await cluster.get(`${found.path.replace('{namespace}', namespace)}/${name}`);
  } catch (error) {
    if (error instanceof ApiError) throw failed(error.message);
    throw error;
  }
  if (found.resource === 'pods') return [{ name, namespace }];
  const spec = fieldsOf(object['spec']);
  const labels = stringMapOf(
    found.resource === 'services' ? spec['selector'] : at(spec, 'selector', 'matchLabels'),
  );
  const pods = await podsWith(cluster, namespace, labelText(labels));
  if (pods.length === 0) throw new CommandError(`no pods match ${JSON.stringify(resource)}`);
  return pods.toSorted(byReadiness).map(({ metadata }) => ({ name: metadata.name, namespace }));
}

/** The one that is meant: the readiest of several. */
export async function podMeant(invocation: Invocation, text: string): Promise<PodName> {
  const [first] = await podsMeant(invocation, text);
  if (!first) throw new CommandError(`no pods match ${JSON.stringify(text)}`);
  return first;
}

export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

export function podsWith(
  cluster: ClusterClient,
  namespace: string,
  selector: string,
): Promise<KubeObject[]> {
  const query = `?labelSelector=${encodeURIComponent(selector)}`;
  return cluster.list(`/api/v1/namespaces/${namespace}/pods${query}`);
}

/** As kubectl picks a pod for logs: running, ready, and the younger one first. */
function byReadiness(a: KubeObject, b: KubeObject): number {
  const rank = (pod: KubeObject) => {
    const status = fieldsOf(pod['status']);
    const ready = listOf(status['conditions']).some(
      ({ type, status: is }) => type === 'Ready' && is === 'True',
    );
    return (stringOf(status['phase']) === 'Running' ? 0 : 2) + (ready ? 0 : 1);
  };
  return (
    rank(a) - rank(b) || (a.metadata.creationTimestamp > b.metadata.creationTimestamp ? -1 : 1)
  );
}
