import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  client,
  pod,
  rule,
  seenBy,
  service,
  shopMesh,
  shopV1,
  shopV2,
} from '../testing/mesh-lab.ts';
import { defaultPool } from './clusters.ts';
import type { ForwardAction, ProxyConfig } from './proxy-config.ts';
import { virtualHostFor } from './virtual-hosts.ts';
import type { VirtualServiceSpec } from '../resources.ts';

const SHOP = 'shop.app.svc.cluster.local';
const toSubset = (subset: string): VirtualServiceSpec => ({
  hosts: ['shop'],
  http: [{ route: [{ destination: { host: 'shop', subset } }] }],
});

/** Cluster names of each route of a host on port 80. */
function clustersOf(config: ProxyConfig, host: string): string[][] {
  const routes = config.outbound.routes.get('80');
  return ((routes && virtualHostFor(routes, host)?.routes) ?? []).map(({ action }) =>
    action.kind === 'forward' ? action.clusters.map(({ cluster }) => cluster) : [action.kind],
  );
}

describe('virtual hosts', () => {
  test('a Service without rules answers to all its names and its address', () => {
    const { outbound } = seenBy(client, shopMesh);
    assert.deepEqual([...outbound.listeners.keys()], ['0.0.0.0_80']);
    const routes = outbound.routes.get('80');
    assert.deepEqual(routes?.virtualHosts[0]?.domains, [
      SHOP,
      'shop',
      'shop.app',
      'shop.app.svc',
      '10.96.0.14',
    ]);
    assert.equal(routes.virtualHosts.at(-1)?.name, 'allow_any');
    assert.deepEqual(clustersOf(seenBy(client, shopMesh), 'SHOP.app:80'), [
      [`outbound|80||${SHOP}`],
    ]);
  });

  test('a caller of another namespace cannot use the short name', () => {
    const other = pod({ name: 'other', namespace: 'other', ip: '10.244.0.9' });
    const config = seenBy(other, { ...shopMesh, pods: [...shopMesh.pods, other] });
    assert.deepEqual(clustersOf(config, 'shop.app'), [[`outbound|80||${SHOP}`]]);
    assert.deepEqual(clustersOf(config, 'shop'), [['PassthroughCluster']]);
  });

  test('of two VirtualServices for one host the older owns it, whatever their names', () => {
    const config = seenBy(client, {
      ...shopMesh,
      virtualServices: [
        rule('VirtualService', 'aa', { ...toSubset('v2'), hosts: [SHOP] }),
        rule('VirtualService', 'zz', toSubset('v1'), { age: 5 }),
      ],
    });
    assert.deepEqual(clustersOf(config, 'shop'), [[`outbound|80|v1|${SHOP}`]]);
  });

  test('an exact host owns its Service even if a wildcard is older', () => {
    const trio = service('trio', ['http:80'], []);
    const config = seenBy(client, {
      ...shopMesh,
      services: [...shopMesh.services, trio],
      virtualServices: [
        rule(
          'VirtualService',
          'wild',
          { ...toSubset('v2'), hosts: ['*.app.svc.cluster.local'] },
          { age: 9 },
        ),
        rule('VirtualService', 'exact', toSubset('v1')),
      ],
    });
    assert.deepEqual(clustersOf(config, 'shop'), [[`outbound|80|v1|${SHOP}`]]);
    assert.deepEqual(clustersOf(config, 'trio'), [[`outbound|80|v2|${SHOP}`]]);
  });

  test('a short host of a rule means its own namespace, and exportTo hides a rule', () => {
    const config = (spec: Partial<VirtualServiceSpec>, namespace: string) =>
      seenBy(client, {
        ...shopMesh,
        virtualServices: [
          rule('VirtualService', 'vs', { ...toSubset('v1'), ...spec }, { namespace }),
        ],
      });
    const plain = [[`outbound|80||${SHOP}`]];
    assert.deepEqual(clustersOf(config({}, 'other'), 'shop'), plain);
    assert.deepEqual(
      clustersOf(config({ hosts: [SHOP], exportTo: ['.'] }, 'other'), 'shop'),
      plain,
    );
    assert.deepEqual(clustersOf(config({ hosts: [SHOP] }, 'other'), 'shop'), [
      ['outbound|80|v1|shop.other.svc.cluster.local'],
    ]);
    assert.deepEqual(clustersOf(config({ gateways: ['edge'] }, 'app'), 'shop'), plain);
  });
});

