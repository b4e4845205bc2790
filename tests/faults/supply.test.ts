// T22: what we depend on is what we chose: exact versions, with their digests, and no code of theirs at installation.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

interface Package {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

interface Lock {
  packages: Record<
    string,
    { version?: string; integrity?: string; resolved?: string; link?: boolean; inBundle?: boolean }
  >;
}

const read = <T>(file: string) => JSON.parse(readFileSync(file, 'utf8')) as T;
const own = read<Package>('package.json');
const lock = read<Lock>('package-lock.json');

test('T22: every direct dependency is one exact version, and that one is locked', () => {
  for (const [name, version] of Object.entries({ ...own.dependencies, ...own.devDependencies })) {
    assert.match(version, /^\d+\.\d+\.\d+(?:-[\w.]+)?$/, name);
    assert.equal(lock.packages[`node_modules/${name}`]?.version, version, name);
  }
});

test('T22: every locked package has a strong digest', () => {
  const without = Object.entries(lock.packages).filter(
    ([path, { integrity, link, inBundle }]) =>
      path !== '' && !link && !inBundle && !integrity?.startsWith('sha512-'),
  );
  assert.deepEqual(without, []);
});

test('T22: the parts that terminals stand on are not older than their last known hole', () => {
  const version = (name: string) => lock.packages[`node_modules/${name}`]?.version ?? '';
  // 1.1.0 and the betas before 1.2.0-beta.4 let each shell inherit the others' terminals (node-pty #657).
  const [, beta] = /^1\.2\.0-beta\.(\d+)$/.exec(version('node-pty')) ?? [];
  assert.ok(Number(beta) >= 15, `node-pty ${version('node-pty')}`);
  const [major = 0, minor = 0] = version('ws').split('.').map(Number);
  assert.ok(major === 8 && minor >= 21, `ws ${version('ws')}`);
  assert.equal(version('@xterm/addon-clipboard'), '', 'it reads the clipboard for any program');
});

test('T22: packages are installed as the lock says, and their scripts do not run', () => {
  const installs = readFileSync('scripts/run.mjs', 'utf8').match(/npm\([^)]*\['ci'[^\]]*\]/g) ?? [];
  assert.ok(installs.length > 0, 'run.mjs installs');
  for (const install of installs) assert.match(install, /'--ignore-scripts'/);
});
