// How long a graph takes from the question to the answer: Kiali's own work and Prometheus', with HTTP between them.

import { graphBench } from '../cluster/kiali/testing/graph-bench.ts';
import { kialiGraphPath } from '../protocol/kiali.ts';
import { type Figure, median } from './figure.ts';

const SERVICES = 60;
const WARM_UP = 10;
const GRAPHS = 41;

export async function kialiFigures(tell: (figure: Figure) => void): Promise<void> {
  const bench = await graphBench(SERVICES);
  const path = kialiGraphPath({
    namespaces: ['shop'],
    graphType: 'versionedApp',
    services: false,
  });
  const times: number[] = [];
  for (let graph = 0; graph < WARM_UP + GRAPHS; graph++) {
    const began = process.cpuUsage();
    const text = await bench.ask(path);
    const { user, system } = process.cpuUsage(began);
    if (graph >= WARM_UP) times.push((user + system) / 1_000);
    if (!text.includes('service-0')) throw new Error(`this is no graph: ${text.slice(0, 200)}`);
  }
  bench.stop();
  tell({
    figure: `a graph answer of ${SERVICES} services`,
    value: median(times),
    unit: 'ms of a core',
    bar: { limit: 30, is: 'at most' },
  });
}
