// From rates of requests and counts of pods to a health: the worst that any tolerance says. Knows nothing of where the numbers
// come from.
// Source: kiali.io, Traffic Health and Workload Health.

import type {
  KialiHealth,
  KialiHealthData,
  KialiRequestRates,
  KialiWorkloadStatus,
} from '../../../protocol/kiali.ts';
import { type Tolerance, meantFor } from './tolerances.ts';

const ORDER: readonly KialiHealth[] = ['NA', 'Healthy', 'Not Ready', 'Degraded', 'Failure'];

export function worse(a: KialiHealth, b: KialiHealth): KialiHealth {
  return ORDER.indexOf(a) > ORDER.indexOf(b) ? a : b;
}

/** @param ratio percent of requests that are errors of one kind. */
export function healthOfRatio(ratio: number, { degraded, failure }: Tolerance): KialiHealth {
  if (ratio <= 0) return 'Healthy';
  if (failure > 0 && ratio >= failure) return 'Failure';
  return ratio >= degraded ? 'Degraded' : 'Healthy';
}

export interface RequestsHealth {
  status: KialiHealth;
  /** Percent; -1 without traffic. */
  errorRatio: number;
}

/** @param rates requests a second by response code. */
function healthOfCodes(rates: CodeRates, tolerances: readonly Tolerance[]): RequestsHealth {
  const total = rates.reduce((sum, [, rate]) => sum + rate, 0);
  if (total === 0) return { status: 'NA', errorRatio: -1 };
  let worst: RequestsHealth = { status: 'NA', errorRatio: -1 };
  for (const tolerance of tolerances) {
    const errors = rates.reduce(
      (sum, [code, rate]) => (tolerance.code.test(code) ? sum + rate : sum),
      0,
    );
    const errorRatio = (errors / total) * 100;
    const status = healthOfRatio(errorRatio, tolerance);
    if (ORDER.indexOf(status) > ORDER.indexOf(worst.status)) worst = { status, errorRatio };
  }
  return worst;
}

type CodeRates = readonly (readonly [code: string, rate: number])[];
type Listed = readonly (readonly [protocol: string, codes: CodeRates])[];

/** Once: codes look like indexes of a list, and V8 walks all that lie between. */
function listed(rates: KialiRequestRates): Listed {
  return Object.entries(rates).map(([protocol, codes]) => [protocol, Object.entries(codes)]);
}

function healthOfRequests(
  inbound: Listed,
  outbound: Listed,
  tolerances: readonly Tolerance[],
): RequestsHealth {
  let worst: RequestsHealth = { status: 'NA', errorRatio: -1 };
  const look = (direction: 'inbound' | 'outbound', rates: Listed) => {
    for (const [protocol, codes] of rates) {
      const health = healthOfCodes(codes, meantFor(tolerances, direction, protocol));
      if (ORDER.indexOf(health.status) > ORDER.indexOf(worst.status)) worst = health;
    }
  };
  look('inbound', inbound);
  look('outbound', outbound);
  return worst;
}

/** Whether as many pods run as should. */
export function healthOfWorkload(status: KialiWorkloadStatus | null | undefined): KialiHealth {
  if (!status) return 'NA';
  const { desiredReplicas, currentReplicas, availableReplicas, syncedProxies } = status;
  if (desiredReplicas === 0) return 'Not Ready';
  const fewer = currentReplicas < desiredReplicas || availableReplicas < desiredReplicas;
  if (currentReplicas > 0 && availableReplicas > 0 && fewer) return 'Degraded';
  if (availableReplicas === 0) return 'Failure';
  if (desiredReplicas === availableReplicas && availableReplicas !== currentReplicas)
    return 'Failure';
  if (syncedProxies >= 0 && syncedProxies < desiredReplicas) return 'Degraded';
  return desiredReplicas === currentReplicas ? 'Healthy' : 'Degraded';
}

export function emptyHealth(): KialiHealthData {
  return { requests: { inbound: {}, outbound: {}, healthAnnotations: {} } };
}

export function addRequests(
  rates: KialiRequestRates,
  protocol: string,
  code: string,
  rate: number,
): void {
  const codes = (rates[protocol] ??= {});
  codes[code] = (codes[code] ?? 0) + rate;
}

function totalOf(rates: Listed): number {
  let sum = 0;
  for (const [, codes] of rates) for (const [, rate] of codes) sum += rate;
  return sum;
}

/** Writes the status under its data. Fields that are zero are left out, as the real one leaves them out. */
export function settle(health: KialiHealthData, tolerances: readonly Tolerance[]): void {
  const inbound = listed(health.requests.inbound);
  const outbound = listed(health.requests.outbound);
  const { status: ofRequests, errorRatio } = healthOfRequests(inbound, outbound, tolerances);
  const statuses = [health.workloadStatus, ...(health.workloadStatuses ?? [])];
  const status = statuses.map(healthOfWorkload).reduce(worse, ofRequests);
  const totalRequestRate = totalOf(inbound) + totalOf(outbound);
  health.status = {
    ...(errorRatio === 0 ? {} : { errorRatio }),
    status,
    ...(totalRequestRate === 0 ? {} : { totalRequestRate }),
  };
}
