// Whether a try is worth another, and how long to wait before it.
// Source: Envoy docs, router filter, x-envoy-retry-on and "Automatic retries"; source/common/router/retry_state_impl.cc.

import { type HttpHeaders, headerOf } from '../../network/http.ts';
import type { RetryPolicy } from '../routing/proxy-config.ts';
import type { UpstreamFailure } from './flags.ts';

/** Envoy's cap of the back-off, in bases. */
const MAX_BACKOFF_BASES = 10;

/** gRPC's status numbers, for the conditions that name them. */
const GRPC_STATUS: Readonly<Record<string, string>> = {
  cancelled: '1',
  'deadline-exceeded': '4',
  'resource-exhausted': '8',
  internal: '13',
  unavailable: '14',
};

export function retriesAnswer(policy: RetryPolicy, status: number, headers: HttpHeaders): boolean {
  const grpc = headerOf(headers, 'grpc-status');
  return policy.on.some((condition) => {
    switch (condition) {
      case '5xx':
        return status >= 500;
      case 'gateway-error':
        return status >= 502 && status <= 504;
      case 'retriable-4xx':
        return status === 409;
      case 'retriable-status-codes':
        return policy.statuses.includes(status);
      default:
        return grpc !== undefined && GRPC_STATUS[condition] === grpc;
    }
  });
}

export function retriesFailure(policy: RetryPolicy, failure: UpstreamFailure): boolean {
  // An overflow is the proxy's own answer: trying again would only add to the load.
  if (failure.kind === 'overflow') return false;
  return policy.on.some((condition) => {
    switch (condition) {
      case '5xx':
      case 'gateway-error':
      case 'reset':
        return true;
      case 'connect-failure':
      case 'reset-before-request':
        return failure.kind === 'connect' || failure.kind === 'connect-timeout';
      default:
        return false;
    }
  });
}

/** Milliseconds before retry `number` (from 1): anything up to an exponential bound. */
export function backoffMs(policy: RetryPolicy, number: number, random: () => number): number {
  const bases = Math.min(2 ** number - 1, MAX_BACKOFF_BASES);
  return random() * bases * policy.backoffMs;
}
