// proxy-config reads dumps from files here: those of a proxy of the simulated mesh, made without a cluster.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configDump } from '../../../cluster/mesh/admin/config-dump.ts';
import { identityOf } from '../../../cluster/mesh/routing/workloads.ts';
import {
  type MeshDraft,
  pod,
  rule,
  seenBy,
  service,
} from '../../../cluster/mesh/testing/mesh-lab.ts';
import { said } from '../../testing/said.ts';

const labels = (app: string, version = 'v1') => ({ app, version });
const frontend = pod({
  name: 'frontend',
  namespace: 'default',
  ip: '10.244.0.5',
  labels: labels('frontend'),
});
const backends = [
  pod({ name: 'backend-v1', namespace: 'default', ip: '10.244.0.6', labels: labels('backend') }),
  pod({
    name: 'backend-v2',
    namespace: 'default',
    ip: '10.244.0.7',
    labels: labels('backend', 'v2'),
  }),
];
const database = pod({
  name: 'database',
  namespace: 'default',
  ip: '10.244.0.8',
  labels: labels('database'),
});
const own = { namespace: 'default' };

const mesh: MeshDraft = {
  pods: [frontend, ...backends, database],
  services: [
    service('backend', ['http:80'], backends, { ...own, ip: '10.96.0.20' }),
    service('database', ['tcp-postgres:5432'], [database], { ...own, ip: '10.96.0.21' }),
    service('frontend', ['http:80'], [frontend], { ...own, ip: '10.96.0.22' }),
  ],
  destinationRules: [
    rule(
      'DestinationRule',
      'backend',
      {
        host: 'backend',
        trafficPolicy: {
          connectionPool: { tcp: { maxConnections: 1 } },
          outlierDetection: { consecutive5xxErrors: 3 },
        },
        subsets: [
          { name: 'v1', labels: { version: 'v1' } },
          { name: 'v2', labels: { version: 'v2' } },
        ],
      },
      own,
    ),
  ],
  virtualServices: [
    rule(
      'VirtualService',
      'backend',
      {
        hosts: ['backend'],
        http: [
          {
            match: [{ headers: { canary: { exact: 'true' } } }],
            route: [{ destination: { host: 'backend', subset: 'v2' } }],
          },
          { route: [{ destination: { host: 'backend', subset: 'v1' } }] },
        ],
      },
      own,
    ),
  ],
};

const dump = JSON.stringify({
  configs: configDump(
    {
      bootstrap: {
        identity: identityOf(frontend),
        version: '1.30.3',
        discoveryAddress: 'istiod.istio-system.svc:15012',
        since: Date.UTC(2026, 10, 22),
      },
      received: { config: seenBy(frontend, mesh), at: Date.UTC(2026, 10, 22), version: 'v1' },
      rootCertificate: () => undefined,
    },
    { endpoints: true },
  ),
});

const pc = async (...words: string[]) =>
  said(['proxy-config', ...words, '--file', '-'], { input: dump });

test('clusters are told by the parts of their names, with their rule', async () => {
  const { exit, out } = await pc('cluster', '--fqdn', 'backend.default.svc.cluster.local');
  assert.equal(exit, 0);
  assert.equal(
    out,
    [
      'SERVICE FQDN                          PORT     SUBSET     DIRECTION     TYPE     DESTINATION RULE',
      'backend.default.svc.cluster.local     80       -          outbound      EDS      backend.default',
      'backend.default.svc.cluster.local     80       v1         outbound      EDS      backend.default',
      'backend.default.svc.cluster.local     80       v2         outbound      EDS      backend.default',
      '',
    ].join('\n'),
  );
});

test("without a filter Envoy's own clusters are there too, capitals first", async () => {
  const { out } = await pc('c');
  const names = out
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split(/ {2,}/)[0]);
  // The inbound cluster has no host, so it sorts before all.
  assert.deepEqual(names.slice(0, 5), [
    '',
    'BlackHoleCluster',
    'InboundPassthroughCluster',
    'PassthroughCluster',
    'agent',
  ]);
  assert.match(out, /^ +80 +- +inbound +ORIGINAL_DST *$/m);
});

