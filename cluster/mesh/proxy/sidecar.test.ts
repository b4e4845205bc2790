import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { textResponse } from '../../network/http-server.ts';
import type { VirtualServiceSpec } from '../resources.ts';
import { client, type MeshDraft, pod, rule, service, shopMesh } from '../testing/mesh-lab.ts';
import { type ProxiedLab, header, proxiedLab } from '../testing/proxied-lab.ts';

const SUBSETS = rule('DestinationRule', 'shop', {
  host: 'shop',
  subsets: [
    { name: 'v1', labels: { version: 'v1' } },
    { name: 'v2', labels: { version: 'v2' } },
    { name: 'blue', labels: { colour: 'blue' } },
  ],
});
const to = (subset: string) => [{ destination: { host: 'shop', subset } }];
const toShop = [{ destination: { host: 'shop' } }];
const ruled = (http: VirtualServiceSpec['http'], more: MeshDraft = {}): MeshDraft => ({
  ...shopMesh,
  destinationRules: [SUBSETS],
  virtualServices: [rule('VirtualService', 'shop', { hosts: ['shop'], ...(http ? { http } : {}) })],
  mesh: { accessLogFile: '/dev/stdout' },
  ...more,
});
const get = (lab: ProxiedLab, url = 'http://shop/', asking = {}) =>
  lab.during(lab.ask('client', url, asking));

describe('a request between two proxies', () => {
  test('is answered as by Envoy, counted by both sides, and logged by both', async () => {
    const lab = await proxiedLab({ ...shopMesh, mesh: { accessLogFile: '/dev/stdout' } });
    const answer = await get(lab, 'http://shop/x?y=1');
    assert.equal(answer.status, 200);
    assert.match(answer.body, /^pod=shop-v[12]\n$/);
    assert.equal(header(answer, 'server'), 'envoy');
    assert.match(header(answer, 'x-envoy-upstream-service-time') ?? '', /^\d+$/);
    assert.deepEqual(lab.faults, []);
    const name = answer.body.slice(4, -1);
    const seen = lab.received.get(name)?.[0];
    const sees = (field: string) => seen?.headers.find(([other]) => other === field)?.[1];
    assert.equal(sees('x-envoy-attempt-count'), '1');
    assert.match(
      sees('x-forwarded-client-cert') ?? '',
      /URI=spiffe:\/\/cluster\.local\/ns\/app\/sa\/default$/,
    );
    assert.equal(sees('x-envoy-peer-metadata'), undefined);
    assert.match(
      lab.logs.get('client')?.[0] ?? '',
      /^\[2026-11-22T[\d:.]+Z\] "GET \/x\?y=1 HTTP\/1\.1" 200 - via_upstream - "-" 0 \d+ \d+ \d+ "-" "curl\/8\.11\.1" "[0-9a-f-]{36}" "shop" "10\.244\.0\.[67]:80" outbound\|80\|\|shop\.app\.svc\.cluster\.local 10\.244\.0\.5:\d+ 10\.96\.0\.14:80 10\.244\.0\.5:\d+ - default\n$/,
    );
    assert.match(
      lab.logs.get(name)?.[0] ?? '',
      /"GET \/x\?y=1 HTTP\/1\.1" 200 - via_upstream .* inbound\|80\|\| 127\.0\.0\.6:\d+ 10\.244\.0\.[67]:80 10\.244\.0\.5:\d+ outbound_\.80_\._\.shop\.app\.svc\.cluster\.local default\n$/,
    );
    const source = lab.metrics.get('client')?.text() ?? '';
    assert.match(
      source,
      new RegExp(
        `istio_requests_total\\{reporter="source",source_workload="client",.*destination_workload="${name}",.*connection_security_policy="unknown"\\} 1`,
      ),
    );
    assert.match(
      lab.metrics.get(name)?.text() ?? '',
      /istio_requests_total\{reporter="destination",source_workload="client",.*response_code="200",.*connection_security_policy="mutual_tls"\} 1/,
    );
  });

  test('goes by the Host header, and to where it was dialled when nobody knows that host', async () => {
    const trio = pod({ name: 'trio', ip: '10.244.0.20', labels: { app: 'trio' } });
    const lab = await proxiedLab({
      pods: [...shopMesh.pods, trio],
      services: [...shopMesh.services, service('trio', ['http:80'], [trio], { ip: '10.96.0.40' })],
    });
    assert.equal((await get(lab, 'http://shop/', { host: 'trio.app:80' })).body, 'pod=trio\n');
    const unknown = await get(lab, 'http://trio/', { host: 'www.unknown.example' });
    assert.equal(unknown.body, 'pod=trio\n');
    assert.match(
      lab.metrics.get('client')?.text() ?? '',
      /destination_service_name="PassthroughCluster"/,
    );
    assert.deepEqual(lab.faults, []);
  });

  test('in HTTP/1.0 is answered 426, and the connection closed', async () => {
    const lab = await proxiedLab(shopMesh);
    const answer = await get(lab, 'http://shop/', { version: '1.0' });
    assert.equal(answer.status, 426);
    assert.equal(header(answer, 'connection'), 'close');
  });

  test('carries its body both ways', async () => {
    const lab = await proxiedLab(shopMesh, {
      handles: {
        'shop-v1': async ({ body }) => {
          const chunk = await body.read();
          return textResponse(200, chunk ?? '');
        },
        'shop-v2': async ({ body }) => textResponse(200, (await body.read()) ?? ''),
      },
    });
    const answer = await get(lab, 'http://shop/', { method: 'POST', body: 'hello' });
    assert.equal(answer.body, 'hello');
  });
});

