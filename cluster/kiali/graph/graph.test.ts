import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type KialiEdge,
  type KialiGraph,
  type KialiNode,
  kialiEdgeColour,
} from '../../../protocol/kiali.ts';
import { Tolerances } from '../health/tolerances.ts';
import { Inventory } from '../inventory.ts';
import { FakePrometheus, type Rate, bytes, requests } from '../testing/fake-prometheus.ts';
import {
  type TestObject,
  deployment,
  destinationRule,
  namespace,
  readerOver,
  rule,
  service,
  virtualService,
} from '../testing/objects.ts';
import { buildGraph } from './build.ts';
import { graphOptions } from './options.ts';

const NOW = Date.parse('2026-11-29T10:00:00Z') / 1000;

const shop: TestObject[] = [
  namespace('app'),
  namespace('istio-system'),
  service('frontend'),
  service('backend'),
  ...deployment('frontend', { replicas: 2 }),
  ...deployment('backend-v1', { labels: { app: 'backend', version: 'v1' } }),
  ...deployment('backend-v2', { labels: { app: 'backend', version: 'v2' } }),
];

interface Drawn {
  graph: KialiGraph;
  prometheus: FakePrometheus;
  node(name: string): KialiNode | undefined;
  edge(from: string, to: string): KialiEdge | undefined;
  edges: string[];
}

/** Names: a workload's, `service:x`, `app:x`, `unknown`. */
function nameOf(node: KialiNode): string {
  if (node.nodeType === 'unknown') return 'unknown';
  if (node.nodeType === 'service') return `service:${node.service}`;
  if (node.nodeType === 'box') return `box:${node.app ?? node.namespace}`;
  return node.workload ?? `app:${node.app}`;
}

async function draw(
  rates: Rate[],
  objects: readonly TestObject[] = shop,
  query = 'injectServiceNodes=true',
): Promise<Drawn> {
  const prometheus = new FakePrometheus();
  prometheus.rates = rates;
  const options = graphOptions(new URLSearchParams(`namespaces=app&duration=60s&${query}`), NOW);
  const graph = await buildGraph(
    {
      inventory: new Inventory(readerOver(objects)),
      tolerances: new Tolerances(),
      options,
      cluster: 'Kubernetes',
      controlPlane: 'istio-system',
    },
    prometheus,
    (key) => key,
  );
  const nodes = graph.elements.nodes.map(({ data }) => data);
  const names = new Map(nodes.map((node) => [node.id, nameOf(node)]));
  const edges = graph.elements.edges.map(({ data }) => data);
  return {
    graph,
    prometheus,
    node: (name) => nodes.find((node) => nameOf(node) === name),
    edge: (from, to) =>
      edges.find(({ source, target }) => names.get(source) === from && names.get(target) === to),
    edges: edges
      .map(({ source, target }) => `${names.get(source)} > ${names.get(target)}`)
      .toSorted(),
  };
}

const calls = (from: string, to: string, rate: number, code = '200', version = 'v1') =>
  requests({ from, to, service: to.replace(/-v\d$/, ''), rate, code, version });

test('a call is drawn once, through its service, with rates, parts and mutual TLS', async () => {
  const drawn = await draw([
    ...calls('frontend', 'backend-v1', 9),
    ...calls('frontend', 'backend-v2', 1, '200', 'v2'),
  ]);
  assert.deepEqual(drawn.edges, [
    'frontend > service:backend',
    'service:backend > backend-v1',
    'service:backend > backend-v2',
  ]);
  const edge = drawn.edge('frontend', 'service:backend');
  assert.deepEqual(edge?.traffic, {
    protocol: 'http',
    rates: { http: '10.00', httpPercentReq: '100.0' },
    responses: {
      '200': {
        flags: { '-': '100.0' },
        hosts: { 'backend.app.svc.cluster.local': '100.0' },
      },
    },
  });
  assert.equal(edge.isMTLS, '100');
  assert.equal(edge.sourcePrincipal, 'spiffe://cluster.local/ns/app/sa/frontend');
  assert.equal(
    drawn.edge('service:backend', 'backend-v2')?.traffic.rates?.['httpPercentReq'],
    '10.0',
  );
  assert.equal(drawn.node('service:backend')?.isInjected, true);
  assert.equal(drawn.node('frontend')?.isRoot, true);
  assert.deepEqual(drawn.node('backend-v1')?.traffic, [
    { protocol: 'http', rates: { httpIn: '9.00' } },
  ]);
});

test('edges take the colours of their errors', async () => {
  const cases = [
    { code: '500', share: 0.05, colour: 'orange', health: 'Degraded' },
    { code: '503', share: 0.2, colour: 'red', health: 'Failure' },
    { code: '404', share: 0.05, colour: 'green', health: 'Healthy' },
    { code: '404', share: 0.15, colour: 'orange', health: 'Degraded' },
    { code: '404', share: 0.3, colour: 'red', health: 'Failure' },
    { code: '0', share: 0.01, colour: 'orange', health: 'Degraded' },
  ];
  for (const { code, share, colour, health } of cases) {
    const drawn = await draw([
      ...calls('frontend', 'backend-v1', 10 * (1 - share)),
      ...calls('frontend', 'backend-v1', 10 * share, code),
    ]);
    const edge = drawn.edge('frontend', 'service:backend');
    assert.ok(edge);
    assert.equal(edge.healthStatus, health, `${share} of ${code}`);
    assert.equal(kialiEdgeColour(edge), colour, `${share} of ${code}`);
  }
});