describe('routes', () => {
  const routesFor = (http: VirtualServiceSpec['http'], proxy = client) =>
    clustersOf(
      seenBy(proxy, {
        ...shopMesh,
        virtualServices: [
          rule('VirtualService', 'shop', { hosts: ['shop'], ...(http ? { http } : {}) }),
        ],
      }),
      'shop',
    );
  const to = (subset: string) => [{ destination: { host: 'shop', subset } }];

  test('nothing after a rule without conditions is kept', () => {
    assert.deepEqual(
      routesFor([{ route: to('v1') }, { match: [{ uri: { exact: '/x' } }], route: to('v2') }]),
      [[`outbound|80|v1|${SHOP}`]],
    );
  });

  test('destinations of weight 0 are left out unless there is only one', () => {
    assert.deepEqual(
      routesFor([
        {
          match: [{ uri: { prefix: '/a' } }],
          route: [
            { destination: { host: 'shop', subset: 'v1' } },
            { destination: { host: 'shop', subset: 'v2' }, weight: 20 },
          ],
        },
        { route: [{ destination: { host: 'shop', subset: 'v1' }, weight: 0 }] },
      ]),
      [[`outbound|80|v2|${SHOP}`], [`outbound|80|v1|${SHOP}`]],
    );
  });

  test('sourceLabels and ports drop a rule where they do not hold', () => {
    const http = [
      { match: [{ sourceLabels: { tier: 'gold' } }, { port: 8080 }], route: to('v2') },
      { route: to('v1') },
    ];
    assert.deepEqual(routesFor(http), [[`outbound|80|v1|${SHOP}`]]);
    const gold = pod({ name: 'gold', ip: '10.244.0.8', labels: { tier: 'gold' } });
    assert.deepEqual(routesFor(http, gold), [[`outbound|80|v2|${SHOP}`]]);
  });

  test('retries are two by default, none with attempts 0, and numbers are statuses', () => {
    const retry = (retries: { attempts?: number; retryOn?: string } | undefined) => {
      const config = seenBy(client, {
        ...shopMesh,
        virtualServices: [
          rule('VirtualService', 'shop', {
            hosts: ['shop'],
            http: [{ route: to('v1'), ...(retries ? { retries } : {}) }],
          }),
        ],
      });
      const routes = config.outbound.routes.get('80');
      const action = routes && virtualHostFor(routes, 'shop')?.routes[0]?.action;
      return (action as ForwardAction).retry;
    };
    assert.equal(retry(undefined)?.attempts, 2);
    assert.deepEqual(retry(undefined)?.statuses, []);
    assert.equal(retry({ attempts: 0 }), undefined);
    assert.deepEqual(retry({ attempts: 3, retryOn: '503,connect-failure' })?.statuses, [503]);
  });

  test('a delegate takes the root rule’s place, under the conditions of both', () => {
    const config = seenBy(client, {
      ...shopMesh,
      virtualServices: [
        rule('VirtualService', 'root', {
          hosts: ['shop'],
          http: [
            { match: [{ uri: { prefix: '/team' } }], delegate: { name: 'team' } },
            { match: [{ uri: { prefix: '/gone' } }], delegate: { name: 'nobody' } },
            { route: to('v1') },
          ],
        }),
        rule('VirtualService', 'team', {
          http: [
            {
              match: [{ uri: { prefix: '/team/x' } }, { uri: { prefix: '/other' } }],
              route: to('v3'),
            },
            { route: to('v2') },
          ],
        }),
      ],
    });
    const routes = config.outbound.routes.get('80');
    const found = (routes && virtualHostFor(routes, 'shop'))?.routes ?? [];
    assert.deepEqual(
      found.map(({ match }) => match.path.value),
      ['/team/x', '/team', '/'],
    );
  });
});

