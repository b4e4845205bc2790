// How long a learner waits to be at another step: from the word to go until the cluster answers and the files are in place.

import type { Step } from '../protocol/lesson.ts';
import { Journey } from '../server/travel/journey.ts';
import { StatePack } from '../server/travel/pack.ts';
import { statesOf } from '../server/travel/states.ts';
import { catalogueOf } from '../src/lesson/course.ts';
import { ClusterLab } from '../tests/support/cluster-lab.ts';
import { type Figure, percentile } from './figure.ts';

const MODULE = 2;
/** What is promised on the embedded cluster. */
const LIMIT_MS = 2_000;

/** To the end of every step of the module in turn, each from the one before. */
export async function journeys(): Promise<Figure> {
  const catalogue = catalogueOf('src/content/docs', process.cwd());
  const pack = await StatePack.read(statesOf(MODULE));
  const steps: Step[] = catalogue.lessons
    .filter(({ module }) => module === MODULE)
    .flatMap((lesson) => lesson.steps)
    .filter(({ id }) => pack?.steps.includes(id));
  const lab = await ClusterLab.start({ clockSpeed: 1 });
  try {
    const journey = new Journey({
      workspace: lab.workspace,
      engine: 'embedded',
      catalogue: () => Promise.resolve(catalogue),
      proven: () => false,
      skipped: () => false,
      skip: () => {},
      lend: () => {},
      expect: () => {},
    });
    const times: number[] = [];
    for (const { id } of steps) {
      const went = await journey.go(`end:${id}`);
      if (went) times.push(went.ms);
    }
    return {
      figure: `to the end of each of ${times.length} steps, p95`,
      value: percentile(times, 95),
      unit: 'ms',
      bar: { limit: LIMIT_MS, is: 'at most' },
    };
  } finally {
    await lab.stop();
  }
}
