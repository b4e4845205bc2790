// A network for tests: a real store, a clock moved by hand, and short ways to write Services and their endpoints.

import { Clock } from '../../clock.ts';
import { defaultLimits } from '../../limits.ts';
import type { KubeObject } from '../../object.ts';
import { Store } from '../../store/store.ts';
import { ClusterNetwork } from '../cluster-network.ts';
import type { Connection, NetworkNamespace } from '../network.ts';

/** A platform whose time never moves by itself. */
export const stillPlatform = { now: () => 0, after: () => () => {} };

export interface NetworkLab {
  store: Store;
  clock: Clock;
  network: ClusterNetwork;
  namespace(name: string): void;
  pod(ip: string, options?: { namespace?: string; hostname?: string }): NetworkNamespace;
  service(name: string, spec: Record<string, unknown>, namespace?: string): KubeObject;
  /** Puts one slice for a Service, replacing the one before. */
  slice(
    service: string,
    ports: { name?: string; port: number; protocol?: string }[],
    endpoints: (string | Record<string, unknown>)[],
    namespace?: string,
  ): KubeObject;
}

export function networkLab(
  options: { latencyMs?: number; connectionsPerPod?: number } = {},
): NetworkLab {
  const clock = new Clock(stillPlatform, { manual: true, start: 1_795_343_525_000 });
  const store = new Store(defaultLimits);
  const limits = {
    ...defaultLimits,
    connectionsPerPod: options.connectionsPerPod ?? defaultLimits.connectionsPerPod,
  };
  const network = new ClusterNetwork({
    store,
    clock,
    limits,
    random: seeded(7),
    latencyMs: options.latencyMs ?? 0,
  });
  const object = (
    kind: string,
    apiVersion: string,
    name: string,
    fields: Record<string, unknown>,
    namespace?: string,
    labels?: Record<string, string>,
  ): KubeObject => ({
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid: `${kind}-${namespace ?? ''}-${name}`,
      resourceVersion: '',
      creationTimestamp: '2026-11-22T10:00:00Z',
      ...(labels ? { labels } : {}),
    },
    ...fields,
  });
  const lab: NetworkLab = {
    store,
    clock,
    network,
    namespace: (name) => void store.create('namespaces', object('Namespace', 'v1', name, {})),
    pod: (ip, { namespace = 'default', hostname = `pod-${ip.replaceAll('.', '-')}` } = {}) =>
      network.addPod({ ip, hostname, namespace, podName: hostname }),
    service: (name, spec, namespace = 'default') =>
      store.create('services', object('Service', 'v1', name, { spec }, namespace)),
    slice: (service, ports, endpoints, namespace = 'default') => {
      const slice = object(
        'EndpointSlice',
        'discovery.k8s.io/v1',
        `${service}-abcde`,
        {
          addressType: 'IPv4',
          ports: ports.map((port) => ({ name: '', protocol: 'TCP', ...port })),
          endpoints: endpoints.map((endpoint) =>
            typeof endpoint === 'string'
              ? { addresses: [endpoint], conditions: { ready: true } }
              : endpoint,
          ),
        },
        namespace,
        { 'kubernetes.io/service-name': service },
      );
      const resource = 'endpointslices.discovery.k8s.io';
      return store.get(resource, namespace, slice.metadata.name)
        ? store.update(resource, slice)
        : store.create(resource, slice);
    },
  };
  lab.namespace('default');
  return lab;
}

/** A repeatable Math.random: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Two ends of one connection, without a network's delays. */
export async function connectedPair(): Promise<{ client: Connection; server: Connection }> {
  const { network } = networkLab();
  let server: Connection | undefined;
  network.node.listen(80, (connection) => (server = connection));
  const client = await network.node.connect('127.0.0.1', 80);
  if (!server) throw new Error('nobody accepted');
  return { client, server };
}
