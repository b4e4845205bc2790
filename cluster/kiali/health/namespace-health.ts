// The health of all apps, services and workloads of a namespace over some time: requests as Prometheus counted them, pods as
// they are. Where both sides report a kind of request, the higher rate counts.

import type { KialiHealth, KialiHealthData, KialiRequestRates } from '../../../protocol/kiali.ts';
import type { Inventory, Workload } from '../inventory.ts';
import { CLUSTER } from '../settings.ts';
import { type Prometheus, PrometheusError, type Sample } from '../vector.ts';
import { addRequests, emptyHealth, settle, worse } from './health.ts';
import { RATE_ANNOTATION, type Tolerances } from './tolerances.ts';
import { workloadStatus } from './workload-status.ts';

export type HealthType = 'app' | 'service' | 'workload';
export type Healths = Record<string, KialiHealthData>;

export interface HealthWorld {
  inventory: Inventory;
  tolerances: Tolerances;
  prometheus: Prometheus;
  /** Unix seconds. */
  at: number;
  /** Prometheus' notation: `10m`. */
  interval: string;
}

/** Without Prometheus: what pods alone tell. */
export async function namespaceHealth(
  world: HealthWorld,
  namespace: string,
  type: HealthType,
): Promise<Healths> {
  // Names come from whoever asks, and go into queries: only those of the cluster do.
  if (!world.inventory.namespaceNames().includes(namespace)) return {};
  switch (type) {
    case 'service':
      return serviceHealth(world, namespace);
    case 'app':
    case 'workload':
      return workloadHealth(world, namespace, type);
  }
}

async function serviceHealth(world: HealthWorld, namespace: string): Promise<Healths> {
  const counted = new Map<string, Counted>();
  const samples = await rates(
    world,
    ['destination_service_name'],
    [`destination_service_namespace="${namespace}",destination_cluster=~"${CLUSTER}|unknown"`],
  );
  const services = world.inventory.services(namespace);
  for (const { metadata } of services) counted.set(metadata.name, newCounted());
  for (const sample of samples)
    counted.get(sample.labels['destination_service_name'] ?? '')?.inbound(sample);
  const healths: Healths = {};
  for (const { metadata } of services) {
    const annotation = metadata.annotations?.[RATE_ANNOTATION];
    const health = counted.get(metadata.name)?.health() ?? emptyHealth();
    finish(world, health, { namespace, kind: 'service', name: metadata.name }, annotation);
    healths[metadata.name] = health;
  }
  return healths;
}

async function workloadHealth(
  world: HealthWorld,
  namespace: string,
  type: 'app' | 'workload',
): Promise<Healths> {
  const members = new Map<string, Workload[]>();
  for (const workload of world.inventory.workloads(namespace)) {
    const name = type === 'app' ? workload.app : workload.name;
    if (name !== undefined) members.set(name, [...(members.get(name) ?? []), workload]);
  }
  const counted = new Map([...members.keys()].map((name) => [name, newCounted()]));
  const label = type === 'app' ? 'canonical_service' : 'workload';
  // Who has no proxy reports nothing worth asking for.
  const proxied = [...members.values()].flat().some(({ hasSidecar }) => hasSidecar);
  const samples = proxied
    ? await rates(
        world,
        [`destination_${label}`, `source_${label}`],
        [
          `destination_service_namespace="${namespace}",source_workload_namespace!="${namespace}",destination_cluster="${CLUSTER}"`,
          `source_workload_namespace="${namespace}",source_cluster="${CLUSTER}"`,
        ],
      )
    : [];
  for (const sample of samples) {
    counted.get(sample.labels[`destination_${label}`] ?? '')?.inbound(sample);
    counted.get(sample.labels[`source_${label}`] ?? '')?.outbound(sample);
  }
  const healths: Healths = {};
  for (const [name, workloads] of members) {
    const health = counted.get(name)?.health() ?? emptyHealth();
    const [first] = workloads;
    if (type === 'app') health.workloadStatuses = workloads.map(workloadStatus);
    else if (first) health.workloadStatus = workloadStatus(first);
    const annotation = type === 'workload' ? first?.annotations[RATE_ANNOTATION] : undefined;
    finish(world, health, { namespace, kind: type, name }, annotation);
    healths[name] = health;
  }
  return healths;
}

