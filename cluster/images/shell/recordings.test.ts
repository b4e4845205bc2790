// Each script of recordings/ does here what it did in the real shell: output, errors and exit code.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { busyboxApplets } from '../programs/table.ts';
import { run } from '../testing/run.ts';
import ash from './recordings/ash.json' with { type: 'json' };
import bash from './recordings/bash.json' with { type: 'json' };
import { shellProgram } from './program.ts';

const programs = { ...busyboxApplets, bash: shellProgram({ flavour: 'bash' }) };

/** Scripts that end otherwise here, and why. */
const differences: Readonly<Record<string, string>> = {
  'echo -e "a\\tb\\x41\\u00e9\\0101"; echo "a\\tb"':
    'recorded in the C locale; here text is UTF-8, as in the images',
  '[[ a == ]]': 'bash -c forgets this mistake in its exit code; here a syntax error is always 2',
  '[[ a b ]]': 'bash -c forgets this mistake in its exit code; here a syntax error is always 2',
  '[[ -z ]]': 'bash -c forgets this mistake in its exit code; here a syntax error is always 2',
};

for (const { name, recorded } of [
  { name: 'sh', recorded: ash.recorded },
  { name: 'bash', recorded: bash.recorded },
])
  describe(`${name} does as recorded`, () => {
    for (const { script, stdout, stderr, code } of recorded) {
      const skip = differences[script] ?? false;
      test(script.replaceAll('\n', '\\n'), { skip }, async () => {
        const outcome = await run(programs, [name, '-c', script], {
          stdin: '',
          cwd: '/tmp/work',
          env: { PATH: '/bin', HOME: '/root' },
          files: { '/tmp/work': { directory: true }, '/usr/lib': { directory: true } },
        });
        assert.deepEqual(
          { stdout: outcome.stdout, stderr: outcome.stderr, code: outcome.code },
          { stdout, stderr, code },
        );
      });
    }
  });
