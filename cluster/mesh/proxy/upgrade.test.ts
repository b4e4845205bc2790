// WebSockets through two proxies: what an HTTP connection becomes when both ends agree.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendRequest } from '../../network/http-client.ts';
import type { HttpHandle } from '../../network/http-server.ts';
import { bytesOf, nothing, textOf } from '../../streams.ts';
import { client, service, shopV1 } from '../testing/mesh-lab.ts';
import { proxiedLab } from '../testing/proxied-lab.ts';

const asking: [string, string][] = [
  ['Host', 'shop'],
  ['Connection', 'keep-alive, Upgrade'],
  ['Upgrade', 'websocket'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
];

/** Sends back what comes, louder. */
const shouting: HttpHandle = () =>
  Promise.resolve({
    version: '1.1',
    status: 101,
    reason: 'Switching Protocols',
    headers: [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
    ],
    body: nothing,
    upgraded: async ({ input, output }) => {
      for (let chunk = await input.read(); chunk; chunk = await input.read())
        await output.write(bytesOf(textOf(chunk).toUpperCase()));
    },
  });

test('a WebSocket passes both proxies, bytes both ways, and is one exchange as long as it lasts', async () => {
  const lab = await proxiedLab(
    {
      pods: [client, shopV1],
      services: [service('shop', ['http:80'], [shopV1])],
      mesh: { accessLogFile: '/dev/stdout' },
    },
    { handles: { 'shop-v1': shouting } },
  );
  const connection = await lab.connect('client', '10.96.0.14', 80);
  const answer = await lab.during(
    sendRequest(connection, {
      method: 'GET',
      target: '/chat',
      version: '1.1',
      headers: asking,
      body: nothing,
    }),
  );
  assert.equal(answer.status, 101);
  const header = (name: string) => answer.headers.find(([other]) => other === name)?.[1];
  assert.equal(header('upgrade'), 'websocket');
  assert.equal(header('sec-websocket-accept'), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  for (const word of ['hello', 'again']) {
    await connection.output.write(bytesOf(word));
    const heard = await lab.during(answer.body.read());
    assert.equal(heard && textOf(heard), word.toUpperCase());
  }
  assert.deepEqual(lab.logs.get('client'), []);
  connection.close();
  await lab.net.clock.step(100);
  const [line] = lab.logs.get('client') ?? [];
  assert.match(line ?? '', /"GET \/chat HTTP\/1\.1" 101 - via_upstream - "-" 10 10 /);
  assert.equal(lab.logs.get('shop-v1')?.length, 1);
  assert.deepEqual(lab.faults, []);
});

test('a server that does not agree answers as it likes', async () => {
  const lab = await proxiedLab({
    pods: [client, shopV1],
    services: [service('shop', ['http:80'], [shopV1])],
  });
  const answer = await lab.during(lab.ask('client', 'http://shop/', { headers: asking.slice(1) }));
  assert.equal(answer.status, 200);
});
