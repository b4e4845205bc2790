// Readings of metrics.k8s.io: what the containers of this node spend, as metrics-server would tell it.
// Nothing runs for it between two questions: rates are worked out from the last reading to this one.

import type { Reading } from '../api/virtual-kinds.ts';
import type { KubeObject, ObjectMeta } from '../object.ts';
import { timestamp } from '../time.ts';
import type { Node } from './node.ts';

const API_VERSION = 'metrics.k8s.io/v1beta1';
/** A rate over less time would jump; metrics-server reads every 15 s. */
const LEAST_WINDOW_MS = 1_000;

interface Sample {
  at: number;
  cpuNanoseconds: number;
  /** Nanoseconds of CPU in a second, over the window that ended then. */
  rate: number;
}

interface Usage {
  name: string;
  cpu: number;
  memory: number;
}

/** What the API asks by resource. @param node absent while there is none: then nothing is read. */
export function metricsReadings(node: () => Node | undefined): Readonly<Record<string, Reading>> {
  /** By container ID, so that a new run starts anew. Forgotten with the container. */
  let samples = new Map<string, Sample>();

  const usageOf = (pod: KubeObject, now: number, kept: Map<string, Sample>): Usage[] => {
    const { namespace = '', name, uid } = pod.metadata;
    return (node()?.usage(namespace, name) ?? []).map((each) => {
      const key = `${uid}/${each.container}`;
      const sample = next(samples.get(key), each, now);
      kept.set(key, sample);
      return { name: each.container, cpu: sample.rate, memory: each.memoryBytes };
    });
  };

  const pods: Reading = ({ store, clock }, namespace) => {
    const now = clock.now();
    const kept = namespace === undefined ? new Map<string, Sample>() : new Map(samples);
    const read = store.list('pods', namespace).flatMap((pod) => {
      const containers = usageOf(pod, now, kept);
      return containers.length === 0 ? [] : [podMetrics(pod, containers, now)];
    });
    samples = kept;
    return read;
  };

  const nodes: Reading = ({ store, clock }) => {
    const now = clock.now();
    const kept = new Map<string, Sample>();
    const all = store.list('pods').flatMap((pod) => usageOf(pod, now, kept));
    samples = kept;
    const name = node()?.name;
    const object = name === undefined ? undefined : store.get('nodes', undefined, name);
    if (!object) return [];
    const sum = (field: 'cpu' | 'memory') => all.reduce((total, each) => total + each[field], 0);
    return [
      {
        kind: 'NodeMetrics',
        apiVersion: API_VERSION,
        metadata: metadataOf(object, now),
        timestamp: timestamp(now),
        window: '15s',
        usage: quantities(sum('cpu'), sum('memory')),
      },
    ];
  };

  return { 'pods.metrics.k8s.io': pods, 'nodes.metrics.k8s.io': nodes };
}

function next(
  last: Sample | undefined,
  { cpuNanoseconds }: { cpuNanoseconds: number },
  now: number,
): Sample {
  // A container that was started again counts from nothing.
  if (!last || cpuNanoseconds < last.cpuNanoseconds) return { at: now, cpuNanoseconds, rate: 0 };
  if (now - last.at < LEAST_WINDOW_MS) return last;
  const rate = ((cpuNanoseconds - last.cpuNanoseconds) * 1000) / (now - last.at);
  return { at: now, cpuNanoseconds, rate };
}

function podMetrics(pod: KubeObject, containers: readonly Usage[], now: number): KubeObject {
  return {
    kind: 'PodMetrics',
    apiVersion: API_VERSION,
    metadata: metadataOf(pod, now),
    timestamp: timestamp(now),
    window: '15s',
    containers: containers.map(({ name, cpu, memory }) => ({
      name,
      usage: quantities(cpu, memory),
    })),
  };
}

/** Readings are not stored: they have no uid and no version. */
function metadataOf({ metadata }: KubeObject, now: number): ObjectMeta {
  const { name, namespace, labels } = metadata;
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels ? { labels } : {}),
    creationTimestamp: timestamp(now),
  } as ObjectMeta;
}

function quantities(cpu: number, memory: number): { cpu: string; memory: string } {
  return { cpu: `${Math.round(cpu)}n`, memory: `${Math.ceil(memory / 1024)}Ki` };
}
