import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Labels } from '../labels.ts';
import { type RelabelRule, defaultRelabelRule, relabelled } from './relabel.ts';

const after = (labels: Record<string, string>, ...rules: Partial<RelabelRule>[]) =>
  relabelled(
    Labels.from(labels),
    rules.map((rule) => ({ ...defaultRelabelRule, ...rule })),
  )?.toObject();

test('replace writes what its expression found, and nothing where it found nothing', () => {
  const port: Partial<RelabelRule> = {
    sourceLabels: ['ip', 'port'],
    regex: '([\\d.]+);(\\d+)',
    targetLabel: 'address',
    replacement: '${1}:$2',
  };
  assert.deepEqual(after({ ip: '10.0.0.1', port: '80' }, port), {
    ip: '10.0.0.1',
    port: '80',
    address: '10.0.0.1:80',
  });
  assert.deepEqual(after({ ip: '10.0.0.1' }, port), { ip: '10.0.0.1' });
});

test('an empty replacement takes a label away', () => {
  assert.deepEqual(after({ a: '1', b: '2' }, { targetLabel: 'a', replacement: '' }), { b: '2' });
});

test('keep and drop decide about all of it, over the whole text', () => {
  const rule: Partial<RelabelRule> = { sourceLabels: ['a'], regex: 'yes|no' };
  assert.ok(after({ a: 'yes' }, { ...rule, action: 'keep' }));
  assert.equal(after({ a: 'yes!' }, { ...rule, action: 'keep' }), undefined);
  assert.equal(after({ a: 'no' }, { ...rule, action: 'drop' }), undefined);
  assert.ok(after({}, { ...rule, action: 'drop' }));
});

test('labelmap copies, labeldrop and labelkeep remove', () => {
  assert.deepEqual(
    after({ meta_label_app: 'x', other: 'y' }, { action: 'labelmap', regex: 'meta_label_(.+)' }),
    { app: 'x', meta_label_app: 'x', other: 'y' },
  );
  assert.deepEqual(after({ aa: '1', b: '2' }, { action: 'labeldrop', regex: 'a+' }), { b: '2' });
  assert.deepEqual(after({ aa: '1', b: '2' }, { action: 'labelkeep', regex: 'a+' }), { aa: '1' });
});

test('values are compared and changed in case', () => {
  const equal: Partial<RelabelRule> = { sourceLabels: ['a'], targetLabel: 'b' };
  assert.ok(after({ a: 'x', b: 'x' }, { ...equal, action: 'keepequal' }));
  assert.equal(after({ a: 'x', b: 'x' }, { ...equal, action: 'dropequal' }), undefined);
  assert.deepEqual(after({ a: 'Xy' }, { ...equal, action: 'lowercase' }), { a: 'Xy', b: 'xy' });
});
