import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BrokenPipe, bytesOf, copy, readAll, textOf } from '../streams.ts';
import { type Connection, NetError, type NetErrorCode, type NetworkNamespace } from './network.ts';
import { networkLab } from './testing/network-lab.ts';

const fails = (code: NetErrorCode) => (error: unknown) =>
  error instanceof NetError && error.code === code;

/** Answers each connection with a line that says who took it, and from where. */
function greet(namespace: NetworkNamespace, port = 80): void {
  namespace.listen(port, (connection) => {
    void connection.output.write(
      bytesOf(`${namespace.ip} saw ${connection.remote.ip} at ${connection.local.port}`),
    );
    connection.output.end();
  });
}

const said = async (connection: Promise<Connection>) =>
  textOf(await readAll((await connection).input));

describe('connections', () => {
  test('reach another pod and carry bytes both ways until both sides end', async () => {
    const { pod } = networkLab();
    const [client, server] = [pod('10.244.0.5'), pod('10.244.0.6')];
    server.listen(7, (connection) => void copy(connection.input, connection.output));
    const connection = await client.connect('10.244.0.6', 7);
    await connection.output.write(bytesOf('echo'));
    connection.output.end();
    assert.equal(textOf(await readAll(connection.input)), 'echo');
    assert.deepEqual(connection.remote, { ip: '10.244.0.6', port: 7 });
    assert.equal(connection.local.ip, '10.244.0.5');
  });

  test('are refused where nobody listens', async () => {
    const { pod } = networkLab();
    const client = pod('10.244.0.5');
    pod('10.244.0.6');
    await assert.rejects(client.connect('10.244.0.6', 80), fails('ECONNREFUSED'));
    await assert.rejects(client.connect('127.0.0.1', 80), fails('ECONNREFUSED'));
  });

  test('to loopback stay in the pod, and a loopback listener takes no others', async () => {
    const { pod } = networkLab();
    const [one, other] = [pod('10.244.0.5'), pod('10.244.0.6')];
    one.listen(
      9000,
      (connection) => {
        void connection.output.write(bytesOf('private'));
        connection.output.end();
      },
      '127.0.0.1',
    );
    assert.equal(await said(one.connect('127.0.0.1', 9000)), 'private');
    await assert.rejects(one.connect('10.244.0.5', 9000), fails('ECONNREFUSED'));
    await assert.rejects(other.connect('10.244.0.5', 9000), fails('ECONNREFUSED'));
  });

  test('a port has one listener; two addresses are two ports', () => {
    const { pod } = networkLab();
    const one = pod('10.244.0.5');
    one.listen(80, () => {}, '127.0.0.1');
    one.listen(80, () => {}, '10.244.0.5');
    assert.throws(() => one.listen(80, () => {}), fails('EADDRINUSE'));
    assert.throws(() => one.listen(81, () => {}, '10.244.0.9'), fails('EADDRNOTAVAIL'));
    const listener = one.listen(81, () => {});
    listener.close();
    one.listen(81, () => {});
  });

  test('a reset is an error for the other side, after what had come before', async () => {
    const { pod } = networkLab();
    const [client, server] = [pod('10.244.0.5'), pod('10.244.0.6')];
    server.listen(80, (connection) => {
      void connection.output.write(bytesOf('half'));
      connection.reset();
    });
    const connection = await client.connect('10.244.0.6', 80);
    assert.equal(textOf((await connection.input.read()) ?? new Uint8Array()), 'half');
    await assert.rejects(connection.input.read(), fails('ECONNRESET'));
    await assert.rejects(connection.output.write(bytesOf('x')), fails('ECONNRESET'));
  });

  test('a writer waits for its reader and learns when there is none', async () => {
    const { pod } = networkLab();
    const [client, server] = [pod('10.244.0.5'), pod('10.244.0.6')];
    let accepted: Connection | undefined;
    server.listen(80, (connection) => (accepted = connection));
    const connection = await client.connect('10.244.0.6', 80);
    let done = false;
    const writing = connection.output.write(new Uint8Array(100_000)).then(
      () => (done = true),
      (error: unknown) => error,
    );
    await Promise.resolve();
    assert.equal(done, false);
    accepted?.close();
    assert.ok((await writing) instanceof BrokenPipe);
  });

  test('end with their pod', async () => {
    const { pod, network } = networkLab();
    const [client, server] = [pod('10.244.0.5'), pod('10.244.0.6')];
    server.listen(80, () => {});
    const connection = await client.connect('10.244.0.6', 80);
    const reading = assert.rejects(connection.input.read(), fails('ECONNRESET'));
    network.removePod('10.244.0.6');
    await reading;
    pod('10.244.0.6');
    await assert.rejects(client.connect('10.244.0.6', 80), fails('ECONNREFUSED'));
  });

  test('and what listens can be listed', async () => {
    const { pod } = networkLab();
    const [client, server] = [pod('10.244.0.5'), pod('10.244.0.6')];
    server.listen(80, () => {});
    server.listen(9, () => {}, '127.0.0.1');
    const connection = await client.connect('10.244.0.6', 80);
    assert.deepEqual(server.sockets(), [
      { local: { ip: '127.0.0.1', port: 9 }, remote: undefined },
      { local: { ip: '0.0.0.0', port: 80 }, remote: undefined },
      { local: { ip: '10.244.0.6', port: 80 }, remote: connection.local },
    ]);
    assert.deepEqual(client.sockets(), [
      { local: connection.local, remote: { ip: '10.244.0.6', port: 80 } },
    ]);
  });

  test('are limited: a pod runs out of ports, and a full pod does not answer', async () => {
    const { pod, clock } = networkLab({ connectionsPerPod: 2 });
    const [client, other, server] = [pod('10.244.0.5'), pod('10.244.0.6'), pod('10.244.0.7')];
    server.listen(80, () => {});
    const first = await client.connect('10.244.0.7', 80);
    await client.connect('10.244.0.7', 80);
    await assert.rejects(client.connect('10.244.0.7', 80), fails('EADDRNOTAVAIL'));
    const waiting = assert.rejects(
      other.connect('10.244.0.7', 80, { timeoutMs: 5_000 }),
      fails('ETIMEDOUT'),
    );
    await clock.step(5_000);
    await waiting;
    first.reset();
    await other.connect('10.244.0.7', 80);
  });

  test('take their time: 5 ms a way', async () => {
    const { pod, clock } = networkLab({ latencyMs: 5 });
    const [client, server] = [pod('10.244.0.5'), pod('10.244.0.6')];
    const start = clock.now();
    const took: number[] = [];
    server.listen(80, (connection) => {
      void connection.input.read().then(() => connection.output.write(bytesOf('pong')));
    });
    const talk = async () => {
      const connection = await client.connect('10.244.0.6', 80);
      took.push(clock.now() - start);
      await connection.output.write(bytesOf('ping'));
      await connection.input.read();
      took.push(clock.now() - start);
    };
    const talking = talk();
    await clock.step(50);
    await talking;
    assert.deepEqual(took, [10, 20]);
  });

  test('of less than a millisecond take a turn of the event loop, not a timer', async () => {
    const { pod, clock } = networkLab({ latencyMs: 0.2 });
    const [client, server] = [pod('10.244.0.5'), pod('10.244.0.6')];
    greet(server);
    let heard = '';
    const talking = said(client.connect('10.244.0.6', 80)).then((text) => (heard = text));
    for (let turn = 0; turn < 300; turn++) await Promise.resolve();
    assert.equal(heard, '');
    await clock.step(0);
    await talking;
    assert.match(heard, /^10\.244\.0\.6 saw/);
  });
});

