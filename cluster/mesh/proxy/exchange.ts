// One request through a proxy, as access logs and metrics see it. Filled in on the way; told once, at its end.

import type { Address } from '../../network/network.ts';
import type { HttpHeaders } from '../../network/http.ts';
import type { Cluster } from '../routing/proxy-config.ts';
import type { Workload } from '../routing/workloads.ts';
import type { ResponseFlag } from './flags.ts';
import type { Hello } from './tls.ts';

export interface Exchange {
  side: 'outbound' | 'inbound';
  /** Cluster time, in milliseconds. */
  startedAt: number;
  endedAt: number;
  method: string;
  /** As the caller sent it. */
  target: string;
  protocol: string;
  /** After rewriting, as the upstream got it. */
  authority: string;
  request: HttpHeaders;
  /** 0 when the caller was gone before an answer. */
  status: number;
  response: HttpHeaders;
  flags: Set<ResponseFlag>;
  details: string;
  transportFailure: string;
  bytesReceived: number;
  bytesSent: number;
  downstream: { local: Address; remote: Address };
  /** Who called, by mutual TLS. */
  caller: Hello | undefined;
  /** Who called, by what its proxy says of itself. */
  callerWorkload: Workload | undefined;
  cluster: Cluster | undefined;
  /** `10.244.0.6:80` */
  upstreamHost: string | undefined;
  upstreamLocal: Address | undefined;
  /** Who answered, as its proxy or its endpoint says. */
  upstreamWorkload: Workload | undefined;
  upstreamPrincipal: string | undefined;
  route: string;
  /** A cookie for the caller, by which it comes back to the same host. */
  cookie: string | undefined;
  /** What TCP counts instead of requests. */
  terminated: string;
}

export function newExchange(
  side: Exchange['side'],
  now: number,
  downstream: Exchange['downstream'],
): Exchange {
  return {
    side,
    startedAt: now,
    endedAt: now,
    method: '',
    target: '',
    protocol: '',
    authority: '',
    request: [],
    status: 0,
    response: [],
    flags: new Set(),
    details: '',
    transportFailure: '',
    bytesReceived: 0,
    bytesSent: 0,
    downstream,
    caller: undefined,
    callerWorkload: undefined,
    cluster: undefined,
    upstreamHost: undefined,
    upstreamLocal: undefined,
    upstreamWorkload: undefined,
    upstreamPrincipal: undefined,
    route: '',
    cookie: undefined,
    terminated: '',
  };
}
