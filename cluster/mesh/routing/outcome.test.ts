import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { routeFor } from '../proxy/matching.ts';
import { PATHS, destinationRules, ruledMesh, virtualServices } from '../testing/arbitrary-rules.ts';
import { client, seenBy } from '../testing/mesh-lab.ts';
import { proxiedLab } from '../testing/proxied-lab.ts';
import { listenerFor } from './listeners.ts';
import type { ProxyConfig } from './proxy-config.ts';
import { virtualHostFor } from './virtual-hosts.ts';

interface Asked {
  host: string;
  path: string;
  method: string;
  canary: boolean;
}

const requests: fc.Arbitrary<Asked> = fc.record({
  host: fc.constantFrom('shop', 'shop.app:80', 'trio.app.svc.cluster.local', 'far.example', 'who'),
  path: fc.constantFrom(...PATHS, '/cart?x=1'),
  method: fc.constantFrom('GET', 'POST'),
  canary: fc.boolean(),
});

/** What the tables of a proxy leave open to chance: kinds of ends, each with the status that tells it. */
function possibleOutcomes(config: ProxyConfig, asked: Asked): string[] {
  const listener = listenerFor(config.outbound.listeners, { ip: '10.96.0.14', port: 80 });
  assert.equal(listener?.protocol, 'http');
  const routes = config.outbound.routes.get(listener.routes ?? '');
  const virtualHost = routes && virtualHostFor(routes, asked.host);
  assert.ok(virtualHost, 'the catch-all takes every host');
  const route = routeFor(virtualHost.routes, {
    method: asked.method,
    authority: asked.host,
    target: asked.path,
    headers: asked.canary ? [['canary', 'true']] : [],
  });
  if (!route) return ['404 NR'];
  if (route.action.kind === 'redirect') return ['301 -'];
  if (route.action.kind === 'direct') return ['418 -'];
  const { clusters } = route.action;
  assert.ok(clusters.length > 0, 'a route that forwards has a cluster');
  const chosen = clusters.filter(({ weight }) => clusters.length === 1 || weight > 0);
  assert.ok(chosen.length > 0, 'one of them gets what comes');
  const ends = chosen.map(({ cluster: name }) => {
    if (name === 'PassthroughCluster') return '200 -';
    const cluster = config.outbound.clusters.get(name);
    if (!cluster) return '503 NC';
    return cluster.endpoints.length > 0 ? '200 -' : '503 UH';
  });
  return route.fault ? [...ends, '429 FI'] : ends;
}

test('any valid set of VirtualServices and DestinationRules leaves a proxy no domain twice and no route without an end', () => {
  fc.assert(
    fc.property(virtualServices, destinationRules, requests, (virtual, destination, asked) => {
      const config = seenBy(client, {
        ...ruledMesh,
        virtualServices: virtual,
        destinationRules: destination,
      });
      assert.ok(possibleOutcomes(config, asked).length > 0);
      const domains = [...config.outbound.routes.values()].flatMap(({ virtualHosts }) =>
        virtualHosts.flatMap((each) => each.domains),
      );
      assert.equal(new Set(domains).size, domains.length);
    }),
    { numRuns: 300 },
  );
});

test('any valid set of rules gives each request exactly one outcome: one answer, one line, one count, as the tables foretell', async () => {
  const mesh = { accessLogFile: '/dev/stdout' };
  const lab = await proxiedLab({ ...ruledMesh, mesh });
  const lines = lab.logs.get('client') ?? [];
  const counted = () =>
    (lab.metrics.get('client')?.text() ?? '')
      .split('\n')
      .filter((line) => line.startsWith('istio_requests_total{'))
      .reduce((sum, line) => sum + Number(line.split('} ')[1]), 0);
  await fc.assert(
    fc.asyncProperty(
      virtualServices,
      destinationRules,
      requests,
      async (virtual, destination, asked) => {
        const draft = {
          ...ruledMesh,
          mesh,
          virtualServices: virtual,
          destinationRules: destination,
        };
        lab.push(draft);
        const before = { lines: lines.length, counted: counted() };
        const answer = await lab.during(
          lab.ask('client', `http://shop${asked.path}`, {
            host: asked.host,
            method: asked.method,
            headers: asked.canary ? [['canary', 'true']] : [],
          }),
        );
        assert.equal(lines.length - before.lines, 1);
        assert.equal(counted() - before.counted, 1);
        const flag = /HTTP\/1\.1" \d+ (\S+)/.exec(lines.at(-1) ?? '')?.[1];
        const possible = possibleOutcomes(seenBy(client, draft), asked);
        assert.ok(
          possible.includes(`${answer.status} ${flag}`),
          `${answer.status} ${flag} is none of ${possible.join(', ')}`,
        );
      },
    ),
    { numRuns: 150 },
  );
  assert.deepEqual(lab.faults, []);
});

test('the order in which rules were listed changes nothing', () => {
  fc.assert(
    fc.property(virtualServices, fc.integer({ min: 0, max: 4 }), (objects, turn) => {
      const turned = [...objects.slice(turn), ...objects.slice(0, turn)];
      assert.deepEqual(
        seenBy(client, { ...ruledMesh, virtualServices: turned }),
        seenBy(client, { ...ruledMesh, virtualServices: objects }),
      );
    }),
    { numRuns: 100 },
  );
});

test('whatever rules were there, taking them all away restores plain Kubernetes', async () => {
  const lab = await proxiedLab(ruledMesh);
  await fc.assert(
    fc.asyncProperty(virtualServices, destinationRules, async (virtual, destination) => {
      lab.push({ ...ruledMesh, virtualServices: virtual, destinationRules: destination });
      const ruled = await lab.ask('client', 'http://shop/a');
      assert.ok([200, 301, 404, 418, 429, 503].includes(ruled.status), String(ruled.status));
      lab.push(ruledMesh);
      for (const url of ['http://shop/a', 'http://trio.app/']) {
        const { status, body } = await lab.ask('client', url);
        assert.equal(status, 200);
        assert.match(body, /^pod=shop-v[12]\n$/);
      }
    }),
    { numRuns: 50 },
  );
  assert.deepEqual(lab.faults, []);
});