describe('addresses nobody has', () => {
  for (const [ip, code, seconds] of [
    ['10.244.0.77', 'ETIMEDOUT', 130],
    ['10.96.3.4', 'ETIMEDOUT', 130],
    ['172.18.0.9', 'EHOSTUNREACH', 3],
    ['192.168.1.1', 'ENETUNREACH', 0],
    ['8.8.8.8', 'ENETUNREACH', 0],
    ['169.254.169.254', 'ENETUNREACH', 0],
  ] as const) {
    test(`${ip} is ${code} after ${seconds} s`, async () => {
      const { pod, clock } = networkLab();
      let waited: number | undefined;
      const start = clock.now();
      const connecting = assert
        .rejects(pod('10.244.0.5').connect(ip, 80), fails(code))
        .then(() => (waited = clock.now() - start));
      await clock.step(200_000);
      await connecting;
      assert.equal(waited, seconds * 1000);
    });
  }

  test('a caller may be less patient than Linux', async () => {
    const { pod, clock } = networkLab();
    const client = pod('10.244.0.5');
    const connecting = assert.rejects(
      client.connect('10.96.3.4', 80, { timeoutMs: 1_000 }),
      fails('ETIMEDOUT'),
    );
    await clock.step(1_000);
    await connecting;
    const stop = new AbortController();
    const stopped = assert.rejects(
      client.connect('10.96.3.4', 80, { signal: stop.signal }),
      /interrupted/,
    );
    stop.abort(new Error('interrupted'));
    await stopped;
  });
});

