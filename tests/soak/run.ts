// npm run soak [-- --minutes N] [--seed N] [--heap-snapshots DIR] [part …]: what takes too long for npm test. Ends with a line that counts.

import { parseArgs } from 'node:util';
import { made } from '../../scripts/products.ts';
import { parts } from './parts.ts';

const USAGE = `Usage: npm run soak -- [--minutes N] [--seed N] [--heap-snapshots DIR] [${parts.map(({ name }) => name).join('|')} …]`;

const { minutes, seed, heapSnapshots, wanted } = readArguments();
await made('schemas');
let passed = 0;
let failed = 0;
for (const { name, run } of parts) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`── ${name}, seed ${seed}`);
  const result = await run({
    durationMs: minutes * 60_000,
    seed,
    heapSnapshots,
    say: (line) => console.log(line),
  });
  for (const failure of result.failures) console.log(`failed: ${failure}`);
  passed += result.passed;
  failed += result.failures.length;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

function readArguments() {
  const text = { type: 'string' } as const;
  try {
    const { values, positionals } = parseArgs({
      options: { minutes: text, seed: text, 'heap-snapshots': text },
      allowPositionals: true,
    });
    const given = {
      minutes: Number(values.minutes ?? 10),
      seed: Number(values.seed ?? Date.now() % 1_000_000),
      heapSnapshots: values['heap-snapshots'],
      wanted: positionals,
    };
    const unknown = positionals.filter((name) => !parts.some((part) => part.name === name));
    if (given.minutes > 0 && Number.isInteger(given.seed) && unknown.length === 0) return given;
  } catch {
    // A flag there is not: the usage says which there are.
  }
  console.error(USAGE);
  process.exit(2);
}
