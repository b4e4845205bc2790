// The learner's bash, as it is: a real one on a real pty, with our rc file.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type IPty, spawn } from 'node-pty';
import { kubeconfigFor } from '../apiserver/kubeconfig.ts';
import { identity, json, serve } from '../apiserver/testing/served.ts';
import { fetchPinnedKubectl } from './kubectl.ts';
import { type Workspace, openWorkspace } from './workspace.ts';

const kubectl = {
  path: await fetchPinnedKubectl(process.env['MESHPROOF_HOME'] ?? join(homedir(), '.meshproof')),
  version: 'v1.36.3',
  own: false,
};
const base = mkdtempSync(join(tmpdir(), 'shell-'));
const shells: IPty[] = [];
after(() => {
  for (const shell of shells) shell.kill('SIGKILL');
  rmSync(base, { recursive: true, force: true });
});

const NONCE = 'n0nce';

interface Shell {
  /** Types, and resolves with all output from here on once `until` matches it. ESC shows as ␛ and BEL as ␇. */
  type(text: string, until: RegExp): Promise<string>;
}

async function workspaceAt(name: string, env: Record<string, string> = {}): Promise<Workspace> {
  const home = join(base, name, 'home');
  mkdirSync(home, { recursive: true });
  return openWorkspace({
    home: join(base, name, 'meshproof'),
    learner: 'me',
    kubectl,
    env: { PATH: process.env['PATH'], HOME: home, ...env },
  });
}

function open(workspace: Workspace, directory = workspace.startDirectory): Shell {
  const pty = spawn('bash', ['--rcfile', workspace.rcFile, '-i'], {
    cwd: directory,
    env: { ...workspace.env, MESHPROOF_NONCE: NONCE },
    cols: 100,
    rows: 30,
  });
  shells.push(pty);
  let output = '';
  let wake = () => {};
  pty.onData((data) => {
    output += data.replaceAll('\x1b', '␛').replaceAll('\x07', '␇');
    wake();
  });
  return {
    async type(text, until) {
      pty.write(text);
      while (!until.test(output)) await new Promise<void>((resolve) => (wake = resolve));
      const seen = output;
      output = '';
      return seen;
    },
  };
}

/** Ctrl-U. */
const DISCARD = '\x15';
const PROMPT = /133;B;nonce=n0nce/;
/** A prompt after a command. */
const DONE = /133;D[^]*133;B/;
const paste = (text: string) => `\x1b[200~${text}\x1b[201~\r`;

/** Our marks, in order. */
function marks(output: string): string[] {
  return [...output.matchAll(/␛\](\d+;[^␇]*)␇/g)].map((match) =>
    (match[1] ?? '').replace(/;(?:nonce=)?n0nce$/, ''),
  );
}

test('the prompt is the short name of the directory and a dollar, with marks around it', async () => {
  const workspace = await workspaceAt('prompt');
  const shell = open(workspace);
  const first = await shell.type('', PROMPT);
  assert.deepEqual(marks(first), [`633;P;Cwd=${workspace.startDirectory}`, '133;A', '133;B']);
  assert.match(first, /␛\[\?2004h/, 'bracketed paste is on');
  assert.match(first, /133;A;nonce=n0nce␇02-service-mesh-v… \$ ␛\]133;B/);
  assert.match(await shell.type('cd /\r', DONE), /␇\/ \$ ␛\]133;B/);
  assert.match(await shell.type('cd ~\r', DONE), /␇~ \$ ␛\]133;B/);
});

test('each command of a pasted block is marked with its text and the status of the one before', async () => {
  const shell = open(await workspaceAt('block'));
  await shell.type('', PROMPT);
  const block = 'true\nfalse\ncat <<\'EOF\'\na; $b\nEOF\necho "x;y\\z"\n(exit 7)';
  const output = await shell.type(paste(block), DONE);
  // While it echoes a long paste, readline draws the prompt again.
  const seen = marks(output.slice(output.indexOf('␛]633;E'))).filter(
    (mark) => !mark.startsWith('633;P'),
  );
  assert.deepEqual(seen, [
    '633;E;true',
    '133;C;prev=0',
    '633;E;false',
    '133;C;prev=0',
    "633;E;cat <<'EOF'\\x0aa\\x3b $b\\x0aEOF",
    '133;C;prev=1',
    '633;E;echo "x\\x3by\\\\z"',
    '133;C;prev=0',
    '633;E;(exit 7)',
    '133;C;prev=0',
    '133;D;7',
    '133;A',
    '133;B',
  ]);
});

test('an empty line and Ctrl-C at the prompt are no commands', async () => {
  const shell = open(await workspaceAt('empty'));
  await shell.type('', PROMPT);
  const isNoCommand = async (keys: string) => {
    const seen = marks(await shell.type(keys, PROMPT)).map((mark) => mark.slice(0, 5));
    assert.deepEqual(seen, ['633;P', '133;A', '133;B'], JSON.stringify(keys));
  };
  await isNoCommand('\r');
  // bash keeps a Ctrl-C that comes between its prompt and its first read to itself until the next key: its echo shows that it reads.
  await shell.type('half a comm', /half a comm/);
  await isNoCommand('\x03');
});

test('the status of a command is there for the next one to read', async () => {
  const shell = open(await workspaceAt('status'));
  await shell.type('', PROMPT);
  await shell.type('(exit 42)\r', DONE);
  assert.match(await shell.type('echo "was $?"\r', DONE), /was 42/);
});