test('a request that reached nobody ends at its service', async () => {
  const drawn = await draw(
    requests({ from: 'frontend', service: 'backend', code: '503', flags: 'UH', rate: 2 }),
    shop,
    'injectServiceNodes=true&appenders=deadNode,health',
  );
  assert.deepEqual(drawn.edges, ['frontend > service:backend']);
  const edge = drawn.edge('frontend', 'service:backend');
  assert.equal(edge?.healthStatus, 'Failure');
  assert.deepEqual(edge.traffic.responses?.['503']?.flags, { UH: '100.0' });
  assert.equal(edge.traffic.rates?.['httpPercentErr'], '100.0');
  assert.equal(drawn.node('backend-v1'), undefined);
});

test('a caller without a proxy is unknown, and its calls are not mutual', async () => {
  const drawn = await draw(requests({ to: 'frontend', service: 'frontend', rate: 1 }));
  assert.deepEqual(drawn.edges, ['service:frontend > frontend', 'unknown > service:frontend']);
  assert.equal(drawn.node('unknown')?.isInaccessible, true);
  assert.equal(drawn.edge('unknown', 'service:frontend')?.isMTLS, undefined);
});

test('bytes are blue', async () => {
  const drawn = await draw(
    bytes({ from: 'frontend', to: 'backend-v1', service: 'backend', rate: 52.2 }),
  );
  const edge = drawn.edge('frontend', 'service:backend');
  assert.ok(edge);
  assert.equal(kialiEdgeColour(edge), 'blue');
  assert.deepEqual(edge.traffic.rates, { tcp: '52.20' });
});

test('what leaves the mesh goes to PassthroughCluster, or to the entry that names its host', async () => {
  const leaving = requests({ from: 'frontend', service: 'PassthroughCluster', rate: 1 });
  const passed = await draw(leaving);
  assert.deepEqual(passed.edges, ['frontend > service:PassthroughCluster']);
  const entry = rule('serviceentries.networking.istio.io', 'ServiceEntry', 'partner', {
    hosts: ['api.example.org', 'www.example.org'],
    location: 'MESH_EXTERNAL',
  });
  const named = await draw(
    ['api', 'www'].flatMap((name) =>
      requests({ from: 'frontend', service: `${name}.example.org`, rate: 1 }),
    ),
    [...shop, entry],
  );
  assert.deepEqual(named.edges, ['frontend > service:partner']);
  assert.equal(named.edge('frontend', 'service:partner')?.traffic.rates?.['http'], '2.00');
  assert.deepEqual(named.node('service:partner')?.isServiceEntry?.hosts, [
    'api.example.org',
    'www.example.org',
  ]);
});

test('idle, dead and unmeshed workloads are marked; what is gone is not drawn', async () => {
  const drawn = await draw(calls('frontend', 'backend-v1', 1), [
    ...shop,
    ...deployment('reports', { injected: false }),
    ...deployment('sleeping', { replicas: 0 }),
  ]);
  assert.equal(drawn.node('backend-v2')?.isIdle, true);
  assert.equal(drawn.node('reports')?.isOutOfMesh, true);
  assert.equal(drawn.node('backend-v1')?.isOutOfMesh, undefined);
  assert.equal(drawn.node('service:frontend')?.isIdle, true);
  const unasked = await draw(calls('frontend', 'backend-v1', 1), shop, 'appenders=deadNode');
  assert.equal(unasked.node('backend-v2'), undefined);
});

test('rules show on services: circuit breakers, routing, splits, faults', async () => {
  const drawn = await draw(calls('frontend', 'backend-v1', 1), [
    ...shop,
    destinationRule('backend', {
      host: 'backend',
      trafficPolicy: { outlierDetection: { consecutive5xxErrors: 3 } },
    }),
    virtualService('backend', {
      hosts: ['backend'],
      http: [
        {
          fault: { abort: { httpStatus: 500 } },
          timeout: '2s',
          route: [
            { destination: { host: 'backend', subset: 'v1' }, weight: 90 },
            { destination: { host: 'backend', subset: 'v2' }, weight: 10 },
          ],
        },
      ],
    }),
  ]);
  const node = drawn.node('service:backend');
  assert.equal(node?.hasCB, true);
  assert.equal(node.hasTrafficShifting, true);
  assert.equal(node.hasFaultInjection, true);
  assert.equal(node.hasRequestTimeout, true);
  assert.deepEqual(node.hasVS, { hostnames: ['backend'] });
  assert.equal(drawn.node('service:frontend')?.hasVS, undefined);
});

