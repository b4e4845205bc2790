import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KubeObject, ManagedFieldsEntry } from '../../object.ts';
import type { SchemaNode } from '../../schema/openapi.ts';
import { planOf } from './field-plan.ts';
import { EMPTY } from './field-set.ts';
import { type FieldManagement, sameOwnership, workedOut } from './managed-fields.ts';
import { keepsOwners } from './same-owners.ts';

const v1 = 'test/v1';
const text: SchemaNode = { type: 'string' };
const texts: SchemaNode = { type: 'object', additionalProperties: text };
const root: SchemaNode = {
  type: 'object',
  properties: {
    metadata: {
      type: 'object',
      properties: { name: text, uid: text, resourceVersion: text, creationTimestamp: text },
    },
    spec: {
      type: 'object',
      properties: {
        beat: text,
        options: texts,
        selector: { ...texts, 'x-kubernetes-map-type': 'atomic' },
        hosts: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
      },
    },
  },
};
const plan = planOf({ root, resolve: (node) => node });

type Spec = Record<string, unknown>;

function object(spec: Spec, managedFields?: ManagedFieldsEntry[]): KubeObject {
  const metadata = { name: 'a', uid: '', resourceVersion: '1', creationTimestamp: '' };
  return {
    apiVersion: v1,
    kind: 'Thing',
    metadata: { ...metadata, ...(managedFields && { managedFields }) },
    spec,
  };
}

const management: FieldManagement = {
  versions: { plan: () => plan, convert: (value: unknown) => value },
  apiVersion: v1,
  empty: object({}),
  ignored: EMPTY,
};

const writer = (manager: string, subresource?: string) => ({
  manager,
  subresource,
  apiVersion: v1,
  time: '2026-01-01T00:00:00Z',
});

const written = (live: KubeObject | undefined, spec: Spec, by = writer('one')) =>
  object(spec, workedOut(management, live, object(spec), by));

test('a beat of the one who owns the field keeps the owners', () => {
  const live = written(undefined, { beat: '1', options: { a: 'x' } });
  assert.ok(keepsOwners(live, object({ beat: '2', options: { a: 'x' } }), writer('one')));
});

test('a value of somebody else, a new field and a missing one are worked out', () => {
  const live = written(undefined, { beat: '1' });
  assert.ok(!keepsOwners(live, object({ beat: '2' }), writer('two')));
  assert.ok(!keepsOwners(live, object({ beat: '2' }), writer('one', 'status')));
  assert.ok(!keepsOwners(live, object({ beat: '1', options: {} }), writer('one')));
  assert.ok(!keepsOwners(live, object({}), writer('one')));
});

test('a write that brings entries of its own is worked out', () => {
  const live = written(undefined, { beat: '1' });
  assert.ok(!keepsOwners(live, object({ beat: '2' }, [{}]), writer('one')));
});

test('whatever is called kept is what is worked out', () => {
  const value = fc.constantFrom('x', 'y', 'z');
  // Shapes that change now and then, values that change often.
  const map = fc.record({ a: value, b: fc.option(value, { freq: 8, nil: undefined }) });
  const spec = fc.record({
    beat: value,
    options: fc.option(map, { freq: 8, nil: undefined }),
    selector: fc.constantFrom({ a: 'x' }, { a: 'x' }, { a: 'x' }, { a: 'y' }),
    hosts: fc.constantFrom(['x'], ['x'], ['x'], ['x', 'y']),
  });
  const write = fc.record({ spec, manager: fc.constantFrom('one', 'two') });
  let kept = 0;
  fc.assert(
    fc.property(fc.array(write, { minLength: 2, maxLength: 8 }), (writes) => {
      let live: KubeObject | undefined;
      for (const { spec: next, manager } of writes) {
        const by = writer(manager);
        const entries = workedOut(management, live, object(next), by);
        if (live && keepsOwners(live, object(next), by)) {
          kept++;
          assert.ok(sameOwnership(entries, live.metadata.managedFields));
        }
        live = object(next, entries);
      }
    }),
    { numRuns: 2_000 },
  );
  assert.ok(kept > 100, `${kept} writes were kept`);
});
