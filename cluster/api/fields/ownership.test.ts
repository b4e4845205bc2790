import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { SchemaNode } from '../../schema/openapi.ts';
import { planOf } from './field-plan.ts';
import { equal, pathText, pathsOf, EMPTY } from './field-set.ts';
import { type Owner, OwnershipConflict, applyConfig, updateOwners } from './ownership.ts';
import { fieldsOfValue, merge } from './walks.ts';

const text: SchemaNode = { type: 'string' };
const root: SchemaNode = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        replicas: { type: 'integer' },
        image: text,
        labels: { type: 'object', additionalProperties: text },
        selector: { type: 'object', additionalProperties: text, 'x-kubernetes-map-type': 'atomic' },
        hosts: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
        args: { type: 'array', items: text },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port'],
          items: { type: 'object', properties: { port: { type: 'integer' }, name: text } },
        },
      },
    },
  },
};
const plan = planOf({ root, resolve: (node) => node });
const versions = { plan: () => plan, convert: (object: unknown) => object };

interface State {
  object: unknown;
  owners: ReadonlyMap<string, Owner>;
}

const nothing: State = { object: {}, owners: new Map() };
const v1 = 'test/v1';

function apply({ object, owners }: State, writer: string, spec: unknown, force = false): State {
  const write = { versions, apiVersion: v1, live: object, owners, writer, ignored: EMPTY };
  return applyConfig(write, { spec }, force);
}

function update({ object, owners }: State, writer: string, spec: unknown): State {
  const write = { versions, apiVersion: v1, live: object, owners, writer, ignored: EMPTY };
  const updated = { spec };
  return { object: updated, owners: updateOwners(write, updated) };
}

function owned({ owners }: State, writer: string): string[] {
  return pathsOf(owners.get(writer)?.set ?? EMPTY).map(pathText);
}

function conflictsOf(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (!(error instanceof OwnershipConflict)) throw error;
    return error.conflicts.map(({ owner, path }) => `${owner} ${pathText(path)}`);
  }
  return [];
}

describe('updates', () => {
  test('a writer owns what it set', () => {
    const state = update(nothing, 'ann', { replicas: 1, ports: [{ port: 80, name: 'http' }] });
    assert.deepEqual(owned(state, 'ann'), [
      '.spec',
      '.spec.ports',
      '.spec.ports[port=80]',
      '.spec.ports[port=80].name',
      '.spec.ports[port=80].port',
      '.spec.replicas',
    ]);
  });

  test('whoever changes a field takes it over; an update never conflicts', () => {
    const first = update(nothing, 'ann', { replicas: 1, image: 'a' });
    const second = update(first, 'bob', { replicas: 2, image: 'a' });
    assert.deepEqual(owned(second, 'bob'), ['.spec.replicas']);
    assert.deepEqual(owned(second, 'ann'), ['.spec', '.spec.image']);
  });

  test('what is taken away belongs to nobody', () => {
    const first = update(nothing, 'ann', { replicas: 1, image: 'a' });
    const second = update(first, 'bob', { image: 'a' });
    assert.deepEqual(owned(second, 'ann'), ['.spec', '.spec.image']);
    assert.deepEqual(owned(second, 'bob'), []);
  });
});

describe('applies', () => {
  test('an applier owns what its configuration says', () => {
    const state = apply(nothing, 'ann', { replicas: 1, labels: { a: '1' } });
    assert.deepEqual(state.object, { spec: { replicas: 1, labels: { a: '1' } } });
    assert.deepEqual(owned(state, 'ann'), ['.spec.labels.a', '.spec.replicas']);
  });

  test('another value for a field of somebody else is a conflict, and forcing takes the field', () => {
    const first = apply(nothing, 'ann', { replicas: 1, image: 'a' });
    assert.deepEqual(
      conflictsOf(() => apply(first, 'bob', { replicas: 2, image: 'b' })),
      ['ann .spec.image', 'ann .spec.replicas'],
    );
    const second = apply(first, 'bob', { replicas: 2 }, true);
    assert.deepEqual(second.object, { spec: { replicas: 2, image: 'a' } });
    assert.deepEqual(owned(second, 'bob'), ['.spec.replicas']);
    assert.deepEqual(owned(second, 'ann'), ['.spec.image']);
  });

  test('the same value is shared', () => {
    const state = apply(apply(nothing, 'ann', { replicas: 1 }), 'bob', { replicas: 1 });
    assert.deepEqual(owned(state, 'ann'), ['.spec.replicas']);
    assert.deepEqual(owned(state, 'bob'), ['.spec.replicas']);
  });

  test('what is no longer applied vanishes, unless somebody else owns it too', () => {
    const both = apply(apply(nothing, 'ann', { replicas: 1, image: 'a' }), 'bob', { image: 'a' });
    const after = apply(both, 'ann', {});
    assert.deepEqual(after.object, { spec: { image: 'a' } });
  });

  test('what an update set stays when an applier drops it', () => {
    const applied = apply(nothing, 'ann', { labels: { a: '1' } });
    const labels = { a: '1', b: '2' };
    const updated = update(applied, 'bob', { labels });
    assert.deepEqual(apply(updated, 'ann', {}).object, { spec: { labels: { b: '2' } } });
  });

  test('items of keyed lists are applied one by one; what is there already comes first', () => {
    const first = apply(nothing, 'ann', { ports: [{ port: 80, name: 'http' }] });
    const second = apply(first, 'bob', { ports: [{ port: 443, name: 'https' }] });
    assert.deepEqual(second.object, {
      spec: {
        ports: [
          { port: 80, name: 'http' },
          { port: 443, name: 'https' },
        ],
      },
    });
    assert.deepEqual(apply(second, 'ann', { ports: [] }).object, {
      spec: { ports: [{ port: 443, name: 'https' }] },
    });
  });

  test('sets of values are shared value by value; plain lists are one piece', () => {
    const first = apply(nothing, 'ann', { hosts: ['a', 'b'], args: ['x'] });
    const second = apply(first, 'bob', { hosts: ['b', 'c'] });
    assert.deepEqual(second.object, { spec: { hosts: ['a', 'b', 'c'], args: ['x'] } });
    assert.deepEqual(
      conflictsOf(() => apply(second, 'bob', { args: ['y'] })),
      ['ann .spec.args'],
    );
  });

  test('an atomic map is one piece', () => {
    const first = apply(nothing, 'ann', { selector: { app: 'a' } });
    assert.deepEqual(
      conflictsOf(() => apply(first, 'bob', { selector: { tier: 'web' } })),
      ['ann .spec.selector'],
    );
  });
});

