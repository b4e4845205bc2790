import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container } from '../controllers/kinds.ts';
import { podDraft } from '../controllers/testing/objects.ts';
import type { NetworkNamespace } from '../network/network.ts';
import { bytesOf } from '../streams.ts';
import { type NodeWorld, nodeWorld } from './testing/node-world.ts';

/** @param exitCode what probes by exec answer at first. */
async function world(container: Partial<Container>, exitCode = 0): Promise<NodeWorld> {
  const made = nodeWorld();
  made.runtime.onStart = (started) => {
    started.commandResult = { exitCode, output: '' };
  };
  await made.clock.step(100);
  const main: Container = { name: 'main', image: 'nginx', imagePullPolicy: 'IfNotPresent' };
  await made.create(podDraft('web', { containers: [{ ...main, ...container }] }));
  await made.clock.step(950);
  return made;
}

function isReady({ pod }: NodeWorld): boolean {
  return pod('web').status?.containerStatuses?.[0]?.ready ?? false;
}

/** Answers every request on a port of the pod with this status line and headers. */
function serve(net: NetworkNamespace, port: number, answer: () => string): () => void {
  const listener = net.listen(port, (connection) => {
    void (async () => {
      await connection.input.read();
      await connection.output.write(bytesOf(`HTTP/1.1 ${answer()}\r\nContent-Length: 0\r\n\r\n`));
      connection.close();
    })();
  });
  return () => listener.close();
}

function problems(made: NodeWorld): string[] {
  return made.events('web').filter((event) => /^(Unhealthy|Killing)/.test(event));
}

test('a pod with an HTTP readiness probe is ready when its server answers, and not when it fails', async () => {
  const readinessProbe = {
    httpGet: { path: '/ready', port: 'http' },
    periodSeconds: 1,
    failureThreshold: 2,
  };
  const made = await world({ readinessProbe, ports: [{ name: 'http', containerPort: 8080 }] });
  const { clock, runtime, pod } = made;
  assert.equal(isReady(made), false);
  const ip = pod('web').status?.podIP;
  assert.deepEqual(problems(made), [
    `Unhealthy: Readiness probe failed: Get "http://${ip}:8080/ready": dial tcp ${ip}:8080: connect: connection refused`,
  ]);
  let status = '200 OK';
  serve(runtime.last('main').config.net, 8080, () => status);
  await clock.step(1500);
  assert.equal(isReady(made), true);
  status = '500 Internal Server Error';
  await clock.step(1000);
  assert.equal(isReady(made), true); // one failure of two
  await clock.step(1000);
  assert.equal(isReady(made), false);
  assert.ok(
    problems(made).includes(
      'Unhealthy x2: Readiness probe failed: HTTP probe failed with statuscode: 500',
    ),
    problems(made).join('\n'),
  );
});

test('a probe asks as the kubelet does, and follows redirects on the same host only', async () => {
  const made = await world({
    readinessProbe: {
      httpGet: { port: 80, httpHeaders: [{ name: 'X-Probe', value: 'yes' }] },
      periodSeconds: 1,
    },
  });
  const requests: string[] = [];
  const { net } = made.runtime.last('main').config;
  net.listen(80, (connection) => {
    void (async () => {
      const request = new TextDecoder().decode((await connection.input.read()) ?? undefined);
      requests.push(request);
      const answer = request.startsWith('GET / ')
        ? 'HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n'
        : 'HTTP/1.1 204 No Content\r\n\r\n';
      await connection.output.write(bytesOf(answer));
      connection.close();
    })();
  });
  await made.clock.step(1500);
  assert.deepEqual(
    requests.slice(0, 2).map((request) => request.split('\r\n')[0]),
    ['GET / HTTP/1.1', 'GET /next HTTP/1.1'],
  );
  assert.match(requests[0] ?? '', /User-Agent: kube-probe\/1\.36/);
  assert.match(requests[0] ?? '', /X-Probe: yes/);
  assert.equal(isReady(made), true);
});

