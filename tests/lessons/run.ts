// npm run lessons [path …]: every block of every page, typed into a real terminal, and every check four ways: red before its
// step, green after it, red with the right words after each listed mistake, green after every other right way.
// --once plays each page from top to bottom and leaves out mistakes and other ways, which need saved states: for engines
// that keep none, as kind. MESHPROOF_ENGINE says which engine.
// --alone leaves out the pages before, right or wrong: for the author of a page that needs nothing but a cluster.

import { cpSync, existsSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { CheckSpec } from '../../protocol/check.ts';
import type { Block, Lesson, Step } from '../../protocol/lesson.ts';
import { made } from '../../scripts/products.ts';
import { Receipts } from '../../server/checks/receipts.ts';
import { catalogueOf, lessonFiles, readCourse } from '../../src/lesson/course.ts';
import { ClusterLab } from '../support/cluster-lab.ts';
import { LabShell, type Ran } from '../support/lab-shell.ts';
import { WatchedBoard, say } from './watched-board.ts';

/** Everything that waits inside the cluster runs this much faster; kubectl stays real. */
const CLOCK_SPEED = 20;

/** Folders of the workspace in which learners write. */
const FOLDERS = ['labs', 'reports'];

let passed = 0;
const failures: string[] = [];
const executed = new Set<string>();

const flags = process.argv.slice(2);
const once = flags.includes('--once');
const alone = flags.includes('--alone');
const wanted = flags
  .filter((flag) => !flag.startsWith('--'))
  .map((path) => relative(process.cwd(), path));
const { lessons } = alone
  ? readCourse(lessonFiles('src/content/docs', process.cwd())).catalogue
  : catalogueOf('src/content/docs', process.cwd());
const chosen = lessons.filter(
  (lesson) => wanted.length === 0 || wanted.some((path) => fileOf(lesson).includes(path)),
);
if (chosen.length === 0) {
  console.error(
    `no lesson matches ${wanted.join(', ')}: there are ${lessons.map(fileOf).join(', ')}`,
  );
  process.exit(2);
}

await made('schemas');
const lab = await ClusterLab.start({ clockSpeed: CLOCK_SPEED });
try {
  const last = lessons.indexOf(chosen.at(-1) as Lesson);
  if (alone) await lab.cluster({ verb: 'up' });
  // A lesson builds on the ones before it: those are played, and only the chosen ones are examined.
  const played = alone ? chosen : lessons.slice(0, last + 1);
  for (const lesson of played) await play(lesson, chosen.includes(lesson));
} finally {
  // An embedded cluster ends with its lab; a cluster of containers would stay.
  if (once) await lab.cluster({ verb: 'down' });
  await lab.stop();
}

const blocks = chosen.flatMap(({ steps }) => steps.flatMap((step) => step.blocks));
for (const block of blocks.filter(({ id }) => !executed.has(id)))
  failures.push(`block ${block.id} was never executed`);
const mistakes = chosen.flatMap(({ steps }) =>
  steps.flatMap(({ checks }) => checks.flatMap((check) => check.mistakes)),
);
const named = mistakes.length - failures.filter((failure) => failure.includes('mistake')).length;
const tried = once ? 'mistakes left out' : `${mistakes.length} mistakes, ${named} named rightly`;
console.log(`\n${blocks.length} blocks, ${executed.size} executed; ${tried}`);
for (const failure of failures) console.log(`✖ ${failure}`);
console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length > 0 ? 1 : 0);

function fileOf(lesson: Lesson): string {
  return lesson.steps.flatMap((step) => step.blocks)[0]?.file ?? lesson.id;
}

async function play(lesson: Lesson, examine: boolean): Promise<void> {
  console.log(`\n${lesson.module}.${lesson.number} ${lesson.title}`);
  for (const step of lesson.steps) {
    console.log(`  ${step.number} ${step.title}`);
    if (once) {
      await playStep(step, examine);
      continue;
    }
    const begins = await saved(`begin-${step.id}`);
    if (examine) {
      for (const check of step.checks) await examineCheck(check, begins);
    }
    await begins.restore();
    await playStep(step, examine);
    if (examine) await examineBreaks(step);
  }
}

