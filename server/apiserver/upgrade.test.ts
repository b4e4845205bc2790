// Remote commands and port-forwards as real clients speak them: kubectl over both carriers, and bare WebSockets.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import type { Upgrade } from '../../cluster/api/http.ts';
import { type ByteDuplex, Pipe, bytesOf, copy } from '../../cluster/streams.ts';
import { fetchPinnedKubectl } from '../workspace/kubectl.ts';
import { kubeconfigFor } from './kubeconfig.ts';
import { type Served, administrator, ask, identity, json, serve } from './testing/served.ts';

const kubectl = await fetchPinnedKubectl(
  process.env['MESHPROOF_HOME'] ?? join(homedir(), '.meshproof'),
);
const directory = mkdtempSync(join(tmpdir(), 'upgrade-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const pod = {
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name: 'x', namespace: 'default', uid: '1', resourceVersion: '1' },
  spec: { containers: [{ name: 'c', image: 'i' }] },
  status: { phase: 'Running' },
};

/** As much of an API as kubectl asks for before it execs. */
const api: Record<string, object> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: 'v1',
    resources: [
      { name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get'] },
    ],
  },
};

interface World {
  it: Served;
  kubectl(args: string[], options?: { spdy?: boolean }): ChildProcess;
}

async function world(
  t: { after(fn: () => unknown): void },
  upgrade: () => Upgrade,
): Promise<World> {
  const it = await serve({ handle: ({ path }) => json(200, api[path] ?? pod), upgrade });
  t.after(() => it.server.close());
  const kubeconfig = join(directory, `kubeconfig-${it.server.port}`);
  writeFileSync(kubeconfig, kubeconfigFor(identity, it.server.url));
  return {
    it,
    kubectl: (args, { spdy = false } = {}) =>
      spawn(kubectl, args, {
        env: {
          HOME: directory,
          KUBECONFIG: kubeconfig,
          KUBECACHEDIR: join(directory, 'cache'),
          ...(spdy && {
            KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false',
            KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false',
          }),
        },
      }),
  };
}

async function outcome(
  child: ChildProcess,
): Promise<{ code: number; stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}

/** Echoes stdin to stdout, says so on stderr, and ends with this code. */
const echo = (exitCode: number): Upgrade => ({
  kind: 'remote-command',
  tty: false,
  stdin: true,
  stdout: true,
  stderr: true,
  run: async ({ stdin, stdout, stderr }) => {
    assert.ok(stdin && stdout && stderr);
    await copy(stdin, stdout);
    await stderr.write(bytesOf('done\n'));
    return { exitCode };
  },
});