test('a cluster is shown whole in the words of protobuf', async () => {
  const { out } = await pc('cluster', '--fqdn', 'backend', '--subset', 'v1', '-o', 'json');
  const [cluster] = JSON.parse(out);
  assert.equal(cluster.circuitBreakers.thresholds[0].maxConnections, 1);
  assert.equal(cluster.outlierDetection.consecutive5xx, 3);
  assert.equal(cluster['@type'], undefined);
  assert.match(out, /^ {8}"circuitBreakers": \{$/m);
});

test('routes have a line each; matches on headers are not told', async () => {
  const { out } = await pc('routes', '--name', '80');
  assert.equal(
    out,
    [
      'NAME     VHOST NAME                                DOMAINS                                    MATCH     VIRTUAL SERVICE',
      '80       backend.default.svc.cluster.local:80      backend, backend.default + 1 more...       /*        backend.default',
      '80       backend.default.svc.cluster.local:80      backend, backend.default + 1 more...       /*        backend.default',
      '80       frontend.default.svc.cluster.local:80     frontend, frontend.default + 1 more...     /*        ',
      '',
    ].join('\n'),
  );
});

test('a table that is not there is only the header', async () => {
  const { exit, out } = await pc('routes', '--name', 'http');
  assert.deepEqual(
    [exit, out],
    [0, 'NAME     VHOST NAME     DOMAINS     MATCH     VIRTUAL SERVICE\n'],
  );
});

test('listeners tell what they match and where it goes', async () => {
  const { out } = await pc('listener', '--port', '80');
  assert.equal(
    out,
    [
      'ADDRESSES PORT MATCH                                DESTINATION',
      '0.0.0.0   80   Trans: raw_buffer; App: http/1.1,h2c Route: 80',
      '0.0.0.0   80   ALL                                  PassthroughCluster',
      '',
    ].join('\n'),
  );
  const inbound = (await pc('listener', '--port', '15006')).out;
  assert.match(inbound, /^0\.0\.0\.0 +15006 Addr: \*:15006 +Non-HTTP\/Non-TCP$/m);
  assert.match(inbound, /Trans: raw_buffer; Addr: \*:80 +Cluster: inbound\|80\|\|$/m);
  assert.match(
    (await pc('listener', '--port', '15021')).out,
    /^0\.0\.0\.0 +15021 ALL +Inline Route: \/healthz\/ready\*$/m,
  );
});

test('endpoints as istiod sent them', async () => {
  const { out } = await pc('eds', '--cluster', 'outbound|80|v1|backend.default.svc.cluster.local');
  assert.match(out, /^NAME +STATUS +LOCALITY +CLUSTER$/m);
  assert.match(out, /^10\.244\.0\.6:80 +HEALTHY +outbound\|80\|v1\|backend/m);
  assert.doesNotMatch(out, /10\.244\.0\.7/);
});

test('a bootstrap is whole unless it is asked for in short', async () => {
  assert.equal(
    JSON.parse((await pc('bootstrap')).out).bootstrap.node.metadata.ISTIO_VERSION,
    '1.30.3',
  );
  assert.equal((await pc('bootstrap', '-o', 'short')).out, 'Istio Version: 1.30.3\n');
});

test('everything is one summary after the other', async () => {
  const { out } = await pc('all', '--with-headers');
  assert.deepEqual(
    [...out.matchAll(/^------ (\w+) INFO ------$/gm)].map(([, title]) => title),
    ['BOOTSTRAP', 'CLUSTER', 'LISTENER', 'ROUTE', 'SECRET', 'ENDPOINTS'],
  );
  assert.match(
    out,
    /^cluster\/outbound\|80\|v1\|backend\.default\.svc\.cluster\.local +backend\./m,
  );
});

test('a form that is none and a pod that is missing are said', async () => {
  assert.match(
    (await pc('cluster', '-o', 'xml')).err,
    /^Error: output format "xml" not supported$/m,
  );
  const { exit, err } = await said(['pc', 'cluster']);
  assert.equal(exit, 1);
  assert.match(err, /cluster requires pod name or --file parameter/);
});