test('pods, the node and loopback answer pings; Services and addresses nobody has do not', async () => {
  const { pod, service } = networkLab();
  const client = pod('10.244.0.5');
  pod('10.244.0.6');
  service('web', { clusterIP: '10.96.0.80', clusterIPs: ['10.96.0.80'], ports: [{ port: 80 }] });
  const answers: Record<string, boolean> = {};
  for (const ip of ['10.244.0.6', '172.18.0.2', '127.0.0.1', '10.96.0.80', '10.244.0.7', '8.8.8.8'])
    answers[ip] = await client.echo(ip);
  assert.deepEqual(answers, {
    '10.244.0.6': true,
    '172.18.0.2': true,
    '127.0.0.1': true,
    '10.96.0.80': false,
    '10.244.0.7': false,
    '8.8.8.8': false,
  });
});

describe('Services', () => {
  const web = { clusterIP: '10.96.0.50', ports: [{ port: 80, targetPort: 'http' }] };

  test('spread connections evenly over ready endpoints, at their target port', async () => {
    const { pod, service, slice } = networkLab();
    const client = pod('10.244.0.5');
    for (const ip of ['10.244.0.6', '10.244.0.7', '10.244.0.8']) greet(pod(ip), 8080);
    service('web', web);
    slice(
      'web',
      [{ port: 8080 }],
      ['10.244.0.6', '10.244.0.7', { addresses: ['10.244.0.8'], conditions: { ready: false } }],
    );
    const counts = new Map<string, number>();
    for (let n = 0; n < 400; n++) {
      const [ip = ''] = (await said(client.connect('10.96.0.50', 80))).split(' ');
      counts.set(ip, (counts.get(ip) ?? 0) + 1);
    }
    assert.deepEqual([...counts.keys()].toSorted(), ['10.244.0.6', '10.244.0.7']);
    // 400 tosses of a fair coin: within 4 standard deviations (10 each) of 200.
    for (const count of counts.values()) assert.ok(Math.abs(count - 200) < 40, `${count}`);
  });

  test('follow changes of their endpoints at once', async () => {
    const { pod, service, slice } = networkLab();
    const client = pod('10.244.0.5');
    greet(pod('10.244.0.6'));
    service('web', web);
    await assert.rejects(client.connect('10.96.0.50', 80), fails('ECONNREFUSED'));
    slice('web', [{ port: 80 }], ['10.244.0.6']);
    assert.equal(await said(client.connect('10.96.0.50', 80)), '10.244.0.6 saw 10.244.0.5 at 80');
    slice('web', [{ port: 80 }], []);
    await assert.rejects(client.connect('10.96.0.50', 80), fails('ECONNREFUSED'));
  });

  test('use endpoints that terminate only when there is no other', async () => {
    const { pod, service, slice } = networkLab();
    const client = pod('10.244.0.5');
    for (const ip of ['10.244.0.6', '10.244.0.7']) greet(pod(ip));
    service('web', web);
    const leaving = {
      addresses: ['10.244.0.6'],
      conditions: { ready: false, serving: true, terminating: true },
    };
    slice('web', [{ port: 80 }], [leaving]);
    assert.match(await said(client.connect('10.96.0.50', 80)), /^10\.244\.0\.6 /);
    slice('web', [{ port: 80 }], [leaving, '10.244.0.7']);
    for (let n = 0; n < 10; n++)
      assert.match(await said(client.connect('10.96.0.50', 80)), /^10\.244\.0\.7 /);
  });

  test('a port the Service does not have gets no answer, as in iptables mode', async () => {
    const { pod, service, slice, clock } = networkLab();
    service('web', web);
    slice('web', [{ port: 80 }], ['10.244.0.6']);
    const connecting = assert.rejects(
      pod('10.244.0.5').connect('10.96.0.50', 81),
      fails('ETIMEDOUT'),
    );
    await clock.step(130_000);
    await connecting;
  });

  test('a client of a Service with sessionAffinity stays with its endpoint until it was away too long', async () => {
    const { pod, service, slice, clock } = networkLab();
    const client = pod('10.244.0.5');
    const ips = Array.from({ length: 20 }, (_, n) => `10.244.0.${20 + n}`);
    for (const ip of ips) greet(pod(ip));
    service('web', {
      ...web,
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
    });
    slice('web', [{ port: 80 }], ips);
    const seen = new Set<string>();
    for (let n = 0; n < 20; n++) {
      seen.add(await said(client.connect('10.96.0.50', 80)));
      await clock.step(50_000);
    }
    assert.equal(seen.size, 1);
    for (let n = 0; n < 5; n++) {
      await clock.step(61_000);
      seen.add(await said(client.connect('10.96.0.50', 80)));
    }
    assert.ok(seen.size > 1);
  });

  test('a node port leads there from the node and from pods, and hides where it came from', async () => {
    const { pod, service, slice, network } = networkLab();
    greet(pod('10.244.0.6'), 8080);
    service('web', { ...web, type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] });
    slice('web', [{ port: 8080 }], ['10.244.0.6']);
    const words = '10.244.0.6 saw 10.244.0.1 at 8080';
    assert.equal(await said(pod('10.244.0.5').connect('172.18.0.2', 30080)), words);
    assert.equal(await said(network.node.connect('172.18.0.2', 30080)), words);
  });

  test('a pod may meet itself behind its own Service', async () => {
    const { pod, service, slice } = networkLab();
    const only = pod('10.244.0.6');
    greet(only);
    service('web', web);
    slice('web', [{ port: 80 }], ['10.244.0.6']);
    assert.equal(await said(only.connect('10.96.0.50', 80)), '10.244.0.6 saw 10.244.0.1 at 80');
  });

  test('still answer after the store was restored from a snapshot', async () => {
    const { pod, service, slice, store } = networkLab();
    const client = pod('10.244.0.5');
    greet(pod('10.244.0.6'));
    const before = store.snapshot();
    service('web', web);
    slice('web', [{ port: 80 }], ['10.244.0.6']);
    await client.connect('10.96.0.50', 80);
    store.restore(before);
    const stop = new AbortController();
    const waiting = assert.rejects(client.connect('10.96.0.50', 80, { signal: stop.signal }), /no/);
    stop.abort(new Error('no answer'));
    await waiting;
  });
});

