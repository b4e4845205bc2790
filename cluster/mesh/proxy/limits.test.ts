// Limits of connections and their time, and how a host that has just come is spared.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { textResponse } from '../../network/http-server.ts';
import type { SidecarSpec, TrafficPolicy } from '../resources.ts';
import {
  type MeshDraft,
  client,
  pod,
  rule,
  seenBy,
  service,
  shopMesh,
  shopV1,
} from '../testing/mesh-lab.ts';
import { HostHealth, OutlierDetector } from './outlier.ts';
import { type ProxiedLab, header, proxiedLab } from '../testing/proxied-lab.ts';

const outsider = pod({ name: 'outsider', ip: '10.244.0.9', injected: false });

const limited = (trafficPolicy: TrafficPolicy): MeshDraft => ({
  pods: [...shopMesh.pods, outsider],
  services: shopMesh.services,
  mesh: { accessLogFile: '/dev/stdout' },
  destinationRules: [rule('DestinationRule', 'shop', { host: 'shop', trafficPolicy })],
});

describe('connection pools', () => {
  let lab: ProxiedLab;
  const slow = {
    handles: Object.fromEntries(
      ['shop-v1', 'shop-v2'].map((name) => [
        name,
        async () => {
          await lab.net.clock.sleep(2_000);
          return textResponse(200, name);
        },
      ]),
    ),
  };
  const together = async (from: string, count: number) => {
    const asked = Array.from({ length: count }, () => lab.ask(from, 'http://shop/'));
    const answers = await lab.during(Promise.all(asked));
    return answers.map(({ status }) => status);
  };
  const refusals = (statuses: readonly number[]) =>
    statuses.filter((status) => status === 503).length;

  test('the server’s own proxy keeps them too: a caller without one overflows there', async () => {
    lab = await proxiedLab(
      limited({
        connectionPool: { tcp: { maxConnections: 1 }, http: { http1MaxPendingRequests: 1 } },
      }),
      slow,
    );
    // Two servers, each of which takes one request and lets one wait.
    const statuses = await together('outsider', 12);
    assert.ok(refusals(statuses) >= 8, statuses.join());
    const lines = [...(lab.logs.get('shop-v1') ?? []), ...(lab.logs.get('shop-v2') ?? [])];
    assert.match(lines.join(''), /503 UO upstream_reset_before_response_started\{overflow\}/);
    assert.deepEqual(await together('outsider', 1), [200]);
  });

  test('http2MaxRequests bounds requests under way, also of HTTP/1.1', async () => {
    lab = await proxiedLab(limited({ connectionPool: { http: { http2MaxRequests: 2 } } }), slow);
    assert.equal(refusals(await together('client', 8)), 6);
    assert.equal(refusals(await together('client', 2)), 0);
  });

  test('maxConnectionDuration ends a TCP connection in the middle', async () => {
    const raw = pod({ name: 'raw', ip: '10.244.0.50' });
    lab = await proxiedLab(
      {
        pods: [client, raw],
        services: [service('raw', ['tcp-web:9000:80'], [raw], { ip: '10.96.0.80' })],
        destinationRules: [
          rule('DestinationRule', 'raw', {
            host: 'raw',
            trafficPolicy: { connectionPool: { tcp: { maxConnectionDuration: '1s' } } },
          }),
        ],
      },
      {
        handles: {
          raw: async () => {
            await lab.net.clock.sleep(5_000);
            return textResponse(200, 'late');
          },
        },
      },
    );
    const began = lab.net.clock.now();
    await assert.rejects(lab.during(lab.ask('client', 'http://raw:9000/')));
    assert.equal(lab.net.clock.now() - began, 1_000);
  });
});

test('hashing on a cookie hands one out where it is missing, and keeps who has it on one pod', async () => {
  const lab = await proxiedLab(
    limited({
      loadBalancer: { consistentHash: { httpCookie: { name: 'seat', path: '/', ttl: '60s' } } },
    }),
  );
  const ask = (cookie?: string) =>
    lab.during(
      lab.ask('client', 'http://shop/', cookie ? { headers: [['Cookie', `seat=${cookie}`]] } : {}),
    );
  assert.match(
    header(await ask(), 'set-cookie') ?? '',
    /^seat="[0-9a-f]+"; Max-Age=60; Path=\/; HttpOnly$/,
  );
  const pods = new Set<string>();
  for (let count = 0; count < 8; count++) {
    const answer = await ask('window');
    assert.equal(header(answer, 'set-cookie'), undefined);
    pods.add(answer.body);
  }
  assert.equal(pods.size, 1);
});

test('a pod that has just come gets a share that grows while it warms up', async () => {
  const late = pod({ name: 'late', ip: '10.244.0.30', labels: { app: 'shop' } });
  const early = pod({ name: 'early', ip: '10.244.0.31', labels: { app: 'shop' } });
  const warming = (pods: (typeof late)[]): MeshDraft => ({
    pods: [client, early, late],
    services: [service('shop', ['http:80'], pods)],
    destinationRules: [
      rule('DestinationRule', 'shop', {
        host: 'shop',
        trafficPolicy: { loadBalancer: { simple: 'ROUND_ROBIN', warmup: { duration: '60s' } } },
      }),
    ],
  });
  const lab = await proxiedLab(warming([early, late]));
  lab.push(warming([early]));
  await lab.net.clock.step(120_000);
  lab.push(warming([early, late]));
  const lateShare = async () => {
    let own = 0;
    for (let count = 0; count < 200; count++)
      if ((await lab.during(lab.ask('client', 'http://shop/'))).body === 'pod=late\n') own++;
    return own / 200;
  };
  const atFirst = await lateShare();
  assert.ok(atFirst < 0.2, String(atFirst));
  await lab.net.clock.step(60_000);
  const warm = await lateShare();
  assert.ok(warm > 0.45 && warm < 0.55, String(warm));
});

