// Istio's standard metrics of one proxy, from what its exchanges were.
// Source: istio.io, Istio Standard Metrics; istio/proxy source/extensions/filters/http/istio_stats.

import { headerOf } from '../../network/http.ts';
import {
  BLACK_HOLE,
  INBOUND_PASSTHROUGH,
  type MetricsConfig,
  PASSTHROUGH,
} from '../routing/proxy-config.ts';
import { tagOf } from '../proxy/attributes.ts';
import type { Workload } from '../routing/workloads.ts';
import type { Exchange } from '../proxy/exchange.ts';
import { flagsText } from '../proxy/flags.ts';
import type { ProxyTelemetry } from '../proxy/sidecar.ts';
import { type MetricLabels, type MetricRegistry, labelText } from './registry.ts';

/** Envoy's default buckets, for milliseconds and for bytes. */
const BUCKETS = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000,
  600_000, 1_800_000, 3_600_000,
];

const UNKNOWN = 'unknown';
/** Istio's name for the one cluster of a mesh. */
const CLUSTER_ID = 'Kubernetes';

export interface IstioMetricsOptions {
  registry: MetricRegistry;
  self: Workload;
  /** `spiffe://…` of this proxy. */
  principal: string;
}

/** Bytes of a connection that are counted, and when they were: cluster milliseconds. */
interface Reported {
  sent: number;
  received: number;
  at: number;
}

const NOTHING: Reported = { sent: 0, received: 0, at: 0 };

/** The filter's tcp_reporting_duration. */
const TCP_REPORTING_MS = 15_000;

/** The labels of a metric, by its name; undefined where it is switched off. */
type LabelsOf = (name: string) => string | undefined;

/** Label texts that a proxy keeps; with more it begins again. Most proxies meet a dozen. */
const TEXTS = 1_000;

export class IstioMetrics implements ProxyTelemetry {
  readonly #options: IstioMetricsOptions;
  /** The labels' text by all that differs between the requests of one proxy: writing it out is most of the work. */
  readonly #texts = new Map<string, string>();
  /** TCP connections that are open, and what of them is counted already. */
  readonly #open = new Map<Exchange, Reported>();
  #changes: MetricsConfig = { outbound: new Map(), inbound: new Map() };

  constructor(options: IstioMetricsOptions) {
    this.#options = options;
  }

  follow(metrics: MetricsConfig): void {
    this.#changes = metrics;
  }

