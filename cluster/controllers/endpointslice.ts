// Keeps the EndpointSlices of each Service with a selector: every pod behind it with its state, a hundred to a slice.
// Source: the public documentation of EndpointSlices: conditions, distribution over slices, ownership.

import type { Cancel } from '../platform.ts';
import { equal } from './equal.ts';
import { type EndpointSlice, type KindsClient, type Pod, type Service, ofKinds } from './kinds.ts';
import { controllerReference } from './owners.ts';
import { isReady } from './pods.ts';
import { isNamespaceTerminating, isNotFound } from './refusals.ts';
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

const SLICES = 'endpointslices.discovery.k8s.io';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGER = 'endpointslice-controller.k8s.io';

/** Default of --max-endpoints-per-slice. */
const ENDPOINTS_PER_SLICE = 100;

type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];
type Port = NonNullable<EndpointSlice['ports']>[number];

export function startEndpointSliceController(world: World): Cancel {
  const { clock, log, store } = world;
  const client = ofKinds(world.client(CONTROLLER_MANAGER));
  const triggers = new TriggerTimes();
  const queue = new WorkQueue({
    name: 'endpointslice',
    clock,
    log,
    sync: async (key) => {
      const [namespace, name] = key.split('/') as [string, string];
      const service = client.get('services', namespace, name);
      if (!service || service.metadata.deletionTimestamp || !hasSelector(service)) {
        // Slices of a Service that is gone are the garbage collector's.
        if (!service) triggers.forget(key);
        return;
      }
      await reconcile(client, service, triggers);
    },
  });
  const unwatchServices = watchServices(world, client, queue);
  const unwatch = watchKinds(store, {
    [SLICES]: ({ object }) => {
      const service = object.metadata.labels?.[SERVICE_NAME];
      if (service !== undefined && object.metadata.labels?.[MANAGED_BY] === MANAGER)
        queue.add(`${object.metadata.namespace ?? ''}/${service}`);
    },
  });
  return () => {
    unwatchServices();
    unwatch();
    queue.close();
  };
}

interface Group {
  ports: Port[];
  endpoints: Endpoint[];
}

async function reconcile(
  client: KindsClient,
  service: Service,
  triggers: TriggerTimes,
): Promise<void> {
  const { namespace, name } = service.metadata;
  const pods = podsBehind(client, service);
  const groups = groupsOf(service, pods);
  const present = client
    .list(SLICES, namespace)
    .filter(
      ({ metadata }) =>
        metadata.labels?.[SERVICE_NAME] === name &&
        metadata.labels[MANAGED_BY] === MANAGER &&
        !metadata.deletionTimestamp,
    );
  const trigger = triggers.next(service, pods);
  const wanted = new Map<EndpointSlice, Group>();
  const fresh: Group[] = [];
  for (const group of groups) {
    const own = present.filter(
      (slice) => !wanted.has(slice) && equal(slice.ports ?? [], group.ports),
    );
    for (const [slice, endpoints] of spread(own, group, fresh))
      wanted.set(slice, { ports: group.ports, endpoints });
  }
  // A Service without endpoints keeps one empty slice, so that everybody can see that there are none.
  const surplus = present.filter((slice) => !wanted.has(slice));
  if (wanted.size === 0 && fresh.length === 0) {
    const kept = surplus.shift();
    if (kept) wanted.set(kept, { ports: [], endpoints: [] });
    else fresh.push({ ports: [], endpoints: [] });
  }
  for (const [slice, group] of wanted) await update(client, service, slice, group, trigger);
  for (const group of fresh) await create(client, service, group, trigger);
  for (const slice of surplus) await remove(client, slice);
}

