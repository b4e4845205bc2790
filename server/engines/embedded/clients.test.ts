// Real clients against a real embedded cluster, through everything this room and its neighbours put between them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  CoreV1Api,
  Exec,
  KubeConfig,
  Log,
  PortForward,
  type V1Pod,
  type V1Status,
  Watch,
} from '@kubernetes/client-node';
import { createIdentity } from '../../apiserver/certificates.ts';
import { istioKinds } from '../../../istioctl/istio-kinds.ts';
import { kubeconfigFor } from '../../apiserver/kubeconfig.ts';
import { fetchPinnedKubectl } from '../../workspace/kubectl.ts';
import { createCluster } from './cluster.ts';
import { Host } from './host.ts';

const directory = mkdtempSync(join(tmpdir(), 'clients-'));
const kubeconfig = join(directory, 'kubeconfig');
const config = new KubeConfig();
let host: Host;
let kubectlPath: string;

before(async () => {
  kubectlPath = await fetchPinnedKubectl(
    process.env['MESHPROOF_HOME'] ?? join(homedir(), '.meshproof'),
  );
  const identity = await createIdentity();
  host = await Host.start({
    identity,
    port: 0,
    create: (init) => createCluster(init, { clockSpeed: 1, seed: 1 }),
    log: (level, message) => {
      if (level === 'error') console.error(message);
    },
  });
  writeFileSync(kubeconfig, kubeconfigFor(identity, host.started.url));
  config.loadFromFile(kubeconfig);
});

after(async () => {
  await host.stop(false);
  rmSync(directory, { recursive: true, force: true });
});

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

async function kubectl(args: string[], { stdin = '', env = {} } = {}): Promise<Outcome> {
  const child = spawn(kubectlPath, args, {
    env: {
      HOME: directory,
      KUBECONFIG: kubeconfig,
      KUBECACHEDIR: join(directory, 'cache'),
      ...env,
    },
  });
  child.stdin.end(stdin);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}

async function pod(name: string, command: string[], image = 'nginx'): Promise<void> {
  const body: V1Pod = {
    metadata: { name },
    spec: { containers: [{ name: 'main', image, command }], terminationGracePeriodSeconds: 0 },
  };
  await config.makeApiClient(CoreV1Api).createNamespacedPod({ namespace: 'default', body });
  const ready = await kubectl(['wait', '--for=condition=Ready', `pod/${name}`, '--timeout=30s']);
  assert.equal(ready.code, 0, ready.stderr);
}

test('client-node lists, and watches what happens from there on', async () => {
  const api = config.makeApiClient(CoreV1Api);
  const list = await api.listNamespacedConfigMap({ namespace: 'default' });
  const events: string[] = [];
  let deleted = () => {};
  const over = new Promise<void>((resolve) => (deleted = resolve));
  const controller = await new Watch(config).watch(
    '/api/v1/namespaces/default/configmaps',
    { resourceVersion: list.metadata?.resourceVersion },
    (type: string, object: { metadata: { name: string } }) => {
      events.push(`${type} ${object.metadata.name}`);
      if (type === 'DELETED') deleted();
    },
    () => {},
  );
  const metadata = { name: 'watched' };
  await api.createNamespacedConfigMap({
    namespace: 'default',
    body: { metadata, data: { a: '1' } },
  });
  await api.replaceNamespacedConfigMap({
    namespace: 'default',
    name: 'watched',
    body: { metadata, data: { a: '2' } },
  });
  await api.deleteNamespacedConfigMap({ namespace: 'default', name: 'watched' });
  await over;
  controller.abort();
  assert.deepEqual(events, ['ADDED watched', 'MODIFIED watched', 'DELETED watched']);
});

test('client-node execs: both streams, stdin and the exit code', async () => {
  await pod('exec-target', ['sleep', '1000']);
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const stdin = new PassThrough();
  let told: V1Status | undefined;
  let finished = () => {};
  const over = new Promise<void>((resolve) => (finished = resolve));
  await new Exec(config).exec(
    'default',
    'exec-target',
    'main',
    ['sh', '-c', 'read line; echo "got $line"; echo oops >&2; exit 3'],
    stdout,
    stderr,
    stdin,
    false,
    (status) => {
      told = status;
      finished();
    },
  );
  stdin.write('hello\n');
  await over;
  assert.equal(String(stdout.read()), 'got hello\n');
  assert.equal(String(stderr.read()), 'oops\n');
  assert.equal(told?.reason, 'NonZeroExitCode');
  assert.equal(told?.details?.causes?.[0]?.message, '3');
});

test('client-node follows a log to the end of its container', async () => {
  await pod('talker', ['sh', '-c', 'for i in 1 2 3; do echo line $i; sleep 1; done']);
  const log = new PassThrough();
  await new Log(config).log('default', 'talker', 'main', log, { follow: true });
  let text = '';
  for await (const chunk of log as AsyncIterable<Buffer>) text += chunk.toString();
  assert.equal(text, 'line 1\nline 2\nline 3\n');
});

test('client-node forwards a port', async () => {
  await pod('web', ['nginx', '-g', 'daemon off;'], 'nginx');
  const input = new PassThrough();
  const output = new PassThrough();
  const errors = new PassThrough();
  const socket = await new PortForward(config).portForward(
    'default',
    'web',
    [80],
    output,
    errors,
    input,
  );
  input.write('GET / HTTP/1.0\r\n\r\n');
  const [answer] = (await once(output, 'data')) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 200 OK/);
  if ('close' in socket) socket.close();
});

for (const [carrier, env] of [
  ['WebSocket', {}],
  [
    'SPDY',
    { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' },
  ],
] as const) {
  test(`kubectl execs over ${carrier}: stdin, both streams and the exit code`, async () => {
    await pod(`exec-${carrier.toLowerCase()}`, ['sleep', '1000']);
    const inPod = ['exec', '-i', `exec-${carrier.toLowerCase()}`, '--'];
    const echoed = await kubectl([...inPod, 'cat'], { stdin: 'über\n', env });
    assert.deepEqual(echoed, { code: 0, stdout: 'über\n', stderr: '' });
    const failed = await kubectl([...inPod, 'sh', '-c', 'echo out; echo err >&2; exit 5'], { env });
    assert.deepEqual(failed, {
      code: 5,
      stdout: 'out\n',
      stderr: 'err\ncommand terminated with exit code 5\n',
    });
  });
}

test('every manifest of the labs is accepted as it stands, by name and field', async () => {
  const labs = fileURLToPath(new URL('../../../labs', import.meta.url));
  const kinds = join(directory, 'kinds.json');
  writeFileSync(kinds, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: istioKinds() }));
  await ok('apply', '-f', kinds);
  await ok('wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all');
  const files = readdirSync(labs, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(labs, name))
    // A file for istioctl, and no object of a cluster.
    .filter((path) => !readFileSync(path, 'utf8').includes('kind: IstioOperator'));
  const named = files.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/^ *namespace: (\S+)$/gm)].map(([, name = '']) => name),
  );
  for (const name of new Set(named)) if (name !== 'default') await ok('create', 'namespace', name);
  const { code, stdout, stderr } = await kubectl(
    [
      'apply',
      '--dry-run=server',
      '--validate=strict',
      '-o',
      'name',
      ...files.flatMap((f) => ['-f', f]),
    ],
    {},
  );
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  for (const name of ['deployment.apps/backend', 'deployment.apps/frontend', 'service/database'])
    assert.match(stdout, new RegExp(`^${name}$`, 'm'));
});

async function ok(...args: string[]): Promise<void> {
  const { code, stderr } = await kubectl(args, {});
  assert.equal(code, 0, stderr);
}