function finish(
  { tolerances }: HealthWorld,
  health: KialiHealthData,
  entity: { namespace: string; kind: string; name: string },
  annotation: string | undefined,
): void {
  if (annotation !== undefined)
    health.requests.healthAnnotations = { [RATE_ANNOTATION]: annotation };
  settle(health, tolerances.of(entity, annotation));
}

const COUNTED_BY = ['reporter', 'request_protocol', 'response_code', 'grpc_response_status'];

/** Rates by those labels and by what health is made of: of the many labels of a request no other is looked at. */
async function rates(
  { prometheus, at, interval }: HealthWorld,
  labels: readonly string[],
  selectors: readonly string[],
): Promise<Sample[]> {
  const by = [...labels, ...COUNTED_BY].join(',');
  try {
    const answers = await Promise.all(
      selectors.map((selector) =>
        prometheus.query(
          `sum(rate(istio_requests_total{${selector}}[${interval}])) by (${by}) > 0`,
          at,
        ),
      ),
    );
    return answers.flat();
  } catch (error) {
    if (!(error instanceof PrometheusError)) throw error;
    return [];
  }
}

interface Counted {
  inbound(sample: Sample): void;
  outbound(sample: Sample): void;
  health(): KialiHealthData;
}

function newCounted(): Counted {
  const bySource: KialiRequestRates = {};
  const byDestination: KialiRequestRates = {};
  const outbound: KialiRequestRates = {};
  const add = (rates: KialiRequestRates, { labels, value }: Sample) => {
    const protocol = labels['request_protocol'] ?? '';
    const code = labels['response_code'] === '0' ? '-' : (labels['response_code'] ?? '');
    const status = labels['grpc_response_status'];
    const isCall = protocol === 'grpc' && code !== '-' && status !== undefined;
    addRequests(rates, protocol, isCall ? status : code, value);
  };
  return {
    inbound: (sample) =>
      add(sample.labels['reporter'] === 'source' ? bySource : byDestination, sample),
    outbound: (sample) => {
      if (sample.labels['reporter'] === 'source') add(outbound, sample);
    },
    health: () => {
      const inbound = structuredClone(bySource);
      for (const [protocol, codes] of Object.entries(byDestination))
        for (const [code, rate] of Object.entries(codes)) {
          const told = (inbound[protocol] ??= {});
          told[code] = Math.max(told[code] ?? 0, rate);
        }
      return { requests: { inbound, outbound, healthAnnotations: {} } };
    },
  };
}

export interface HealthBucket {
  inError: string[];
  inNotReady: string[];
  inSuccess: string[];
  inWarning: string[];
  notAvailable: string[];
}

const BUCKETS: Readonly<Record<KialiHealth, keyof HealthBucket>> = {
  Failure: 'inError',
  'Not Ready': 'inNotReady',
  Healthy: 'inSuccess',
  Degraded: 'inWarning',
  NA: 'notAvailable',
};

export function bucketOf(healths: Healths): HealthBucket {
  const bucket: HealthBucket = {
    inError: [],
    inNotReady: [],
    inSuccess: [],
    inWarning: [],
    notAvailable: [],
  };
  for (const [name, { status }] of Object.entries(healths))
    bucket[BUCKETS[status?.status ?? 'NA']].push(name);
  return bucket;
}

export function worstOf(healths: readonly Healths[]): KialiHealth {
  return healths
    .flatMap((each) => Object.values(each))
    .reduce<KialiHealth>((worst, { status }) => worse(worst, status?.status ?? 'NA'), 'NA');
}
