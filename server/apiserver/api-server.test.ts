import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { connect } from 'node:net';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { ApiRequest } from '../../cluster/api/http.ts';
import { createIdentity } from './certificates.ts';
import {
  type Play,
  REQUEST_BYTES,
  type Served,
  administrator,
  ask,
  identity,
  json,
  serve,
} from './testing/served.ts';

async function served(t: { after(fn: () => unknown): void }, play: Play): Promise<Served> {
  const it = await serve(play);
  t.after(() => it.server.close());
  return it;
}

test('a request arrives with its path decoded, its query, headers and body, and the administrator as its user', async (t) => {
  let seen: ApiRequest | undefined;
  const it = await served(t, {
    handle: (request) => {
      seen = request;
      return json(201, { kind: 'Pod' });
    },
  });
  const answer = await ask(
    it,
    '/api/v1/namespaces/d%C3%A9mo/pods?fieldSelector=metadata.name%3Dx&limit=500',
    {
      method: 'POST',
      headers: { 'X-Twice': 'a' },
      body: Buffer.from('{"a":1}'),
    },
  );
  assert.equal(answer.status, 201);
  assert.equal(answer.body.toString(), '{"kind":"Pod"}');
  assert.equal(answer.headers['content-length'], '14');
  assert.ok(seen);
  assert.equal(seen.method, 'POST');
  assert.equal(seen.path, '/api/v1/namespaces/démo/pods');
  assert.equal(seen.query.get('fieldSelector'), 'metadata.name=x');
  assert.equal(seen.headers['x-twice'], 'a');
  assert.equal(Buffer.from(seen.body).toString(), '{"a":1}');
  assert.equal(seen.user?.name, 'kubernetes-admin');
  assert.deepEqual(seen.user?.groups, ['system:masters', 'system:authenticated']);
  assert.match(
    seen.user?.extra?.['authentication.kubernetes.io/credential-id']?.[0] ?? '',
    /^X509SHA256=[0-9a-f]{64}$/,
  );
});

test('who shows nothing is nobody, who shows a good token is its owner, and bad credentials are refused', async (t) => {
  const users: (string | undefined)[] = [];
  const it = await served(t, {
    handle: (request) => {
      users.push(request.user?.name);
      return json(200, {});
    },
    authenticateToken: (token) =>
      token === 'good' ? { name: 'system:serviceaccount:default:x', groups: [] } : undefined,
  });
  const bare = { ca: identity.caCertificate };
  const stranger = await createIdentity();
  const foreign = {
    ca: identity.caCertificate,
    cert: stranger.clientCertificate,
    key: stranger.clientKey,
  };
  const bearer = (token: string) => ({ tls: bare, headers: { Authorization: `Bearer ${token}` } });

  assert.equal((await ask(it, '/', { tls: bare })).status, 200);
  assert.equal((await ask(it, '/', bearer('good'))).status, 200);
  assert.deepEqual(users, [undefined, 'system:serviceaccount:default:x']);

  for (const refused of [await ask(it, '/', bearer('bad')), await ask(it, '/', { tls: foreign })]) {
    assert.equal(refused.status, 401);
    assert.deepEqual(JSON.parse(refused.body.toString()), {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Unauthorized',
      reason: 'Unauthorized',
      code: 401,
    });
  }
  assert.equal(users.length, 2, 'a refused request never reaches the cluster');
});

for (const [how, headers] of [
  ['announced', {}],
  ['chunked', { 'Transfer-Encoding': 'chunked' }],
] as const) {
  test(`a body over the limit is refused in Kubernetes' words (${how}), however long it is`, async (t) => {
    const it = await served(t, {
      handle: () => assert.fail('it must not reach the cluster'),
    });
    for (const size of [REQUEST_BYTES + 1, 8 * 1024 * 1024]) {
      const answer = await ask(it, '/', { method: 'POST', headers, body: Buffer.alloc(size) });
      assert.equal(answer.status, 413);
      const status = JSON.parse(answer.body.toString()) as { message: string; reason: string };
      assert.equal(status.message, 'Request entity too large: limit is 1000');
      assert.equal(status.reason, 'RequestEntityTooLarge');
    }
  });
}

test('a body at the limit is taken', async (t) => {
  const it = await served(t, { handle: (request) => json(200, request.body.length) });
  const answer = await ask(it, '/', { method: 'POST', body: Buffer.alloc(REQUEST_BYTES) });
  assert.equal(answer.body.toString(), '1000');
});

test('half an escape in the path is a bad request', async (t) => {
  const it = await served(t, {});
  assert.equal((await ask(it, '/api/%zz')).status, 400);
});