/** The step as its page has it: red before, each block with its exit code, green after. */
async function playStep(step: Step, examine: boolean): Promise<void> {
  await withShell(step.checks, async (shell, board) => {
    if (examine) {
      for (const { check } of step.checks) {
        await test(`${check}: red before its step`, async () => {
          const { verdict } = await board.until(
            check,
            (state) => state.verdict.state !== 'not started',
          );
          if (verdict.state !== 'waiting') throw new Error(`it is ${say(verdict)}`);
        });
      }
    }
    for (const block of step.blocks) {
      await test(`block ${block.id}`, async () => {
        const ran = await runBlock(shell, block);
        executed.add(block.id);
        if (
          block.shell === 'lab' &&
          !block.opensPodShell &&
          block.untilSeen === undefined &&
          ran.exit !== block.exitCode
        ) {
          throw new Error(`exit ${ran.exit} instead of ${block.exitCode}\n${ran.output}`);
        }
      });
    }
    for (const { check } of step.checks) {
      await test(`${check}: green after its step`, () => board.untilPassed(check));
    }
  });
}

async function examineCheck(check: CheckSpec, begins: Saved): Promise<void> {
  for (const [number, mistake] of check.mistakes.entries()) {
    await begins.restore();
    await withShell([check], async (shell, board) => {
      await test(`${check.check}: names mistake ${number + 1}`, async () => {
        await shell.run(mistake.run);
        await board.until(
          check.check,
          ({ verdict }) => verdict.state === 'waiting' && verdict.because.includes(mistake.says),
          `waiting with "${mistake.says}"`,
        );
      });
    });
  }
  for (const [number, alternative] of (check.alternatives ?? []).entries()) {
    await begins.restore();
    await withShell([check], async (shell, board) => {
      await test(`${check.check}: green after other right way ${number + 1}`, async () => {
        await shell.run(alternative.run);
        await board.untilPassed(check.check);
      });
    });
  }
}

async function examineBreaks(step: Step): Promise<void> {
  const breaks = step.checks.flatMap((check) =>
    (check.breaks ?? []).map((way) => ({ check, way })),
  );
  if (breaks.length === 0) return;
  const after = await saved(`after-${step.id}`);
  for (const { check, way } of breaks) {
    await withShell([check], async (shell, board) => {
      await test(`${check.check}: says when it is no longer so`, async () => {
        await board.untilPassed(check.check);
        await shell.run(way.run);
        await board.until(
          check.check,
          ({ verdict, proven }) =>
            verdict.state === 'waiting' &&
            verdict.because.includes(way.says) &&
            proven !== undefined,
          `waiting with "${way.says}", once proven`,
        );
      });
    });
    await after.restore();
  }
}

function runBlock(shell: LabShell, block: Block): Promise<Ran> {
  if (block.shell === 'pod') return shell.runInPod(block.text);
  if (block.opensPodShell) return shell.openPod(block.text);
  if (block.untilSeen !== undefined) return shell.runUntil(block.text, block.untilSeen);
  return shell.run(block.text);
}

function copyIfThere(from: string, to: string): void {
  if (existsSync(from)) cpSync(from, to, { recursive: true });
}

interface Saved {
  restore(): Promise<void>;
}

/** The present state of the learner's cluster and files, to come back to. Before the first `cluster up` there is no cluster. */
async function saved(name: string): Promise<Saved> {
  const { directory } = lab.workspace;
  const kept = join(directory, '.meshproof/kept', name);
  for (const folder of FOLDERS) copyIfThere(join(directory, folder), join(kept, folder));
  const { running } = await lab.cluster({ verb: 'status' });
  if (running) await lab.cluster({ verb: 'save', name });
  return {
    restore: async () => {
      for (const folder of FOLDERS) {
        rmSync(join(directory, folder), { recursive: true, force: true });
        copyIfThere(join(kept, folder), join(directory, folder));
      }
      await lab.cluster(running ? { verb: 'restore', name } : { verb: 'down' });
    },
  };
}

/** A fresh terminal and a fresh board, so that nothing of another try is remembered. */
async function withShell(
  checks: CheckSpec[],
  use: (shell: LabShell, board: WatchedBoard) => Promise<void>,
): Promise<void> {
  const receipts = new Receipts();
  const shell = new LabShell(lab.workspace, (receipt) => receipts.add(receipt));
  const board = new WatchedBoard(checks, lab.workspace, receipts);
  try {
    await shell.ready();
    await use(shell, board);
  } finally {
    board.close();
    shell.close();
  }
}

async function test(title: string, run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
    passed++;
    console.log(`    ✔ ${title}`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    failures.push(`${title}: ${message}`);
    console.log(`    ✖ ${title}: ${message}`);
  }
}
