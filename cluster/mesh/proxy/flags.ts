// Response flags and the words that go with them in Envoy's access log and bodies.
// Source: Envoy docs, access log "Response Flags" and "Response Code Details"; source/common/stream_info/utility.h (order).

/** In the order in which Envoy prints several. */
const ORDER = [
  'UH',
  'UT',
  'UR',
  'UF',
  'UC',
  'UO',
  'NR',
  'DI',
  'FI',
  'DC',
  'URX',
  'DPE',
  'NC',
  'DF',
] as const;

export type ResponseFlag = (typeof ORDER)[number];

/** `UF,URX`, or `-` for none. */
export function flagsText(flags: ReadonlySet<ResponseFlag>): string {
  const shown = ORDER.filter((flag) => flags.has(flag));
  return shown.length > 0 ? shown.join(',') : '-';
}

/** Why an upstream gave no answer. */
export type UpstreamFailure =
  /** `transport`: what Envoy appends about the connection. */
  | { kind: 'connect'; transport: string }
  | { kind: 'connect-timeout' }
  /** The connection ended before an answer. */
  | { kind: 'terminated' }
  /** What came is no HTTP. */
  | { kind: 'protocol' }
  | { kind: 'overflow' }
  | { kind: 'per-try-timeout' };

export const NO_HEALTHY = 'no healthy upstream';
export const TIMED_OUT = 'upstream request timeout';

export interface FailureWords {
  status: number;
  flag: ResponseFlag;
  details: string;
  body: string;
}

/** What the caller and the log are told. `retried`: it was not the first try. */
export function failureWords(failure: UpstreamFailure, retried: boolean): FailureWords {
  if (failure.kind === 'per-try-timeout')
    return { status: 504, flag: 'UT', details: 'upstream_per_try_timeout', body: TIMED_OUT };
  const { flag, reason } = resetOf(failure);
  const transport = failure.kind === 'connect' ? failure.transport : '';
  const details = `upstream_reset_before_response_started{${reason}${transport && `|${transport}`}}`;
  const start = `upstream connect error or disconnect/reset before headers. ${retried ? 'retried and the latest reset reason' : 'reset reason'}: ${reason}`;
  return {
    status: flag === 'UF' || flag === 'UC' || flag === 'UO' ? 503 : 502,
    flag,
    // Details are one word of the log.
    details: details.replaceAll(' ', '_'),
    body: transport ? `${start}, transport failure reason: ${transport}` : start,
  };
}

function resetOf(failure: Exclude<UpstreamFailure, { kind: 'per-try-timeout' }>): {
  flag: ResponseFlag;
  reason: string;
} {
  switch (failure.kind) {
    case 'connect':
      return { flag: 'UF', reason: 'remote connection failure' };
    case 'connect-timeout':
      return { flag: 'UF', reason: 'connection timeout' };
    case 'terminated':
      return { flag: 'UC', reason: 'connection termination' };
    case 'protocol':
      return { flag: 'UR', reason: 'protocol error' };
    case 'overflow':
      return { flag: 'UO', reason: 'overflow' };
  }
}
