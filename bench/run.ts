// npm run bench [part …]: every figure Meshproof keeps, one JSON line each; medians. Exits 1 when a bar is missed.
// Timings are of this machine at this moment: bars are ratios where there is a peer, and generous where there is none.

import { made } from '../scripts/products.ts';
import { apiFigures } from './api.ts';
import { changeToVerdict } from './checks.ts';
import { clusterUp, getPods } from './cluster.ts';
import { manyClusters } from './clusters.ts';
import { type Figure, isMet } from './figure.ts';
import { graphFigures } from './graph.ts';
import { kialiFigures } from './kiali.ts';
import { meshFigures } from './mesh.ts';
import { javaScript, lighthouse } from './pages.ts';
import { telemetryFigures } from './telemetry.ts';
import { journeys } from './travel.ts';
import { figures as terminalFigures } from './terminal.ts';

const parts: Record<string, (tell: (figure: Figure) => void) => Promise<void>> = {
  cluster: async (tell) => tell(await clusterUp()),
  api: apiFigures,
  kubectl: async (tell) => (await getPods()).forEach(tell),
  clusters: async (tell) => (await manyClusters()).forEach(tell),
  checks: async (tell) => tell(await changeToVerdict()),
  travel: async (tell) => tell(await journeys()),
  mesh: meshFigures,
  telemetry: telemetryFigures,
  kiali: kialiFigures,
  graph: graphFigures,
  pages: async (tell) => {
    tell(await javaScript());
    (await lighthouse()).forEach(tell);
  },
  terminal: terminalFigures,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(', ')}: there are ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}

await made('schemas');
let missed = 0;
for (const [name, measure] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  await measure((figure) => {
    const met = isMet(figure);
    if (!met) missed++;
    const value = Number(figure.value.toPrecision(4));
    console.log(JSON.stringify({ ...figure, value, ...(figure.bar && { met }) }));
  });
}
process.exit(missed > 0 ? 1 : 0);