describe('clusters', () => {
  const subsets = [
    { name: 'v1', labels: { version: 'v1' } },
    { name: 'v2', labels: { version: 'v2' } },
  ];

  test('rules of one host are merged: the older is the base, new subsets are appended, its policy stays', () => {
    const { outbound } = seenBy(client, {
      ...shopMesh,
      destinationRules: [
        rule('DestinationRule', 'second', {
          host: SHOP,
          trafficPolicy: { tls: { mode: 'DISABLE' } },
          subsets: [
            { name: 'v1', labels: { version: 'never' } },
            { name: 'v2', labels: { version: 'v2' } },
          ],
        }),
        rule(
          'DestinationRule',
          'first',
          {
            host: 'shop',
            trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } },
            subsets: subsets.slice(0, 1),
          },
          { age: 5 },
        ),
      ],
    });
    const cluster = (subset: string) => outbound.clusters.get(`outbound|80|${subset}|${SHOP}`);
    assert.deepEqual(
      cluster('v1')?.endpoints.map(({ address }) => address),
      ['10.244.0.6'],
    );
    assert.deepEqual(
      cluster('v2')?.endpoints.map(({ address }) => address),
      ['10.244.0.7'],
    );
    assert.equal(cluster('v2')?.tls, 'ISTIO_MUTUAL');
    assert.equal(cluster('')?.destinationRule, 'first.app');
  });

  test('the caller’s namespace is looked at before the service’s, a third one never', () => {
    const draft = {
      ...shopMesh,
      destinationRules: [
        rule('DestinationRule', 'mine', { host: SHOP, subsets }, { namespace: 'other' }),
        rule('DestinationRule', 'beside', {
          host: 'shop',
          trafficPolicy: { tls: { mode: 'SIMPLE' } },
        }),
        rule(
          'DestinationRule',
          'far',
          { host: SHOP, trafficPolicy: { tls: { mode: 'DISABLE' } } },
          { namespace: 'plain' },
        ),
      ],
    };
    const other = pod({ name: 'other', namespace: 'other', ip: '10.244.0.9' });
    const name = `outbound|80||${SHOP}`;
    assert.equal(seenBy(client, draft).outbound.clusters.get(name)?.tls, 'SIMPLE');
    assert.equal(seenBy(other, draft).outbound.clusters.get(name)?.tls, 'auto');
    assert.ok(seenBy(other, draft).outbound.clusters.has(`outbound|80|v1|${SHOP}`));
  });

  test('consecutiveErrors is not read; the limit of ejections is ten percent unless said', () => {
    const { outbound } = seenBy(client, {
      ...shopMesh,
      destinationRules: [
        rule('DestinationRule', 'shop', {
          host: 'shop',
          trafficPolicy: { outlierDetection: { consecutiveErrors: 1, interval: '1s' } },
        }),
      ],
    });
    const outlier = outbound.clusters.get(`outbound|80||${SHOP}`)?.outlier;
    assert.deepEqual([outlier?.consecutive5xx, outlier?.maxEjectionPercent], [5, 10]);
  });

  test('a port’s settings replace the host’s and leave the rest at its default', () => {
    const { outbound } = seenBy(client, {
      ...shopMesh,
      destinationRules: [
        rule('DestinationRule', 'shop', {
          host: 'shop',
          trafficPolicy: {
            tls: { mode: 'DISABLE' },
            portLevelSettings: [{ port: { number: 80 }, loadBalancer: { simple: 'RANDOM' } }],
          },
        }),
      ],
    });
    const cluster = outbound.clusters.get(`outbound|80||${SHOP}`);
    assert.deepEqual([cluster?.loadBalancer.kind, cluster?.tls], ['RANDOM', 'auto']);
  });
});

