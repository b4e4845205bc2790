// Keeps the Endpoints of each Service with a selector: ready addresses, those not ready, and their ports.
// Terminating pods are not in it. Deprecated in favour of EndpointSlices, and still what many people look at.

import type { Cancel } from '../platform.ts';
import { equal } from './equal.ts';
import { type Endpoints, type Pod, type Service, ofKinds } from './kinds.ts';
import { isReady } from './pods.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from './refusals.ts';
import {
  HEADLESS,
  TRIGGER_TIME,
  TriggerTimes,
  hasSelector,
  hostnameBehind,
  isHeadless,
  podsBehind,
  targetPort,
  watchServices,
} from './service-pods.ts';
import { watchKinds } from './watch.ts';
import { WorkQueue } from './work-queue.ts';
import { CONTROLLER_MANAGER, type World } from './world.ts';

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';

type Subset = NonNullable<Endpoints['subsets']>[number];
type Address = NonNullable<Subset['addresses']>[number];
type Port = NonNullable<Subset['ports']>[number];

export function startEndpointsController(world: World): Cancel {
  const { clock, log, store } = world;
  const client = ofKinds(world.client(CONTROLLER_MANAGER));
  const triggers = new TriggerTimes();
  const sync = async (key: string): Promise<void> => {
    const [namespace, name] = key.split('/') as [string, string];
    const service = client.get('services', namespace, name);
    if (!service) {
      triggers.forget(key);
      await removeOwn(namespace, name);
      return;
    }
    if (!hasSelector(service)) return;
    const pods = podsBehind(client, service).filter((pod) => !pod.metadata.deletionTimestamp);
    const subsets = subsetsOf(service, pods);
    const present = client.get('endpoints', namespace, name);
    const labels = labelsOf(service);
    const trigger = triggers.next(service, pods);
    if (present && equal(present.subsets ?? [], subsets) && equal(present.metadata.labels, labels))
      return;
    const annotations: Record<string, string> = { ...present?.metadata.annotations };
    delete annotations[TRIGGER_TIME];
    if (trigger) annotations[TRIGGER_TIME] = trigger;
    const content = subsets.length > 0 ? { subsets } : {};
    if (present) {
      const { subsets: _old, ...rest } = present;
      await client.update('endpoints', {
        ...rest,
        ...content,
        metadata: { ...present.metadata, labels, annotations },
      });
      return;
    }
    await client
      .create('endpoints', {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: { name, namespace, labels, annotations },
        ...content,
      })
      .catch((error: unknown) => {
        // The namespace is going, and all that is in it.
        if (!isNamespaceTerminating(error)) throw error;
      });
  };

  /** A Service is gone: so is what was made for it. Endpoints that people made by hand stay. */
  const removeOwn = async (namespace: string, name: string): Promise<void> => {
    const left = client.get('endpoints', namespace, name);
    if (left?.metadata.labels?.[MANAGED_BY] === undefined) return;
    try {
      await client.delete('endpoints', namespace, name);
    } catch (error) {
      if (!isNotFound(error) && !isAlreadyExists(error)) throw error;
    }
  };

  const queue = new WorkQueue({ name: 'endpoint', clock, log, sync });
  const unwatchServices = watchServices(world, client, queue);
  const unwatch = watchKinds(store, {
    endpoints: ({ object }) =>
      queue.add(`${object.metadata.namespace ?? ''}/${object.metadata.name}`),
  });
  return () => {
    unwatchServices();
    unwatch();
    queue.close();
  };
}

function labelsOf(service: Service): Record<string, string> {
  return {
    ...service.metadata.labels,
    ...(isHeadless(service) ? { [HEADLESS]: '' } : {}),
    [MANAGED_BY]: 'endpoint-controller',
  };
}

/** Addresses with the same ports stand together; addresses are in order of IP. */
function subsetsOf(service: Service, pods: readonly Pod[]): Subset[] {
  const groups = new Map<string, { ports: Port[]; ready: Address[]; notReady: Address[] }>();
  for (const pod of pods) {
    const ports = portsOf(service, pod);
    if (ports === undefined) continue;
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, ready: [], notReady: [] };
    groups.set(key, group);
    const serves = isReady(pod) || service.spec.publishNotReadyAddresses;
    (serves ? group.ready : group.notReady).push(addressOf(service, pod));
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { ports, ready, notReady }]) => ({
      ...(ready.length > 0 ? { addresses: ready.toSorted(byIp) } : {}),
      ...(notReady.length > 0 ? { notReadyAddresses: notReady.toSorted(byIp) } : {}),
      ...(ports.length > 0 ? { ports } : {}),
    }));
}

function byIp(a: Address, b: Address): number {
  return a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0;
}

/** Undefined when the pod has none of the Service's ports. */
function portsOf(service: Service, pod: Pod): Port[] | undefined {
  const wanted = service.spec.ports ?? [];
  if (wanted.length === 0) return isHeadless(service) ? [] : undefined;
  const ports = wanted.flatMap((port): Port[] => {
    const number = targetPort(pod, port);
    if (number === undefined) return [];
    return [
      {
        ...(port.name ? { name: port.name } : {}),
        port: number,
        protocol: port.protocol ?? 'TCP',
        ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
      },
    ];
  });
  return ports.length === 0 ? undefined : ports;
}

function addressOf(service: Service, pod: Pod): Address {
  const hostname = hostnameBehind(pod, service);
  const { namespace, name, uid } = pod.metadata;
  return {
    ip: pod.status?.podIP ?? '',
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, uid },
    ...(hostname === undefined ? {} : { hostname }),
  };
}
