import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkLab } from '../../network/testing/network-lab.ts';
import { at, type Fields, fieldsOf, listOf } from '../../schema/fields.ts';
import { readAll, textOf } from '../../streams.ts';
import { Upstreams } from '../proxy/upstream.ts';
import { identityOf } from '../routing/workloads.ts';
import { type MeshDraft, client, rule, seenBy, shop, shopMesh } from '../testing/mesh-lab.ts';
import { type ProxyAdmin, answerAdmin } from './admin.ts';
import { LogLevels } from './log-levels.ts';
import { statsInclusion } from './stats.ts';

const START = Date.UTC(2026, 10, 22, 10);

/** The administration of a proxy that has this mesh as its own. */
function adminOf(draft: MeshDraft, annotations: Record<string, string> = {}): ProxyAdmin {
  const { clock } = networkLab();
  const config = seenBy(client, draft);
  const net = networkLab().pod('10.244.0.5', { namespace: 'app', hostname: 'client' });
  const upstreams = new Upstreams({
    net,
    clock,
    random: () => 0,
    hello: () => {
      throw new Error('nobody is dialled here');
    },
  });
  upstreams.follow(config.outbound.clusters);
  return {
    dump: () => ({
      bootstrap: {
        identity: identityOf(client),
        version: '1.30.3',
        discoveryAddress: 'istiod.istio-system.svc:15012',
        since: START,
      },
      received: { config, at: START + 250, version: 'v1' },
      rootCertificate: () => 'PEM',
    }),
    clusters: () => upstreams.list(),
    updates: () => 1,
    inclusion: () => statsInclusion(annotations, { prefixes: [], suffixes: [], regexps: [] }),
    levels: new LogLevels('warning', 'misc:error'),
    metrics: () => '',
    now: () => START + 90_000,
    options: {},
  };
}

async function get(admin: ProxyAdmin, target: string): Promise<string> {
  return textOf(await readAll(answerAdmin('GET', target, admin).body));
}

async function dump(admin: ProxyAdmin, query = ''): Promise<Fields[]> {
  return listOf(fieldsOf(JSON.parse(await get(admin, `/config_dump${query}`)))['configs']);
}

const canary: MeshDraft = {
  ...shopMesh,
  destinationRules: [
    rule('DestinationRule', 'shop', {
      host: 'shop',
      trafficPolicy: {
        connectionPool: { tcp: { maxConnections: 1 }, http: { http1MaxPendingRequests: 1 } },
        outlierDetection: { consecutive5xxErrors: 3, interval: '10s', maxEjectionPercent: 100 },
      },
      subsets: [
        { name: 'v1', labels: { version: 'v1' } },
        { name: 'v2', labels: { version: 'v2' } },
      ],
    }),
  ],
  virtualServices: [
    rule('VirtualService', 'shop', {
      hosts: ['shop'],
      http: [
        {
          route: [
            { destination: { host: 'shop', subset: 'v1' }, weight: 90 },
            { destination: { host: 'shop', subset: 'v2' }, weight: 10 },
          ],
        },
      ],
    }),
  ],
};

test('a dump has the parts that Envoy has, and endpoints when asked', async () => {
  const types = (parts: Fields[]) =>
    parts.map((part) => String(part['@type']).replace('type.googleapis.com/envoy.admin.v3.', ''));
  assert.deepEqual(types(await dump(adminOf(canary))), [
    'BootstrapConfigDump',
    'ClustersConfigDump',
    'ListenersConfigDump',
    'RoutesConfigDump',
    'SecretsConfigDump',
  ]);
  assert.ok(types(await dump(adminOf(canary), '?include_eds')).includes('EndpointsConfigDump'));
});

test('a mask keeps only the fields that it names', async () => {
  const [part, ...others] = await dump(adminOf(canary), '?mask=dynamic_active_clusters');
  assert.equal(others.length, 0);
  assert.deepEqual(Object.keys(part ?? {}), ['@type', 'dynamic_active_clusters']);
});

test("a cluster shows its rule's breakers and outlier detection, and where they come from", async () => {
  const [part] = await dump(adminOf(canary), '?mask=dynamic_active_clusters');
  const clusters = listOf(part?.['dynamic_active_clusters']).map(({ cluster }) =>
    fieldsOf(cluster),
  );
  const v1 = clusters.find(({ name }) => name === 'outbound|80|v1|shop.app.svc.cluster.local');
  assert.ok(v1);
  assert.equal(v1['type'], 'EDS');
  assert.deepEqual(v1['circuit_breakers'], {
    thresholds: [
      {
        max_connections: 1,
        max_pending_requests: 1,
        max_requests: 4_294_967_295,
        max_retries: 4_294_967_295,
        track_remaining: true,
      },
    ],
  });
  assert.deepEqual(v1['outlier_detection'], {
    consecutive_5xx: 3,
    interval: '10s',
    max_ejection_percent: 100,
    enforcing_consecutive_5xx: 100,
    enforcing_success_rate: 0,
  });
  assert.equal(
    at(v1, 'metadata', 'filter_metadata', 'istio', 'config'),
    '/apis/networking.istio.io/v1/namespaces/app/destination-rule/shop',
  );
});

