// Each script of recordings/ does here what busybox's own tools did: output, errors and exit code.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../testing/run.ts';
import busybox from './recordings/ash.json' with { type: 'json' };
import { busyboxApplets } from './table.ts';

/** Scripts that end otherwise here, and why: by a part of the script. */
const differences: readonly [part: string, reason: string][] = [
  ["sed -n '0~2p'", 'the recording busybox knows no steps; newer ones do'],
  ["sed 'q5'", 'the recording busybox knows no exit codes of q; newer ones do'],
  ['$1^2', 'the recording busybox was built without awk mathematics'],
  ['sqrt(16)', 'the recording busybox was built without awk mathematics'],
  ['2^3^2', 'the recording busybox was built without awk mathematics'],
  ['2**3', 'the recording busybox was built without awk mathematics'],
  ['-delete', 'the recording busybox was built without find -delete'],
];

for (const { script, stdout, stderr, code } of busybox.recorded) {
  const skip = differences.find(([part]) => script.includes(part))?.[1] ?? false;
  test(script.replaceAll('\n', '\\n').slice(0, 160), { skip }, async () => {
    const outcome = await run(busyboxApplets, ['sh', '-c', script], {
      stdin: '',
      cwd: '/tmp/work',
      env: { PATH: '/bin', HOME: '/root' },
      files: { '/tmp/work': { directory: true } },
    });
    assert.deepEqual(
      { stdout: outcome.stdout, stderr: withoutUsage(outcome.stderr), code: outcome.code },
      { stdout, stderr, code },
    );
  });
}

function withoutUsage(text: string): string {
  return text.replace(/BusyBox v[\s\S]*?Usage: (\S+)[\s\S]*$/, '<usage of $1>');
}