test('when the cluster throws, the client gets a 500 Status and the operator a line', async (t) => {
  const it = await served(t, {
    handle: () => {
      throw new Error('boom');
    },
  });
  const answer = await ask(it, '/api');
  assert.equal(answer.status, 500);
  const status = JSON.parse(answer.body.toString()) as { message: string };
  assert.equal(status.message, 'Internal error occurred: boom');
  assert.match(it.log.join('\n'), /GET \/api: Error: boom/);
});

test('a large answer is gzipped for who asks for it, a small one and one for others is not', async (t) => {
  const large = { text: 'x'.repeat(200_000) };
  const it = await served(t, {
    handle: ({ path }) => json(200, path === '/large' ? large : {}),
  });
  const headers = { 'Accept-Encoding': 'gzip' };
  const packed = await ask(it, '/large', { headers });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.equal(packed.headers.vary, 'Accept-Encoding');
  assert.deepEqual(JSON.parse(gunzipSync(packed.body).toString()), large);
  assert.equal((await ask(it, '/small', { headers })).headers['content-encoding'], undefined);
  const plain = await ask(it, '/large');
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.deepEqual(JSON.parse(plain.body.toString()), large);
});

test("a watch's header comes before its first event, each event as it happens, and the signal fires when its client goes", async (t) => {
  const events = ['one', 'two'];
  let next = () => {};
  let sayGone = () => {};
  const gone = new Promise<void>((resolve) => (sayGone = resolve));
  const it = await served(t, {
    handle: ({ signal }) => ({
      status: 200,
      headers: {},
      body: (async function* () {
        for (const event of events) {
          await new Promise<void>((resolve) => (next = resolve));
          yield Buffer.from(event);
        }
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        sayGone();
      })(),
    }),
  });
  const asked = get({ host: '127.0.0.1', port: it.server.port, agent: false, ...administrator });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  for (const event of events) {
    next();
    const [chunk] = (await once(response, 'data')) as [Buffer];
    assert.equal(chunk.toString(), event);
  }
  assert.equal(it.server.open, 1);
  asked.destroy();
  await gone;
  assert.deepEqual(it.log, []);
});

test('a client that does not read holds the stream back', async (t) => {
  let made = 0;
  const it = await served(t, {
    handle: ({ signal }) => ({
      status: 200,
      headers: {},
      body: (async function* () {
        while (!signal.aborted) {
          made += 64 * 1024;
          yield Buffer.alloc(64 * 1024);
          await new Promise(setImmediate);
        }
      })(),
    }),
  });
  const asked = get({ host: '127.0.0.1', port: it.server.port, agent: false, ...administrator });
  await once(asked, 'response');
  // Loopback's socket buffers take a few megabytes; without back-pressure this loop would make gigabytes.
  let before = -1;
  while (made !== before) {
    before = made;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(made < 32 * 1024 * 1024, `${made} bytes were made for a client that reads none`);
  asked.destroy();
});

test('closing ends every connection', async (t) => {
  const it = await served(t, {
    handle: () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        yield Buffer.from('x');
        await new Promise(() => {});
      })(),
    }),
  });
  const asked = get({ host: '127.0.0.1', port: it.server.port, agent: false, ...administrator });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const cut = new Promise((resolve) => response.on('error', resolve));
  response.resume();
  await it.server.close();
  await cut;
});

test('who comes with plain HTTP is told so, in words that kubectl shows', async (t) => {
  const it = await served(t, {});
  const socket = connect(it.server.port, '127.0.0.1');
  socket.write('GET /api HTTP/1.1\r\nHost: x\r\n\r\n');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
  await once(socket, 'close');
  assert.match(
    answer,
    /^HTTP\/1\.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server\.\n$/,
  );
});

test('a client may say its first words in pieces, or none at all', async (t) => {
  const it = await served(t, {});
  for (const bytes of ['', '16', '160301']) {
    const socket = connect(it.server.port, '127.0.0.1');
    socket.on('error', () => {}); // Cut off is as good as closed.
    socket.end(Buffer.from(bytes, 'hex'));
    socket.resume();
    await once(socket, 'close');
  }
  assert.equal((await ask(it, '/')).status, 200);
});

test('a taken port is told by its name', async (t) => {
  const it = await served(t, {});
  const { ApiServer } = await import('./api-server.ts');
  await assert.rejects(
    ApiServer.listen({
      identity,
      port: it.server.port,
      requestBytes: REQUEST_BYTES,
      log: () => {},
      cluster: {
        handle: async () => json(200, {}),
        upgrade: async () => json(404, {}),
        authenticateToken: () => undefined,
      },
    }),
    { code: 'EADDRINUSE' },
  );
});