describe('the API server', () => {
  test('dials pods, Services and their names from the node', async () => {
    const { pod, service, slice, network } = networkLab();
    greet(pod('10.244.0.6'));
    service('web', { clusterIP: '10.96.0.50', ports: [{ port: 80 }] });
    slice('web', [{ port: 80 }], ['10.244.0.6']);
    const { signal } = new AbortController();
    for (const address of ['10.244.0.6', '10.96.0.50', 'web.default.svc.cluster.local'])
      assert.equal(
        await said(network.dial(address, 80, signal)),
        '10.244.0.6 saw 10.244.0.1 at 80',
      );
    await assert.rejects(network.dial('localhost', 80, signal), fails('EHOSTUNREACH'));
  });

  test('says in its own words that nobody listens, or that nobody answers within 30 s', async () => {
    const { clock, pod, network } = networkLab();
    pod('10.244.0.6');
    const { signal } = new AbortController();
    await assert.rejects(
      network.dial('10.244.0.6', 81, signal),
      /^Error: dial tcp 10\.244\.0\.6:81: connect: connection refused$/,
    );
    const lost = assert.rejects(
      network.dial('10.244.0.99', 80, signal),
      /^Error: dial tcp 10\.244\.0\.99:80: i\/o timeout$/,
    );
    await clock.step(30_000);
    await lost;
  });
});

