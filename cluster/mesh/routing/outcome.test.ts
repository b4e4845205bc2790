import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../network/testing/network-lab.ts';
import { routeFor } from '../proxy/matching.ts';
import { weighted } from '../proxy/router.ts';
import { PATHS, destinationRules, ruledMesh, virtualServices } from '../testing/arbitrary-rules.ts';
import { client, seenBy } from '../testing/mesh-lab.ts';
import { proxiedLab } from '../testing/proxied-lab.ts';
import { listenerFor } from './listeners.ts';
import type { ProxyConfig } from './proxy-config.ts';
import { virtualHostFor } from './virtual-hosts.ts';

/** Everything that may become of a request, as the proxy would decide it. */
function outcomes(
  config: ProxyConfig,
  asked: { host: string; path: string; method: string; canary: boolean },
  random: () => number,
): string[] {
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
  if (!route) return ['NR'];
  if (route.action.kind !== 'forward') return [route.action.kind];
  const chosen = weighted(route.action.clusters, random);
  assert.ok(chosen, 'a route that forwards has a cluster');
  if (chosen.cluster === 'PassthroughCluster') return ['passthrough'];
  const cluster = config.outbound.clusters.get(chosen.cluster);
  if (!cluster) return ['NC'];
  return [cluster.endpoints.length > 0 ? 'endpoint' : 'UH'];
}

test('any valid set of VirtualServices and DestinationRules gives each request exactly one outcome', () => {
  fc.assert(
    fc.property(
      virtualServices,
      destinationRules,
      fc.record({
        host: fc.constantFrom(
          'shop',
          'shop.app:80',
          'trio.app.svc.cluster.local',
          'far.example',
          'who',
        ),
        path: fc.constantFrom(...PATHS, '/cart?x=1'),
        method: fc.constantFrom('GET', 'POST'),
        canary: fc.boolean(),
      }),
      fc.integer(),
      (virtual, destination, asked, seed) => {
        const config = seenBy(client, {
          ...ruledMesh,
          virtualServices: virtual,
          destinationRules: destination,
        });
        assert.equal(outcomes(config, asked, seeded(seed)).length, 1);
        // A domain belongs to one virtual host only.
        const domains = [...config.outbound.routes.values()].flatMap(({ virtualHosts }) =>
          virtualHosts.flatMap((each) => each.domains),
        );
        assert.equal(new Set(domains).size, domains.length);
      },
    ),
    { numRuns: 300 },
  );
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
      assert.ok([200, 301, 404, 418, 503].includes(ruled.status), String(ruled.status));
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
