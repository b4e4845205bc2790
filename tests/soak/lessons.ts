// Every mistake of every check, in the lessons' own run. npm test tries one a check.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { SoakPart, SoakResult } from './part.ts';

export const lessons: SoakPart = {
  name: 'lessons',
  run: ({ say }) =>
    new Promise<SoakResult>((resolve) => {
      const child = spawn(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', 'tests/lessons/run.ts'],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      let passed = 0;
      const failures: string[] = [];
      createInterface({ input: child.stdout }).on('line', (line) => {
        say(line);
        if (line.startsWith('✖ ')) failures.push(line.slice(2));
        passed = Number(/^(\d+) passed, \d+ failed$/.exec(line)?.[1] ?? passed);
      });
      child.on('close', (code) => {
        if (code !== 0 && failures.length === 0) failures.push(`the lessons ended with ${code}`);
        resolve({ passed, failures });
      });
    }),
};