test('a server that does not answer in time fails the probe', async () => {
  const made = await world({ readinessProbe: { httpGet: { port: 80 }, timeoutSeconds: 2 } });
  made.runtime.last('main').config.net.listen(80, () => {});
  await made.clock.step(12_100);
  const ip = made.pod('web').status?.podIP;
  assert.ok(
    problems(made).includes(
      `Unhealthy: Readiness probe failed: Get "http://${ip}:80/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    ),
    problems(made).join('\n'),
  );
});

test('a TCP probe is content with a connection', async () => {
  const made = await world({ readinessProbe: { tcpSocket: { port: 5432 }, periodSeconds: 1 } });
  const ip = made.pod('web').status?.podIP;
  assert.deepEqual(problems(made), [
    `Unhealthy: Readiness probe failed: dial tcp ${ip}:5432: connect: connection refused`,
  ]);
  made.runtime.last('main').config.net.listen(5432, () => {});
  await made.clock.step(1500);
  assert.equal(isReady(made), true);
});

test('an exec probe fails with what the command said', async () => {
  const made = await world({
    readinessProbe: { exec: { command: ['cat', '/tmp/ready'] }, initialDelaySeconds: 5 },
  });
  made.runtime.last('main').commandResult = {
    exitCode: 1,
    output: "cat: can't open '/tmp/ready': No such file or directory\n",
  };
  await made.clock.step(4500);
  assert.deepEqual(problems(made), []);
  await made.clock.step(1000);
  assert.deepEqual(problems(made), [
    "Unhealthy: Readiness probe failed: cat: can't open '/tmp/ready': No such file or directory\n",
  ]);
});

test('a liveness probe that fails three times has the container killed and started again', async () => {
  const made = await world({ livenessProbe: { exec: { command: ['alive'] }, periodSeconds: 2 } });
  const { clock, runtime, pod } = made;
  const first = runtime.last('main');
  first.commandResult = { exitCode: 1, output: 'dead' };
  await clock.step(7000);
  assert.deepEqual(first.signals, ['SIGTERM']);
  assert.equal(runtime.started.length, 2);
  assert.equal(pod('web').status?.containerStatuses?.[0]?.restartCount, 1);
  assert.deepEqual(problems(made), [
    'Unhealthy x3: Liveness probe failed: dead',
    'Killing: Container main failed liveness probe, will be restarted',
  ]);
});

test('until the startup probe is through, the others wait', async () => {
  const made = await world(
    {
      startupProbe: { exec: { command: ['started'] }, periodSeconds: 1, failureThreshold: 30 },
      livenessProbe: { exec: { command: ['alive'] }, periodSeconds: 1 },
      readinessProbe: { exec: { command: ['ready'] }, periodSeconds: 1 },
    },
    1,
  );
  const main = made.runtime.last('main');
  await made.clock.step(5000);
  assert.deepEqual(new Set(main.commands), new Set(['started']));
  assert.equal(made.pod('web').status?.containerStatuses?.[0]?.started, false);
  main.commandResult = { exitCode: 0, output: '' };
  await made.clock.step(2000);
  assert.ok(main.commands.includes('alive') && main.commands.includes('ready'));
  assert.equal(made.pod('web').status?.containerStatuses?.[0]?.started, true);
  assert.equal(isReady(made), true);
});

test('a gRPC probe says that it is not simulated', async () => {
  const made = await world({ readinessProbe: { grpc: { port: 9000 } } });
  assert.deepEqual(problems(made), [
    'Unhealthy: Readiness probe errored and resulted in unknown state: gRPC probes are not simulated',
  ]);
});

test('a postStart hook runs before the container counts as running; a failing one kills it', async () => {
  const made = nodeWorld();
  await made.clock.step(100);
  const lifecycle = { postStart: { exec: { command: ['warm', 'up'] } } };
  const containers: Container[] = [
    { name: 'main', image: 'nginx', imagePullPolicy: 'IfNotPresent', lifecycle },
  ];
  made.runtime.onStart = (started) => {
    started.commandResult = { exitCode: 1, output: 'cold' };
  };
  await made.create(podDraft('web', { containers }));
  await made.clock.step(900);
  assert.deepEqual(made.runtime.started[0]?.commands, ['warm up']);
  assert.deepEqual(made.runtime.started[0]?.signals, ['SIGTERM']);
  assert.ok(made.events('web').includes('FailedPostStartHook: PostStartHook failed'));
});

test('a preStop hook runs before SIGTERM', async () => {
  const made = await world({ lifecycle: { preStop: { sleep: { seconds: 3 } } } });
  await made.kinds.delete('pods', 'default', 'web');
  await made.clock.step(2000);
  assert.deepEqual(made.runtime.last('main').signals, []);
  await made.clock.step(1500);
  assert.deepEqual(made.runtime.last('main').signals, ['SIGTERM']);
  assert.equal(made.store.get('pods', 'default', 'web'), undefined);
});

test('a preStop hook that takes too long leaves two seconds for the rest', async () => {
  const made = await world({ lifecycle: { preStop: { sleep: { seconds: 60 } } } });
  made.runtime.last('main').polite = false;
  await made.kinds.modify('pods', 'default', 'web', (draft) => {
    draft.spec.terminationGracePeriodSeconds = 5;
  });
  await made.kinds.delete('pods', 'default', 'web');
  await made.clock.step(5500);
  assert.deepEqual(made.runtime.last('main').signals, ['SIGTERM']);
  await made.clock.step(2000);
  assert.deepEqual(made.runtime.last('main').signals, ['SIGTERM', 'SIGKILL']);
});