/** Endpoints stay in their slices; new ones fill the gaps, and what finds no room goes into `fresh` ones. */
function spread(
  slices: readonly EndpointSlice[],
  group: Group,
  fresh: Group[],
): Map<EndpointSlice, Endpoint[]> {
  const rest = new Map(group.endpoints.map((endpoint) => [keyOf(endpoint), endpoint]));
  const kept = new Map<EndpointSlice, Endpoint[]>();
  for (const slice of slices) {
    const endpoints: Endpoint[] = [];
    for (const old of slice.endpoints ?? []) {
      const endpoint = rest.get(keyOf(old));
      if (!endpoint) continue;
      rest.delete(keyOf(old));
      endpoints.push(endpoint);
    }
    kept.set(slice, endpoints);
  }
  const left = [...rest.values()];
  for (const endpoints of kept.values())
    endpoints.push(...left.splice(0, ENDPOINTS_PER_SLICE - endpoints.length));
  while (left.length > 0)
    fresh.push({ ports: group.ports, endpoints: left.splice(0, ENDPOINTS_PER_SLICE) });
  for (const [slice, endpoints] of kept) if (endpoints.length === 0) kept.delete(slice);
  return kept;
}

function keyOf(endpoint: Endpoint): string {
  return endpoint.targetRef?.uid ?? endpoint.addresses[0] ?? '';
}

function groupsOf(service: Service, pods: readonly Pod[]): Group[] {
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    const ports = portsOf(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(endpointOf(service, pod));
  }
  return [...groups.values()];
}

function portsOf(service: Service, pod: Pod): Port[] {
  return (service.spec.ports ?? []).flatMap((port): Port[] => {
    const number = targetPort(pod, port);
    if (number === undefined) return [];
    return [
      {
        // Without a name, be it empty, `kubectl describe service` crashes.
        name: port.name ?? '',
        protocol: port.protocol ?? 'TCP',
        port: number,
        ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
      },
    ];
  });
}

function endpointOf(service: Service, pod: Pod): Endpoint {
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const hostname = hostnameBehind(pod, service);
  const { namespace, name, uid } = pod.metadata;
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: {
      ready: (service.spec.publishNotReadyAddresses ?? false) || (serving && !terminating),
      serving,
      terminating,
    },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, uid },
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
  };
}

function labelsOf(service: Service): Record<string, string> {
  return {
    ...service.metadata.labels,
    ...(isHeadless(service) ? { [HEADLESS]: '' } : {}),
    [MANAGED_BY]: MANAGER,
    [SERVICE_NAME]: service.metadata.name,
  };
}

async function update(
  client: KindsClient,
  service: Service,
  slice: EndpointSlice,
  { ports, endpoints }: Group,
  trigger: string | undefined,
): Promise<void> {
  const labels = labelsOf(service);
  const same =
    equal(slice.endpoints ?? [], endpoints) &&
    equal(slice.ports ?? [], ports) &&
    equal(slice.metadata.labels, labels);
  if (same) return;
  const annotations = { ...slice.metadata.annotations };
  delete annotations[TRIGGER_TIME];
  if (trigger) annotations[TRIGGER_TIME] = trigger;
  await client.update(SLICES, {
    ...slice,
    metadata: { ...slice.metadata, labels, annotations },
    ports,
    endpoints,
  });
}

async function create(
  client: KindsClient,
  service: Service,
  { ports, endpoints }: Group,
  trigger: string | undefined,
): Promise<void> {
  const { namespace, name } = service.metadata;
  try {
    await client.create(SLICES, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        generateName: `${name}-`,
        ...(namespace === undefined ? {} : { namespace }),
        labels: labelsOf(service),
        ...(trigger ? { annotations: { [TRIGGER_TIME]: trigger } } : {}),
        ownerReferences: [controllerReference('v1', 'Service', service)],
      },
      addressType: 'IPv4',
      ports,
      endpoints,
    });
  } catch (error) {
    if (!isNamespaceTerminating(error)) throw error; // its namespace goes, and it with it
  }
}

async function remove(client: KindsClient, slice: EndpointSlice): Promise<void> {
  try {
    await client.delete(SLICES, slice.metadata.namespace, slice.metadata.name);
  } catch (error) {
    if (!isNotFound(error)) throw error; // somebody else was quicker
  }
}
