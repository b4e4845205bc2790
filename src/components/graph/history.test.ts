import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MeshCall, MeshFrame, MeshNode } from '../../../protocol/graph.ts';
import { History, SPAN_MS, STEP_MS } from './history.ts';
import { byTrouble, pictureOf, totals } from './picture.ts';

const node = (name: string, more: Partial<MeshNode> = {}): MeshNode => ({
  id: `default/${name}`,
  name,
  namespace: 'default',
  kind: 'service',
  proxy: true,
  tcp: false,
  health: 'healthy',
  versions: [{ name: 'v1', share: 1, failed: 0 }],
  rules: [],
  ...more,
});
const call = (from: string, to: string, more: Partial<MeshCall> = {}): MeshCall => ({
  id: `${from} ${to}`,
  from: `default/${from}`,
  to: `default/${to}`,
  protocol: 'http',
  rate: 1,
  failed: 0,
  refused: 0,
  health: 'healthy',
  mtls: 1,
  oneSided: false,
  codes: [],
  split: [],
  ...more,
});
const frame = (at: number, nodes: MeshNode[] = [], calls: MeshCall[] = []): MeshFrame => ({
  at,
  seconds: 60,
  nodes,
  calls,
});

test('five minutes are kept: the last one as it came, the others by steps', () => {
  const history = new History();
  const end = 20 * 60_000;
  for (let at = 0; at <= end; at += 1_000) history.add(frame(at));
  assert.equal(history.latest?.at, end);
  assert.equal(history.at(end - 30_000)?.at, end - 30_000);
  assert.equal(history.at(end - 3 * 60_000)?.at, end - 3 * 60_000);
  assert.equal(history.at(end - SPAN_MS - 60_000), undefined);
  const most = 61 + (SPAN_MS - 60_000) / STEP_MS + 1;
  assert.ok(history.size <= most, `${history.size} of ${most}`);
});

test('a frame of the past finds its place, and one of the same moment replaces it', () => {
  const history = new History();
  history.add(frame(100_000));
  history.add(frame(60_000, [node('a')]));
  history.add(frame(60_000, [node('b')]));
  assert.equal(history.latest?.at, 100_000);
  assert.equal(history.size, 2);
  assert.deepEqual(
    history.at(61_000)?.nodes.map(({ name }) => name),
    ['b'],
  );
  assert.equal(history.at(80_000), undefined);
});

test('what is quiet now keeps its place, and is idle', () => {
  const history = new History();
  const two = [
    { name: 'v1', share: 0.5, failed: 0 },
    { name: 'v2', share: 0.5, failed: 1 },
  ];
  history.add(
    frame(
      1_000,
      [node('a'), node('b', { versions: two, health: 'failure' }), node('mailer')],
      [call('a', 'b'), call('b', 'mailer', { rate: 2, failed: 1, health: 'failure' })],
    ),
  );
  const now = frame(2_000, [node('a'), node('b')], [call('a', 'b', { rate: 3 })]);
  history.add(now);
  const { nodes, calls } = pictureOf(now, history);
  assert.deepEqual(
    nodes.map(({ name, health, versions }) => [name, health, versions.map((one) => one.name)]),
    [
      ['a', 'healthy', ['v1']],
      ['b', 'healthy', ['v1', 'v2']],
      ['mailer', 'healthy', ['v1']],
    ],
  );
  assert.deepEqual(
    calls.map(({ id, rate, idle, health }) => [id, rate, idle, health]),
    [
      ['a b', 3, false, 'healthy'],
      ['b mailer', 0, true, 'healthy'],
    ],
  );
});

test('a call at rate nought is idle, too', () => {
  const history = new History();
  const now = frame(1_000, [node('a'), node('b')], [call('a', 'b', { rate: 0 })]);
  history.add(now);
  assert.equal(pictureOf(now, history).calls[0]?.idle, true);
});

test('a table lists what fails first and what is idle last', () => {
  const calls = [
    { ...call('a', 'fine'), idle: false },
    { ...call('a', 'idle'), idle: true },
    { ...call('a', 'worst', { failed: 0.5, health: 'failure' }), idle: false },
    { ...call('a', 'some', { failed: 0.02, health: 'degraded' }), idle: false },
    { ...call('a', 'bad', { failed: 0.2, health: 'failure' }), idle: false },
  ];
  assert.deepEqual(
    byTrouble(calls).map(({ to }) => to.replace('default/', '')),
    ['worst', 'bad', 'some', 'fine', 'idle'],
  );
  assert.deepEqual(
    totals({ calls: [{ ...call('a', 'b', { rate: 3, failed: 0.5 }), idle: false }] }),
    {
      rate: 3,
      failed: 0.5,
    },
  );
});
