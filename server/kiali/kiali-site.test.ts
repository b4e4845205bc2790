import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { ApiServer } from '../checks/api-server.ts';
import { limits } from '../config.ts';
import { Gate } from '../gate.ts';
import { Listener } from '../listener.ts';
import { graphRoutes } from '../routes/graph.ts';
import { GraphSource } from './graph-source.ts';
import { KialiSite } from './kiali-site.ts';

const PROXY = '/api/v1/namespaces/istio-system/services/kiali:20001/proxy';

interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** An API server with a Kiali behind it, which notes what reached it. */
const seen: Seen[] = [];
const cluster = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    const { method, url, headers } = request;
    seen.push({ method, url, headers, body });
    const path = (url ?? '').replace(PROXY, '');
    if (path === '/kiali/') {
      response.setHeader('content-type', 'text/html');
      response.setHeader('set-cookie', 'theirs=1');
      response.setHeader('x-powered-by', 'them');
      response.end(`<base href="${PROXY}/kiali/"><script src="./static/a.js"></script>`);
    } else if (path === '/kiali/home') {
      response.writeHead(302, { location: `${PROXY}/kiali/console` }).end();
    } else if (path === '/kiali/away') {
      response.writeHead(302, { location: 'https://evil.example/kiali/' }).end();
    } else {
      response.setHeader('content-type', 'application/json');
      response.end('{"ok":true}');
    }
  });
});

const home = mkdtempSync(join(tmpdir(), 'kiali-'));
const clock = { now: 0 };
let listener: Listener;
let gate: Gate;
let kiali: KialiSite;
let api: Promise<ApiServer>;

before(async () => {
  cluster.listen(0, '127.0.0.1');
  await once(cluster, 'listening');
  const kubeconfig = join(home, 'kubeconfig');
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'lab',
      clusters: [
        {
          name: 'lab',
          cluster: {
            server: `http://127.0.0.1:${(cluster.address() as AddressInfo).port}`,
            'insecure-skip-tls-verify': true,
          },
        },
      ],
      users: [{ name: 'me', user: { token: 'the-kubeconfigs-token' } }],
      contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'me' } }],
    }),
  );
  api = ApiServer.fromKubeconfig(kubeconfig);
  kiali = new KialiSite({ api: () => api, log: () => {}, now: () => clock.now });
  listener = await Listener.open({
    port: 0,
    learner: 'me',
    log: () => {},
    gate: (port) =>
      (gate = new Gate({
        port,
        origins: ['https://lab.example.com'],
        cookieKey: 'k',
        launchSecret: 's',
      })),
    pages: () => (_request, response) => response.end('a page of the course'),
    upgrades: {},
    neighbours: [kiali],
    routes: () => graphRoutes(new GraphSource({ api: () => api }), kiali),
  });
});
after(async () => {
  await listener.close();
  cluster.close();
  cluster.closeAllConnections();
  rmSync(home, { recursive: true });
});
beforeEach(() => seen.splice(0));

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

function ask(
  host: string,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: listener.port, path, method, headers: { host, ...headers } },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

const own = () => `127.0.0.1:${listener.port}`;

/** A browser that has opened the lab and pressed the button. */
async function entrance(host = own()): Promise<Answer> {
  const admitted = gate.admit({}, 's');
  return ask(
    own(),
    '/lab/kiali',
    {
      host,
      origin: host === own() ? `http://${host}` : `https://${host}`,
      cookie: admitted?.cookies.map((cookie) => cookie.split(';')[0]).join('; ') ?? '',
      'x-meshproof-key': admitted?.key ?? '',
      'content-type': 'application/json',
    },
    'POST',
    '{}',
  );
}

async function entered(): Promise<{ host: string; cookie: string }> {
  const { url } = JSON.parse((await entrance()).body) as { url: string };
  const { host, pathname, search } = new URL(url);
  const { status, headers } = await ask(host, pathname + search);
  assert.equal(status, 303);
  assert.equal(headers.location, '/kiali/');
  const [cookie = ''] = headers['set-cookie'] ?? [];
  assert.match(cookie, /^kiali=[\w-]{32}; Path=\/; HttpOnly; SameSite=Lax$/);
  return { host, cookie: cookie.split(';')[0] ?? '' };
}

test('the course leads into Kiali at a host of its own, and the way in works once', async () => {
  const { url } = JSON.parse((await entrance()).body) as { url: string };
  const { host, pathname, search } = new URL(url);
  assert.match(host, new RegExp(`^kiali-[0-9a-f]{20}\\.localhost:${listener.port}$`));
  assert.equal((await ask(host, pathname + search)).status, 303);
  const again = await ask(host, pathname + search);
  assert.equal(again.status, 401);
  assert.match(again.body, /Press Open Kiali in the course again/);
});

test('a way in that nobody took ends after a minute', async () => {
  const { url } = JSON.parse((await entrance()).body) as { url: string };
  const { host, pathname, search } = new URL(url);
  clock.now += 60_001;
  assert.equal((await ask(host, pathname + search)).status, 401);
});

test('no browser gets a way in without cookie and key, and none from afar', async () => {
  const bare = { origin: `http://${own()}`, 'content-type': 'application/json' };
  assert.equal((await ask(own(), '/lab/kiali', bare, 'POST', '{}')).status, 401);
  const { cookies } = gate.admit({}, 's') ?? { cookies: [] };
  const cookie = cookies.map((each) => each.split(';')[0]).join('; ');
  assert.equal((await ask(own(), '/lab/kiali', { ...bare, cookie }, 'POST', '{}')).status, 401);
  const afar = await entrance('lab.example.com');
  assert.equal(afar.status, 409);
  assert.match(afar.body, /LAB_KIALI_ELSEWHERE/);
});