test('who asks a cluster that is not there hears how to start one, behind the command’s own words', async () => {
  const shell = open(await workspaceAt('no-cluster'));
  await shell.type('', PROMPT);
  const failed = await shell.type('k version --request-timeout=5\r', DONE);
  assert.match(
    failed,
    /133;D;1[^]*There is no cluster yet\. [^]*make -C [^]*01-foundation kind-up[^]*133;A/,
  );
  const other = await shell.type('ls /nowhere\r', DONE);
  assert.doesNotMatch(other, /no cluster/);
});

test('programs do not inherit the nonce', async () => {
  const shell = open(await workspaceAt('nonce'));
  await shell.type('', PROMPT);
  const seen = await shell.type("env | grep -c 'MESHPROOF_NON[C]E'; echo done\r", DONE);
  assert.match(seen, /␇0\r\ndone/);
});

test('dotfiles of the learner that would break the lesson are not read', async () => {
  const workspace = await workspaceAt('dotfiles');
  writeFileSync(join(base, 'dotfiles/home/.bashrc'), 'echo BROKEN; alias kubectl=false; exit 3\n');
  writeFileSync(join(base, 'dotfiles/home/.inputrc'), 'set enable-bracketed-paste off\n');
  const shell = open(workspace);
  const first = await shell.type('', PROMPT);
  assert.doesNotMatch(first, /BROKEN/);
  assert.match(first, /␛\[\?2004h/);
});

for (const command of ['kubectl', 'k']) {
  test(`Tab completes ${command}, also where the machine has no completion package`, async () => {
    const shell = open(await workspaceAt(`tab-${command}`));
    await shell.type('', PROMPT);
    await shell.type(`${command} versi\t`, /version /);
    await shell.type('--outp\t', /--output /);
    // A word that bash breaks at "=". The line before it is discarded: Ctrl-C right behind a completion can hit bash while it
    // hands the terminal back, and it then completes nothing more.
    await shell.type(`${DISCARD}${command} get pods --output=jsonp\t`, /--output=jsonp␇?ath/);
  });
}

test('a shell opens at once: completion is loaded only when it is asked for', async () => {
  const shell = open(await workspaceAt('fast'));
  await shell.type('', PROMPT);
  const isLoaded = 'declare -F __start_kubectl > /dev/null && echo load""ed || echo no""ne\r';
  assert.match(await shell.type(isLoaded, DONE), /␇none\r/);
  await shell.type('kubectl versi\t', /version /);
  assert.match(await shell.type(DISCARD + isLoaded, DONE), /␇loaded\r/);
});

test('history is the workspace’s own and outlives a shell', async () => {
  const workspace = await workspaceAt('history');
  const shell = open(workspace);
  await shell.type('', PROMPT);
  await shell.type('echo remember me\r', DONE);
  const again = open(workspace);
  await again.type('', PROMPT);
  assert.match(await again.type('\x1b[A', /remember/), /echo remember me/);
  assert.deepEqual(readdirSync(join(base, 'history/home')), []);
});

/** What lies in a directory, names and contents. */
function digest(directory: string): string {
  const hash = createHash('sha256');
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true }).sort(
    (a, b) => a.name.localeCompare(b.name),
  )) {
    hash.update(join(entry.parentPath, entry.name));
    if (entry.isFile()) hash.update(readFileSync(join(entry.parentPath, entry.name)));
  }
  return hash.digest('hex');
}

test('a whole session reads and writes nothing of ~/.kube', async (t) => {
  const api: Record<string, object> = {
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
    '/api/v1': {
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: 'v1',
      resources: [
        {
          name: 'pods',
          singularName: 'pod',
          namespaced: true,
          kind: 'Pod',
          verbs: ['get', 'list'],
        },
      ],
    },
    '/version': { major: '1', minor: '36', gitVersion: 'v1.36.2' },
  };
  const served = await serve({
    handle: ({ path }) => json(200, api[path] ?? { kind: 'PodList', apiVersion: 'v1', items: [] }),
  });
  t.after(() => served.server.close());
  const workspace = await workspaceAt('sentinel');
  const kube = join(base, 'sentinel/home/.kube');
  mkdirSync(kube);
  writeFileSync(join(kube, 'config'), 'not: [a, kubeconfig\n');
  // kubectl reads aliases and defaults from here, which would change what a lesson's commands do.
  writeFileSync(
    join(kube, 'kuberc'),
    'apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ndefaults:\n- command: version\n  options: [{name: client, default: "true"}]\n',
  );
  const before = digest(join(base, 'sentinel/home'));
  writeFileSync(workspace.kubeconfig, kubeconfigFor(identity, served.server.url));

  const shell = open(workspace);
  await shell.type('', PROMPT);
  assert.match(
    await shell.type(
      paste(
        'kubectl get pods\nkubectl version\nkubectl config set-context --current --namespace=default',
      ),
      /Context "mesh-lab" modified[^]*133;D[^]*133;B/,
    ),
    /No resources found in default namespace[\s\S]*Server Version: v1\.36\.2/,
  );
  await shell.type('kubectl vers\t', /version /);
  assert.equal(digest(join(base, 'sentinel/home')), before);
  assert.deepEqual(readdirSync(join(base, 'sentinel/home')), ['.kube']);
});