test('what a rule leaves to Envoy is not in the dump, and consecutiveErrors never is', async () => {
  const deprecated: MeshDraft = {
    ...shopMesh,
    destinationRules: [
      rule('DestinationRule', 'shop', {
        host: 'shop',
        trafficPolicy: { outlierDetection: { consecutiveErrors: 3, baseEjectionTime: '30s' } },
      }),
    ],
  };
  const [part] = await dump(adminOf(deprecated), '?mask=dynamic_active_clusters');
  const shop = listOf(part?.['dynamic_active_clusters'])
    .map(({ cluster }) => fieldsOf(cluster))
    .find(({ name }) => name === 'outbound|80||shop.app.svc.cluster.local');
  assert.deepEqual(shop?.['outlier_detection'], {
    base_ejection_time: '30s',
    enforcing_success_rate: 0,
  });
});

test('a route shows its weights, its rule and the retries that Istio adds', async () => {
  const [part] = await dump(adminOf(canary), '?mask=dynamic_route_configs');
  const [table] = listOf(part?.['dynamic_route_configs']).map(({ route_config }) =>
    fieldsOf(route_config),
  );
  const [host] = listOf(table?.['virtual_hosts']);
  assert.equal(host?.['name'], 'shop.app.svc.cluster.local:80');
  const [route] = listOf(host['routes']);
  assert.deepEqual(at(route, 'route', 'weighted_clusters'), {
    clusters: [
      { name: 'outbound|80|v1|shop.app.svc.cluster.local', weight: 90 },
      { name: 'outbound|80|v2|shop.app.svc.cluster.local', weight: 10 },
    ],
  });
  assert.equal(at(route, 'route', 'retry_policy', 'num_retries'), 2);
});

test('a port that says HTTP takes HTTP to its routes, and anything else to where it was dialled', async () => {
  const [part] = await dump(adminOf(canary), '?mask=dynamic_listeners');
  const listeners = listOf(part?.['dynamic_listeners']).map(({ active_state }) =>
    fieldsOf(fieldsOf(active_state)['listener']),
  );
  const web = listeners.find(({ name }) => name === '0.0.0.0_80');
  const [chain] = listOf(web?.['filter_chains']);
  assert.deepEqual(chain?.['filter_chain_match'], {
    transport_protocol: 'raw_buffer',
    application_protocols: ['http/1.1', 'h2c'],
  });
  const [, proxy] = listOf(fieldsOf(web?.['default_filter_chain'])['filters']);
  assert.equal(at(proxy, 'typed_config', 'cluster'), 'PassthroughCluster');
});

test('an authorization policy is a filter of the inbound chains', async () => {
  const admin = adminOf({
    ...shopMesh,
    services: [shop],
    authorizationPolicies: [
      rule('AuthorizationPolicy', 'viewer', {
        rules: [{ to: [{ operation: { methods: ['GET'] } }] }],
      }),
    ],
  });
  const text = await get(admin, '/config_dump?mask=dynamic_listeners');
  assert.match(text, /"ns\[app\]-policy\[viewer\]-rule\[0\]"/);
});

test('the clusters page has a line for each fact of a host', async () => {
  const text = await get(adminOf(canary), '/clusters');
  assert.match(text, /^outbound\|80\|v1\|shop[^:]+::10\.244\.0\.6:80::health_flags::healthy$/m);
  assert.match(text, /^outbound\|80\|v1\|shop[^:]+::default_priority::max_connections::1$/m);
});

test('numbers of clusters are kept only where the pod asks for them', async () => {
  const quiet = await get(adminOf(canary), '/stats');
  assert.match(quiet, /^server\.live: 1$/m);
  assert.match(quiet, /^server\.uptime: 90$/m);
  assert.doesNotMatch(quiet, /cluster\.outbound/);
  const asked = adminOf(canary, { 'sidecar.istio.io/statsInclusionPrefixes': 'cluster.outbound' });
  assert.match(
    await get(asked, '/stats?filter=pending_overflow'),
    /^cluster\.outbound\|80\|v1\|shop\.app\.svc\.cluster\.local;\.upstream_rq_pending_overflow: 0$/m,
  );
});

test('levels are shown, changed by POST, and left alone by what makes no sense', async () => {
  const admin = adminOf(canary);
  assert.equal(answerAdmin('GET', '/logging', admin).status, 405);
  const post = async (target: string) => {
    const { status, body } = answerAdmin('POST', target, admin);
    return { status, text: textOf(await readAll(body)) };
  };
  assert.match((await post('/logging')).text, /^ {2}misc: error$/m);
  assert.match((await post('/logging?rbac=debug')).text, /^ {2}rbac: debug$/m);
  assert.equal((await post('/logging?rbac=loud')).status, 400);
  assert.match((await post('/logging?level=info')).text, /^ {2}misc: info$/m);
});

test('a path that is not there lists those that are', async () => {
  const { status, body } = answerAdmin('GET', '/certs', adminOf(canary));
  assert.equal(status, 404);
  assert.match(textOf(await readAll(body)), /^invalid path\. admin commands are:\n/);
});
