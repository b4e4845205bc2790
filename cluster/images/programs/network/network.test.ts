// What busybox 1.37, iputils, iproute2 and OpenBSD's nc print of the same small network.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { serveHttp, textResponse } from '../../../network/http-server.ts';
import { networkLab } from '../../../network/testing/network-lab.ts';
import { shellProgram } from '../../shell/program.ts';
import { run } from '../../testing/run.ts';
import { busyboxApplets } from '../table.ts';
import { ip } from './interfaces.ts';
import { netcat } from './netcat.ts';
import { ping } from './ping.ts';
import { ss } from './sockets.ts';

const programs = {
  ...busyboxApplets,
  bash: shellProgram({ flavour: 'bash' }),
  'ip-iproute2': ip('iproute2'),
  'nc-openbsd': netcat('openbsd'),
  'ping-iputils': ping('iputils'),
  ss,
};

/** A pod that answers HTTP on 80, and the pod of the command beside it. */
function network() {
  const lab = networkLab();
  const server = lab.pod('10.244.0.6', { hostname: 'server' });
  server.listen(80, (connection) => {
    serveHttp(connection, () => Promise.resolve(textResponse(200, 'hello\n'))).catch(() => {});
  });
  lab.service('web', {
    clusterIP: '10.96.0.80',
    clusterIPs: ['10.96.0.80'],
    ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 80 }],
  });
  lab.slice('web', [{ name: 'http', port: 80 }], ['10.244.0.6']);
  return lab;
}

function output(command: string, stdin?: string) {
  return run(programs, ['bash', '-c', command], {
    lab: network(),
    ...(stdin !== undefined && { stdin }),
  });
}

describe('ping', () => {
  test('of a pod counts what came back', async () => {
    const { stdout, code, ms } = await output('ping -c 2 10.244.0.6');
    assert.match(
      stdout,
      /^PING 10\.244\.0\.6 \(10\.244\.0\.6\): 56 data bytes\n64 bytes from 10\.244\.0\.6: seq=0 ttl=63 time=\d\.\d{3} ms\n64 bytes from 10\.244\.0\.6: seq=1 ttl=63 time=\d\.\d{3} ms\n\n--- 10\.244\.0\.6 ping statistics ---\n2 packets transmitted, 2 packets received, 0% packet loss\nround-trip min\/avg\/max = [\d./]+ ms\n$/,
    );
    assert.equal(code, 0);
    assert.ok(ms >= 1_000 && ms < 1_100, `${ms} ms`);
  });

  test('of an address without a pod loses everything', async () => {
    const busybox = await output('ping -c 1 -W 1 10.244.0.77');
    assert.match(busybox.stdout, /1 packets transmitted, 0 packets received, 100% packet loss\n$/);
    assert.equal(busybox.code, 1);
    const iputils = await output('ping-iputils -c 1 -W 1 10.244.0.77');
    assert.match(iputils.stdout, /1 packets transmitted, 0 received, 100% packet loss, time \d+ms/);
    assert.equal(iputils.code, 1);
  });

  test('of a name that leads nowhere says so', async () => {
    const busybox = await output('ping -c 1 nope');
    assert.deepEqual([busybox.stderr, busybox.code], ["ping: bad address 'nope'\n", 1]);
    const iputils = await output('ping-iputils -c 1 nope');
    assert.deepEqual([iputils.stderr, iputils.code], ['ping: nope: Name does not resolve\n', 2]);
  });
});

