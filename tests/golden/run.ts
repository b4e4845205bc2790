// npm run golden [section …]: how much of what a real Kubernetes said does the embedded cluster say too?
// Prints a line a section and every miss. Exits 1 on a miss without a reason in exceptions.json, or a reason without a miss.

import { readFileSync } from 'node:fs';
import { type GoldenStep, type Outcome, readSection, replay, requireKubectl } from './replay.ts';
import { made } from '../../scripts/products.ts';
import { pinnedKubectl } from '../support/kubectl.ts';

interface Section {
  /** Rollouts are watched as they happen, so their pace must be a real cluster's; the rest may run faster. */
  clockSpeed: number;
  only: (step: GoldenStep) => boolean;
}

const number = (step: GoldenStep) => Number(step.id.slice(0, 3));

const sections: Record<string, Section> = {
  // Exercises 1 and 2 and their cleanup. The steps between need Istio's CRDs, which come with the mesh.
  seed: {
    clockSpeed: 1,
    only: (step) => number(step) <= 33 || [36, 37, 61].includes(number(step)) || number(step) >= 73,
  },
};

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

await made('schemas');
const kubectl = requireKubectl(await pinnedKubectl());
let passed = 0;
let failed = 0;
for (const [name, section] of Object.entries(sections)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const outcomes = await replay(readSection(name), { kubectl, ...section });
  report(name, outcomes);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

function report(name: string, outcomes: Outcome[]): void {
  const count = (verdict: Outcome['verdict']) =>
    outcomes.filter((outcome) => outcome.verdict === verdict).length;
  const identical = count('identical');
  const judged = identical + count('different');
  const share = judged === 0 ? 0 : (100 * identical) / judged;
  console.log(
    `${name}: ${identical} / ${judged} / ${count('withheld')} (identical / judged / withheld), ${share.toFixed(1)}%`,
  );
  passed += identical;
  for (const outcome of outcomes) {
    const reason = reasons[name]?.[outcome.step.id];
    if (outcome.verdict === 'different') {
      console.log(`\n${outcome.step.id}: ${outcome.what}${reason ? `\n  known: ${reason}` : ''}`);
      if (!reason) failed++;
    } else if (reason) {
      console.log(
        `\n${outcome.step.id} is ${outcome.verdict} now: take its reason out of exceptions.json`,
      );
      failed++;
    }
  }
}
