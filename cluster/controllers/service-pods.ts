// Which pods stand behind a Service, on which ports, and when that last changed: shared by Endpoints and EndpointSlices.
// Source: the public documentation of Services and EndpointSlices (conditions, publishNotReadyAddresses, named target ports).

import { objectKey } from '../object.ts';
import type { Cancel } from '../platform.ts';
import { timestamp } from '../time.ts';
import { equal } from './equal.ts';
import type { KindsClient, Pod, Service } from './kinds.ts';
import { includesLabels } from './labels.ts';
import { isReady, isSidecar, isTerminal, conditionOf } from './pods.ts';
import { timeOf } from './times.ts';
import { watchKinds } from './watch.ts';
import type { WorkQueue } from './work-queue.ts';
import type { World } from './world.ts';

export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';
export const HEADLESS = 'service.kubernetes.io/headless';

export type ServicePort = NonNullable<Service['spec']['ports']>[number];

/** Its endpoints are worked out from pods: it has a selector, and addresses in this cluster. */
export function hasSelector(service: Service): boolean {
  return (
    Object.keys(service.spec.selector ?? {}).length > 0 && service.spec.type !== 'ExternalName'
  );
}

export function isHeadless(service: Service): boolean {
  return service.spec.clusterIP === 'None';
}

/** Pods with an address that have not ended, terminating ones included. */
export function podsBehind(client: KindsClient, service: Service): Pod[] {
  return client
    .list('pods', service.metadata.namespace)
    .filter(
      (pod) =>
        includesLabels(pod.metadata.labels, service.spec.selector) &&
        !isTerminal(pod) &&
        Boolean(pod.status?.podIP),
    );
}

/** The number of a Service's port on one pod, or undefined if the pod has no port of that name. */
export function targetPort(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target === 0 ? port.port : target;
  const containers = [
    ...pod.spec.containers,
    ...(pod.spec.initContainers ?? []).filter((container) => isSidecar(container)),
  ];
  for (const { ports } of containers)
    for (const each of ports ?? [])
      if (each.name === target && (each.protocol ?? 'TCP') === (port.protocol ?? 'TCP'))
        return each.containerPort;
  return undefined;
}

/** Its host name, when the pod asks for one below this Service. */
export function hostnameBehind(pod: Pod, service: Service): string | undefined {
  return pod.spec.hostname && pod.spec.subdomain === service.metadata.name
    ? pod.spec.hostname
    : undefined;
}

/**
 * Says since when endpoints should be different: the oldest change that no earlier pass has seen. It is what the
 * last-change-trigger-time annotation holds, for measuring how long networks take to follow.
 */
export class TriggerTimes {
  readonly #seen = new Map<string, { service: number; pods: Map<string, number> }>();

  next(service: Service, pods: readonly Pod[]): string | undefined {
    const key = objectKey(service.metadata.namespace, service.metadata.name);
    const before = this.#seen.get(key);
    const times = new Map<string, number>();
    let oldest = Infinity;
    for (const pod of pods) {
      const time = timeOf(conditionOf(pod, 'Ready')?.lastTransitionTime);
      if (time === undefined) continue;
      times.set(pod.metadata.name, time);
      if (time > (before?.pods.get(pod.metadata.name) ?? -Infinity))
        oldest = Math.min(oldest, time);
    }
    const created = timeOf(service.metadata.creationTimestamp) ?? 0;
    if (created > (before?.service ?? -Infinity)) oldest = Math.min(oldest, created);
    this.#seen.set(key, { service: created, pods: times });
    return oldest === Infinity ? undefined : timestamp(oldest);
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }
}

/** Adds Services to the queue when they or pods behind them change in a way that endpoints show. */
export function watchServices(world: World, client: KindsClient, queue: WorkQueue): Cancel {
  const enqueueFor = (pod: Pod) => {
    for (const service of client.list('services', pod.metadata.namespace))
      if (hasSelector(service) && includesLabels(pod.metadata.labels, service.spec.selector))
        queue.add(objectKey(service.metadata.namespace, service.metadata.name));
  };
  return watchKinds(world.store, {
    services: ({ object }) => queue.add(objectKey(object.metadata.namespace, object.metadata.name)),
    pods: ({ object, previous, type }) => {
      if (type === 'MODIFIED' && previous && equal(shownOf(previous), shownOf(object))) return;
      if (previous && !equal(previous.metadata.labels, object.metadata.labels))
        enqueueFor(previous);
      enqueueFor(object);
    },
  });
}

/** What endpoints tell of a pod. */
function shownOf(pod: Pod) {
  return {
    labels: pod.metadata.labels,
    leaving: pod.metadata.deletionTimestamp !== undefined,
    ended: isTerminal(pod),
    ip: pod.status?.podIP,
    node: pod.spec.nodeName,
    ready: isReady(pod),
    since: conditionOf(pod, 'Ready')?.lastTransitionTime,
  };
}
