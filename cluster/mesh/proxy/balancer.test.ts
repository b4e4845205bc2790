import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../../network/testing/network-lab.ts';
import { rule, shopMesh } from '../testing/mesh-lab.ts';
import { proxiedLab } from '../testing/proxied-lab.ts';
import { type Balanced, Balancer } from './balancer.ts';
import { weighted } from './router.ts';

const hosts = (...active: number[]): Balanced[] =>
  active.map((number, index) => ({ key: `10.244.0.${index}:80`, active: number }));

function counts(pick: () => string | undefined, total: number): Map<string, number> {
  const found = new Map<string, number>();
  for (let count = 0; count < total; count++) {
    const key = pick() ?? 'none';
    found.set(key, (found.get(key) ?? 0) + 1);
  }
  return found;
}

/** Sum of squared deviations over what was expected. */
function chiSquare(found: Map<string, number>, expected: Map<string, number>): number {
  return [...expected].reduce(
    (sum, [key, number]) => sum + ((found.get(key) ?? 0) - number) ** 2 / number,
    0,
  );
}

/** Two degrees of freedom, one in a thousand. */
const LIMIT = 13.82;
/** The same for one degree of freedom. */
const ONE_FREEDOM = 10.83;

test('RANDOM and an idle LEAST_REQUEST spread evenly, by chi-square', () => {
  const three = hosts(0, 0, 0);
  const even = new Map(three.map(({ key }) => [key, 1_000]));
  for (const kind of ['RANDOM', 'LEAST_REQUEST'] as const) {
    const balancer = new Balancer(kind, seeded(11));
    const found = counts(() => balancer.pick(three, undefined)?.key, 3_000);
    assert.ok(chiSquare(found, even) < LIMIT, `${kind} ${JSON.stringify([...found])}`);
  }
});

test('ROUND_ROBIN gives each host its turn', () => {
  const three = hosts(0, 0, 0);
  const balancer = new Balancer('ROUND_ROBIN', seeded(3));
  const found = counts(() => balancer.pick(three, undefined)?.key, 90);
  assert.deepEqual([...found.values()], [30, 30, 30]);
});

test('LEAST_REQUEST prefers the less busy of two', () => {
  const two = hosts(5, 0);
  const balancer = new Balancer('LEAST_REQUEST', seeded(5));
  const found = counts(() => balancer.pick(two, undefined)?.key, 1_000);
  const busy = found.get('10.244.0.0:80') ?? 0;
  // Both draws fall on the busy one in a quarter of the cases.
  assert.ok(busy > 200 && busy < 300, String(busy));
});

test('HASH keeps a value on its host, and moves only the values of a host that goes', () => {
  const three = hosts(0, 0, 0);
  const balancer = new Balancer('HASH', seeded(7));
  const values = Array.from({ length: 200 }, (_, index) => `user-${index}`);
  const before = new Map(values.map((value) => [value, balancer.pick(three, value)?.key]));
  for (const value of values) assert.equal(balancer.pick(three, value)?.key, before.get(value));
  const left = three.slice(0, 2);
  for (const value of values)
    if (before.get(value) !== three[2]?.key)
      assert.equal(balancer.pick(left, value)?.key, before.get(value));
  assert.equal(new Set(before.values()).size, 3);
});

test('weights are shares of their sum, whatever it is, by chi-square', () => {
  const mutations = { set: [], add: [], remove: [] };
  const cluster = (name: string, weight: number) => ({
    cluster: name,
    weight,
    request: mutations,
    response: mutations,
  });
  const clusters = [cluster('a', 2), cluster('b', 1), cluster('c', 1)];
  const random = seeded(13);
  const found = counts(() => weighted(clusters, random)?.cluster, 4_000);
  const expected = new Map([
    ['a', 2_000],
    ['b', 1_000],
    ['c', 1_000],
  ]);
  assert.ok(chiSquare(found, expected) < LIMIT, JSON.stringify([...found]));
});

test('HASH spreads many values evenly, by chi-square', () => {
  const three = hosts(0, 0, 0);
  const balancer = new Balancer('HASH', seeded(7));
  let value = 0;
  const found = counts(() => balancer.pick(three, `user-${value++}`)?.key, 3_000);
  const even = new Map(three.map(({ key }) => [key, 1_000]));
  assert.ok(chiSquare(found, even) < LIMIT, JSON.stringify([...found]));
});

test('faults and mirrors take their percentage, by chi-square', async () => {
  const percent = 30;
  const asked = 1_000;
  const lab = await proxiedLab(
    {
      ...shopMesh,
      virtualServices: [
        rule('VirtualService', 'shop', {
          hosts: ['shop'],
          http: [
            {
              match: [{ uri: { prefix: '/fault' } }],
              fault: { abort: { percentage: { value: percent }, httpStatus: 429 } },
              route: [{ destination: { host: 'shop' } }],
            },
            {
              route: [{ destination: { host: 'shop', subset: 'v1' } }],
              mirrors: [
                { destination: { host: 'shop', subset: 'v2' }, percentage: { value: percent } },
              ],
            },
          ],
        }),
      ],
      destinationRules: [
        rule('DestinationRule', 'shop', {
          host: 'shop',
          subsets: [
            { name: 'v1', labels: { version: 'v1' } },
            { name: 'v2', labels: { version: 'v2' } },
          ],
        }),
      ],
    },
    { seed: 17 },
  );
  let aborted = 0;
  for (let count = 0; count < asked; count++)
    if ((await lab.during(lab.ask('client', 'http://shop/fault'))).status === 429) aborted++;
  const before = lab.received.get('shop-v2')?.length ?? 0;
  for (let count = 0; count < asked; count++)
    await lab.during(lab.ask('client', 'http://shop/copied'));
  await lab.net.clock.step(100);
  const mirrored = (lab.received.get('shop-v2')?.length ?? 0) - before;
  for (const taken of [aborted, mirrored]) {
    const found = new Map([
      ['taken', taken],
      ['left', asked - taken],
    ]);
    const expected = new Map([
      ['taken', (asked * percent) / 100],
      ['left', asked - (asked * percent) / 100],
    ]);
    assert.ok(chiSquare(found, expected) < ONE_FREEDOM, String(taken));
  }
});