test('a page of Kiali comes as Kiali wrote it, without its cookies and under our policy', async () => {
  const { host, cookie } = await entered();
  const { status, body, headers } = await ask(host, '/kiali/', { cookie });
  assert.equal(status, 200);
  assert.equal(body, '<base href="/kiali/"><script src="./static/a.js"></script>');
  assert.equal(headers['set-cookie'], undefined);
  assert.equal(headers['x-powered-by'], undefined);
  assert.match(
    String(headers['content-security-policy']),
    /default-src 'self';.*frame-ancestors 'none'/,
  );
  assert.equal(headers['x-frame-options'], 'DENY');
  assert.equal(headers['referrer-policy'], 'no-referrer');
});

test('T23: Kiali hears method, path, body and a few headers; no cookie, no key, no word of who asks', async () => {
  const { host, cookie } = await entered();
  const { body } = await ask(
    host,
    '/kiali/api/namespaces/graph?namespaces=default',
    {
      cookie: `${cookie}; other=1`,
      origin: `http://${host}`,
      'sec-fetch-site': 'same-origin',
      'content-type': 'application/json',
      'x-meshproof-key': 'a key',
      authorization: 'Bearer mine',
      'x-forwarded-for': '10.0.0.1',
      referer: `http://${own()}/`,
    },
    'POST',
    '{"a":1}',
  );
  assert.equal(body, '{"ok":true}');
  const [heard] = seen;
  assert.deepEqual(
    [heard?.method, heard?.url, heard?.body],
    ['POST', `${PROXY}/kiali/api/namespaces/graph?namespaces=default`, '{"a":1}'],
  );
  // What authenticates us to the API server stays with it: its proxy takes the header out.
  assert.equal(heard?.headers.authorization, 'Bearer the-kubeconfigs-token');
  for (const name of ['cookie', 'x-meshproof-key', 'x-forwarded-for', 'referer', 'origin'])
    assert.equal(heard?.headers[name], undefined, name);
});

test('a redirect of Kiali stays below /kiali, and one to elsewhere leads nowhere', async () => {
  const { host, cookie } = await entered();
  assert.equal((await ask(host, '/kiali/home', { cookie })).headers.location, '/kiali/console');
  assert.equal((await ask(host, '/kiali/away', { cookie })).headers.location, undefined);
  assert.equal((await ask(host, '/', { cookie })).headers.location, '/kiali/');
});

test('T23: nothing but Kiali is reached: no other path, and none that climbs', async () => {
  const { host, cookie } = await entered();
  for (const path of [
    '/api/v1/secrets',
    '/kialix/',
    '/kiali/../../../../secrets',
    '/kiali/..%2f..%2f..%2fsecrets',
    '/kiali/%2e%2e/%2e%2e/secrets',
    '/kiali/..%5c..%5csecrets',
    '/kiali\\..\\..\\secrets',
    '/kiali/%00',
    '/lab/health',
    'http://evil.example/kiali/',
    '//evil.example/kiali/',
  ]) {
    const { status } = await ask(host, path, { cookie });
    assert.equal(status, 404, path);
  }
  assert.deepEqual(seen, []);
});

test('T23: without its cookie, from another site, or by another method it stays closed', async () => {
  const { host, cookie } = await entered();
  const closed: [string, Record<string, string>, string, number][] = [
    ['no cookie', {}, 'GET', 401],
    ['a wrong cookie', { cookie: 'kiali=guess' }, 'GET', 401],
    ['another origin', { cookie, origin: 'http://evil.example' }, 'GET', 403],
    ['the course’s own origin', { cookie, origin: `http://${own()}` }, 'POST', 403],
    ['a change without an origin', { cookie }, 'POST', 403],
    ['a script tag elsewhere', { cookie, 'sec-fetch-site': 'cross-site' }, 'GET', 403],
    ['PATCH', { cookie, origin: `http://${host}` }, 'PATCH', 405],
    ['DELETE', { cookie, origin: `http://${host}` }, 'DELETE', 405],
  ];
  for (const [what, headers, method, status] of closed)
    assert.equal((await ask(host, '/kiali/api/x', headers, method)).status, status, what);
  assert.deepEqual(seen, []);
  const link = { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  assert.equal((await ask(host, '/kiali/console', link)).status, 200);
});

test('the lab’s own host serves no Kiali, and Kiali’s host nothing of the lab', async () => {
  const { host, cookie } = await entered();
  assert.equal((await ask(own(), '/kiali/', { cookie })).body, 'a page of the course');
  assert.equal((await ask(host.replace('kiali-', 'kiali-0'), '/kiali/', { cookie })).status, 421);
  assert.equal((await ask(`kiali.localhost:${listener.port}`, '/kiali/')).status, 421);
  assert.equal((await ask(host, '/lab/graph?namespaces=default', { cookie })).status, 404);
});

test('a body that is too large is refused before the cluster hears of it', async () => {
  const { host, cookie } = await entered();
  const headers = { cookie, origin: `http://${host}`, 'content-type': 'application/json' };
  const body = 'x'.repeat(limits.kialiRequestBytes + 1);
  assert.equal((await ask(host, '/kiali/api/x', headers, 'POST', body)).status, 413);
  assert.deepEqual(seen, []);
});
