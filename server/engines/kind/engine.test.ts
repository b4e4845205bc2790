// kind and Docker cannot run in these tests: their words here are recordings of kind 0.32 and Docker 28, or what their
// sources print. What is judged is what we ask of them, in which order, and what the learner reads.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Progress } from '../engine.ts';
import { type Ran, commandRunner } from './commands.ts';
import { KindEngine } from './engine.ts';

const base = mkdtempSync(join(tmpdir(), 'kind-'));
after(() => rmSync(base, { recursive: true, force: true }));
let count = 0;

const CREATED = `Creating cluster "mesh-lab" ...
 • Ensuring node image (kindest/node:v1.36.1) 🖼  ...
 ✓ Ensuring node image (kindest/node:v1.36.1) 🖼
 • Preparing nodes 📦   ...
 ✓ Preparing nodes 📦 
 ✓ Writing configuration 📜
 ✓ Starting control-plane 🕹️
 ✓ Installing CNI 🔌
 ✓ Installing StorageClass 💾
 ✓ Waiting ≤ 2m0s for control-plane = Ready ⏳ 
 • Ready after 18s 💚
`;

/** Answers by the command's beginning; the machine of a learner with everything in place unless told otherwise. */
function machine(answers: Record<string, Partial<Ran>> = {}) {
  const directory = join(base, String(++count));
  const kubeconfig = join(directory, '.meshproof/kubeconfig');
  mkdirSync(join(directory, '.meshproof'), { recursive: true });
  const world = { exists: false, running: false };
  const asked: string[] = [];
  const usual = (line: string): Partial<Ran> => {
    if (line.startsWith('docker info')) return { stdout: '8222392320\n' };
    if (line === 'kind version') return { stdout: 'kind v0.32.0 go1.25.7 linux/amd64\n' };
    if (line === 'kind get clusters')
      return {
        stdout: world.exists ? 'other\nmesh-lab\n' : '',
        stderr: 'No kind clusters found.\n',
      };
    if (line.startsWith('docker inspect')) return { stdout: `${world.running}\n` };
    if (line.startsWith('docker start')) world.running = true;
    if (line.startsWith('kind create cluster')) {
      world.exists = world.running = true;
      return { stderr: CREATED };
    }
    if (line.startsWith('kind delete cluster')) world.exists = world.running = false;
    if (line.startsWith('kind export kubeconfig')) writeFileSync(kubeconfig, 'kind: Config\n');
    if (line.includes('get namespace kube-system')) return { stdout: '3f9c2f0e-uid' };
    return {};
  };
  const facts: string[] = [];
  const lines: string[] = [];
  const progress: Progress = {
    title: (text) => lines.push(text),
    stage: (name) => lines.push(` ${name}`),
  };
  const engine = new KindEngine({
    workspace: { directory, kubeconfig },
    kubectl: 'kubectl',
    listener: {
      engine: ({ state, detail }) => facts.push(detail ? `${state}: ${detail}` : state),
      notice: () => {},
    },
    run: async (command, args, { onLine }) => {
      const line = [command, ...args].join(' ').replace(` --kubeconfig ${kubeconfig}`, '');
      asked.push(line.replaceAll(directory, '.'));
      const found = Object.entries(answers).find(([start]) => line.startsWith(start))?.[1];
      const ran: Ran = { exitCode: 0, stdout: '', stderr: '', ...(found ?? usual(line)) };
      if (found && 'exitCode' in found) ran.exitCode = found.exitCode;
      for (const each of ran.stderr.split('\n')) onLine?.(each);
      assert.ok(
        !/^(kind (create|delete|export)|kubectl)/.test(line) || args.includes(kubeconfig),
        `${line} would touch the learner's own kubeconfig`,
      );
      return ran;
    },
  });
  return { engine, progress, lines, facts, asked, world, directory, kubeconfig };
}

test('up creates a cluster with the course’s pins, tells kind’s stages and leaves kubeconfig and name card', async () => {
  const { engine, progress, lines, asked, directory, kubeconfig, facts } = machine();
  assert.deepEqual(await engine.up(progress), {
    say: 'Cluster "mesh-lab" is ready. Try: kubectl get nodes',
    running: true,
  });
  assert.deepEqual(lines, [
    ' Looking for Docker and kind',
    'Creating cluster "mesh-lab" (kind, Kubernetes v1.36.1) ...',
    ' Fetching the node image',
    ' Preparing the node',
    ' Writing its configuration',
    ' Starting the control plane',
    ' Installing the network',
    ' Installing storage',
    ' Waiting for the control plane',
    ' Waiting for the node',
  ]);
  assert.ok(
    asked.includes(
      'kind create cluster --name mesh-lab --image kindest/node:v1.36.1@sha256:3489c7674813ba5d8b1a9977baea8a6e553784dab7b84759d1014dbd78f7ebd5 --config ./.meshproof/kind.yaml --wait 120s',
    ),
    asked.join('\n'),
  );
  assert.ok(existsSync(kubeconfig));
  assert.equal(
    readFileSync(join(directory, '.meshproof/cluster.json'), 'utf8'),
    '{"uid":"3f9c2f0e-uid","engine":"kind"}\n',
  );
  assert.equal(facts.at(-1), 'ready');
  assert.equal(engine.facts().simulated, false);
});