describe('for every history', () => {
  const plain = { noNullPrototype: true };
  const names = fc.constantFrom('a', 'b', 'c');
  const spec = fc.record(
    {
      replicas: fc.integer({ min: 0, max: 3 }),
      image: names,
      labels: fc.dictionary(names, names, plain),
      selector: fc.dictionary(names, names, plain),
      hosts: fc.uniqueArray(names),
      args: fc.array(names),
      ports: fc.uniqueArray(
        fc.record({ port: fc.integer({ min: 1, max: 3 }), name: names }, plain),
        {
          selector: ({ port }) => port,
        },
      ),
    },
    { requiredKeys: [], ...plain },
  );
  const writers = fc.constantFrom('ann', 'bob', 'cid');
  const histories = fc.array(
    fc.record({ writer: writers, spec, how: fc.constantFrom('apply', 'update') }),
    {
      maxLength: 6,
    },
  );

  const play = (history: { writer: string; spec: unknown; how: string }[]) =>
    history.reduce(
      (state, step) =>
        step.how === 'apply'
          ? apply(state, `${step.writer}!`, step.spec, true)
          : update(state, step.writer, step.spec),
      nothing,
    );

  /** Who applies an empty map owns its name, even when the map is dropped for being empty. */
  const MAPS = new Set(['.spec', '.spec.labels']);

  test('nobody owns what is not there', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { object, owners } = play(history);
        for (const [writer, { set }] of owners)
          for (const path of pathsOf(set).filter((each) => !MAPS.has(pathText(each))))
            assert.ok(valueAt(object, path) !== undefined, `${writer} owns ${pathText(path)}`);
      }),
    );
  });

  test('an applied configuration is in the object, and is what its applier owns', () => {
    fc.assert(
      fc.property(histories, spec, (history, config) => {
        const state = apply(play(history), 'dan', config, true);
        assert.deepEqual(merge(plan, state.object, { spec: config }), state.object);
        const wanted = fieldsOfValue(plan, { spec: config });
        assert.ok(equal(state.owners.get('dan')?.set ?? EMPTY, wanted));
      }),
    );
  });

  test('applying the same again changes nothing and conflicts with nobody', () => {
    fc.assert(
      fc.property(histories, spec, (history, config) => {
        const once = apply(play(history), 'dan', config, true);
        const twice = apply(once, 'dan', config);
        assert.deepEqual(twice.object, once.object);
        assert.deepEqual([...twice.owners.keys()].sort(), [...once.owners.keys()].sort());
        for (const [writer, { set }] of once.owners)
          assert.ok(equal(set, twice.owners.get(writer)?.set ?? EMPTY), writer);
      }),
    );
  });

  test('applying what is there already conflicts with nobody', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const state = play(history);
        const { spec: present } = state.object as { spec?: unknown };
        assert.deepEqual(
          conflictsOf(() => apply(state, 'dan', present ?? {})),
          [],
        );
      }),
    );
  });
});

function valueAt(object: unknown, path: readonly string[]): unknown {
  let here = object;
  for (const step of path) {
    const rest = step.slice(2);
    if (Array.isArray(here)) {
      const wanted = JSON.parse(rest) as Record<string, unknown>;
      here = here.find((item: Record<string, unknown>) =>
        step.startsWith('v:')
          ? (item as unknown) === wanted
          : Object.entries(wanted).every(([key, value]) => item[key] === value),
      );
    } else {
      here = (here as Record<string, unknown> | undefined)?.[rest];
    }
  }
  return here;
}