for (const spdy of [false, true]) {
  const carrier = spdy ? 'SPDY' : 'WebSocket';

  test(`kubectl exec over ${carrier} carries every byte both ways, keeps stderr apart and ends with the command's code`, async (t) => {
    const { it, kubectl } = await world(t, () => echo(7));
    const child = kubectl(['exec', '-i', 'x', '--', 'cat'], { spdy });
    const text = Array.from({ length: 40_000 }, (_, line) => `line ${line} é\n`).join('');
    child.stdin?.end(text);
    const { code, stdout, stderr } = await outcome(child);
    assert.equal(stdout === text, true, `${stdout.length} of ${text.length} characters came back`);
    assert.equal(stderr, 'done\ncommand terminated with exit code 7\n');
    assert.equal(code, 7);
    assert.equal(it.server.open, 0);
    assert.deepEqual(it.log, []);
  });

  test(`kubectl exec over ${carrier} shows an error of the node as it stands`, async (t) => {
    const { kubectl } = await world(t, () => ({
      ...echo(0),
      stdin: false,
      run: async () => ({ error: 'unable to upgrade connection: container not found ("c")' }),
    }));
    const { code, stderr } = await outcome(kubectl(['exec', 'x', '--', 'true'], { spdy }));
    assert.equal(stderr, 'error: unable to upgrade connection: container not found ("c")\n');
    assert.equal(code, 1);
  });

  test(`when kubectl is killed in an exec over ${carrier}, the command hears of it`, async (t) => {
    let sayGone = () => {};
    const gone = new Promise<void>((resolve) => (sayGone = resolve));
    const { kubectl } = await world(t, () => ({
      ...echo(0),
      run: async ({ signal, stdout }) => {
        await stdout?.write(bytesOf('started\n'));
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        sayGone();
        return { exitCode: 137 };
      },
    }));
    const child = kubectl(['exec', '-i', 'x', '--', 'sleep', '1000'], { spdy });
    if (child.stdout) await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await gone;
  });

  test(`kubectl port-forward over ${carrier} joins each connection to the pod, and tells of a refused one`, async (t) => {
    const dialled: number[] = [];
    const { it, kubectl } = await world(t, () => ({
      kind: 'port-forward',
      dial: async (port) => {
        dialled.push(port);
        if (dialled.length === 3) throw new Error('connection refused');
        return upperCase();
      },
    }));
    const child = kubectl(['port-forward', 'pod/x', ':80'], { spdy });
    t.after(() => child.kill('SIGKILL'));
    const errors = createInterface({ input: child.stderr as NodeJS.ReadableStream });
    const complaint = once(errors, 'line');
    const port = await forwardedPort(child);

    const text = 'abc'.repeat(100_000);
    const answers = await Promise.all([throughPort(port, text), throughPort(port, 'at once')]);
    assert.equal(answers[0] === text.toUpperCase(), true, `${answers[0]?.length} bytes came back`);
    assert.equal(answers[1], 'AT ONCE');
    // A refused connection ends kubectl's port-forward; its own client sees a reset or an end.
    await throughPort(port, 'x').catch(() => '');
    assert.match(String((await complaint)[0]), /forwarding.* 80: connection refused/);
    assert.deepEqual(dialled, [80, 80, 80]);
    assert.deepEqual(it.log, []);
  });
}

/** A pod's connection that answers in capitals and ends when its input ends. */
function upperCase(): ByteDuplex {
  const input = new Pipe();
  const output = new Pipe();
  void (async () => {
    for (let chunk = await output.read(); chunk; chunk = await output.read())
      await input.write(bytesOf(Buffer.from(chunk).toString().toUpperCase()));
    input.end();
  })();
  return { input, output };
}

async function forwardedPort(child: ChildProcess): Promise<number> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, 'line')) as [string];
  return Number(/127\.0\.0\.1:(\d+)/.exec(line)?.[1]);
}

function throughPort(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (bytes: Buffer) => (answer += bytes.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.end(text);
  });
}

function open(it: Served, path: string, protocols: string[]): WebSocket {
  return new WebSocket(`wss://127.0.0.1:${it.server.port}${path}`, protocols, administrator);
}

const EXEC = '/api/v1/namespaces/default/pods/x/exec?command=sh';

test('of the channel protocols the newest that both know is chosen', async (t) => {
  const { it } = await world(t, () => echo(0));
  for (const [offered, chosen] of [
    [['v4.channel.k8s.io', 'v5.channel.k8s.io'], 'v5.channel.k8s.io'],
    [['channel.k8s.io', 'v4.channel.k8s.io'], 'v4.channel.k8s.io'],
  ] as const) {
    const socket = open(it, EXEC, [...offered]);
    await once(socket, 'open');
    assert.equal(socket.protocol, chosen);
    socket.close();
    await once(socket, 'close');
  }
});