test('a cluster that runs is left as it is, one that Docker stopped is started', async () => {
  const { engine, progress, asked, world } = machine();
  Object.assign(world, { exists: true, running: true });
  assert.match((await engine.up(progress)).say, /already running\. Nothing to do\./);
  assert.ok(
    !asked.some((line) => line.startsWith('kind create') || line.startsWith('docker start')),
  );
  world.running = false;
  assert.match((await engine.up(progress)).say, /is ready/);
  assert.ok(asked.includes('docker start mesh-lab-control-plane'));
  assert.ok(!asked.some((line) => line.startsWith('kind create')));
});

test('down deletes it and its files; a second time says there is none', async () => {
  const { engine, progress, directory, kubeconfig, asked } = machine();
  await engine.up(progress);
  assert.deepEqual(await engine.down(progress), {
    say: 'Deleted cluster "mesh-lab".',
    running: false,
  });
  assert.equal(existsSync(kubeconfig), false);
  assert.equal(existsSync(join(directory, '.meshproof/cluster.json')), false);
  assert.equal((await engine.down(progress)).say, 'There is no cluster.');
  assert.equal(asked.filter((line) => line.startsWith('kind delete')).length, 1);
});

test('a reset is a deletion and a creation', async () => {
  const { engine, progress, asked } = machine();
  await engine.up(progress);
  await engine.reset(progress);
  const kinds = asked
    .filter((line) => /^kind (create|delete)/.test(line))
    .map((line) => line.split(' ')[1]);
  assert.deepEqual(kinds, ['create', 'delete', 'create']);
});

const gone = { exitCode: undefined };
for (const [title, answers, says] of [
  [
    'no Docker',
    { docker: gone },
    /needs Docker, and there is none on this machine\. Install Docker .* or start Meshproof without MESHPROOF_ENGINE=kind\.$/,
  ],
  [
    'a Docker that does not run',
    {
      'docker info': {
        exitCode: 1,
        stdout: '0\n',
        stderr:
          'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n',
      },
    },
    /^Docker does not answer: Cannot connect to the Docker daemon .* Start Docker and wait until `docker info` answers, then try again\.$/,
  ],
  [
    'too little memory',
    { 'docker info': { stdout: '2073741824\n' } },
    /^Docker has 2\.1 GB of memory; the course needs 4\. Give Docker at least 4 GB/,
  ],
  [
    'no kind',
    { 'kind version': gone },
    /needs kind, and there is none on this machine\. Install kind 0\.32 or newer/,
  ],
  [
    'an old kind',
    { 'kind version': { stdout: 'kind v0.27.0 go1.23.6 linux/amd64\n' } },
    /^kind here is kind v0\.27\.0 .* Update kind to 0\.32 or newer/,
  ],
  [
    'a creation that fails',
    {
      'kind create': {
        exitCode: 1,
        stderr:
          ' ✗ Preparing nodes 📦 \nERROR: failed to create cluster: port is already allocated\n',
      },
    },
    /^`kind create cluster` failed:\n[^]*port is already allocated\n Mend what it says, then try again; `meshproof cluster down`/,
  ],
] as const) {
  test(`${title} is refused with the next move`, async () => {
    const { engine, progress, kubeconfig, facts } = machine(answers);
    await assert.rejects(
      engine.up(progress),
      (error) => error instanceof Error && says.test(error.message),
    );
    assert.equal(existsSync(kubeconfig), false);
    assert.match(facts.at(-1) ?? '', /^failed: /);
  });
}

test('a newer kind is welcome', async () => {
  for (const version of ['v0.33.0', 'v1.2.0']) {
    const { engine, progress } = machine({
      'kind version': { stdout: `kind ${version} go1.25.7 linux/amd64\n` },
    });
    assert.ok((await engine.up(progress)).running);
  }
});

test('a cluster of an earlier start is found again, and without its name card it is nobody’s business', async () => {
  const { engine, world, asked, directory } = machine();
  Object.assign(world, { exists: true, running: true });
  await engine.resume();
  assert.deepEqual(asked, []);
  assert.equal(engine.facts().state, 'none');
  writeFileSync(join(directory, '.meshproof/cluster.json'), '{}');
  await engine.resume();
  assert.equal(engine.facts().state, 'ready');
});

test('it cannot keep states, and says so', async () => {
  const { engine } = machine();
  await assert.rejects(
    engine.save(),
    /kind cannot keep the state of a cluster\. Only the embedded engine keeps states\./,
  );
});

test('the runner tells what a program printed, that one is missing, and that one took too long', async () => {
  const run = commandRunner({ PATH: process.env['PATH'] });
  const lines: string[] = [];
  const ran = await run('sh', ['-c', 'echo out; echo a >&2; printf b >&2; exit 3'], {
    timeoutMs: 5_000,
    onLine: (line) => lines.push(line),
  });
  assert.deepEqual(ran, { exitCode: 3, stdout: 'out\n', stderr: 'a\nb' });
  assert.deepEqual(lines, ['a', 'b']);
  assert.equal((await run('no-such-program', [], { timeoutMs: 5_000 })).exitCode, undefined);
  await assert.rejects(
    run('sleep', ['60'], { timeoutMs: 50 }),
    /sleep 60 took longer than 0\.05 s/,
  );
});
