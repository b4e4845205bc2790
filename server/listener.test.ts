import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Gate } from './gate.ts';
import { Listener } from './listener.ts';
import { staticFiles } from './static-files.ts';

const site = mkdtempSync(join(tmpdir(), 'site-'));
const script = 'document.documentElement.dataset.scripted = "";';
const hash = `sha256-${createHash('sha256').update(script).digest('base64')}`;
const log: string[] = [];
let listener: Listener;
let origin: string;

before(async () => {
  mkdirSync(join(site, 'lesson'));
  mkdirSync(join(site, '_astro'));
  writeFileSync(join(site, 'index.html'), `<!doctype html><script>${script}</script>`);
  writeFileSync(join(site, 'lesson/index.html'), '<!doctype html><terminal-dock></terminal-dock>');
  writeFileSync(join(site, '404.html'), '<!doctype html>Nothing here');
  writeFileSync(join(site, '_astro/page.h4sh.js'), 'export {};'.repeat(200));
  writeFileSync(join(site, '_astro/page.h4sh.js.gz'), gzipSync('export {};'.repeat(200)));
  writeFileSync(join(site, 'inline-scripts.json'), JSON.stringify([hash]));
  listener = await Listener.open({
    port: 0,
    learner: 'me',
    log: (message) => log.push(message),
    gate: (port) => new Gate({ port, origins: [], cookieKey: 'key', launchSecret: 'secret' }),
    pages: (gate) => staticFiles(site, (headers) => gate.presence(headers)),
    upgrades: {},
    routes: () => [
      {
        method: 'POST',
        path: '/lab/echo/:word',
        for: 'anybody',
        answer: ({ params, body, query }) => ({
          status: 201,
          body: { ...params, body, q: query.get('q') },
        }),
      },
      {
        method: 'GET',
        path: '/lab/mistake',
        for: 'anybody',
        answer: () => {
          throw new Error('our mistake');
        },
      },
      { method: 'GET', path: '/lab/closed', answer: (_request, browser) => ({ body: browser }) },
    ],
  });
  origin = `http://127.0.0.1:${listener.port}`;
});
after(async () => {
  await listener.close();
  rmSync(site, { recursive: true });
});

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(origin + path, {
    method: 'POST',
    body,
    headers: { origin, 'content-type': 'application/json', ...headers },
  });

test('a page comes with a policy that lets only its own scripts run, and with the sign of a lab', async () => {
  const response = await fetch(`${origin}/`);
  const policy = response.headers.get('content-security-policy') ?? '';
  assert.ok(policy.includes(`script-src 'self' 'wasm-unsafe-eval' '${hash}';`), policy);
  for (const part of [
    "default-src 'none'",
    "style-src 'self';",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    `connect-src 'self' ws://127.0.0.1:${listener.port}`,
  ]) {
    assert.ok(policy.includes(part), `${part} in ${policy}`);
  }
  assert.doesNotMatch(policy, /'unsafe-/);
  assert.equal(
    response.headers.get('set-cookie'),
    `meshproof-here-${listener.port}=1; Path=/; SameSite=Strict`,
  );
  assert.equal(response.headers.get('cache-control'), 'no-cache');
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
  assert.match(response.headers.get('permissions-policy') ?? '', /camera=\(\)/);
});

test('only a page with a terminal may have styles of its own', async () => {
  for (const path of ['/lesson/', '/lesson', '/lesson/index.html']) {
    const policy = (await fetch(origin + path)).headers.get('content-security-policy') ?? '';
    assert.ok(policy.includes("style-src 'self' 'unsafe-inline'"), `${path}: ${policy}`);
  }
});

test('files with a hash in their names are kept for good, and come compressed', async () => {
  const response = await fetch(`${origin}/_astro/page.h4sh.js`);
  assert.equal(response.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  assert.equal(response.headers.get('content-encoding'), 'gzip');
  assert.equal(await response.text(), 'export {};'.repeat(200));
});

test('what is not there is 404 with the site’s own page; paths do not climb out', async () => {
  for (const path of [
    '/nowhere',
    '/inline-scripts.json',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/%zz',
  ]) {
    const response = await fetch(origin + path);
    assert.equal(response.status, 404, path);
    assert.equal(await response.text(), '<!doctype html>Nothing here', path);
    assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  }
});

test('HEAD has no body, and other methods no place among the pages', async () => {
  const head = await fetch(`${origin}/nowhere`, { method: 'HEAD' });
  assert.equal(head.status, 404);
  const wrong = await fetch(origin, { method: 'POST' });
  assert.equal(wrong.status, 405);
  assert.deepEqual(await wrong.json(), {
    error: 'LAB_METHOD',
    say: 'The lab does not do this at this address. Reload the page: it may be older than the lab.',
  });
});

test('a route gets what stands in its path, its query and its body', async () => {
  const response = await post('/lab/echo/hello?q=1', '{"a":[1]}');
  assert.equal(response.status, 201);
  assert.deepEqual(await response.json(), { word: 'hello', body: { a: [1] }, q: '1' });
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/);
});

for (const [what, answer, code] of [
  ['no JSON', () => post('/lab/echo/x', '{"a":'), 400],
  [
    'a form',
    () => post('/lab/echo/x', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }),
    400,
  ],
  ['too large a body', () => post('/lab/echo/x', JSON.stringify('x'.repeat(70_000))), 413],
  ['an unknown route', () => fetch(`${origin}/lab/unknown`), 404],
  ['a longer path', () => post('/lab/echo/a/b', '{}'), 404],
  ['another method', () => fetch(`${origin}/lab/echo/x`), 405],
  ['no login', () => fetch(`${origin}/lab/closed`), 401],
  ['another origin', () => post('/lab/echo/x', '{}', { origin: 'http://evil.example' }), 403],
  ['a mistake of ours', () => fetch(`${origin}/lab/mistake`), 500],
] as const) {
  test(`${what} is ${code}, with a code and the next move`, async () => {
    const response = await answer();
    assert.equal(response.status, code);
    const { error, say } = (await response.json()) as { error: string; say: string };
    assert.match(error, /^LAB_/);
    assert.ok(say.length > 20);
  });
}

test('a mistake of ours is in the log, and not in the answer', async () => {
  const text = await (await fetch(`${origin}/lab/mistake`)).text();
  assert.doesNotMatch(text, /our mistake|\.ts/);
  assert.match(log.at(-1) ?? '', /GET \/lab\/mistake: Error: our mistake/);
});

test('an address that is none is refused, and the server goes on', async () => {
  for (const target of ['//', 'http://', '*', '//evil.example/x', '/\u0000']) {
    await raw(
      `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${listener.port}\r\nConnection: close\r\n\r\n`,
    );
  }
  for (const target of ['//', '*', '/lab/unknown']) {
    await raw(
      `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${listener.port}\r\nOrigin: ${origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
  }
  assert.equal((await fetch(origin)).status, 200);
});

function raw(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(listener.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', () => {}); // a reset is an answer, too
    socket.write(text);
  });
}
