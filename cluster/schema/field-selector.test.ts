import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../object.ts';
import { matchesFields, parseFieldSelector, unsupportedField } from './field-selector.ts';
import { selectableFieldsOf } from './selectable-fields.ts';

const pods = { selectableFields: selectableFieldsOf('pods') };
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web',
    namespace: 'default',
    uid: '1',
    resourceVersion: '1',
    creationTimestamp: '',
  },
  spec: { nodeName: 'lab' },
  status: { phase: 'Running' },
} satisfies KubeObject;

const parsed = (text: string) => {
  const selector = parseFieldSelector(text);
  if ('error' in selector) throw new Error(selector.error);
  return selector;
};

test('fields of metadata and those that a kind offers select objects', () => {
  assert.equal(matchesFields(parsed('status.phase=Running,spec.nodeName!=other'), pod, pods), true);
  assert.equal(matchesFields(parsed('metadata.name=other'), pod, pods), false);
  assert.equal(matchesFields(parsed('metadata.namespace==default'), pod, pods), true);
  assert.equal(matchesFields(parsed(''), pod, pods), true);
});

test('other fields, and text that is no selector, are refused in the real words', () => {
  assert.equal(
    unsupportedField(parsed('spec.foo=bar'), pods),
    'field label not supported: spec.foo',
  );
  assert.deepEqual(parseFieldSelector('nonsense'), {
    error: "invalid selector: 'nonsense'; can't understand 'nonsense'",
  });
  assert.deepEqual(parseFieldSelector('a=b=c'), {
    error: 'invalid field selector: unescaped character in value: 61',
  });
  assert.deepEqual(parsed('a=b\\,c'), [{ field: 'a', equal: true, value: 'b,c' }]);
});
