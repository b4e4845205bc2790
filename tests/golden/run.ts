// npm run golden [section …]: how much of what a real Kubernetes said does the embedded cluster say too?
// Prints a line a section and every miss. Exits 1 on a miss without a reason in exceptions.json, or a reason without a miss.
// MESHPROOF_GOLDEN_SHOW=1 prints what the cluster said in withheld steps, for people to judge.
// MESHPROOF_GOLDEN names the folder of the recordings, for what is too much of upstream's prose to be copied here.

import { readFileSync } from 'node:fs';
import type { Outcome } from './outcome.ts';
import { sectionsOf } from './sections.ts';
import { made } from '../../scripts/products.ts';
import { requireKubectl } from './replay.ts';
import { pinnedKubectl } from '../support/kubectl.ts';

await made('schemas');
const sections = sectionsOf({
  kubectl: requireKubectl(await pinnedKubectl()),
  recordings: process.env['MESHPROOF_GOLDEN'],
});
const reasons = JSON.parse(
  readFileSync(new URL('exceptions.json', import.meta.url), 'utf8'),
) as Record<string, Record<string, string>>;
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in sections));
if (unknown.length > 0) {
  console.error(
    `no golden section ${unknown.join(', ')}: there are ${Object.keys(sections).join(', ')}`,
  );
  process.exit(2);
}

const show = process.env['MESHPROOF_GOLDEN_SHOW'] === '1';

let passed = 0;
let failed = 0;
const todo = Object.entries(sections).filter(
  ([name]) => wanted.length === 0 || wanted.includes(name),
);
// Three at a time: a session mostly waits, as its recording did.
await Promise.all([replayed(), replayed(), replayed()]);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

async function replayed(): Promise<void> {
  for (let next = todo.shift(); next; next = todo.shift()) {
    const [name, section] = next;
    const started = Date.now();
    report(name, await section.replay(), Date.now() - started);
  }
}

function report(name: string, outcomes: Outcome[], tookMs: number): void {
  const count = (verdict: Outcome['verdict']) =>
    outcomes.filter((outcome) => outcome.verdict === verdict).length;
  const identical = count('identical');
  const judged = identical + count('different');
  const share = judged === 0 ? 0 : (100 * identical) / judged;
  console.log(
    `${name}: ${identical} / ${judged} / ${count('withheld')} (identical / judged / withheld), ${share.toFixed(1)}%, ${(tookMs / 1_000).toFixed(0)} s`,
  );
  passed += identical;
  for (const { id, verdict, what, ours } of outcomes) {
    if (show && ours !== undefined) console.log(`\n${id}: ${ours}`);
    const reason = reasons[name]?.[id];
    if (verdict === 'different') {
      console.log(`\n${id}: ${what}${reason ? `\n  known: ${reason}` : ''}`);
      if (!reason) failed++;
    } else if (reason && verdict !== 'not judged') {
      console.log(`\n${id} is ${verdict} now: take its reason out of exceptions.json`);
      failed++;
    }
  }
  const why = Map.groupBy(
    outcomes.filter(({ verdict }) => verdict === 'not judged'),
    ({ what }) => what ?? 'no reason',
  );
  for (const [reason, { length }] of why) console.log(`  not judged: ${length}, ${reason}`);
}
