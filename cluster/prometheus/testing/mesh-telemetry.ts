// The telemetry of a mesh without the mesh: proxies' registries that count made-up requests, scraped into a storage as the
// real ones are. For benches: how much memory and time so many services cost.

import { Clock } from '../../clock.ts';
import { IstioMetrics } from '../../mesh/telemetry/istio-metrics.ts';
import { MetricRegistry } from '../../mesh/telemetry/registry.ts';
import { type Exchange, newExchange } from '../../mesh/proxy/exchange.ts';
import type { Workload } from '../../mesh/routing/workloads.ts';
import { bytesOf, textOf } from '../../streams.ts';
import { Labels } from '../labels.ts';
import { prometheusLimits } from '../limits.ts';
import type { ScrapeConfiguration } from '../configuration/configuration.ts';
import { ScrapeLoop } from '../scrape/scrape-loop.ts';
import { Storage } from '../storage/storage.ts';

export interface MeshTelemetry {
  storage: Storage;
  clock: Clock;
  /** One second of the mesh: each service is called by two others, five times each, and all are scraped. */
  second(): Promise<void>;
  stop(): void;
}

const CALLS = 5;

const job: ScrapeConfiguration = {
  jobName: 'kubernetes-pods',
  intervalMs: 1_000,
  timeoutMs: 1_000,
  metricsPath: '/stats/prometheus',
  scheme: 'http',
  params: {},
  honorLabels: true,
  kubernetes: [],
  statics: [],
  relabel: [],
  metricRelabel: [],
  sampleLimit: 0,
};

export function meshTelemetry(services: number, random: () => number): MeshTelemetry {
  const clock = new Clock(
    { now: () => 1_795_944_600_000, after: () => () => {} },
    { manual: true, start: 1_795_944_600_000 },
  );
  const storage = new Storage({
    limits: prometheusLimits,
    retentionMs: prometheusLimits.retentionMs,
  });
  const proxies = Array.from({ length: services }, (_, index) => {
    const registry = new MetricRegistry();
    const self = workload(`service-${index}`);
    const metrics = new IstioMetrics({
      registry,
      self,
      principal: `spiffe://cluster.local/ns/shop/sa/${self.name}`,
    });
    const loop = new ScrapeLoop({
      target: {
        job: job.jobName,
        discovered: Labels.none,
        labels: podLabels(self.name, index),
        scheme: 'http',
        address: `10.244.0.${index}:15020`,
        path: job.metricsPath,
        intervalMs: job.intervalMs,
        timeoutMs: job.timeoutMs,
      },
      job,
      clock,
      scraper: {
        // Through bytes, as over the network.
        scrape: () => Promise.resolve(textOf(bytesOf(registry.text()))),
        close: () => {},
      },
      storage,
      offsetMs: (index * job.intervalMs) / services,
      fault: (error) => {
        throw error;
      },
    });
    return { self, metrics, loop };
  });
  return {
    storage,
    clock,
    async second() {
      for (const [index, server] of proxies.entries())
        for (const callerIndex of [(index + 1) % services, (index + 7) % services]) {
          const caller = proxies[callerIndex];
          if (!caller) continue;
          for (let call = 0; call < CALLS; call++) {
            const tookMs = 1 + Math.floor(random() ** 4 * 400);
            const status = random() < 0.02 ? 500 : 200;
            const how = { caller: caller.self, server: server.self, tookMs, status };
            caller.metrics.request(exchanged('outbound', how));
            server.metrics.request(exchanged('inbound', how));
          }
        }
      await clock.step(1_000);
    },
    stop: () => {
      for (const { loop } of proxies) loop.stop();
    },
  };
}

interface Call {
  caller: Workload;
  server: Workload;
  tookMs: number;
  status: number;
}

function exchanged(side: Exchange['side'], { caller, server, tookMs, status }: Call): Exchange {
  const exchange = newExchange(side, 0, {
    local: { ip: '10.244.0.6', port: 80 },
    remote: { ip: '10.244.0.5', port: 40_000 },
  });
  exchange.endedAt = tookMs;
  exchange.status = status;
  exchange.authority = `${server.name}.shop.svc.cluster.local`;
  exchange.bytesSent = 600;
  exchange.request = [['user-agent', 'curl/8.11.1']];
  exchange.callerWorkload = caller;
  exchange.upstreamWorkload = server;
  exchange.upstreamPrincipal = `spiffe://cluster.local/ns/shop/sa/${server.name}`;
  return exchange;
}

function workload(name: string): Workload {
  return {
    name,
    namespace: 'shop',
    canonicalName: name,
    canonicalRevision: 'v1',
    app: name,
    version: 'v1',
  };
}

function podLabels(name: string, index: number): Labels {
  return Labels.from({
    job: job.jobName,
    instance: `10.244.0.${index}:15020`,
    namespace: 'shop',
    pod: `${name}-5b7d9c6f4d-7k2lp`,
    node: 'mesh-lab-control-plane',
    app: name,
    version: 'v1',
    pod_template_hash: '5b7d9c6f4d',
    security_istio_io_tlsMode: 'istio',
    service_istio_io_canonical_name: name,
    service_istio_io_canonical_revision: 'v1',
  });
}
