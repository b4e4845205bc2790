import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiStatusError } from '../checks/api-server.ts';
import { limits } from '../config.ts';
import { GraphSource, questionOf } from './graph-source.ts';

const minute = { namespaces: ['default'], seconds: 60 };
const graph = (timestamp = 1_000) => ({
  timestamp,
  duration: 60,
  graphType: 'versionedApp',
  elements: { nodes: [], edges: [] },
});

/** A source whose Kiali answers as `answer` says, by a clock in the test's hand. */
function source(answer: (path: string) => unknown) {
  const asked: string[] = [];
  const clock = { now: 0 };
  const graphs = new GraphSource({
    now: () => clock.now,
    api: async () => ({
      json: async <T>(path: string): Promise<T> => {
        asked.push(path);
        const said = answer(path);
        if (said instanceof Error) throw said;
        return said as T;
      },
    }),
  });
  return { graphs, asked, clock };
}

test('Kiali is asked through the API server’s proxy for versioned apps, p95 and the asked span', async () => {
  const { graphs, asked } = source(() => graph());
  const answer = await graphs.ask({ namespaces: ['default', 'staging'], seconds: 20 });
  assert.deepEqual(answer, {
    state: 'seen',
    frame: { at: 1_000_000, seconds: 60, nodes: [], calls: [] },
  });
  const { pathname, searchParams } = new URL(asked[0] ?? '', 'http://api');
  assert.equal(
    pathname,
    '/api/v1/namespaces/istio-system/services/kiali:20001/proxy/kiali/api/namespaces/graph',
  );
  assert.deepEqual(
    ['namespaces', 'graphType', 'duration', 'injectServiceNodes', 'responseTime'].map((name) =>
      searchParams.get(name),
    ),
    ['default,staging', 'versionedApp', '20s', 'false', '95'],
  );
});

test('ten pages that look at once cost one question, and the next comes when a frame is no longer fresh', async () => {
  const { graphs, asked, clock } = source(() => graph());
  await Promise.all(Array.from({ length: 10 }, () => graphs.ask(minute)));
  clock.now = limits.graphFreshMs - 1;
  await graphs.ask(minute);
  assert.equal(asked.length, 1);
  clock.now = limits.graphFreshMs;
  await graphs.ask(minute);
  assert.equal(asked.length, 2);
  await graphs.ask({ ...minute, seconds: 30 });
  assert.equal(asked.length, 3);
});

test('a moment of the past is asked once, and refused where Kiali keeps none', async () => {
  const { graphs, asked, clock } = source((path) =>
    graph(path.includes('queryTime=400') ? 400 : 1_000),
  );
  const past = await graphs.ask({ ...minute, at: 400_000 });
  clock.now = 60_000;
  await graphs.ask({ ...minute, at: 400_000 });
  assert.equal(asked.length, 1);
  assert.equal(past.state, 'seen');
  assert.deepEqual(await graphs.ask({ ...minute, at: 500_000 }), {
    state: 'no answer',
    detail: 'Kiali keeps no past.',
  });
});

test('frames are bounded: the one used longest ago goes first', async () => {
  const { graphs, asked } = source((path) => graph(Number(/queryTime=(\d+)/.exec(path)?.[1] ?? 0)));
  for (let at = 0; at <= limits.graphFramesKept; at++)
    await graphs.ask({ ...minute, at: at * 1_000 });
  const before = asked.length;
  await graphs.ask({ ...minute, at: limits.graphFramesKept * 1_000 });
  assert.equal(asked.length, before);
  await graphs.ask({ ...minute, at: 0 });
  assert.equal(asked.length, before + 1);
});

test('without a kubeconfig there is no cluster', async () => {
  const graphs = new GraphSource({ api: async () => undefined });
  assert.deepEqual(await graphs.ask(minute), { state: 'no cluster' });
});

const status = (code: number, message: string) =>
  new ApiStatusError(code, message, JSON.stringify({ kind: 'Status', message, code }));
const kiali = (code: number, error: string) =>
  new ApiStatusError(code, `${code} for /kiali`, JSON.stringify({ error }));

for (const [what, error, state, detail] of [
  ['no Service', status(404, 'services "kiali" not found'), 'no kiali', undefined],
  [
    'a Service without pods',
    status(503, 'no endpoints available for service "kiali"'),
    'starting',
    'no endpoints available for service "kiali"',
  ],
  [
    'a Kiali without Prometheus',
    kiali(503, 'Prometheus is not reachable'),
    'no prometheus',
    'Prometheus is not reachable',
  ],
  [
    'a Kiali that cannot query',
    kiali(500, 'Post "http://prometheus:9090": no such host'),
    'no prometheus',
    'Post "http://prometheus:9090": no such host',
  ],
  [
    'a namespace that is not there',
    kiali(403, 'Requested namespace [shop] is not accessible.'),
    'no namespace',
    'Requested namespace [shop] is not accessible.',
  ],
  ['a mistake', kiali(500, 'runtime error'), 'no answer', 'runtime error'],
  ['a lost line', new Error('socket hang up'), 'no answer', 'socket hang up'],
] as const) {
  test(`${what} is “${state}”`, async () => {
    const { graphs } = source(() => error);
    assert.deepEqual(await graphs.ask(minute), { state, ...(detail && { detail }) });
  });
}

test('a page’s question is read from its query, and a bad one is none', () => {
  const read = (query: string) => questionOf(new URLSearchParams(query));
  assert.deepEqual(read('namespaces=default,shop&seconds=30&at=1000'), {
    namespaces: ['default', 'shop'],
    seconds: 30,
    at: 1_000,
  });
  assert.deepEqual(read('namespaces=default'), { namespaces: ['default'], seconds: 60 });
  for (const bad of [
    '',
    'namespaces=../x',
    'namespaces=a&seconds=1',
    'namespaces=a&seconds=3601',
    'namespaces=a&seconds=x',
    'namespaces=a&at=-1',
    'namespaces=a&at=x',
    `namespaces=${Array.from({ length: 11 }, (_, at) => `n${at}`).join(',')}`,
  ]) {
    assert.equal(read(bad), undefined, bad);
  }
});
