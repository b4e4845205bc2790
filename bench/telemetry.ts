// Figures of Prometheus: what the telemetry of sixty services weighs and costs, and how long the queries of a graph take.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { evaluateInstant } from '../cluster/prometheus/promql/evaluate.ts';
import { parseExpression } from '../cluster/prometheus/promql/parse.ts';
import { type MeshTelemetry, meshTelemetry } from '../cluster/prometheus/testing/mesh-telemetry.ts';
import { seededRandom } from '../cluster/random.ts';
import { type Figure, median } from './figure.ts';

const SERVICES = 60;
/** Five minutes: as long as anybody looks back in a lesson. */
const SECONDS = 300;
const QUERIES = 21;

/** What Kiali asks for a graph of one namespace, the largest of it. */
const GRAPH =
  'sum(rate(istio_requests_total{reporter="source",source_workload_namespace="shop"}[60s])) by (source_workload,destination_workload,destination_service_name,response_code,response_flags) > 0';

export async function telemetryFigures(tell: (figure: Figure) => void): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  // Code and shapes are warm before anything is weighed.
  await filled(4, 80);
  const before = held();
  const began = process.cpuUsage();
  const mesh = await filled(SERVICES, SECONDS);
  const used = process.cpuUsage(began);
  tell({
    figure: `telemetry of ${SERVICES} services, ${SECONDS} s at a second's interval`,
    value: (held() - before) / 1e6,
    unit: 'MB',
    bar: { limit: 20, is: 'at most' },
  });
  tell({
    figure: `counting and scraping ${SERVICES} services, a second`,
    value: (used.user + used.system) / 1_000 / SECONDS,
    unit: 'ms of a core',
  });
  tell({
    figure: `graph query of ${SERVICES} services`,
    value: median(await queries(mesh)),
    unit: 'ms of a core',
    bar: { limit: 30, is: 'at most' },
  });
  mesh.stop();
}

async function filled(services: number, seconds: number): Promise<MeshTelemetry> {
  const mesh = meshTelemetry(services, seededRandom([1, 2, 3, 4]));
  for (let second = 0; second < seconds; second++) await mesh.second();
  return mesh;
}

async function queries({ storage, clock }: MeshTelemetry): Promise<number[]> {
  const times: number[] = [];
  for (let query = 0; query < QUERIES; query++) {
    const began = process.cpuUsage();
    const value = await evaluateInstant(parseExpression(GRAPH), clock.now(), {
      storage,
      lookbackMs: 300_000,
      defaultStepMs: 60_000,
      samples: 5_000_000,
      pause: () => Promise.resolve(),
    });
    times.push(process.cpuUsage(began).user / 1_000);
    if (value.type !== 'vector' || value.samples.length === 0)
      throw new Error('the graph’s query found nothing');
  }
  return times;
}
