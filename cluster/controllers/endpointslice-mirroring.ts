// Copies Endpoints that people wrote by hand, for Services without a selector, into EndpointSlices: that is what networks read.
// Source: "EndpointSlice mirroring" in the Kubernetes documentation.

import { objectKey } from '../object.ts';
import type { Cancel } from '../platform.ts';
import { sameStatus } from './equal.ts';
import { type EndpointSlice, type Endpoints, type KindsClient, ofKinds } from './kinds.ts';
import { controllerReference, isControlledBy } from './owners.ts';
import { isNamespaceTerminating, isNotFound } from './refusals.ts';
import { watchKinds } from './watch.ts';
import { WorkQueue } from './work-queue.ts';
import { CONTROLLER_MANAGER, type World } from './world.ts';

const SLICES = 'endpointslices.discovery.k8s.io';
const SKIP = 'endpointslice.kubernetes.io/skip-mirror';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslicemirroring-controller.k8s.io';
const SERVICE_NAME = 'kubernetes.io/service-name';

/** Default of --mirroring-max-endpoints-per-subset. */
const MOST_ENDPOINTS = 1_000;

type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];
type Subset = NonNullable<Endpoints['subsets']>[number];
type Content = Pick<EndpointSlice, 'endpoints' | 'ports'>;

export function startEndpointSliceMirroring(world: World): Cancel {
  const { clock, log, store } = world;
  const client = ofKinds(world.client(CONTROLLER_MANAGER));
  const queue = new WorkQueue({
    name: 'endpointslice mirroring',
    clock,
    log,
    sync: async (key) => {
      const [namespace, name] = key.split('/') as [string, string];
      const endpoints = client.get('endpoints', namespace, name);
      // What was copied from Endpoints that are gone is the garbage collector's.
      if (!endpoints || endpoints.metadata.deletionTimestamp) return;
      const subsets = isMirrored(client, endpoints) ? (endpoints.subsets ?? []) : [];
      await mirror(client, endpoints, subsets.map(contentOf));
    },
  });
  const add = ({ object }: { object: { metadata: { namespace?: string; name: string } } }) =>
    queue.add(objectKey(object.metadata.namespace, object.metadata.name));
  const unwatch = watchKinds(store, {
    endpoints: add,
    services: add,
    [SLICES]: ({ object }) => {
      const name = object.metadata.labels?.[SERVICE_NAME];
      if (name !== undefined && object.metadata.labels?.[MANAGED_BY] === MANAGER)
        queue.add(objectKey(object.metadata.namespace, name));
    },
  });
  return () => {
    unwatch();
    queue.close();
  };
}

function isMirrored(client: KindsClient, { metadata }: Endpoints): boolean {
  if (metadata.labels?.[SKIP] === 'true') return false;
  const service = client.get('services', metadata.namespace, metadata.name);
  return service !== undefined && Object.keys(service.spec.selector ?? {}).length === 0;
}

function contentOf({ addresses = [], notReadyAddresses = [], ports = [] }: Subset): Content {
  const endpoint =
    (ready: boolean) =>
    (address: (typeof addresses)[number]): Endpoint => ({
      addresses: [address.ip],
      conditions: { ready },
      ...(address.hostname ? { hostname: address.hostname } : {}),
      ...(address.nodeName ? { nodeName: address.nodeName } : {}),
      ...(address.targetRef ? { targetRef: address.targetRef } : {}),
    });
  return {
    endpoints: [...addresses.map(endpoint(true)), ...notReadyAddresses.map(endpoint(false))].slice(
      0,
      MOST_ENDPOINTS,
    ),
    ports: ports.map((port) => ({
      name: port.name ?? '',
      protocol: port.protocol ?? 'TCP',
      port: port.port,
      ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
    })),
  };
}

/** Makes the slices of these Endpoints be exactly these, and touches those that are right already no more. */
async function mirror(
  client: KindsClient,
  endpoints: Endpoints,
  wanted: readonly Content[],
): Promise<void> {
  const { namespace, name, labels } = endpoints.metadata;
  const present = client
    .list(SLICES, namespace)
    .filter((slice) => isControlledBy(slice, endpoints) && !slice.metadata.deletionTimestamp);
  const missing = [...wanted];
  const wrong: EndpointSlice[] = [];
  for (const slice of present) {
    const at = missing.findIndex(
      (content) =>
        sameStatus(content.endpoints, slice.endpoints) && sameStatus(content.ports, slice.ports),
    );
    if (at < 0) wrong.push(slice);
    else missing.splice(at, 1);
  }
  for (const content of missing) {
    const slice = wrong.shift();
    if (slice) {
      await client.update(SLICES, { ...slice, ...content });
      continue;
    }
    try {
      await client.create(SLICES, {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          generateName: `${name}-`,
          ...(namespace === undefined ? {} : { namespace }),
          labels: { ...labels, [MANAGED_BY]: MANAGER, [SERVICE_NAME]: name },
          ownerReferences: [controllerReference('v1', 'Endpoints', endpoints)],
        },
        addressType: 'IPv4',
        ...content,
      });
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error; // its namespace goes, and it with it
    }
  }
  for (const slice of wrong) {
    try {
      await client.delete(SLICES, namespace, slice.metadata.name);
    } catch (error) {
      if (!isNotFound(error)) throw error; // somebody else was quicker
    }
  }
}