test('over channels the window arrives, its first size too, and the verdict comes last', async (t) => {
  const { it } = await world(t, () => ({
    ...echo(0),
    tty: true,
    run: ({ onResize, stdout, stderr }) =>
      new Promise((resolve) => {
        assert.equal(stderr, undefined, 'a terminal has one output');
        onResize((columns, rows) => {
          void stdout?.write(bytesOf(`${columns}x${rows}`));
          if (columns === 100) resolve({ exitCode: 3 });
        });
      }),
  }));
  const socket = open(it, EXEC, ['v5.channel.k8s.io']);
  const messages: string[] = [];
  socket.on('message', (message: Buffer) =>
    messages.push(`${message[0]} ${message.subarray(1).toString()}`),
  );
  await once(socket, 'open');
  for (const text of [
    '{"Width":80,"Height":24}',
    '{"Width":0,"Height":0}',
    'nonsense',
    '{"height":40,"width":100}',
  ])
    socket.send(Buffer.concat([Buffer.from([4]), Buffer.from(text)]));
  const [code] = (await once(socket, 'close')) as [number];
  assert.equal(code, 1000);
  assert.deepEqual(messages.slice(0, 2), ['1 80x24', '1 100x40']);
  assert.equal(messages.length, 3);
  const status = JSON.parse(messages[2]?.slice(2) ?? '') as object;
  assert.deepEqual(status, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message:
      'command terminated with non-zero exit code: error executing command [sh], exit code 3',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '3' }] },
  });
});

test('port-forward over channels opens each with its port', async (t) => {
  const { it } = await world(t, () => ({ kind: 'port-forward', dial: async () => upperCase() }));
  const socket = open(it, '/api/v1/namespaces/default/pods/x/portforward?ports=8080', [
    'v4.channel.k8s.io',
  ]);
  const messages: Buffer[] = [];
  socket.on('message', (message: Buffer) => {
    messages.push(message);
    if (messages.length === 2) socket.send(Buffer.concat([Buffer.from([0]), Buffer.from('hello')]));
    if (messages.length === 3) socket.close();
  });
  await once(socket, 'close');
  assert.deepEqual(messages, [
    Buffer.from([0, 0x90, 0x1f]),
    Buffer.from([1, 0x90, 0x1f]),
    Buffer.concat([Buffer.from([0]), Buffer.from('HELLO')]),
  ]);
});

test('what the cluster refuses, and what no carrier fits, is answered in plain HTTP', async (t) => {
  const it = await serve({
    upgrade: ({ path }) => (path === '/missing' ? json(404, { reason: 'NotFound' }) : echo(0)),
  });
  t.after(() => it.server.close());
  const upgrade = (protocol: string, extra = {}) => ({
    headers: { Connection: 'Upgrade', Upgrade: protocol, ...extra },
  });
  const missing = await ask(it, '/missing', upgrade('SPDY/3.1'));
  assert.equal(missing.status, 404);
  assert.equal(missing.body.toString(), '{"reason":"NotFound"}');
  assert.equal((await ask(it, EXEC, upgrade('h2c'))).status, 400);
  assert.equal((await ask(it, EXEC, upgrade('SPDY/3.1'))).status, 400, 'no stream protocol');
  const old = open(it, EXEC, ['v9.channel.k8s.io']);
  const [error] = (await once(old, 'error')) as [Error];
  assert.match(error.message, /400/);
  const bare = {
    ...upgrade('SPDY/3.1', { Authorization: 'Bearer bad' }),
    tls: { ca: identity.caCertificate },
  };
  assert.equal((await ask(it, EXEC, bare)).status, 401);
});

test('bytes that are no SPDY end their own connection and disturb no other', async (t) => {
  const { it } = await world(t, () => ({ kind: 'port-forward', dial: async () => upperCase() }));
  const beside = open(it, EXEC, ['v4.channel.k8s.io']);
  beside.on('error', () => {}); // It asks for a port-forward without ports; only its answer matters here.
  for (const nonsense of [
    '80030001000000ff',
    '8009000100000000',
    '8003000100000012' + '00'.repeat(18),
    'ff'.repeat(64),
  ]) {
    const socket = connectTls({ host: '127.0.0.1', port: it.server.port, ...administrator });
    socket.on('error', () => {}); // Cut off is what it should be.
    socket.write(
      'POST /api/v1/namespaces/default/pods/x/portforward HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n' +
        'Upgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: portforward.k8s.io\r\n\r\n',
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 101 /);
    socket.write(Buffer.from(nonsense, 'hex'));
    if (nonsense === '80030001000000ff') socket.end(); // A frame that never comes to its end.
    socket.resume();
    await once(socket, 'close');
  }
  assert.equal((await ask(it, '/')).status, 200);
});
