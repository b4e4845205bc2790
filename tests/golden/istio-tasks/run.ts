// npm run istio-tasks [-- word …]: how much of what pages of Istio's documentation promise comes out? Words choose tasks by
// their id. Prints a line a task, exits 1 when one comes out otherwise.

import { made } from '../../../scripts/products.ts';
import { faultsOf, tasks } from './tasks.ts';

await made('schemas');
const words = process.argv.slice(2);
const chosen = tasks.filter(
  ({ id }) => words.length === 0 || words.some((word) => id.includes(word)),
);
let failed = 0;
for (const task of chosen) {
  const started = Date.now();
  const faults = await faultsOf(task);
  if (faults.length > 0) failed++;
  const took = `${((Date.now() - started) / 1000).toFixed(1)} s`;
  console.log(`${faults.length > 0 ? 'FAIL' : 'ok  '}  ${task.id} (${task.page}), ${took}`);
  for (const fault of faults) console.log(`      ${fault}`);
}
console.log(`${chosen.length - failed} of ${chosen.length} tasks come out as their page says`);
process.exit(failed > 0 ? 1 : 0);