describe('a redirect', () => {
  test('takes what leaves the pod, whatever its destination, and tells where it was going', async () => {
    const { pod } = networkLab();
    const client = pod('10.244.0.5');
    greet(pod('10.244.0.6'));
    client.redirect({
      outbound: {
        takes: ({ port }) => port !== 15021,
        accept: (connection, destination) => {
          void connection.output.write(bytesOf(`proxied ${destination.ip}:${destination.port}`));
          connection.output.end();
        },
      },
    });
    assert.equal(await said(client.connect('10.96.9.9', 80)), 'proxied 10.96.9.9:80');
    assert.equal(
      await said(client.connect('10.244.0.6', 80, { direct: true })),
      '10.244.0.6 saw 10.244.0.5 at 80',
    );
    await assert.rejects(client.connect('10.244.0.6', 15021), fails('ECONNREFUSED'));
    await assert.rejects(client.connect('127.0.0.1', 80), fails('ECONNREFUSED'));
    client.redirect(undefined);
    assert.match(await said(client.connect('10.244.0.6', 80)), /^10\.244\.0\.6 /);
  });

  test('takes a direct connection to the pod’s own IP, unless it comes from 127.0.0.6', async () => {
    const { pod } = networkLab();
    const own = pod('10.244.0.5');
    greet(own);
    own.redirect({
      inbound: {
        takes: () => true,
        accept: (connection) => {
          void connection.output.write(bytesOf('inbound'));
          connection.output.end();
        },
      },
    });
    assert.equal(await said(own.connect('10.244.0.5', 80, { direct: true })), 'inbound');
    assert.equal(
      await said(own.connect('10.244.0.5', 80, { direct: true, source: '127.0.0.6' })),
      '10.244.0.5 saw 127.0.0.6 at 80',
    );
  });

  test('takes what comes to the pod, though nobody listens there, but not from the pod itself', async () => {
    const { pod } = networkLab();
    const [client, server] = [pod('10.244.0.5'), pod('10.244.0.6')];
    greet(server);
    server.redirect({
      inbound: {
        takes: () => true,
        accept: (connection, destination) => {
          void connection.output.write(bytesOf(`in ${destination.ip}:${destination.port}`));
          connection.output.end();
        },
      },
    });
    assert.equal(await said(client.connect('10.244.0.6', 80)), 'in 10.244.0.6:80');
    assert.equal(await said(client.connect('10.244.0.6', 4321)), 'in 10.244.0.6:4321');
    assert.match(await said(server.connect('10.244.0.6', 80)), /^10\.244\.0\.6 saw/);
    assert.match(await said(server.connect('127.0.0.1', 80)), /^10\.244\.0\.6 saw 127/);
  });
});