describe('what a proxy sees', () => {
  const depot = service('depot', ['http:80'], [], { namespace: 'other' });

  test('a Sidecar imports what it names, and its outbound policy holds', () => {
    const { outbound } = seenBy(client, {
      ...shopMesh,
      services: [...shopMesh.services, depot],
      sidecars: [
        rule('Sidecar', 'default', {
          egress: [{ hosts: ['./*', 'istio-system/*'] }],
          outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
        }),
      ],
    });
    assert.deepEqual([...outbound.clusters.keys()], [`outbound|80||${SHOP}`]);
    assert.equal(outbound.unknown, 'BlackHoleCluster');
    const routes = outbound.routes.get('80');
    assert.equal(routes?.virtualHosts.at(-1)?.name, 'block_all');
  });

  test('unnamed ports are sniffed at their own address, tcp ports are opaque', () => {
    const { outbound } = seenBy(client, {
      pods: [client, shopV1],
      services: [
        service('plain', [':80'], [shopV1], { ip: '10.96.0.50' }),
        service('raw', ['tcp-web:9000:80'], [shopV1], { ip: '10.96.0.51' }),
      ],
    });
    assert.deepEqual([...outbound.listeners.keys()], ['10.96.0.50_80', '10.96.0.51_9000']);
    assert.equal(outbound.listeners.get('10.96.0.50_80')?.routes, 'plain.app.svc.cluster.local:80');
    assert.equal(outbound.listeners.get('10.96.0.51_9000')?.routes, undefined);
  });

  test('a ServiceEntry is a service; DNS ones are looked up', () => {
    const { outbound } = seenBy(client, {
      ...shopMesh,
      serviceEntries: [
        rule('ServiceEntry', 'catalog', {
          hosts: ['catalog.example.com'],
          location: 'MESH_EXTERNAL',
          ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
          resolution: 'DNS',
          endpoints: [{ address: 'legacy.plain.svc.cluster.local' }],
        }),
      ],
    });
    const cluster = outbound.clusters.get('outbound|80||catalog.example.com');
    assert.equal(cluster?.kind, 'STRICT_DNS');
    assert.deepEqual(cluster.endpoints[0]?.address, 'legacy.plain.svc.cluster.local');
  });

  test('the narrowest PeerAuthentication wins, and an unset mode is inherited', () => {
    const mode = (...names: ('mesh' | 'app' | 'shop')[]) =>
      seenBy(shopV2, {
        ...shopMesh,
        peerAuthentications: [
          rule(
            'PeerAuthentication',
            'mesh',
            { mtls: { mode: 'STRICT' } },
            { namespace: 'istio-system' },
          ),
          rule('PeerAuthentication', 'app', { mtls: { mode: 'PERMISSIVE' } }),
          rule('PeerAuthentication', 'shop', {
            selector: { matchLabels: { app: 'shop' } },
            mtls: { mode: 'UNSET' },
            portLevelMtls: { 80: { mode: 'DISABLE' } },
          }),
        ].filter(({ metadata }) => (names as string[]).includes(metadata.name)),
      }).inbound;
    assert.equal(mode().mtls, 'PERMISSIVE');
    assert.equal(mode('mesh').mtls, 'STRICT');
    assert.equal(mode('mesh', 'app', 'shop').mtls, 'PERMISSIVE');
    assert.equal(mode('mesh', 'shop').mtls, 'STRICT');
    assert.equal(mode('shop').mtlsByPort.get(80), 'DISABLE');
  });

  test('the inbound side knows which Service owns a port', () => {
    const { ports } = seenBy(shopV2, shopMesh).inbound;
    assert.deepEqual(ports.get(80), {
      port: 80,
      cluster: 'inbound|80||',
      protocol: 'http',
      service: { host: SHOP, name: 'shop', namespace: 'app' },
      pool: defaultPool,
    });
  });

  test('the inbound side keeps the limits of its Service’s DestinationRule, not those of some callers', () => {
    const limits = (maxConnections: number) => ({
      trafficPolicy: { connectionPool: { tcp: { maxConnections } } },
    });
    const destinationRules = [
      rule('DestinationRule', 'all', { host: 'shop', ...limits(7) }, { age: 1 }),
      rule('DestinationRule', 'some', {
        host: 'shop',
        workloadSelector: { matchLabels: { app: 'shop' } },
        ...limits(1),
      }),
    ];
    const { ports } = seenBy(shopV2, { ...shopMesh, destinationRules }).inbound;
    assert.equal(ports.get(80)?.pool.maxConnections, 7);
  });
});
