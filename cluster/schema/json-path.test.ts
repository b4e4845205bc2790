import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findValues, parseJsonPath } from './json-path.ts';

const object = {
  metadata: { labels: { 'app.kubernetes.io/name': 'web' } },
  spec: { hosts: ['a', 'b', 'c'], route: { weight: 10 } },
  status: {
    conditions: [
      { type: 'Ready', status: 'True', age: 3 },
      { type: 'Synced', status: 'False', age: 7 },
    ],
  },
};

const find = (text: string) => {
  const path = parseJsonPath(text);
  assert.ok(!('error' in path), text);
  return findValues(path, object);
};

test('paths lead to fields, items and filtered items', () => {
  assert.deepEqual(find('.spec.route.weight'), [10]);
  assert.deepEqual(find('spec.route.weight'), [10]);
  assert.deepEqual(find('{.spec.hosts}'), [['a', 'b', 'c']]);
  assert.deepEqual(find('.spec.hosts[0]'), ['a']);
  assert.deepEqual(find('.spec.hosts[-1]'), ['c']);
  assert.deepEqual(find('.spec.hosts[*]'), ['a', 'b', 'c']);
  assert.deepEqual(find('.spec.hosts[1:]'), ['b', 'c']);
  assert.deepEqual(find(`.status.conditions[?(@.type=="Ready")].status`), ['True']);
  assert.deepEqual(find(`.status.conditions[?(@.age>5)].type`), ['Synced']);
  assert.deepEqual(find(`.metadata.labels['app.kubernetes.io/name']`), ['web']);
  assert.deepEqual(find(`.metadata.labels.app\\.kubernetes\\.io/name`), ['web']);
  assert.deepEqual(find('..weight'), [10]);
});

test('a path that leads nowhere finds nothing', () => {
  assert.deepEqual(find('.spec.nope.deeper'), []);
  assert.deepEqual(find('.spec.hosts[9]'), []);
});

test('what is no path is refused', () => {
  assert.ok('error' in parseJsonPath('.spec[?'));
});