  request(exchange: Exchange): void {
    const { registry } = this.#options;
    const labels = this.#labelsOf(exchange, requestProtocol(exchange), [
      ['response_code', String(exchange.status)],
      ['grpc_response_status', headerOf(exchange.response, 'grpc-status') ?? ''],
    ]);
    const observe = (name: string, value: number) => {
      const text = labels(name);
      if (text !== undefined) registry.observe(name, text, value, BUCKETS);
    };
    this.#add('istio_requests_total', labels, 1);
    // Whole milliseconds, as the real filter counts them.
    observe(
      'istio_request_duration_milliseconds',
      Math.floor(exchange.endedAt - exchange.startedAt),
    );
    observe('istio_request_bytes', requestBytes(exchange));
    observe('istio_response_bytes', responseBytes(exchange));
  }

  opened(exchange: Exchange): void {
    const labels = this.#labelsOf(exchange, 'tcp', []);
    this.#add('istio_tcp_connections_opened_total', labels, 1);
    this.#open.set(exchange, { sent: 0, received: 0, at: exchange.startedAt });
  }

  closed(exchange: Exchange): void {
    const labels = this.#labelsOf(exchange, 'tcp', []);
    this.#add('istio_tcp_connections_closed_total', labels, 1);
    this.#bytes(exchange, this.#open.get(exchange));
    this.#open.delete(exchange);
  }

  /** Counts what open connections have carried, each at most once in a while: one that never ends is seen all the same. */
  settle(now: number): void {
    for (const [exchange, reported] of this.#open) {
      if (now - reported.at < TCP_REPORTING_MS) continue;
      this.#bytes(exchange, reported);
      reported.sent = exchange.bytesSent;
      reported.received = exchange.bytesReceived;
      reported.at = now;
    }
  }

  /** What has come since it was last reported. */
  #bytes(exchange: Exchange, { sent, received }: Reported = NOTHING): void {
    const labels = this.#labelsOf(exchange, 'tcp', []);
    this.#add('istio_tcp_sent_bytes_total', labels, exchange.bytesSent - sent);
    this.#add('istio_tcp_received_bytes_total', labels, exchange.bytesReceived - received);
  }

  #add(name: string, labels: LabelsOf, value: number): void {
    const text = labels(name);
    if (text !== undefined) this.#options.registry.add(name, text, value);
  }

  #labelsOf(exchange: Exchange, protocol: string, more: MetricLabels): LabelsOf {
    const changes = this.#changes[exchange.side];
    const usual = this.#usualText(exchange, protocol, more);
    return (name) => {
      const change = changes.get(name);
      if (!change) return usual;
      if (change.off) return undefined;
      const { tags } = change;
      const kept = this.#labels(exchange, protocol, more).filter(([tag]) => !tags.has(tag));
      const own = [...tags].flatMap(([tag, expression]): [string, string][] =>
        expression === undefined ? [] : [[tag, tagOf(expression, exchange)]],
      );
      return labelText([...kept, ...own]);
    };
  }

  #usualText(exchange: Exchange, protocol: string, more: MetricLabels): string {
    const service = serviceOf(exchange);
    const key = [
      exchange.side,
      workloadKey(exchange.callerWorkload),
      exchange.caller?.principal,
      workloadKey(exchange.upstreamWorkload),
      exchange.upstreamPrincipal,
      service.host,
      service.name,
      service.namespace,
      protocol,
      flagsText(exchange.flags),
      ...more.map(([, value]) => value),
    ].join('\n');
    let text = this.#texts.get(key);
    if (text === undefined) {
      if (this.#texts.size >= TEXTS) this.#texts.clear();
      this.#texts.set(key, (text = labelText(this.#labels(exchange, protocol, more))));
    }
    return text;
  }

  #labels(exchange: Exchange, protocol: string, more: MetricLabels): MetricLabels {
    const outbound = exchange.side === 'outbound';
    const { self, principal } = this.#options;
    const source = outbound ? self : exchange.callerWorkload;
    const destination = outbound ? exchange.upstreamWorkload : self;
    const mutual = outbound
      ? exchange.upstreamPrincipal !== undefined
      : exchange.caller !== undefined;
    const own = mutual ? principal : UNKNOWN;
    const service = serviceOf(exchange);
    return [
      ['reporter', outbound ? 'source' : 'destination'],
      ['source_workload', source?.name ?? UNKNOWN],
      ['source_canonical_service', source?.canonicalName ?? UNKNOWN],
      ['source_canonical_revision', source ? source.canonicalRevision : 'latest'],
      ['source_workload_namespace', source?.namespace ?? UNKNOWN],
      ['source_principal', outbound ? own : (exchange.caller?.principal ?? UNKNOWN)],
      ['source_app', source?.app ?? UNKNOWN],
      ['source_version', source?.version ?? UNKNOWN],
      ['source_cluster', source ? CLUSTER_ID : UNKNOWN],
      ['destination_workload', destination?.name ?? UNKNOWN],
      ['destination_workload_namespace', destination?.namespace ?? UNKNOWN],
      ['destination_principal', outbound ? (exchange.upstreamPrincipal ?? UNKNOWN) : own],
      ['destination_app', destination?.app ?? UNKNOWN],
      ['destination_version', destination?.version ?? UNKNOWN],
      ['destination_service', service.host],
      ['destination_canonical_service', destination?.canonicalName ?? UNKNOWN],
      ['destination_canonical_revision', destination ? destination.canonicalRevision : 'latest'],
      ['destination_service_name', service.name],
      ['destination_service_namespace', service.namespace || (destination?.namespace ?? UNKNOWN)],
      ['destination_cluster', destination ? CLUSTER_ID : UNKNOWN],
      ['request_protocol', protocol],
      ...more,
      ['response_flags', flagsText(exchange.flags)],
      // Only the destination sees what its connection was.
      ['connection_security_policy', outbound ? UNKNOWN : mutual ? 'mutual_tls' : 'none'],
    ];
  }
}

function workloadKey(workload: Workload | undefined): string {
  if (!workload) return '';
  const { name, namespace, canonicalName, canonicalRevision, app, version } = workload;
  return `${name}\t${namespace}\t${canonicalName}\t${canonicalRevision}\t${app}\t${version}`;
}

/** The service of the cluster; without one, what the caller asked for. */
function serviceOf(exchange: Exchange): { host: string; name: string; namespace: string } {
  const asked = exchange.authority || UNKNOWN;
  const name = exchange.route === 'block_all' ? BLACK_HOLE : exchange.cluster?.name;
  if (name === PASSTHROUGH || name === BLACK_HOLE || name === INBOUND_PASSTHROUGH)
    return { host: asked, name, namespace: UNKNOWN };
  return exchange.cluster?.service ?? { host: asked, name: asked, namespace: '' };
}

function requestProtocol({ request }: Exchange): string {
  const type = headerOf(request, 'content-type');
  return type?.startsWith('application/grpc') ? 'grpc' : 'http';
}

function requestBytes({ request, bytesReceived }: Exchange): number {
  return (
    bytesReceived + request.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  );
}

function responseBytes({ response, bytesSent }: Exchange): number {
  return bytesSent + response.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
}
