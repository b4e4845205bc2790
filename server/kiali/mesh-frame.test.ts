import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readGraph } from './kiali-graph.ts';
import { meshFrame } from './mesh-frame.ts';

type Data = Record<string, unknown>;

const app = (name: string, version = 'v1', more: Data = {}): Data => ({
  id: `${name}-${version}`,
  nodeType: 'app',
  namespace: 'default',
  app: name,
  workload: `${name}-${version}`,
  version,
  destServices: [{ cluster: 'Kubernetes', namespace: 'default', name }],
  healthData: null,
  ...more,
});

const http = (source: string, target: string, rates: Record<string, string>, more: Data = {}) => ({
  source,
  target,
  traffic: { protocol: 'http', rates, responses: {} },
  ...more,
});

function frameOf(nodes: Data[], edges: Data[]) {
  const answer = readGraph({
    timestamp: 1_795_946_400,
    duration: 60,
    graphType: 'versionedApp',
    elements: { nodes: nodes.map((data) => ({ data })), edges: edges.map((data) => ({ data })) },
  });
  assert.ok(answer);
  return meshFrame(answer);
}

test('two versions of an app are one node, and what they get is one call with its split', () => {
  const { at, seconds, nodes, calls } = frameOf(
    [app('frontend'), app('backend', 'v1'), app('backend', 'v2')],
    [
      http('frontend-v1', 'backend-v1', { http: '9.00' }, { isMTLS: '100.0', responseTime: '12' }),
      http(
        'frontend-v1',
        'backend-v2',
        { http: '1.00', http5xx: '0.40' },
        { isMTLS: '100.0', responseTime: '58.5' },
      ),
    ],
  );
  assert.deepEqual([at, seconds], [1_795_946_400_000, 60]);
  assert.deepEqual(
    nodes.map(({ id, health, versions }) => ({ id, health, versions })),
    [
      {
        id: 'default/backend',
        // One of its versions fails 40 %, which a mean of 4 % would hide.
        health: 'failure',
        versions: [
          { name: 'v1', share: 0.9, failed: 0 },
          { name: 'v2', share: 0.1, failed: 0.4 },
        ],
      },
      { id: 'default/frontend', health: 'healthy', versions: [{ name: 'v1', failed: 0 }] },
    ],
  );
  assert.deepEqual(calls, [
    {
      id: 'default/frontend default/backend http',
      from: 'default/frontend',
      to: 'default/backend',
      protocol: 'http',
      rate: 10,
      failed: 0.04,
      refused: 0,
      health: 'degraded',
      p95: 58.5,
      mtls: 1,
      oneSided: false,
      codes: [],
      split: [
        { name: 'v1', share: 0.9, failed: 0 },
        { name: 'v2', share: 0.1, failed: 0.4 },
      ],
    },
  ]);
});

test('requests that reached no pod end at the service, and stay with the app behind it', () => {
  const { nodes, calls } = frameOf(
    [
      app('frontend'),
      app('backend'),
      { id: 'svc', nodeType: 'service', namespace: 'default', service: 'backend' },
    ],
    [
      http('frontend-v1', 'backend-v1', { http: '3.00' }),
      {
        ...http('frontend-v1', 'svc', { http: '1.00', http5xx: '1.00' }),
        traffic: {
          protocol: 'http',
          rates: { http: '1.00', http5xx: '1.00' },
          responses: { '503': { flags: { UH: '100.0' } } },
        },
      },
    ],
  );
  assert.deepEqual(
    nodes.map(({ id }) => id),
    ['default/backend', 'default/frontend'],
  );
  const [call] = calls;
  assert.equal(call?.rate, 4);
  assert.equal(call?.failed, 0.25);
  assert.equal(call?.health, 'failure');
  assert.deepEqual(call?.codes, [{ code: '503', share: 0.25, flags: ['UH'] }]);
  assert.deepEqual(call?.split, [
    { name: '', share: 0.25, failed: 1 },
    { name: 'v1', share: 0.75, failed: 0 },
  ]);
});

test('a caller without a proxy is seen by one side only, bytes are a call of their own, and pods are counted', () => {
  const workloadStatus = { desiredReplicas: 3, availableReplicas: 2 };
  const { nodes, calls } = frameOf(
    [
      { id: 'u', nodeType: 'unknown', namespace: 'unknown', app: 'unknown', version: 'latest' },
      app('backend', 'v1', { healthData: { workloadStatus }, hasCB: true }),
      app('database', 'unknown'),
    ],
    [
      http('u', 'backend-v1', { http: '5.30', http4xx: '0.53' }),
      {
        source: 'backend-v1',
        target: 'database-unknown',
        isMTLS: '100.0',
        traffic: { protocol: 'tcp', rates: { tcp: '18432.00' } },
      },
    ],
  );
  assert.deepEqual(
    calls.map(({ id, rate, oneSided, mtls, health }) => ({ id, rate, oneSided, mtls, health })),
    [
      {
        id: 'default/backend default/database tcp',
        rate: 18_432,
        oneSided: false,
        mtls: 1,
        health: 'healthy',
      },
      {
        id: 'unknown default/backend http',
        rate: 5.3,
        oneSided: true,
        mtls: 0,
        health: 'degraded',
      },
    ],
  );
  const [backend, database, unknown] = nodes;
  assert.deepEqual(backend?.pods, { wanted: 3, available: 2 });
  assert.deepEqual(backend?.rules, ['circuit breaker']);
  assert.deepEqual(
    [database?.tcp, database?.versions],
    [true, [{ name: 'latest', share: 1, failed: 0 }]],
  );
  assert.deepEqual([unknown?.kind, unknown?.proxy, unknown?.name], ['unknown', false, 'unknown']);
});

for (const [rates, health] of [
  [{ http: '100.00' }, 'healthy'],
  [{ http: '100.00', http5xx: '0.10' }, 'degraded'],
  [{ http: '100.00', http5xx: '9.90' }, 'degraded'],
  [{ http: '100.00', http5xx: '10.00' }, 'failure'],
  [{ http: '100.00', http4xx: '5.00' }, 'healthy'],
  [{ http: '100.00', http4xx: '10.00' }, 'degraded'],
  [{ http: '100.00', http4xx: '20.00' }, 'failure'],
  [{ http: '100.00', httpNoResponse: '1.00' }, 'degraded'],
  [{ http: '100.00', httpNoResponse: '10.00' }, 'failure'],
] as const) {
  test(`${JSON.stringify(rates)} is ${health}, as Kiali judges by default`, () => {
    const { calls } = frameOf([app('a'), app('b')], [http('a-v1', 'b-v1', { ...rates })]);
    assert.equal(calls[0]?.health, health);
  });
}

test('Kiali’s own verdict counts where it is about the same call', () => {
  for (const healthStatus of ['Failure', { status: 'Failure' }]) {
    const { calls } = frameOf(
      [app('a'), app('b')],
      [http('a-v1', 'b-v1', { http: '100.00', http5xx: '1.00' }, { healthStatus })],
    );
    assert.equal(calls[0]?.health, 'failure');
  }
});

test('what is no graph is none, and a graph of nothing is empty', () => {
  assert.equal(readGraph({ error: 'Requested namespace [shop] is not accessible.' }), undefined);
  assert.deepEqual(
    readGraph({ timestamp: 1, duration: 60, elements: { nodes: null, edges: null } }),
    { timestamp: 1, seconds: 60, nodes: [], edges: [] },
  );
});