describe('nc', () => {
  for (const [command, code, stderr] of [
    ['nc -zv web 80', 0, 'web (10.96.0.80:80) open\n'],
    ['nc -z web 81 -w 1', 1, ''],
    ['nc -zv 10.244.0.6 81', 1, ''],
    ['nc -zvv 10.244.0.6 81', 1, 'nc: 10.244.0.6 (10.244.0.6:81): Connection refused\n'],
    ['nc -zv nope 80', 1, "nc: bad address 'nope'\n"],
    ['nc-openbsd -zv 10.244.0.6 80', 0, 'Connection to 10.244.0.6 80 port [tcp/http] succeeded!\n'],
    ['nc-openbsd -zv web 80', 0, 'Connection to web (10.96.0.80) 80 port [tcp/http] succeeded!\n'],
    [
      'nc-openbsd -zv 10.244.0.6 81',
      1,
      'nc-openbsd: connect to 10.244.0.6 port 81 (tcp) failed: Connection refused\n',
    ],
  ] as const) {
    test(`${command} ends with ${code}`, async () => {
      const ran = await output(command);
      assert.deepEqual([ran.stderr, ran.code], [stderr, code]);
    });
  }

  test('carries bytes both ways', async () => {
    const { stdout } = await output(
      "printf 'GET / HTTP/1.1\\r\\nHost: web\\r\\nConnection: close\\r\\n\\r\\n' | nc web 80",
    );
    assert.match(stdout, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nhello\n$/);
  });

  test('listens for another', async () => {
    const { stdout } = await output('nc -l -p 9000 & sleep 0.1; echo hi | nc 127.0.0.1 9000; wait');
    assert.equal(stdout, 'hi\n');
  });

  test('-e serves a program', async () => {
    const { stdout } = await output(
      'nc -l -p 9000 -e echo served & sleep 0.1; nc 127.0.0.1 9000 </dev/null; wait',
    );
    assert.equal(stdout, 'served\n');
  });

  test('says that UDP is not simulated', async () => {
    const { stderr, code } = await output('nc -u web 53');
    assert.match(stderr, /UDP is not simulated/);
    assert.equal(code, 1);
  });
});

describe('sockets', () => {
  test('that listen are listed by netstat and ss', async () => {
    const { stdout } = await output('nc -l -p 9000 & sleep 0.1; netstat -tln; ss -tln; kill %1');
    assert.match(stdout, /tcp        0      0 0\.0\.0\.0:9000 +0\.0\.0\.0:\* +LISTEN/);
    assert.match(stdout, /LISTEN 0 +4096 +0\.0\.0\.0:9000 +0\.0\.0\.0:\*/);
  });

  test('that are connected are the others', async () => {
    const { stdout } = await output('sleep 2 | nc web 80 & sleep 0.1; netstat -tn; kill %1');
    assert.match(stdout, /10\.244\.0\.5:\d+ +10\.96\.0\.80:80 +ESTABLISHED/);
  });
});

describe('interfaces', () => {
  test('are two, of which one is the pod’s', async () => {
    const { stdout } = await output('ip -br addr');
    assert.match(stdout, /^lo +UNKNOWN +127\.0\.0\.1\/8 \neth0@if7 +UP +10\.244\.0\.5\/24 \n$/);
    assert.match(
      (await output('ip-iproute2 addr show eth0')).stdout,
      /inet 10\.244\.0\.5\/24 brd 10\.244\.0\.255 scope global eth0\n/,
    );
    assert.match(
      (await output('ifconfig eth0')).stdout,
      /inet addr:10\.244\.0\.5  Bcast:10\.244\.0\.255  Mask:255\.255\.255\.0/,
    );
  });

  test('lead out by the node', async () => {
    assert.match((await output('ip route')).stdout, /^default via 10\.244\.0\.1 dev eth0 \n/);
    assert.match((await output('route -n')).stdout, /\n0\.0\.0\.0 +10\.244\.0\.1 +0\.0\.0\.0 +UG/);
  });

  test('cannot be changed', async () => {
    const { stderr, code } = await output('ip addr add 10.0.0.1/24 dev eth0');
    assert.deepEqual([stderr, code], ['ip: RTNETLINK answers: Operation not permitted\n', 2]);
  });
});

test('telnet connects, and tells when the other side closes', async () => {
  const { stdout, stderr, code } = await output(
    "(printf 'GET / HTTP/1.0\\r\\n\\r\\n'; sleep 1) | telnet web 80",
  );
  assert.match(stdout, /^Connected to web\nHTTP\/1\.[01] 200 OK/);
  assert.equal(stderr, 'Connection closed by foreign host\n');
  assert.equal(code, 1);
});
