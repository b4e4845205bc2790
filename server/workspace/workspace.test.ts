import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { Kubectl } from './kubectl.ts';
import { type Workspace, openWorkspace, workspacePaths } from './workspace.ts';

const base = mkdtempSync(join(tmpdir(), 'workspace-'));
after(() => rmSync(base, { recursive: true, force: true }));
let count = 0;

const fetched: Kubectl = { path: '/opt/tools/kubectl', version: 'v1.36.3', own: false };

/** A clone with these labs, and a home of its own. */
function place(labs: Record<string, string>) {
  const directory = join(base, String(++count));
  const root = join(directory, 'clone');
  const ship = (files: Record<string, string>) => {
    rmSync(join(root, 'labs'), { recursive: true, force: true });
    mkdirSync(join(root, 'labs'), { recursive: true });
    for (const [path, text] of Object.entries(files)) write(join(root, 'labs', path), text);
  };
  ship(labs);
  const home = join(directory, 'home');
  const open = (env: Record<string, string> = {}, kubectl = fetched): Promise<Workspace> =>
    openWorkspace({ home, learner: 'me', kubectl, env, root });
  const openForKind = () =>
    openWorkspace({ home, learner: 'me', kubectl: fetched, env: {}, root, engine: 'kind' });
  const lab = (path: string) => join(home, 'learners/me/labs', path);
  const read = (path: string) => readFileSync(lab(path), 'utf8');
  return { root, home, ship, open, openForKind, lab, read };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

test('a new workspace holds the labs, starts in the second and is nobody else’s to read', async () => {
  const { open, read, home } = place({ '01/Makefile': 'all:\n', '02/a.yaml': 'a' });
  const workspace = await open();
  assert.equal(workspace.directory, join(home, 'learners/me'));
  assert.equal(
    workspace.startDirectory,
    join(workspace.directory, 'labs/02-service-mesh-value-proposition'),
  );
  assert.equal(read('01/Makefile'), 'all:\n');
  assert.equal(read('02/a.yaml'), 'a');
  assert.equal(statSync(workspace.directory).mode & 0o777, 0o700);
  assert.equal(existsSync(workspace.kubeconfig), false, 'only cluster up writes it');
});

test('a file is executable where ours is', async () => {
  const { root, open, lab } = place({ 'run.sh': '#!/bin/sh\n' });
  chmodSync(join(root, 'labs/run.sh'), 0o755);
  await open();
  assert.ok(statSync(lab('run.sh')).mode & 0o100);
});

test('a new version reaches the files a learner has not touched, and no others', async () => {
  const { open, ship, read } = place({
    'same.yaml': '1',
    'changed.yaml': '1',
    'gone.yaml': '1',
    'mine-gone.yaml': '1',
  });
  const { directory } = await open();
  write(join(directory, 'labs/changed.yaml'), 'mine');
  write(join(directory, 'labs/mine-gone.yaml'), 'mine');
  write(join(directory, 'labs/notes.md'), 'mine');
  ship({ 'same.yaml': '2', 'changed.yaml': '2', 'new.yaml': '2', 'notes.md': '2' });
  for (const _ of ['first', 'second time changes nothing']) {
    await open();
    assert.equal(read('same.yaml'), '2');
    assert.equal(read('changed.yaml'), 'mine');
    assert.equal(read('new.yaml'), '2');
    assert.equal(read('notes.md'), 'mine', 'a file of theirs with a name that we ship later');
    assert.equal(read('mine-gone.yaml'), 'mine');
    assert.equal(existsSync(join(directory, 'labs/gone.yaml')), false);
  }
});

test('a changed file that is put back as it was is ours to update again', async () => {
  const { open, ship, read, lab } = place({ 'a.yaml': '1' });
  await open();
  write(lab('a.yaml'), 'mine');
  await open();
  write(lab('a.yaml'), '1');
  ship({ 'a.yaml': '2' });
  await open();
  assert.equal(read('a.yaml'), '2');
});

test('a deleted file is given again', async () => {
  const { open, read, lab } = place({ 'sub/a.yaml': '1' });
  await open();
  rmSync(lab('sub'), { recursive: true });
  await open();
  assert.equal(read('sub/a.yaml'), '1');
});

test('a link in the labs never leads our files out of the workspace', async () => {
  const { open, ship, lab } = place({ 'sub/a.yaml': '1', 'b.yaml': '1' });
  await open();
  const outside = join(base, 'outside');
  write(join(outside, 'a.yaml'), '1');
  write(join(outside, 'b.yaml'), '1');
  rmSync(lab('sub'), { recursive: true });
  symlinkSync(outside, lab('sub'));
  rmSync(lab('b.yaml'));
  symlinkSync(join(outside, 'b.yaml'), lab('b.yaml'));
  ship({ 'sub/a.yaml': '2', 'b.yaml': '2' });
  await open();
  ship({});
  await open();
  assert.equal(readFileSync(join(outside, 'a.yaml'), 'utf8'), '1');
  assert.equal(readFileSync(join(outside, 'b.yaml'), 'utf8'), '1');
});

test('a damaged record makes every changed file the learner’s', async () => {
  const { open, ship, read, home } = place({ 'a.yaml': '1' });
  await open();
  write(join(home, 'learners/me/.meshproof/given.json'), '{"a.ya');
  ship({ 'a.yaml': '2' });
  await open();
  assert.equal(read('a.yaml'), '1');
});

test('a shell gets language, editor and PATH, and no secret of whoever started the server', async () => {
  const { open, root } = place({ 'a.yaml': '' });
  const { env, directory, kubeconfig, controlSocket } = await open({
    HOME: '/home/ann',
    LANG: 'de_CH.UTF-8',
    LC_TIME: 'de_CH.UTF-8',
    EDITOR: 'nano',
    PATH: `${join(root, 'node_modules/.bin')}:${root}/tools/node/bin:/x/node_modules/.bin:relative:/usr/bin`,
    AWS_SECRET_ACCESS_KEY: 'secret-1',
    NPM_TOKEN: 'secret-2',
    HTTPS_PROXY: 'http://ann:secret-3@proxy',
    KUBECONFIG: '/home/ann/.kube/config',
    BASH_ENV: '/home/ann/evil',
    SSH_AUTH_SOCK: '/tmp/agent',
  });
  assert.equal(JSON.stringify(env).includes('secret'), false);
  assert.equal(env['BASH_ENV'], undefined);
  assert.equal(env['SSH_AUTH_SOCK'], undefined);
  assert.equal(env['HOME'], '/home/ann');
  assert.equal(env['EDITOR'], 'nano');
  assert.equal(env['LC_TIME'], 'de_CH.UTF-8');
  assert.equal(env['KUBECONFIG'], kubeconfig);
  assert.equal(env['MESHPROOF_CONTROL'], controlSocket);
  assert.equal(
    env['PATH'],
    `${directory}/bin:${root}/bin:${root}/bin/embedded:/usr/bin:${root}/bin/fallback`,
  );
  for (const name of [
    'KUBECONFIG',
    'KUBECACHEDIR',
    'HELM_CACHE_HOME',
    'HELM_CONFIG_HOME',
    'HELM_DATA_HOME',
  ])
    assert.ok(env[name]?.startsWith(directory), `${name} is inside the workspace`);
});

test('the tools of the embedded cluster are not on the PATH of a real one', async () => {
  const { openForKind } = place({});
  const { env } = await openForKind();
  assert.doesNotMatch(env['PATH'] ?? '', /bin\/embedded/);
  assert.match(env['PATH'] ?? '', /bin\/real/);
});

test('with no PATH and no language at all there are usable ones', async () => {
  const { open, root } = place({ 'a.yaml': '' });
  const { env, directory } = await open({});
  assert.equal(
    env['PATH'],
    `${directory}/bin:${root}/bin:${root}/bin/embedded:/usr/local/bin:/usr/bin:/bin:${root}/bin/fallback`,
  );
  assert.equal(env['LANG'], 'C.UTF-8');
});

test('a fetched kubectl is linked into the workspace, the learner’s own is left where it is', async () => {
  const { open } = place({ 'a.yaml': '' });
  const { directory } = await open();
  assert.equal(readlinkSync(join(directory, 'bin/kubectl')), '/opt/tools/kubectl');
  await open({}, { path: '/usr/bin/kubectl', version: 'v1.34.0', own: true });
  assert.equal(existsSync(join(directory, 'bin/kubectl')), false);
});

test('a socket that would lie too deep moves to the temporary directory, one for each workspace', () => {
  const deep = `/home/${'d'.repeat(80)}`;
  assert.equal(workspacePaths('/h', 'me').controlSocket, '/h/learners/me/.meshproof/control.sock');
  const one = workspacePaths(deep, 'me').controlSocket;
  const other = workspacePaths(deep, 'you').controlSocket;
  assert.ok(one.startsWith(tmpdir()) && Buffer.byteLength(one) < 100, one);
  assert.notEqual(one, other);
});

for (const learner of ['', '..', 'a/b', 'Ann', '-x', 'x'.repeat(64)]) {
  test(`"${learner}" is no learner`, () => {
    assert.throws(() => workspacePaths('/h', learner), /use up to 63 small letters/);
  });
}
