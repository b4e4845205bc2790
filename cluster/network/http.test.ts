import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { nothing, Pipe, readAll, readerOf, textOf, bytesOf, type ByteReader } from '../streams.ts';
import { canReuse, sendRequest } from './http-client.ts';
import { HttpError } from './http-message.ts';
import { serveHttp, textResponse, type HttpHandle, type HttpServerOptions } from './http-server.ts';
import { headerOf, type HttpHeaders, type HttpRequest } from './http.ts';
import { connectedPair } from './testing/network-lab.ts';

const get = (target = '/', headers: HttpHeaders = [['Host', 'web']]): HttpRequest => ({
  method: 'GET',
  target,
  version: '1.1',
  headers,
  body: nothing,
});

/** What a server writes for literal bytes of a client that then closes its side. */
async function conversation(
  sent: string,
  handle: HttpHandle,
  options?: Partial<HttpServerOptions>,
): Promise<string> {
  const { client, server } = await connectedPair();
  const serving = serveHttp(server, handle, options);
  await client.output.write(bytesOf(sent));
  client.output.end();
  const received = textOf(await readAll(client.input));
  await serving;
  return received;
}

const echo: HttpHandle = async (request) =>
  textResponse(200, `${request.method} ${request.target} ${textOf(await readAll(request.body))}`);

