// Values that a container or volume takes from its own pod: the downward API. Pure.
// Source: the public documentation of fieldRef and resourceFieldRef.

import type { Container, Pod } from '../../controllers/kinds.ts';
import { quantity } from '../../controllers/quantity.ts';

/** What the pod's object does not say yet when its containers start. */
export interface PodPlace {
  podIP: string;
  hostIP: string;
  /** The node's allocatable resources: the limit of a container without one. */
  allocatable: Readonly<Record<string, string | number>>;
}

/** The value of a field path, or undefined if the path names nothing here. */
export function fieldValue(pod: Pod, place: PodPlace, path: string): string | undefined {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed) {
    const map = keyed[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations;
    return map?.[keyed[2] ?? ''] ?? '';
  }
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid;
    case 'metadata.labels':
      return mapText(pod.metadata.labels);
    case 'metadata.annotations':
      return mapText(pod.metadata.annotations);
    case 'spec.nodeName':
      return pod.spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? 'default';
    case 'status.podIP':
    case 'status.podIPs':
      return place.podIP;
    case 'status.hostIP':
    case 'status.hostIPs':
      return place.hostIP;
    default:
      return undefined;
  }
}

/** One `key="value"` a line, as the downward API's files have it. */
function mapText(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
    .join('');
}

interface ResourceField {
  containerName?: string;
  resource: string;
  divisor?: string | number;
}

/** The amount of a resource in units of the divisor, rounded up. */
export function resourceValue(
  pod: Pod,
  container: Container | undefined,
  place: PodPlace,
  { containerName, resource, divisor }: ResourceField,
): string | undefined {
  const named = containerName
    ? [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(
        ({ name }) => name === containerName,
      )
    : container;
  const [kind, name] = resource.split('.');
  if (!named || !name || (kind !== 'limits' && kind !== 'requests')) return undefined;
  const given = named.resources?.[kind]?.[name];
  const value = given ?? (kind === 'limits' ? place.allocatable[name] : 0);
  const unit = quantity(divisor) || 1;
  return String(Math.ceil(quantity(value) / unit - 1e-9));
}
