import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { networkInterfaces } from 'node:os';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { NetError } from './network.ts';
import { networkLab } from './testing/network-lab.ts';

test('a server of the host is out of reach from pods and node, by any of its addresses and names', async () => {
  let reached = 0;
  const server = createServer((_request, response) => response.end(String(++reached)));
  server.on('connection', () => reached++);
  server.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const { pod, network, clock } = networkLab();
    const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const addresses = own.filter(({ family }) => family === 'IPv4').map(({ address }) => address);
    for (const from of [pod('10.244.0.5'), network.node]) {
      for (const ip of new Set([
        ...addresses,
        '127.0.0.1',
        '0.0.0.0',
        '172.17.0.1',
        '172.18.0.1',
        '169.254.169.254',
      ])) {
        const trying = assert.rejects(from.connect(ip, port), NetError, `${from.ip} to ${ip}`);
        await clock.step(200_000);
        await trying;
      }
      for (const name of ['localhost', 'host.docker.internal', 'example.com', 'gateway']) {
        for (const ip of await from.lookup(name)) {
          assert.equal(ip, '127.0.0.1', `${name} is the pod itself`);
          await assert.rejects(from.connect(ip, port), NetError);
        }
      }
    }
    await assert.rejects(network.dial('localhost', port, new AbortController().signal), NetError);
    assert.equal(reached, 0);
  } finally {
    server.close();
  }
});