describe('a server', () => {
  test('answers with the length of its body', async () => {
    assert.equal(
      await conversation('GET /a?b=c HTTP/1.1\r\nHost: web\r\n\r\n', echo),
      'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nGET /a?b=c ',
    );
  });

  test('answers pipelined requests in their order, however long each takes', async () => {
    const order: string[] = [];
    const received = await conversation(
      'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n',
      async (request) => {
        if (request.target === '/1') for (let n = 0; n < 50; n++) await Promise.resolve();
        order.push(request.target);
        return textResponse(200, request.target);
      },
    );
    assert.deepEqual(order, ['/1', '/2']);
    assert.match(received, /\/1HTTP\/1\.1 200 OK[^]*\/2$/);
  });

  test('closes after an HTTP/1.0 request and after Connection: close', async () => {
    for (const request of [
      'GET / HTTP/1.0\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    ]) {
      const received = await conversation(`${request}GET /again HTTP/1.0\r\n\r\n`, echo);
      assert.equal(received.match(/HTTP\/1\.1 200/g)?.length, 1);
      assert.match(received, /\r\nConnection: close\r\n/);
    }
  });

  test('keeps an HTTP/1.0 connection alive when asked to and the length is known', async () => {
    const request = 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
    const received = await conversation(request + request, echo);
    assert.equal(received.match(/HTTP\/1\.1 200/g)?.length, 2);
  });

  test('sends a body of unknown length in chunks, or to the end of an HTTP/1.0 connection', async () => {
    const stream: HttpHandle = async () => {
      const body = new Pipe();
      await body.write(bytesOf('one'));
      await body.write(bytesOf('three'));
      body.end();
      return { version: '1.1', status: 200, reason: 'OK', headers: [], body };
    };
    assert.match(
      await conversation('GET / HTTP/1.1\r\nHost: a\r\n\r\n', stream),
      /Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n5\r\nthree\r\n0\r\n\r\n$/,
    );
    assert.match(await conversation('GET / HTTP/1.0\r\n\r\n', stream), /\r\n\r\nonethree$/);
  });

  test('answers HEAD with the head alone', async () => {
    assert.match(
      await conversation('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n', echo),
      /Content-Length: 7\r\n\r\n$/,
    );
  });

  test('says 100 Continue when the body is first wanted', async () => {
    const received = await conversation(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi',
      echo,
    );
    assert.match(received, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK[^]*POST \/ hi$/);
  });

  test('does not wait for a body it refused before the client sent it', async () => {
    const received = await conversation(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n',
      async () => textResponse(403, 'no'),
    );
    assert.match(received, /^HTTP\/1\.1 403 Forbidden[^]*no$/);
  });

  for (const [what, request, status] of [
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['a request without a host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: a\r\n b: c\r\n\r\n', 400],
    [
      'two lengths',
      'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
    ],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['another coding', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n', 400],
    ['a negative length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n', 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\n', 505],
    ['a head that is too large', `GET / HTTP/1.1\r\nHost: ${'a'.repeat(2_000)}\r\n\r\n`, 431],
    ['a body that is too large', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n', 413],
  ] as const) {
    test(`answers ${status} to ${what} and closes`, async () => {
      const received = await conversation(request, async () => assert.fail('was asked'), {
        headBytes: 1_000,
        bodyBytes: 4_000,
      });
      assert.match(received, new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\nConnection: close\r\n`));
    });
  }

  test('a handler that throws gives the client a 500 and its error to the caller', async () => {
    const { client, server } = await connectedPair();
    const serving = serveHttp(server, () => Promise.reject(new Error('out of luck')));
    const failed = assert.rejects(serving, /out of luck/);
    assert.equal((await sendRequest(client, get())).status, 500);
    await failed;
  });

  test('a handler learns that its client has gone', async () => {
    const { client, server } = await connectedPair();
    let noticed = false;
    const serving = serveHttp(server, async (_request, _connection, gone) => {
      await gone();
      noticed = true;
      return undefined;
    });
    await client.output.write(bytesOf('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
    client.close();
    await serving;
    assert.equal(noticed, true);
  });
});

describe('a client', () => {
  test('uses a connection again once the answer was read', async () => {
    const { client, server } = await connectedPair();
    const serving = serveHttp(server, echo);
    for (const target of ['/1', '/2', '/3']) {
      const response = await sendRequest(client, get(target));
      assert.equal(canReuse(client), false);
      assert.equal(textOf(await readAll(response.body)), `GET ${target} `);
      assert.equal(canReuse(client), true);
    }
    client.close();
    await serving;
  });

  test('does not use it again when the server said close', async () => {
    const { client, server } = await connectedPair();
    void serveHttp(server, async () => textResponse(200, 'x', [['Connection', 'close']]));
    await readAll((await sendRequest(client, get())).body);
    assert.equal(canReuse(client), false);
  });

  for (const [what, reply, code] of [
    ['nothing', '', 'EMPTY'],
    ['something else', 'SSH-2.0-OpenSSH\r\n', 'MALFORMED'],
    ['half a head', 'HTTP/1.1 200 OK\r\nA: b\r\n', 'TRUNCATED'],
  ] as const) {
    test(`an answer of ${what} is ${code}`, async () => {
      const { client, server } = await connectedPair();
      await server.output.write(bytesOf(reply));
      server.output.end();
      await assert.rejects(
        sendRequest(client, get()),
        (error) => error instanceof HttpError && error.code === code,
      );
    });
  }

  test('a body that ends early says how much is missing', async () => {
    const { client, server } = await connectedPair();
    await server.output.write(bytesOf('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234'));
    server.output.end();
    const { body } = await sendRequest(client, get());
    await assert.rejects(
      readAll(body),
      (error) => error instanceof HttpError && error.missing === 6,
    );
  });

  test('reads a body without length to the end of the connection', async () => {
    const { client, server } = await connectedPair();
    await server.output.write(bytesOf('HTTP/1.0 200 OK\r\n\r\nall of it'));
    server.output.end();
    const { body } = await sendRequest(client, get());
    assert.equal(textOf(await readAll(body)), 'all of it');
  });

  test('passes over informational answers', async () => {
    const { client, server } = await connectedPair();
    await server.output.write(
      bytesOf('HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n'),
    );
    assert.equal((await sendRequest(client, get())).status, 204);
  });

  test('a header that would break out of its line is refused before it is sent', async () => {
    const { client } = await connectedPair();
    await assert.rejects(sendRequest(client, get('/', [['Host', 'a\r\nX: y']])), TypeError);
  });

  test('takes the answer of a server that did not read the whole body', async () => {
    const { client, server } = await connectedPair();
    void serveHttp(server, async () => textResponse(403, 'too much'));
    const body = new Uint8Array(1_000_000);
    const response = await sendRequest(client, {
      ...get('/', [
        ['Host', 'a'],
        ['Content-Length', String(body.length)],
      ]),
      method: 'POST',
      body: readerOf(body),
    });
    assert.equal(response.status, 403);
    assert.equal(textOf(await readAll(response.body)), 'too much');
  });
});

/** A reader that gives its bytes in pieces of the given sizes. */
function inPieces(bytes: Uint8Array, sizes: readonly number[]): ByteReader {
  let at = 0;
  let turn = 0;
  return {
    read: async (max = Infinity) => {
      if (at >= bytes.length) return null;
      const size = Math.min(max, sizes[turn++ % sizes.length] ?? 1);
      return bytes.subarray(at, (at += size));
    },
    cancel: () => {},
  };
}

const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });
const headerName = fc.stringMatching(/^X-[A-Za-z0-9-]{1,10}$/);
const headerValue = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);

test('any request and answer come through, in any pieces, with chunks or a length', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
        target: fc.stringMatching(/^\/[!-~]{0,30}$/),
        headers: fc.array(fc.tuple(headerName, headerValue), { maxLength: 5 }),
        body: fc.uint8Array({ maxLength: 300 }),
        answer: fc.uint8Array({ maxLength: 300 }),
        status: fc.constantFrom(200, 201, 404, 503),
        chunkedUp: fc.boolean(),
        chunkedDown: fc.boolean(),
        sizes,
        cut: sizes,
      }),
      async (given) => {
        const { client, server } = await connectedPair();
        const framing = (chunked: boolean, length: number): HttpHeaders =>
          chunked ? [['Transfer-Encoding', 'chunked']] : [['Content-Length', String(length)]];
        let seen: unknown;
        const serving = serveHttp(
          {
            ...server,
            input: recut(server.input, given.cut),
            close: () => server.close(),
          } as typeof server,
          async (request) => {
            const body = [...(await readAll(request.body))];
            seen = {
              method: request.method,
              target: request.target,
              headers: request.headers,
              body,
            };
            return {
              version: '1.1',
              status: given.status,
              reason: '',
              headers: [...given.headers, ...framing(given.chunkedDown, given.answer.length)],
              body: inPieces(given.answer, given.sizes),
            };
          },
        );
        const headers: HttpHeaders = [
          ['Host', 'a'],
          ...given.headers,
          ...framing(given.chunkedUp, given.body.length),
        ];
        for (let time = 0; time < 2; time++) {
          const response = await sendRequest(client, {
            ...given,
            version: '1.1',
            headers,
            body: inPieces(given.body, given.sizes),
          });
          assert.deepEqual([...(await readAll(response.body))], [...given.answer]);
          assert.equal(response.status, given.status);
          assert.deepEqual(response.headers.slice(0, given.headers.length), given.headers);
          assert.deepEqual(seen, {
            method: given.method,
            target: given.target,
            headers,
            body: [...given.body],
          });
        }
        client.close();
        await serving;
      },
    ),
    { numRuns: 150 },
  );
});

/** The same bytes, cut anew. */
function recut(input: ByteReader, cut: readonly number[]): ByteReader {
  let turn = 0;
  return {
    read: (max = Infinity) => input.read(Math.min(max, cut[turn++ % cut.length] ?? 1)),
    cancel: () => input.cancel(),
  };
}

test('headerOf ignores the case of names', () => {
  assert.equal(headerOf([['CONTENT-type', 'a']], 'Content-Type'), 'a');
});
