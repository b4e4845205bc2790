// npm run lessons [path …]: every block of every page, typed into a real terminal, and every check four ways: red before its
// step, green after it, red with the right words after each listed mistake, green after every other right way. Prints the share
// of blocks executed and the mutation score of the checks.
// --one-mistake tries one mistake a check, as npm test does, and tells outputs that are unlike their record without failing for a
// few of them. --record writes down what each block prints and how each step
// leaves the lab; run it twice, and what differs is masked. --once plays each page from top to bottom and leaves out what needs
// saved states: for engines that keep none, as kind. MESHPROOF_ENGINE says which engine.
// --alone leaves out the pages before, right or wrong: for the author of a page that needs nothing but a cluster.

import { availableParallelism, loadavg } from 'node:os';
import { relative } from 'node:path';
import type { Lesson } from '../../protocol/lesson.ts';
import { made } from '../../scripts/products.ts';
import { catalogueOf, lessonFiles, readCourse } from '../../src/lesson/course.ts';
import { Player, type PlayerOptions } from './player.ts';
import { Recording, STALE, stateBefore } from './recording.ts';
import { Report } from './report.ts';

const flags = process.argv.slice(2);
const record = flags.includes('--record');
const once = flags.includes('--once') || record;
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
const oneMistake = flags.includes('--one-mistake');
const report = new Report(!oneMistake);
const recording = new Recording(lessons);
const kind = process.env['MESHPROOF_ENGINE'] === 'kind';
const options: PlayerOptions = {
  once,
  mistakes: oneMistake ? 1 : Infinity,
  // Outputs are recorded from the embedded cluster; a real one words some things otherwise.
  outputs: record ? 'keep' : kind || alone ? 'leave' : 'compare',
  report,
  recording,
  // Alone a page does not begin where its readers do.
  states: record && !alone,
  say: (line) => console.log(line),
};
await Promise.all((await shares()).map(playShare));
if (record && report.failures.length === 0) await recording.write();
process.exit(report.close(chosen, !once) ? 0 : 1);

/** What one player plays: the lessons in order, from the beginning of the course or from a recorded state on. */
interface Share {
  lessons: readonly Lesson[];
  from?: Awaited<ReturnType<typeof stateBefore>>;
}

/** Two players at a time where the middle of the course is a known state: each keeps one processor busy. */
async function shares(): Promise<Share[]> {
  if (alone) return [{ lessons: chosen }];
  const [first] = chosen;
  const last = chosen.at(-1);
  if (!first || !last) return [];
  // A lesson builds on the ones before it: those are played, and only the chosen ones are examined.
  const played = lessons.slice(0, lessons.indexOf(last) + 1);
  // Where others use the processors, two fast clusters would be late for their own clocks.
  const busy = loadavg()[0] ?? 0;
  if (once || busy > 2 * availableParallelism()) return [{ lessons: played }];
  const middle = middleOf(played);
  const from = middle && (await stateBefore(lessons, middle));
  if (!middle || !from) {
    if (middle && wanted.length === 0)
      report.failures.push(
        `the state before ${middle.id} is not the one that is recorded; ${STALE}`,
      );
    return [{ lessons: played }];
  }
  const at = played.indexOf(middle);
  const halves = [{ lessons: played.slice(0, at) }, { lessons: played.slice(at), from }];
  return halves.filter((half) => half.lessons.some((lesson) => chosen.includes(lesson)));
}

/** The lesson at which about half of the work is done. */
function middleOf(played: readonly Lesson[]): Lesson | undefined {
  const work = played.map(({ steps }) =>
    steps.reduce((sum, { blocks, checks }) => {
      const tries = checks.flatMap(({ mistakes, alternatives = [], breaks = [] }) => [
        ...mistakes.slice(0, options.mistakes),
        ...alternatives,
        ...breaks,
      ]);
      return sum + blocks.length + tries.length;
    }, 0),
  );
  const all = work.reduce((sum, one) => sum + one, 0);
  let done = 0;
  return played.find((_lesson, at) => {
    done += work[at - 1] ?? 0;
    return at > 0 && done >= all / 2;
  });
}

async function playShare({ lessons: mine, from }: Share): Promise<void> {
  const player = await Player.start(options);
  try {
    if (alone) await player.lab.cluster({ verb: 'up' });
    if (from) await player.arrive(from);
    for (const lesson of mine) await player.play(lesson, chosen.includes(lesson));
  } finally {
    await player.stop();
  }
}

function fileOf(lesson: Lesson): string {
  return lesson.steps.flatMap((step) => step.blocks)[0]?.file ?? lesson.id;
}
