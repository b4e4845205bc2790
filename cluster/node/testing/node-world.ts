// A cluster with a real scheduler, a real kubelet, the real pod network and doubles for containers, for unit tests.

import { startScheduler } from '../../controllers/scheduler.ts';
import type { DraftOf, Pod } from '../../controllers/kinds.ts';
import { type TestWorld, testWorld } from '../../controllers/testing/world.ts';
import { type ClusterLimits, defaultLimits } from '../../limits.ts';
import { ClusterNetwork } from '../../network/cluster-network.ts';
import type { Timing } from '../kubelet/timing.ts';
import { Node, type NodeSnapshot } from '../node.ts';
import { RuntimeDouble, imagesDouble } from './runtime-double.ts';

/** Short and even, so that a test can say what has happened by when. */
const testTiming = { sandboxMs: 400, createMs: 120, startMs: 80, teardownMs: 300, jitter: 0 };

export interface NodeWorld extends TestWorld {
  node: Node;
  runtime: RuntimeDouble;
  network: ClusterNetwork;
  create(draft: DraftOf<Pod>): Promise<Pod>;
  pod(name: string): Pod;
  /** Messages of the events about a pod, in order, each with its count when it was told more than once. */
  events(pod: string): string[];
}

export function nodeWorld(
  options: {
    limits?: Partial<ClusterLimits>;
    snapshot?: NodeSnapshot;
    timing?: Partial<Timing>;
    world?: TestWorld;
  } = {},
): NodeWorld {
  const world = options.world ?? testWorld();
  const limits = { ...defaultLimits, ...options.limits };
  const { store, clock, random, kinds } = world;
  const network = new ClusterNetwork({ store, clock, limits, random });
  const runtime = new RuntimeDouble();
  const node = new Node({
    store,
    client: world.client('kubelet'),
    clock,
    network,
    runtime,
    images: imagesDouble,
    limits,
    random,
    log: world.log,
    timing: options.timing ?? testTiming,
  });
  if (options.snapshot) node.restore(options.snapshot);
  /** Names of events in the order in which they were first told. */
  const told: string[] = [];
  store.onChange(({ type, resource, object }) => {
    if (type === 'ADDED' && resource === 'events') told.push(object.metadata.name);
  });
  if (!options.world) startScheduler(world);
  node.start();
  return {
    ...world,
    node,
    runtime,
    network,
    create: (draft) => kinds.create('pods', draft),
    pod(name) {
      const pod = kinds.get('pods', 'default', name);
      if (!pod) throw new Error(`no pod ${name}`);
      return pod;
    },
    events: (pod) =>
      kinds
        .list('events')
        .filter(({ involvedObject }) => involvedObject.name === pod)
        .toSorted((a, b) => told.indexOf(a.metadata.name) - told.indexOf(b.metadata.name))
        .map(({ reason, message, count }) =>
          (count ?? 1) > 1 ? `${reason} x${count}: ${message}` : `${reason}: ${message}`,
        ),
  };
}
