import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MeshNode } from '../../../protocol/graph.ts';
import type { DrawnCall } from './picture.ts';
import {
  callLabel,
  callStory,
  encrypted,
  gapWords,
  milliseconds,
  nodeStory,
  overview,
  percent,
  rateOf,
  seenBy,
  summary,
  troubleCodes,
  underName,
} from './words.ts';

const call: DrawnCall = {
  id: 'a b http',
  from: 'default/backend',
  to: 'default/payments',
  protocol: 'http',
  rate: 3,
  failed: 0.271,
  refused: 0,
  health: 'failure',
  p95: 1_840,
  mtls: 1,
  oneSided: false,
  codes: [
    { code: '200', share: 0.729, flags: [] },
    { code: '503', share: 0.271, flags: ['UH'] },
  ],
  split: [],
  idle: false,
};
const node: MeshNode = {
  id: 'default/payments',
  name: 'payments',
  namespace: 'default',
  kind: 'service',
  proxy: true,
  tcp: false,
  health: 'healthy',
  versions: [{ name: 'v1', share: 1, failed: 0 }],
  pods: { wanted: 2, available: 2 },
  rules: [],
};
const nameOf = (id: string) => id.replace('default/', '');

test('figures are printed as the look wants them', () => {
  assert.deepEqual([0, 0.0001, 0.001, 0.05, 0.271, 0.9, 0.9999, 1].map(percent), [
    '0%',
    '<0.1%',
    '0.1%',
    '5%',
    '27.1%',
    '90%',
    '100%',
    '100%',
  ]);
  assert.deepEqual(
    [0.01, 5.3, 99.94, 1_234.5].map((rate) => rateOf({ protocol: 'http', rate })),
    ['<0.1/s', '5.3/s', '99.9/s', '1,235/s'],
  );
  assert.deepEqual(
    [52.2, 1_800, 18_432, 2_500_000].map((rate) => rateOf({ protocol: 'tcp', rate })),
    ['52 B/s', '1.8 kB/s', '18 kB/s', '2.5 MB/s'],
  );
  assert.deepEqual([4.75, 9, 41.3, 1_840].map(milliseconds), [
    '4.8 ms',
    '9 ms',
    '41 ms',
    '1,840 ms',
  ]);
});

test('a failing call says how many, as what, and why', () => {
  assert.equal(
    callStory(call),
    'About one request in four failed. They come back as 503 (no healthy pod was left).',
  );
  assert.equal(
    callStory({ ...call, failed: 0.02, codes: [{ code: '-', share: 0.02, flags: ['DC'] }] }),
    '2% of the requests failed. They come back without an answer (the caller hung up).',
  );
  assert.equal(callStory({ ...call, failed: 0, codes: [] }), 'Every request was answered.');
});

test('a split call says which version got what, and what became of it', () => {
  const split = [
    { name: '', share: 0.05, failed: 1 },
    { name: 'v1', share: 0.85, failed: 0 },
    { name: 'v2', share: 0.1, failed: 0.4 },
  ];
  assert.equal(
    callStory({ ...call, failed: 0, codes: [], split }),
    'Every request was answered. 5% reached no pod; 85% went to v1; 10% went to v2, which fails 40% of it.',
  );
});

test('a call is one breath for those who hear it', () => {
  assert.equal(
    callLabel(call, nameOf),
    'backend calls payments: 3.0 a second, 27.1% fail, 95% under 1,840 ms, mutual TLS',
  );
  assert.equal(callLabel({ ...call, idle: true }, nameOf), 'backend calls payments: not now');
});

test('encryption, sides and codes are told as far as they are known', () => {
  assert.deepEqual(
    [1, 0.5, 0].map((mtls) => encrypted({ ...call, mtls })),
    ['mutual TLS', '50% of it', 'no'],
  );
  const hasProxy = (id: string) => id !== 'unknown';
  assert.equal(seenBy(call, nameOf, hasProxy), 'both sides');
  assert.equal(
    seenBy({ ...call, from: 'unknown', oneSided: true }, nameOf, hasProxy),
    'payments only',
  );
  assert.equal(troubleCodes(call.codes), '503');
});

test('a service says its pods and version, or what is wrong with it', () => {
  assert.equal(underName(node), '2 pods, v1');
  assert.equal(underName({ ...node, pods: { wanted: 3, available: 2 } }), '2 of 3 pods, v1');
  assert.equal(underName({ ...node, kind: 'unknown' }), 'no proxy');
  const sick = {
    ...node,
    health: 'failure' as const,
    versions: [
      { name: 'v1', share: 0.5, failed: 0 },
      { name: 'v2', share: 0.5, failed: 0.4 },
    ],
    rules: ['circuit breaker'],
  };
  assert.equal(underName(sick), '20% fail');
  assert.equal(
    nodeStory(sick),
    'v2 fails 40% of what it gets. The mesh has rules for it: circuit breaker.',
  );
});

test('the summary counts requests, not bytes', () => {
  const tcp: DrawnCall = { ...call, id: 't', protocol: 'tcp', rate: 18_000, failed: 0 };
  assert.equal(
    summary({ at: 0, seconds: 60, nodes: [], calls: [call, tcp] }),
    'last 60 s, 3.0 requests/s, 27.1% failed',
  );
  assert.equal(
    summary({ at: 0, seconds: 30, nodes: [], calls: [{ ...call, idle: true }] }),
    'last 30 s, no calls',
  );
});

test('of the whole picture the worst calls are named first', () => {
  const calls = ['a', 'b', 'c', 'd'].map((to, at) => ({
    ...call,
    id: to,
    to: `default/${to}`,
    failed: 0.1 * (at + 1),
  }));
  assert.equal(
    overview({ calls }, nameOf),
    '4 calls fail: backend → d (40%), backend → c (30%), backend → b (20%) and 1 more. Choose a service or a call to see what is known of it.',
  );
  assert.match(overview({ calls: [{ ...call, idle: true }] }, nameOf), /^Choose/);
});

test('without a picture there is a next move', () => {
  assert.match(
    gapWords('no kiali', undefined, ['default']),
    /`make kiali` in `labs\/01-foundation`/,
  );
  assert.match(gapWords('no namespace', undefined, ['shop']), /knows no namespace shop/);
  assert.match(gapWords('no answer', 'socket hang up', []), /It said: socket hang up\. /);
});
