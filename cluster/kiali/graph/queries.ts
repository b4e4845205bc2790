// The questions a graph asks Prometheus about one namespace, in Kiali's own PromQL: a learner can ask them too and gets the
// numbers of the picture. Values are rounded to a thousandth, as Kiali's are.

import { PAIR_LABELS } from './telemetry.ts';
import type { GraphOptions } from './options.ts';
import { type ProtocolRates, protocolOf } from './protocols.ts';

export interface TrafficQuery {
  query: string;
  metric: string;
  /** Undefined where each series names its own. */
  protocol: ProtocolRates | undefined;
}

const REQUESTS = 'istio_requests_total';
const DURATION = 'istio_request_duration_milliseconds';
const by = (labels: readonly string[]) => `by (${labels.join(',')})`;
const rounded = (query: string) => `round(${query},0.001)`;

interface Window {
  namespace: string;
  /** Whole seconds. */
  seconds: number;
}

/**
 * In the order they are counted: what reached nobody, what came in, what went out. The two sides of a call tell the same
 * twice, and the first told counts.
 */
export function trafficQueries(options: GraphOptions, window: Window): TrafficQuery[] {
  const { rates, includeIdleEdges } = options;
  const queries: TrafficQuery[] = [];
  const ask = (
    metric: string,
    protocol: ProtocolRates | undefined,
    labels: readonly string[],
    more = '',
  ) => {
    const { namespace, seconds } = window;
    const condition = includeIdleEdges ? '' : ' > 0';
    const selectors = [
      `reporter="source",source_workload_namespace!="${namespace}",destination_workload_namespace="unknown",destination_workload="unknown",destination_service=~"^.+\\\\.${namespace}\\\\..+$"`,
      `reporter="destination",destination_workload_namespace="${namespace}"`,
      `reporter="source",source_workload_namespace="${namespace}"`,
    ];
    for (const selector of selectors)
      queries.push({
        query: rounded(
          `sum(rate(${metric}{${more}${selector}}[${seconds}s])) ${by(labels)}${condition}`,
        ),
        metric,
        protocol,
      });
  };
  if (rates.http === 'requests' || rates.grpc === 'requests')
    ask(REQUESTS, undefined, [
      ...PAIR_LABELS,
      'request_protocol',
      'response_code',
      'grpc_response_status',
      'response_flags',
    ]);
  for (const metric of messages(rates.grpc)) ask(metric, protocolOf('grpc'), PAIR_LABELS);
  for (const metric of bytes(rates.tcp))
    ask(metric, protocolOf('tcp'), ['app', ...PAIR_LABELS, 'response_flags']);
  return queries;
}

function messages(rate: GraphOptions['rates']['grpc']): string[] {
  const sent = rate === 'sent' || rate === 'total' ? ['istio_request_messages_total'] : [];
  const received = rate === 'received' || rate === 'total' ? ['istio_response_messages_total'] : [];
  return [...sent, ...received];
}

/** Istio counts bytes from the side of the server: what a client sends is received. */
function bytes(rate: GraphOptions['rates']['tcp']): string[] {
  const sent = rate === 'sent' || rate === 'total' ? ['istio_tcp_received_bytes_total'] : [];
  const received = rate === 'received' || rate === 'total' ? ['istio_tcp_sent_bytes_total'] : [];
  return [...sent, ...received];
}

export function responseTimeQueries({ quantile }: GraphOptions, window: Window): string[] {
  const { namespace, seconds } = window;
  const labels = [...PAIR_LABELS, 'request_protocol'];
  return [
    `reporter="destination",destination_service_namespace="${namespace}"`,
    `reporter="source",source_workload_namespace="${namespace}"`,
  ].map((selector) => {
    const rate = (part: string) => `rate(${DURATION}_${part}{${selector}}[${seconds}s])`;
    return rounded(
      quantile === 0
        ? `sum(${rate('sum')}) ${by(labels)} / sum(${rate('count')}) ${by(labels)} > 0`
        : `histogram_quantile(${quantile.toFixed(2)}, sum(${rate('bucket')}) ${by(['le', ...labels])}) > 0`,
    );
  });
}

export function securityQueries({ rates }: GraphOptions, window: Window): string[] {
  const { namespace, seconds } = window;
  const labels = [
    ...PAIR_LABELS,
    'source_principal',
    'destination_principal',
    'connection_security_policy',
  ];
  const metrics = [
    ...(rates.http === 'requests' || rates.grpc === 'requests' ? [REQUESTS] : []),
    ...messages(rates.grpc),
    ...bytes(rates.tcp),
  ];
  if (metrics.length === 0) return [];
  return [
    `reporter="destination",source_workload_namespace!="${namespace}",destination_service_namespace="${namespace}"`,
    `reporter="destination",source_workload_namespace="${namespace}"`,
  ].map((selector) =>
    rounded(
      metrics
        .map((metric) => `(sum(rate(${metric}{${selector}}[${seconds}s])) ${by(labels)} > 0)`)
        .join(' or '),
    ),
  );
}

export function throughputQueries({ throughput }: GraphOptions, window: Window): string[] {
  const { namespace, seconds } = window;
  const reporter = throughput === 'request' ? 'source' : 'destination';
  return [
    `reporter="${reporter}",source_workload_namespace!="${namespace}",destination_service_namespace="${namespace}"`,
    `reporter="${reporter}",source_workload_namespace="${namespace}"`,
  ].map((selector) =>
    rounded(
      `sum(rate(istio_${throughput}_bytes_sum{${selector}}[${seconds}s])) ${by(PAIR_LABELS)} > 0`,
    ),
  );
}