test('versions of an app lie in its box; an app alone has none', async () => {
  const rates = [
    ...calls('frontend', 'backend-v1', 9),
    ...calls('frontend', 'backend-v2', 1, '500', 'v2'),
  ];
  const drawn = await draw(
    rates,
    shop,
    'injectServiceNodes=true&graphType=versionedApp&appenders=deadNode,health,istio',
  );
  const box = drawn.node('box:backend');
  assert.equal(box?.isBox, 'app');
  assert.equal(drawn.node('backend-v1')?.parent, box.id);
  assert.equal(drawn.node('service:backend')?.parent, box.id);
  assert.equal(drawn.node('frontend')?.parent, undefined);
  const apps = await draw(rates, shop, 'graphType=app&appenders=deadNode');
  assert.deepEqual(apps.edges, ['app:frontend > app:backend']);
  assert.equal(apps.edge('app:frontend', 'app:backend')?.traffic.rates?.['http5xx'], '1.00');
});

test('a graph of services leaves workloads out but for where traffic begins', async () => {
  const drawn = await draw(
    [
      ...requests({ from: 'client', to: 'frontend', service: 'frontend', rate: 2 }),
      ...calls('frontend', 'backend-v1', 2),
    ],
    [...shop, ...deployment('client')],
    'graphType=service&appenders=deadNode,health,securityPolicy',
  );
  assert.deepEqual(drawn.edges, [
    'client > service:frontend',
    'service:frontend > service:backend',
  ]);
  const edge = drawn.edge('service:frontend', 'service:backend');
  assert.equal(edge?.healthStatus, 'Healthy');
  assert.equal(edge.isMTLS, '100');
});

test('what lies in other namespaces is outside', async () => {
  const drawn = await draw(
    requests({
      from: 'client',
      fromNamespace: 'other',
      to: 'frontend',
      service: 'frontend',
      rate: 1,
    }),
    [...shop, namespace('other'), ...deployment('client', { namespace: 'other' })],
  );
  assert.equal(drawn.node('client')?.isOutside, true);
  assert.equal(drawn.node('frontend')?.isOutside, undefined);
});

test('nodes carry the health of their requests and of their pods', async () => {
  const drawn = await draw(
    [...calls('frontend', 'backend-v1', 9), ...calls('frontend', 'backend-v1', 1, '500')],
    [
      ...shop.filter(({ metadata }) => !metadata.name.startsWith('backend-v2')),
      ...deployment('backend-v2', {
        replicas: 2,
        available: 1,
        labels: { app: 'backend', version: 'v2' },
      }),
    ],
  );
  assert.deepEqual(drawn.node('backend-v1')?.healthData?.status, {
    errorRatio: 10,
    status: 'Failure',
    totalRequestRate: 10,
  });
  assert.equal(drawn.node('backend-v2')?.healthData?.status?.status, 'Degraded');
  assert.equal(drawn.node('frontend')?.healthData?.workloadStatus?.availableReplicas, 2);
});

test('a version of an app carries the pods of its own workload', async () => {
  const drawn = await draw(
    calls('frontend', 'backend-v1', 9),
    shop,
    'graphType=versionedApp&injectServiceNodes=false&appenders=health',
  );
  const versions = drawn.graph.elements.nodes
    .map(({ data }) => data)
    .filter(({ app, isBox }) => app === 'backend' && !isBox);
  assert.ok(versions.length > 0);
  for (const { healthData } of versions)
    assert.equal(typeof healthData?.workloadStatus?.availableReplicas, 'number');
});

test('an annotation tolerates what the defaults do not', async () => {
  const rates = [
    ...calls('frontend', 'backend-v1', 9),
    ...calls('frontend', 'backend-v1', 1, '503'),
  ];
  const objects = shop.filter(({ metadata }) => !metadata.name.startsWith('backend-v1'));
  const drawn = await draw(rates, [
    ...objects,
    ...deployment('backend-v1', {
      labels: { app: 'backend', version: 'v1' },
      annotations: { 'health.kiali.io/rate': '5xx,50,80,http,.*' },
    }),
  ]);
  assert.equal(drawn.node('backend-v1')?.healthData?.status?.status, 'Healthy');
});

test('the window never reaches back before the namespace was made', async () => {
  const young = { ...namespace('app') };
  young.metadata = { ...young.metadata, creationTimestamp: '2026-11-29T09:59:30Z' };
  const { prometheus } = await draw([], [young]);
  assert.ok(prometheus.asked.every((query) => query.includes('[30s]')));
});

test('a namespace that is not there is refused, and so is what nobody understands', async () => {
  await assert.rejects(
    draw([], [namespace('other')]),
    /Requested namespace \[app\] is not accessible\./,
  );
  await assert.rejects(draw([], shop, 'graphType=pods'), /Invalid graphType \[pods\]/);
  await assert.rejects(draw([], shop, 'appenders=moon'), /Invalid appender \[moon\]/);
  await assert.rejects(draw([], shop, 'refreshInterval=500'), /at least 10000ms/);
});
