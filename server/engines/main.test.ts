// The clusters' process as a whole, with real clusters, the real command and the real kubectl: what a learner's shell sees.

import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { FromEngines } from '../../protocol/processes.ts';
import { fetchPinnedKubectl } from '../workspace/kubectl.ts';
import { type Workspace, openWorkspace } from '../workspace/workspace.ts';

const kubectl = {
  path: await fetchPinnedKubectl(process.env['MESHPROOF_HOME'] ?? join(homedir(), '.meshproof')),
  version: 'v1.36.3',
  own: false,
};
const base = mkdtempSync(join(tmpdir(), 'clusters-'));
const processes: ChildProcess[] = [];
after(() => {
  for (const each of processes) each.kill('SIGKILL');
  rmSync(base, { recursive: true, force: true });
});

interface Clusters {
  child: ChildProcess;
  messages: FromEngines[];
  /** Resolves when the engine shows this state. */
  until(state: string): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

function clusters(home: string, env: Record<string, string> = {}): Clusters {
  const child = fork(fileURLToPath(new URL('main.ts', import.meta.url)), {
    env: { PATH: process.env['PATH'], HOME: home, MESHPROOF_HOME: home, ...env },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  processes.push(child);
  const messages: FromEngines[] = [];
  let wake = () => {};
  child.on('message', (message) => {
    messages.push(message as FromEngines);
    wake();
  });
  const exited = once(child, 'exit');
  return {
    child,
    messages,
    async until(state) {
      const shows = () =>
        messages.findLast((message) => message.kind === 'engine')?.engine.state === state;
      while (!shows()) await new Promise<void>((resolve) => (wake = resolve));
    },
    async kill(signal) {
      child.kill(signal);
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}

async function workspaceIn(home: string): Promise<Workspace> {
  mkdirSync(home, { recursive: true });
  return openWorkspace({
    home,
    learner: 'me',
    kubectl,
    env: { PATH: process.env['PATH'], HOME: home },
  });
}

async function shell(
  workspace: Workspace,
  command: string,
): Promise<{ code: number; output: string }> {
  const child = spawn('bash', ['-c', command], {
    cwd: workspace.startDirectory,
    env: workspace.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

test('make kind-up, work, kill -9, come back to the same cluster, make kind-down', async () => {
  const home = join(base, 'life');
  const workspace = await workspaceIn(home);
  const first = clusters(home);
  await first.until('none');

  const up = await shell(workspace, 'make -C ../01-foundation kind-up');
  assert.equal(up.code, 0, up.output);
  assert.match(up.output, /Creating cluster "mesh-lab"[^]* ✓ Waiting for the node\n[^]*is ready/);
  await first.until('ready');
  const nodes = await shell(workspace, 'kubectl get nodes');
  assert.match(nodes.output, /mesh-lab-control-plane +Ready +control-plane .* v1\.36\.2/);
  const card = readFileSync(join(workspace.directory, '.meshproof/cluster.json'), 'utf8');
  const uid = await shell(
    workspace,
    'kubectl get namespace kube-system -o jsonpath={.metadata.uid}',
  );
  assert.equal((JSON.parse(card) as { uid: string }).uid, uid.output);

  await shell(workspace, 'kubectl create configmap kept --from-literal=a=1');
  const revision = Number(
    (await shell(workspace, "kubectl get configmap kept -o jsonpath='{.metadata.resourceVersion}'"))
      .output,
  );
  const snapshot = join(workspace.directory, '.meshproof/embedded/snapshot.json');
  while (!(existsSync(snapshot) && readFileSync(snapshot, 'utf8').includes('"kept"')))
    await new Promise((resolve) => setTimeout(resolve, 20));
  await first.kill('SIGKILL');
  assert.equal((await shell(workspace, 'kubectl get configmaps')).code, 1);

  const second = clusters(home);
  await second.until('ready');
  const kept = await shell(workspace, 'kubectl get configmap kept -o jsonpath={.data.a}');
  assert.equal(kept.output, '1');
  const late = await shell(
    workspace,
    `kubectl get --raw '/api/v1/configmaps?watch=1&resourceVersion=${revision}'`,
  );
  assert.match(late.output, /"code":410/);
  const list = await shell(workspace, 'kubectl get --raw /api/v1/configmaps');
  const now = Number(
    (JSON.parse(list.output) as { metadata: { resourceVersion: string } }).metadata.resourceVersion,
  );
  assert.ok(now > revision);

  assert.match((await shell(workspace, 'meshproof cluster up')).output, /already running/);
  assert.equal((await shell(workspace, 'meshproof cluster status')).code, 0);
  const down = await shell(workspace, 'make -C ../01-foundation kind-down');
  assert.match(down.output, /Deleted cluster "mesh-lab"\./);
  assert.equal(existsSync(workspace.kubeconfig), false);
  assert.equal((await shell(workspace, 'meshproof cluster status')).code, 1);
  assert.equal(await second.kill('SIGTERM'), 0);
});

test('kill -9 loses at most the last second; pods, their counts and their logs are as they were', async () => {
  const home = join(base, 'killed');
  const workspace = await workspaceIn(home);
  const first = clusters(home);
  await first.until('none');
  const made = await shell(
    workspace,
    `meshproof cluster up &&
     kubectl run web --image=nginx && kubectl run done --image=busybox --restart=Never -- echo "said once" &&
     kubectl run loop --image=busybox -- sh -c 'echo crash; exit 1' &&
     kubectl wait --for=condition=Ready pod/web --timeout=30s &&
     kubectl wait --for=jsonpath='{.status.phase}'=Succeeded pod/done --timeout=30s &&
     kubectl wait --for=jsonpath='{.status.containerStatuses[0].restartCount}'=1 pod/loop --timeout=30s`,
  );
  assert.equal(made.code, 0, made.output);
  const columns =
    'U:.metadata.uid,I:.status.podIP,P:.status.phase,R:.status.containerStatuses[0].restartCount';
  const pods = `kubectl get pod web done --no-headers -o custom-columns=${columns} && kubectl logs done`;
  const loop = `kubectl get pod loop -o jsonpath={.status.containerStatuses[0].restartCount}`;
  const before = await shell(workspace, pods);
  assert.match(before.output, /said once\n$/);
  const log = (await shell(workspace, 'kubectl logs web')).output;
  const createdAt: number[] = [];
  for (let index = 0; index < 25; index++) {
    await shell(workspace, `kubectl create configmap at-${index}`);
    createdAt.push(performance.now());
  }
  const killedAt = performance.now();
  await first.kill('SIGKILL');

  const second = clusters(home);
  await second.until('ready');
  const names = (await shell(workspace, 'kubectl get configmaps -o name')).output;
  // A second, and what it takes to write a snapshot on a busy machine.
  for (const [index, at] of createdAt.entries())
    if (killedAt - at > 2_000) assert.match(names, new RegExp(`configmap/at-${index}$`, 'm'));
  assert.deepEqual(await shell(workspace, pods), before);
  assert.ok(Number((await shell(workspace, loop)).output) >= 1);
  const ready = await shell(workspace, 'kubectl wait --for=condition=Ready pod/web --timeout=30s');
  assert.equal(ready.code, 0, ready.output);
  // Its process began anew; what it had written before is still there.
  assert.ok((await shell(workspace, 'kubectl logs web')).output.startsWith(log));
  assert.equal((await shell(workspace, 'kubectl exec web -- nginx -v')).code, 0);
  assert.equal(await second.kill('SIGTERM'), 0);
});

test('when its holder goes, it keeps the cluster and ends', async () => {
  const home = join(base, 'holder');
  const workspace = await workspaceIn(home);
  const first = clusters(home);
  await first.until('none');
  await shell(workspace, 'meshproof cluster up && kubectl create configmap last-moment');
  const exited = once(first.child, 'exit');
  first.child.disconnect();
  assert.deepEqual(await exited, [0, null]);
  const second = clusters(home);
  await second.until('ready');
  assert.equal((await shell(workspace, 'kubectl get configmap last-moment')).code, 0);
  assert.equal(await second.kill('SIGTERM'), 0);
});

test('a saved state comes back with its pods running, and survives a reset', async () => {
  const home = join(base, 'saved');
  const workspace = await workspaceIn(home);
  const it = clusters(home);
  await it.until('none');
  const pods = 'kubectl get pods -o name';
  const saved = await shell(
    workspace,
    `meshproof cluster up && kubectl create deployment web --image=nginx &&
     kubectl wait --for=condition=Available deployment/web --timeout=30s && meshproof cluster save one`,
  );
  assert.equal(saved.code, 0, saved.output);
  const before = (await shell(workspace, pods)).output;
  assert.match(before, /^pod\/web-\S+\n$/);

  const reset = await shell(workspace, 'meshproof cluster reset');
  assert.match(reset.output, /^Replacing cluster "mesh-lab" [^]* is ready/);
  assert.equal((await shell(workspace, pods)).output, '');

  const restored = await shell(workspace, 'meshproof cluster restore one');
  assert.match(restored.output, /The cluster is as it was when you saved "one"\.\n$/);
  assert.equal((await shell(workspace, pods)).output, before);
  const ready = await shell(
    workspace,
    'kubectl wait --for=condition=Ready pod --all --timeout=30s',
  );
  assert.equal(ready.code, 0, ready.output);
  assert.equal((await shell(workspace, 'meshproof cluster restore two')).code, 1);
  assert.equal(await it.kill('SIGTERM'), 0);
});

test('two of them do not share a workspace', async () => {
  const home = join(base, 'two');
  await workspaceIn(home);
  const first = clusters(home);
  await first.until('none');
  const second = clusters(home);
  let said = '';
  second.child.stderr?.on('data', (bytes: Buffer) => (said += bytes.toString()));
  const [code] = (await once(second.child, 'exit')) as [number];
  assert.equal(code, 1);
  assert.match(said, /another Meshproof serves this workspace already/);
  assert.equal(await first.kill('SIGTERM'), 0);
});

test('MESHPROOF_ENGINE=kind without Docker is refused with the next move', async () => {
  const home = join(base, 'kind');
  const workspace = await workspaceIn(home);
  const it = clusters(home, { MESHPROOF_ENGINE: 'kind', PATH: '/nonexistent' });
  await it.until('none');
  const { code, output } = await shell(workspace, 'meshproof cluster up');
  assert.equal(code, 1);
  assert.equal(
    output,
    'This engine needs Docker, and there is none on this machine. Install Docker (https://docs.docker.com/get-docker/), or start Meshproof without MESHPROOF_ENGINE=kind.\n',
  );
  await it.until('failed');
  assert.equal(await it.kill('SIGTERM'), 0);
});
