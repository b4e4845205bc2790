// A graph of many services from end to end: their telemetry in a Prometheus, its HTTP API in one pod, Kiali's in another.
// For the bench and for profiles: time is the machine's, the cluster's stands still.

import { networkLab, seeded } from '../../network/testing/network-lab.ts';
import { serveHttp } from '../../network/http-server.ts';
import { meshTelemetry } from '../../prometheus/testing/mesh-telemetry.ts';
import { prometheusLimits } from '../../prometheus/limits.ts';
import { success } from '../../prometheus/web/answer.ts';
import { query } from '../../prometheus/web/query-routes.ts';
import { readAll, textOf } from '../../streams.ts';
import { Kiali } from '../kiali.ts';
import { PrometheusClient } from '../prometheus-client.ts';
import { Routes } from '../routes.ts';
import { type KialiSettings, readSettings } from '../settings.ts';
import { deployment, namespace, readerOver, service } from './objects.ts';

export interface GraphBench {
  /** Asks for a graph as the page does; resolves with its text. */
  ask(target: string): Promise<string>;
  stop(): void;
}

/** Each service is called by two others; `seconds` of traffic are in Prometheus. */
export async function graphBench(services: number, seconds = 70): Promise<GraphBench> {
  const telemetry = meshTelemetry(services, seeded(3));
  for (let second = 0; second < seconds; second++) await telemetry.second();
  const net = networkLab();
  const context = {
    storage: telemetry.storage,
    limits: prometheusLimits,
    lookbackMs: 300_000,
    defaultStepMs: () => 15_000,
    now: () => telemetry.clock.now(),
    pause: () => Promise.resolve(),
  };
  const prometheus = net.pod('10.244.0.9', { namespace: 'istio-system', hostname: 'prometheus' });
  prometheus.listen(9090, (connection) => {
    void serveHttp(connection, async ({ body }) => {
      const form = new URLSearchParams(textOf(await readAll(body)));
      const answered = await query(form, context);
      return success(answered);
    });
  });
  const pod = net.pod('10.244.0.8', { namespace: 'istio-system', hostname: 'kiali' });
  const names = Array.from({ length: services }, (_, index) => `service-${index}`);
  const client = new PrometheusClient(pod, 'http://10.244.0.9:9090');
  const routes = new Routes(
    new Kiali({
      settings: readSettings('server: {web_root: /kiali}') as KialiSettings,
      reader: readerOver([
        {
          ...namespace('shop'),
          metadata: { ...namespace('shop').metadata, creationTimestamp: '2026-01-01T00:00:00Z' },
        },
        ...names.flatMap((name) => [
          service(name, { app: name }, { namespace: 'shop' }),
          ...deployment(name, { namespace: 'shop', replicas: 2 }),
        ]),
      ]),
      prometheus: client,
      hash: (key) => key,
      now: () => telemetry.clock.now() / 1000,
    }),
  );
  return {
    async ask(target) {
      const response = await routes.answer('GET', target);
      return textOf(await readAll(response.body));
    },
    stop() {
      client.close();
      net.network.close();
      telemetry.stop();
    },
  };
}
