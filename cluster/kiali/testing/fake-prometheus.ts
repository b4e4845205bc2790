// A Prometheus for tests that knows rates as they are, without counters or time: it understands just the questions of graphs
// and health.

import type { Prometheus, Sample } from '../vector.ts';

export interface Rate {
  metric: string;
  labels: Record<string, string>;
  value: number;
}

export class FakePrometheus implements Prometheus {
  rates: Rate[] = [];
  readonly asked: string[] = [];

  query(query: string): Promise<Sample[]> {
    this.asked.push(query);
    const samples = new Map<string, Sample>();
    for (const [, metric = '', selector = '', after = ''] of query.matchAll(
      /(\w+)\{(.*?)\}\[\w+\]\)(.*?)(?= or |$)/g,
    )) {
      const by = /by \(([\w,]+)\)/.exec(after)?.[1]?.split(',');
      for (const rate of this.rates)
        if (rate.metric === metric && matches(rate.labels, selector)) add(samples, rate, by);
    }
    return Promise.resolve([...samples.values()].filter(({ value }) => value > 0));
  }
}

function matches(labels: Record<string, string>, selector: string): boolean {
  for (const [, name = '', operator, text = ''] of selector.matchAll(
    /(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"/g,
  )) {
    const value = labels[name] ?? '';
    const wanted = text.replaceAll('\\\\', '\\');
    const fits = operator?.includes('~')
      ? new RegExp(`^(?:${wanted})$`).test(value)
      : value === wanted;
    if (fits === operator?.startsWith('!')) return false;
  }
  return true;
}

function add(samples: Map<string, Sample>, { labels, value }: Rate, by: string[] | undefined) {
  const kept = Object.fromEntries(
    Object.entries(labels).filter(([name]) => (by ? by.includes(name) : true)),
  );
  const key = Object.entries(kept)
    .map((pair) => pair.join('='))
    .toSorted()
    .join();
  const known = samples.get(key);
  samples.set(key, { labels: kept, value: (known?.value ?? 0) + value });
}

export interface Call {
  from?: string;
  /** Workload that answers; absent: nobody did. */
  to?: string;
  service: string;
  code?: string;
  flags?: string;
  rate: number;
  mutual?: boolean;
  namespace?: string;
  fromNamespace?: string;
  version?: string;
}

/** Both sides' reports of requests, as two proxies tell them; `from` absent: a caller without a proxy. */
export function requests(call: Call): Rate[] {
  return both('istio_requests_total', call, {
    request_protocol: 'http',
    response_code: call.code ?? '200',
    grpc_response_status: '',
  });
}

export function bytes(call: Call): Rate[] {
  return ['istio_tcp_received_bytes_total', 'istio_tcp_sent_bytes_total'].flatMap((metric) =>
    both(metric, call, { request_protocol: 'tcp' }),
  );
}

function both(metric: string, call: Call, more: Record<string, string>): Rate[] {
  const { from, to, service, flags = '-', rate, namespace = 'app' } = call;
  const { mutual = true, version = 'v1', fromNamespace = namespace } = call;
  const inMesh =
    service.startsWith('Passthrough') || service.startsWith('BlackHole') ? 'unknown' : namespace;
  const labels = {
    source_cluster: from ? 'Kubernetes' : 'unknown',
    source_workload: from ?? 'unknown',
    source_workload_namespace: from ? fromNamespace : 'unknown',
    source_canonical_service: from ?? 'unknown',
    source_canonical_revision: from ? 'v1' : 'latest',
    source_principal:
      mutual && from ? `spiffe://cluster.local/ns/${fromNamespace}/sa/${from}` : 'unknown',
    destination_cluster: to ? 'Kubernetes' : 'unknown',
    destination_workload: to ?? 'unknown',
    destination_workload_namespace: to ? namespace : 'unknown',
    destination_canonical_service: to ? service : 'unknown',
    destination_canonical_revision: to ? version : 'latest',
    destination_principal: mutual ? `spiffe://cluster.local/ns/${namespace}/sa/default` : 'unknown',
    destination_service:
      inMesh === 'unknown' ? 'example.org' : `${service}.${namespace}.svc.cluster.local`,
    destination_service_name: service,
    destination_service_namespace: inMesh,
    response_flags: flags,
    ...more,
  };
  const report = (reporter: string, security: string): Rate => ({
    metric,
    value: rate,
    labels: { ...labels, reporter, connection_security_policy: security },
  });
  return [
    ...(from ? [report('source', 'unknown')] : []),
    ...(to ? [report('destination', mutual && from ? 'mutual_tls' : 'none')] : []),
  ];
}
