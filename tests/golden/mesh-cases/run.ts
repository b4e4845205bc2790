// npm run mesh-cases [-- word …]: how much of what a real data plane does does ours do too? Words choose cases by their id.
// Prints a line a case. Exits 1 on a failure without a reason in exceptions.json, or a reason without a failure.

import { readFileSync } from 'node:fs';
import { made } from '../../../scripts/products.ts';
import { pinnedKubectl } from '../../support/kubectl.ts';
import { cases } from './cases.ts';
import { play } from './play.ts';

await made('schemas');
const kubectl = await pinnedKubectl();
const reasons = JSON.parse(
  readFileSync(new URL('exceptions.json', import.meta.url), 'utf8'),
) as Record<string, string>;
const words = process.argv.slice(2);
const chosen = cases.filter(
  ({ id }) => words.length === 0 || words.some((word) => id.includes(word)),
);
let passed = 0;
let failed = 0;
let known = 0;
for (const meshCase of chosen) {
  const started = Date.now();
  let faults: string[];
  try {
    faults = await play(meshCase, kubectl);
  } catch (error) {
    faults = [error instanceof Error ? error.message : String(error)];
  }
  const reason = reasons[meshCase.id];
  const took = `${((Date.now() - started) / 1000).toFixed(1)} s`;
  if (faults.length === 0) {
    passed++;
    console.log(`ok    ${meshCase.id}, ${took}`);
    if (reason) {
      console.log('      it has a reason to fail: take that out of exceptions.json');
      failed++;
    }
    continue;
  }
  if (reason) known++;
  else failed++;
  console.log(`FAIL  ${meshCase.id}, ${took}${reason ? `\n      known: ${reason}` : ''}`);
  for (const fault of faults) console.log(`      ${fault}`);
}
console.log(`${passed} of ${chosen.length} pass; ${failed} fail, ${known} for known reasons`);
process.exit(failed > 0 ? 1 : 0);
