import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ours = fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '');
const directory = mkdtempSync(join(tmpdir(), 'istioctl-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** A folder whose istioctl says that it is of this version. */
function folderWith(version: string): string {
  const folder = join(directory, version);
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'istioctl'),
    `#!/bin/sh\n[ "$1" = version ] && echo "client version: ${version}" || echo "ran $*"\n`,
  );
  chmodSync(join(folder, 'istioctl'), 0o755);
  return folder;
}

function run(...folders: string[]) {
  const { status, stdout, stderr } = spawnSync(join(ours, 'istioctl'), ['analyze', '-A'], {
    env: { PATH: [ours, ...folders, '/usr/bin', '/bin'].join(':') },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('the learner’s own istioctl does the work', () => {
  assert.deepEqual(run(folderWith('1.30.3')), {
    status: 0,
    stdout: 'ran analyze -A\n',
    stderr: '',
  });
});

test('another minor works too, and says so', () => {
  const { status, stdout, stderr } = run(folderWith('1.28.1'));
  assert.deepEqual([status, stdout], [0, 'ran analyze -A\n']);
  assert.match(stderr, /^istioctl: yours is 1\.28\.1, and the course is proven with 1\.30\./);
});

test('without one there is one sentence with the next move', () => {
  const { status, stderr } = run();
  assert.equal(status, 127);
  assert.match(
    stderr,
    /^istioctl: a real cluster needs the real istioctl.*releases\/tag\/1\.30\.3.*\n$/,
  );
});
