// The path of each module without the lessons beside it, from an empty cluster: a lesson that is optional must not be missed by a later
// one.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { catalogueOf } from '../../src/lesson/course.ts';
import type { SoakPart, SoakResult } from './part.ts';

/** The lesson that starts the cluster is played by the run itself. */
const OPENING = 0;

export const path: SoakPart = {
  name: 'path',
  run: async ({ say }) => {
    const { lessons } = catalogueOf('src/content/docs', process.cwd());
    const modules = new Set(
      lessons.filter(({ optional }) => optional).map((lesson) => lesson.module),
    );
    const result: SoakResult = { passed: 0, failures: [] };
    for (const module of modules) {
      const files = lessons
        .filter((lesson) => lesson.module === module && lesson.number !== OPENING)
        .filter(({ optional, steps }) => !optional && steps.some(({ blocks }) => blocks.length > 0))
        .map(({ id }) => `${id}.mdx`);
      say(`module ${module}: ${files.length} lessons, without those beside the path`);
      const failures = await played(files);
      if (failures.length === 0) result.passed++;
      result.failures.push(...failures.map((failure) => `module ${module}: ${failure}`));
    }
    return result;
  },
};

async function played(files: readonly string[]): Promise<string[]> {
  const script = 'tests/lessons/run.ts';
  const child = spawn(process.execPath, [script, '--alone', '--once', ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const failures: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [, failure] = /^✖ (.*)/.exec(line) ?? [];
    if (failure) failures.push(failure);
  }
  if ((await ended) !== 0 && failures.length === 0) failures.push(`${script} ended badly`);
  return failures;
}