test('a proxy that ends takes its connections with it: its callers get a 503, UC, and no word of its own', async () => {
  const lab: ProxiedLab = await proxiedLab(
    { ...shopMesh, mesh: { accessLogFile: '/dev/stdout' } },
    {
      handles: Object.fromEntries(
        ['shop-v1', 'shop-v2'].map((name) => [
          name,
          async () => {
            await lab.net.clock.sleep(2_000);
            return textResponse(200, name);
          },
        ]),
      ),
    },
  );
  const asked = lab.ask('client', 'http://shop/');
  await lab.net.clock.step(500);
  for (const name of ['shop-v1', 'shop-v2']) lab.sidecars.get(name)?.stop();
  const answer = await lab.during(asked);
  assert.equal(answer.status, 503);
  assert.match(
    lab.logs.get('client')?.[0] ?? '',
    / 503 UC upstream_reset_before_response_started\{connection_termination\} /,
  );
  await lab.net.clock.step(5_000);
  assert.deepEqual(lab.faults, []);
});

describe('a Sidecar’s own ports', () => {
  const listening = (spec: SidecarSpec): MeshDraft => ({
    ...shopMesh,
    sidecars: [rule('Sidecar', 'shop', { workloadSelector: { labels: { app: 'shop' } }, ...spec })],
  });

  test('lead to where the application listens', async () => {
    const lab = await proxiedLab({
      ...listening({
        ingress: [
          { port: { number: 8080, name: 'http', protocol: 'HTTP' }, defaultEndpoint: '0.0.0.0:80' },
        ],
      }),
      services: [service('shop', ['http:80:8080'], shopMesh.pods.slice(1))],
    });
    const answer = await lab.during(lab.ask('client', 'http://shop/'));
    assert.deepEqual([answer.status, header(answer, 'server')], [200, 'envoy']);
    assert.deepEqual(lab.faults, []);
  });

  test('have limits of their own', () => {
    const draft = listening({
      inboundConnectionPool: { tcp: { maxConnections: 3 } },
      ingress: [
        { port: { number: 80, protocol: 'HTTP' } },
        {
          port: { number: 81, protocol: 'TCP' },
          connectionPool: { tcp: { maxConnections: 5 } },
        },
      ],
    });
    const { ports } = seenBy(shopV1, draft).inbound;
    assert.deepEqual(
      [...ports.values()].map(({ port, protocol, pool }) => [port, protocol, pool.maxConnections]),
      [
        [80, 'http', 3],
        [81, 'tcp', 5],
      ],
    );
  });
});

test('failures to reach a host may be counted apart from its own errors', () => {
  const detector = new OutlierDetector(
    {
      consecutive5xx: 2,
      consecutiveGateway: 0,
      consecutiveLocal: 3,
      intervalMs: 1_000,
      baseEjectionMs: 5_000,
      maxEjectionPercent: 100,
      minHealthPercent: 0,
      written: {},
    },
    0,
  );
  const host = new HostHealth();
  const note = (status: number, unreached: boolean) =>
    detector.note(host, status, [host], 0, unreached);
  assert.deepEqual([note(503, true), note(503, true), note(500, false)], [false, false, false]);
  assert.deepEqual([note(503, true), note(503, true), note(503, true)], [false, false, true]);
});

test('a fault without a percentage happens to nobody', async () => {
  const lab = await proxiedLab({
    ...shopMesh,
    virtualServices: [
      rule('VirtualService', 'shop', {
        hosts: ['shop'],
        http: [
          {
            fault: { abort: { httpStatus: 418 }, delay: { fixedDelay: '5s' } },
            route: [{ destination: { host: 'shop' } }],
          },
        ],
      }),
    ],
  });
  const began = lab.net.clock.now();
  assert.equal((await lab.during(lab.ask('client', 'http://shop/'))).status, 200);
  assert.ok(lab.net.clock.now() - began < 1_000);
});

test('preflights of unknown origins are answered without headers where the policy says so', async () => {
  const cors = (unmatchedPreflights: 'FORWARD' | 'IGNORE'): MeshDraft => ({
    ...shopMesh,
    virtualServices: [
      rule('VirtualService', 'shop', {
        hosts: ['shop'],
        http: [
          {
            corsPolicy: { allowOrigins: [{ exact: 'https://a' }], unmatchedPreflights },
            route: [{ destination: { host: 'shop' } }],
          },
        ],
      }),
    ],
  });
  for (const [policy, reached] of [
    ['FORWARD', 1],
    ['IGNORE', 0],
  ] as const) {
    const lab = await proxiedLab(cors(policy));
    const answer = await lab.during(
      lab.ask('client', 'http://shop/', {
        method: 'OPTIONS',
        headers: [
          ['Origin', 'https://b'],
          ['Access-Control-Request-Method', 'GET'],
        ],
      }),
    );
    assert.equal(header(answer, 'access-control-allow-origin'), undefined);
    const received = ['shop-v1', 'shop-v2'].flatMap((name) => lab.received.get(name) ?? []);
    assert.equal(received.length, reached);
  }
});