describe('routing', () => {
  test('weights share requests out; a chi-square over 2000 of them stays below its 0.1 % bound', async () => {
    const lab = await proxiedLab(
      ruled([
        {
          route: [
            { destination: { host: 'shop', subset: 'v1' }, weight: 90 },
            { destination: { host: 'shop', subset: 'v2' }, weight: 10 },
          ],
        },
      ]),
    );
    const total = 2_000;
    for (let count = 0; count < total; count++) await lab.ask('client', 'http://shop/');
    const [v1 = 0, v2 = 0] = ['shop-v1', 'shop-v2'].map((name) => lab.received.get(name)?.length);
    assert.equal(v1 + v2, total);
    const chiSquare =
      (v1 - 0.9 * total) ** 2 / (0.9 * total) + (v2 - 0.1 * total) ** 2 / (0.1 * total);
    assert.ok(chiSquare < 10.83, `${v1}/${v2}: chi-square ${chiSquare}`);
  });

  test('no rule that matches is an empty 404, NR; no cluster an empty 503, NC; no pods a 503, UH', async () => {
    const lab = await proxiedLab(
      ruled([
        { match: [{ uri: { prefix: '/nowhere' } }], route: to('v9') },
        { match: [{ uri: { prefix: '/blue' } }], route: to('blue') },
        { match: [{ method: { exact: 'POST' } }], route: to('v1') },
      ]),
    );
    const [none, missing, empty] = [
      await get(lab),
      await get(lab, 'http://shop/nowhere'),
      await get(lab, 'http://shop/blue'),
    ];
    assert.deepEqual([none.status, none.body], [404, '']);
    assert.deepEqual([missing.status, missing.body], [503, '']);
    assert.deepEqual([empty.status, empty.body], [503, 'no healthy upstream']);
    const logs = lab.logs.get('client') ?? [];
    assert.match(logs[0] ?? '', /" 404 NR route_not_found - /);
    assert.match(logs[1] ?? '', /" 503 NC cluster_not_found - "-" 0 0 /);
    assert.match(logs[2] ?? '', /" 503 UH no_healthy_upstream - "-" 0 19 /);
    assert.match(
      lab.metrics.get('client')?.text() ?? '',
      /destination_workload="unknown",.*destination_service_name="shop",.*response_code="503",.*response_flags="UH"/,
    );
  });

  test('paths, headers and queries decide as documented', async () => {
    const lab = await proxiedLab(
      ruled([
        {
          match: [{ uri: { exact: '/cart' } }, { uri: { regex: '/item/[0-9]+' } }],
          route: to('v2'),
        },
        { match: [{ headers: { 'end-user': { exact: 'jason' } } }], route: to('v2') },
        { match: [{ headers: { 'x-trial': {} } }], route: to('v2') },
        { match: [{ queryParams: { beta: { exact: '1' } } }], route: to('v2') },
        { match: [{ uri: { prefix: '/Sale' }, ignoreUriCase: true }], route: to('v2') },
        { route: to('v1') },
      ]),
    );
    const goes = async (path: string, headers: [string, string][] = []) =>
      (await get(lab, `http://shop${path}`, { headers })).body.slice(9, -1);
    assert.equal(await goes('/cart?id=7'), 'v2');
    assert.equal(await goes('/cart/'), 'v1');
    assert.equal(await goes('/item/42?x=1'), 'v2');
    assert.equal(await goes('/item/42/reviews'), 'v1');
    assert.equal(await goes('/', [['End-User', 'jason']]), 'v2');
    assert.equal(await goes('/', [['end-user', 'Jason']]), 'v1');
    assert.equal(await goes('/', [['x-trial', 'no']]), 'v2');
    assert.equal(await goes('/?x=2&beta=1'), 'v2');
    assert.equal(await goes('/?beta=10'), 'v1');
    assert.equal(await goes('/sale/today'), 'v2');
  });

  test('rewrites, redirects, direct answers and header operations', async () => {
    const lab = await proxiedLab(
      ruled([
        { match: [{ uri: { prefix: '/old' } }], rewrite: { uri: '/new' }, route: to('v1') },
        { match: [{ uri: { exact: '/foo' } }], redirect: { uri: '/new/path' } },
        {
          match: [{ uri: { exact: '/tls' } }],
          redirect: { scheme: 'https', derivePort: 'FROM_REQUEST_PORT' },
        },
        {
          match: [{ uri: { prefix: '/down' } }],
          directResponse: { status: 503, body: { string: 'back at noon' } },
        },
        {
          headers: {
            request: { set: { ':authority': 'route' }, remove: ['x-drop'] },
            response: { add: { 'x-route': 'main' } },
          },
          route: [
            {
              destination: { host: 'shop', subset: 'v1' },
              headers: {
                request: { set: { Host: 'dest', 'x-tag': 'mesh' } },
                response: { remove: ['content-type'] },
              },
            },
          ],
        },
      ]),
    );
    await get(lab, 'http://shop/old/a/b?q=1');
    assert.equal(lab.received.get('shop-v1')?.[0]?.target, '/new/a/b?q=1');
    const moved = await get(lab, 'http://shop/foo?key=value');
    assert.deepEqual(
      [moved.status, header(moved, 'location')],
      [301, 'http://shop/new/path?key=value'],
    );
    assert.equal(header(await get(lab, 'http://shop/tls'), 'location'), 'https://shop:80/tls');
    const down = await get(lab, 'http://shop/down');
    assert.deepEqual([down.status, down.body], [503, 'back at noon']);
    const changed = await get(lab, 'http://shop/', {
      headers: [
        ['x-drop', 'secret'],
        ['x-tag', 'caller'],
      ],
    });
    assert.deepEqual(
      [header(changed, 'x-route'), header(changed, 'content-type')],
      ['main', undefined],
    );
    const headers = new Map(lab.received.get('shop-v1')?.at(-1)?.headers);
    assert.deepEqual(
      [headers.get('host'), headers.get('x-tag'), headers.get('x-drop')],
      ['route', 'mesh', undefined],
    );
  });

  test('a mirror gets copies under the name with -shadow, and its answers are thrown away', async () => {
    const lab = await proxiedLab(
      ruled([{ route: to('v1'), mirror: { host: 'shop', subset: 'v2' } }]),
      { handles: { 'shop-v2': () => Promise.resolve(textResponse(503, 'no')) } },
    );
    assert.equal((await get(lab, 'http://shop/copy')).body, 'pod=shop-v1\n');
    await lab.net.clock.step(10);
    const [copy] = lab.received.get('shop-v2') ?? [];
    assert.equal(copy?.target, '/copy');
    assert.equal(new Map(copy.headers).get('host'), 'shop-shadow');
  });

  test('CORS: preflights are answered, allowed origins get their header', async () => {
    const lab = await proxiedLab(
      ruled([
        {
          corsPolicy: {
            allowOrigins: [{ exact: 'cors.example' }],
            allowMethods: ['POST', 'GET'],
            maxAge: '24h',
          },
          route: toShop,
        },
      ]),
    );
    const origin: [string, string] = ['Origin', 'cors.example'];
    const preflight = await get(lab, 'http://shop/', {
      method: 'OPTIONS',
      headers: [origin, ['Access-Control-Request-Method', 'DELETE']],
    });
    assert.equal(preflight.status, 200);
    assert.equal(header(preflight, 'access-control-allow-methods'), 'POST,GET');
    assert.equal(header(preflight, 'access-control-max-age'), '86400');
    assert.equal(
      header(await get(lab, 'http://shop/', { headers: [origin] }), 'access-control-allow-origin'),
      'cors.example',
    );
    assert.equal(header(await get(lab), 'access-control-allow-origin'), undefined);
  });
});

describe('time and failure', () => {
  const slow = {
    handles: Object.fromEntries(
      ['shop-v1', 'shop-v2'].map((name) => [name, () => sleeping(2_000, name)]),
    ),
  };
  let lab: ProxiedLab;
  async function sleeping(ms: number, name: string) {
    await lab.net.clock.sleep(ms);
    return textResponse(200, name);
  }
  const timed = async (asked: Promise<{ status: number; body: string }>) => {
    const start = lab.net.clock.now();
    const answer = await lab.during(asked);
    return { ...answer, took: lab.net.clock.now() - start };
  };
  const flags = () =>
    (lab.logs.get('client') ?? []).map((line) => /HTTP\/1\.1" \d+ (\S+)/.exec(line)?.[1]);

  test('a route timeout is a 504, UT, and is not retried', async () => {
    lab = await proxiedLab(ruled([{ timeout: '0.5s', route: to('v1') }]), slow);
    const answer = await timed(lab.ask('client', 'http://shop/'));
    assert.deepEqual(
      [answer.status, answer.body, answer.took],
      [504, 'upstream request timeout', 500],
    );
    assert.deepEqual(flags(), ['UT']);
    assert.equal(lab.received.get('shop-v1')?.length, 1);
  });

  test('perTryTimeout limits each try, and the route timeout all of them', async () => {
    const retries = { attempts: 2, perTryTimeout: '0.4s', retryOn: '5xx' };
    lab = await proxiedLab(ruled([{ retries, route: to('v1') }]), slow);
    const answer = await timed(lab.ask('client', 'http://shop/'));
    assert.equal(answer.status, 504);
    assert.equal(lab.received.get('shop-v1')?.length, 3);
    assert.ok(answer.took >= 1_200 && answer.took < 1_400, String(answer.took));
    lab = await proxiedLab(
      ruled([{ timeout: '1s', retries: { ...retries, attempts: 10 }, route: to('v1') }]),
      slow,
    );
    assert.equal((await timed(lab.ask('client', 'http://shop/'))).took, 1_000);
  });

  test('attempts are beyond the first try, and the last error is passed on with URX', async () => {
    lab = await proxiedLab(ruled([{ retries: { attempts: 2, retryOn: '5xx' }, route: to('v1') }]), {
      handles: { 'shop-v1': () => Promise.resolve(textResponse(503, 'bad')) },
    });
    assert.equal((await timed(lab.ask('client', 'http://shop/'))).status, 503);
    assert.equal(lab.received.get('shop-v1')?.length, 3);
    assert.deepEqual(flags(), ['URX']);
  });

  test('with retryOn 503 a bad pod beside a good one is not seen; by default it is', async () => {
    const bad = { handles: { 'shop-v2': () => Promise.resolve(textResponse(503, 'bad')) } };
    lab = await proxiedLab(
      ruled([{ retries: { attempts: 3, retryOn: '503' }, route: toShop }]),
      bad,
    );
    for (let count = 0; count < 30; count++) assert.equal((await get(lab)).status, 200);
    assert.ok((lab.received.get('shop-v2')?.length ?? 0) > 5);
    lab = await proxiedLab(shopMesh, bad);
    const statuses = new Set<number>();
    for (let count = 0; count < 30; count++) statuses.add((await get(lab)).status);
    assert.deepEqual(
      [...statuses].toSorted((a, b) => a - b),
      [200, 503],
    );
  });

  test('a fault delays and aborts without asking the application; a timeout of the same rule does not cut it', async () => {
    const percentage = { value: 100 };
    lab = await proxiedLab(
      ruled([
        {
          match: [{ uri: { prefix: '/late' } }],
          timeout: '0.5s',
          fault: { delay: { percentage, fixedDelay: '2s' } },
          route: to('v1'),
        },
        { fault: { abort: { percentage, httpStatus: 418 } }, route: to('v1') },
      ]),
    );
    const late = await timed(lab.ask('client', 'http://shop/late'));
    assert.equal(late.status, 200);
    assert.ok(late.took >= 2_000 && late.took < 2_100, String(late.took));
    const aborted = await timed(lab.ask('client', 'http://shop/'));
    assert.deepEqual([aborted.status, aborted.body], [418, 'fault filter abort']);
    assert.deepEqual(flags(), ['DI', 'FI']);
    assert.equal(lab.received.get('shop-v1')?.length, 1);
  });

  test('nobody at the port is a 503 after two retries, UF and URX', async () => {
    const nobody = pod({ name: 'gone', ip: '10.244.0.30', injected: false });
    lab = await proxiedLab({
      pods: [client, nobody],
      services: [service('gone', ['http:81'], [nobody], { ip: '10.96.0.60' })],
      mesh: { accessLogFile: '/dev/stdout' },
    });
    const answer = await timed(lab.ask('client', 'http://gone:81/'));
    assert.equal(answer.status, 503);
    assert.match(
      answer.body,
      /^upstream connect error or disconnect\/reset before headers\. retried and the latest reset reason: remote connection failure, transport failure reason: delayed connect error: Connection refused$/,
    );
    assert.deepEqual(flags(), ['UF,URX']);
  });

  test('with one connection and one waiting request the rest overflow: 503, UO, at once', async () => {
    lab = await proxiedLab(
      {
        ...shopMesh,
        mesh: { accessLogFile: '/dev/stdout' },
        destinationRules: [
          rule('DestinationRule', 'shop', {
            host: 'shop',
            trafficPolicy: {
              connectionPool: { tcp: { maxConnections: 1 }, http: { http1MaxPendingRequests: 1 } },
            },
          }),
        ],
      },
      slow,
    );
    const answers = await lab.during(
      Promise.all(Array.from({ length: 10 }, () => lab.ask('client', 'http://shop/'))),
    );
    const refused = answers.filter(({ status }) => status === 503);
    assert.ok(refused.length >= 4 && refused.length <= 9, String(refused.length));
    const [first] = refused;
    assert.equal(first?.body.length, 81);
    assert.equal(header(first, 'x-envoy-overloaded'), 'true');
    assert.match(
      lab.logs.get('client')?.find((line) => line.includes(' 503 ')) ?? '',
      /503 UO upstream_reset_before_response_started\{overflow\} - "-" 0 81 /,
    );
    // Nothing is left behind: the next one passes.
    assert.equal((await get(lab)).status, 200);
  });

  test('outlier detection ejects a pod after consecutive 5xx, brings it back, and respects its cap', async () => {
    const outlier = (more: object): MeshDraft => ({
      ...shopMesh,
      destinationRules: [
        rule('DestinationRule', 'shop', {
          host: 'shop',
          trafficPolicy: {
            loadBalancer: { simple: 'ROUND_ROBIN' },
            outlierDetection: {
              consecutive5xxErrors: 2,
              interval: '1s',
              baseEjectionTime: '5s',
              ...more,
            },
          },
        }),
      ],
    });
    const bad = { handles: { 'shop-v2': () => Promise.resolve(textResponse(503, 'bad')) } };
    const failures = async (count: number) => {
      let failed = 0;
      for (let asked = 0; asked < count; asked++)
        if ((await lab.ask('client', 'http://shop/')).status === 503) failed++;
      return failed;
    };
    lab = await proxiedLab(outlier({ maxEjectionPercent: 100 }), bad);
    assert.equal(await failures(12), 2);
    assert.equal(await failures(10), 0);
    await lab.net.clock.step(7_000);
    assert.equal(await failures(12), 2);
    lab = await proxiedLab(outlier({}), bad);
    assert.equal(await failures(20), 10);
  });
});

describe('mutual TLS', () => {
  const legacy = pod({ name: 'legacy', namespace: 'plain', ip: '10.244.0.40', injected: false });
  const caller = pod({ name: 'outside', namespace: 'plain', ip: '10.244.0.41', injected: false });
  const mesh = (draft: MeshDraft): MeshDraft => ({
    pods: [...shopMesh.pods, legacy, caller],
    services: [
      ...shopMesh.services,
      service('legacy', ['http:80'], [legacy], { namespace: 'plain', ip: '10.96.0.70' }),
    ],
    mesh: { accessLogFile: '/dev/stdout' },
    ...draft,
  });
  const strict = rule('PeerAuthentication', 'default', { mtls: { mode: 'STRICT' } });
  const tls = (host: string, mode: 'DISABLE' | 'ISTIO_MUTUAL') =>
    rule('DestinationRule', host.split('.')[0] ?? '', { host, trafficPolicy: { tls: { mode } } });

  test('STRICT cuts a plaintext caller off and lets a sidecar in', async () => {
    const lab = await proxiedLab(mesh({ peerAuthentications: [strict] }));
    await assert.rejects(
      lab.during(lab.ask('outside', 'http://shop.app/')),
      /reset by peer|EMPTY|without an answer/,
    );
    assert.equal((await get(lab)).status, 200);
    assert.equal(
      lab.received.get('shop-v1')?.length === 0 && lab.received.get('shop-v2')?.length === 0,
      false,
    );
  });

  test('PERMISSIVE serves plaintext callers, as istio-envoy, and calls them unknown', async () => {
    const lab = await proxiedLab(mesh({}));
    const answer = await lab.during(lab.ask('outside', 'http://shop.app/'));
    assert.deepEqual([answer.status, header(answer, 'server')], [200, 'istio-envoy']);
    const name = answer.body.slice(4, -1);
    assert.match(
      lab.metrics.get(name)?.text() ?? '',
      /reporter="destination",source_workload="unknown",.*connection_security_policy="none"\} 1/,
    );
  });

  test('a plaintext client rule against STRICT is a 503, UC', async () => {
    const lab = await proxiedLab(
      mesh({ peerAuthentications: [strict], destinationRules: [tls('shop', 'DISABLE')] }),
    );
    const answer = await get(lab);
    assert.equal(answer.status, 503);
    assert.match(
      answer.body,
      /^upstream connect error or disconnect\/reset before headers\. reset reason: connection termination$/,
    );
    assert.match(
      lab.logs.get('client')?.[0] ?? '',
      /503 UC upstream_reset_before_response_started\{connection_termination\}/,
    );
  });

  test('mutual TLS demanded from who speaks none is a 503, UF', async () => {
    const lab = await proxiedLab(
      mesh({
        peerAuthentications: [rule('PeerAuthentication', 'default', { mtls: { mode: 'DISABLE' } })],
        destinationRules: [
          tls('shop', 'ISTIO_MUTUAL'),
          tls('legacy.plain.svc.cluster.local', 'ISTIO_MUTUAL'),
        ],
      }),
    );
    for (const url of ['http://shop/', 'http://legacy.plain/'])
      assert.equal((await get(lab, url)).status, 503);
    for (const line of lab.logs.get('client') ?? []) assert.match(line, / 503 UF/);
    assert.deepEqual(lab.received.get('legacy'), []);
  });

  test('auto mTLS speaks plaintext to a pod without a proxy', async () => {
    const lab = await proxiedLab(mesh({}));
    const answer = await get(lab, 'http://legacy.plain/');
    assert.deepEqual([answer.status, header(answer, 'server')], [200, 'envoy']);
    assert.match(
      lab.metrics.get('client')?.text() ?? '',
      /destination_workload="legacy",.*destination_service_name="legacy",destination_service_namespace="plain"/,
    );
  });

  test('policies deny by identity, method and path, with 403 RBAC: access denied', async () => {
    const lab = await proxiedLab(
      mesh({
        authorizationPolicies: [
          rule('AuthorizationPolicy', 'shop', {
            rules: [
              {
                from: [{ source: { principals: ['cluster.local/ns/app/sa/default'] } }],
                to: [{ operation: { methods: ['GET'], paths: ['/mine*'] } }],
              },
            ],
          }),
          rule('AuthorizationPolicy', 'no', {
            action: 'DENY',
            rules: [{ to: [{ operation: { paths: ['/mine/not'] } }] }],
          }),
        ],
      }),
    );
    const status = async (url: string, asking = {}) => (await get(lab, url, asking)).status;
    assert.equal(await status('http://shop/mine?x=1'), 200);
    assert.equal(await status('http://shop/mine/not'), 403);
    assert.equal(await status('http://shop/other'), 403);
    assert.equal(await status('http://shop/mine', { method: 'POST' }), 403);
    const outside = await lab.during(lab.ask('outside', 'http://shop.app/mine'));
    assert.deepEqual([outside.status, outside.body], [403, 'RBAC: access denied']);
    assert.match(lab.logs.get('client')?.at(-1) ?? '', /" 403 - via_upstream - /);
  });
});

describe('TCP', () => {
  const raw1 = pod({ name: 'raw-v1', ip: '10.244.0.50', labels: { version: 'v1' } });
  const raw2 = pod({ name: 'raw-v2', ip: '10.244.0.51', labels: { version: 'v2' } });
  const raw = service('raw', ['tcp-web:9000:80'], [raw1, raw2], { ip: '10.96.0.80' });

  test('an opaque port is passed through untouched, counted as connections, split by weight', async () => {
    const lab = await proxiedLab({
      pods: [client, raw1, raw2],
      services: [raw],
      destinationRules: [
        rule('DestinationRule', 'raw', {
          host: 'raw',
          subsets: [
            { name: 'v1', labels: { version: 'v1' } },
            { name: 'v2', labels: { version: 'v2' } },
          ],
        }),
      ],
      virtualServices: [
        rule('VirtualService', 'raw', {
          hosts: ['raw'],
          tcp: [
            {
              match: [{ port: 9000 }],
              route: [
                { destination: { host: 'raw', subset: 'v1' }, weight: 80 },
                { destination: { host: 'raw', subset: 'v2' }, weight: 20 },
              ],
            },
          ],
        }),
      ],
    });
    for (let count = 0; count < 100; count++) {
      const answer = await lab.ask('client', 'http://raw:9000/');
      assert.equal(header(answer, 'Server'), 'nginx');
    }
    await lab.net.clock.step(10);
    const first = lab.received.get('raw-v1')?.length ?? 0;
    assert.ok(first > 65 && first < 95, String(first));
    const text = lab.metrics.get('client')?.text() ?? '';
    assert.match(
      text,
      /istio_tcp_connections_opened_total\{reporter="source",.*request_protocol="tcp"/,
    );
    assert.doesNotMatch(text, /istio_requests_total/);
    assert.match(
      lab.metrics.get('raw-v1')?.text() ?? '',
      /istio_tcp_connections_closed_total\{reporter="destination",source_workload="client",.*mutual_tls/,
    );
    assert.deepEqual(lab.faults, []);
  });
});

describe('interception', () => {
  test('leaves alone the ports that a pod’s annotations exclude', async () => {
    const exempt = pod({
      name: 'client',
      ip: '10.244.0.5',
      annotations: { 'traffic.sidecar.istio.io/excludeOutboundPorts': '80, 8080' },
    });
    const lab = await proxiedLab({
      ...ruled([
        { fault: { abort: { percentage: { value: 100 }, httpStatus: 418 } }, route: toShop },
      ]),
      pods: [exempt, ...shopMesh.pods.slice(1)],
    });
    const answer = await get(lab);
    assert.deepEqual([answer.status, header(answer, 'server')], [200, 'istio-envoy']);
  });
});

describe('a push', () => {
  test('changes the next request, and taking everything away restores plain Kubernetes', async () => {
    const lab = await proxiedLab(ruled([{ route: to('v1') }]));
    for (let count = 0; count < 5; count++) assert.equal((await get(lab)).body, 'pod=shop-v1\n');
    lab.push(ruled([{ route: to('v2') }]));
    for (let count = 0; count < 5; count++) assert.equal((await get(lab)).body, 'pod=shop-v2\n');
    lab.push(shopMesh);
    const seen = new Set<string>();
    for (let count = 0; count < 30; count++) seen.add((await get(lab)).body);
    assert.equal(seen.size, 2);
  });
});

test('HTTP/1.0 on a port without a name is no HTTP to a proxy and passes as TCP', async () => {
  const shopV1 = pod({ name: 'shop-v1', ip: '10.244.0.6', labels: { app: 'shop' } });
  const unnamed = service('shop', [':80'], [shopV1]);
  const lab = await proxiedLab({ pods: [client, shopV1], services: [unnamed] });
  const answer = await get(lab, 'http://shop/', { version: '1.0' });
  assert.equal(answer.status, 200);
  assert.equal(header(answer, 'Server'), 'nginx');
  assert.equal((await get(lab)).status, 200);
  const text = lab.metrics.get('client')?.text() ?? '';
  assert.match(text, /istio_tcp_connections_opened_total\{[^}]*\} 1\n/);
  assert.match(text, /istio_requests_total\{[^}]*\} 1\n/);
});
