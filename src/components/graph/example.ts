// A picture for readers without a lab. Made up, and shown as such: a new version takes a tenth of the traffic and fails too often.

import type { MeshCall, MeshFrame, MeshNode } from '../../../protocol/graph.ts';

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

const call = (from: string, to: string, more: Partial<MeshCall>): MeshCall => ({
  id: `${from} ${to}`,
  from: from === 'unknown' ? from : `default/${from}`,
  to: `default/${to}`,
  protocol: 'http',
  rate: 5.3,
  failed: 0,
  refused: 0,
  health: 'healthy',
  mtls: 1,
  oneSided: false,
  codes: [{ code: '200', share: 1, flags: [] }],
  split: [],
  ...more,
});

const backend = [
  { name: 'v1', share: 0.9, failed: 0 },
  { name: 'v2', share: 0.1, failed: 0.38 },
];

export const example: MeshFrame = {
  at: 0,
  seconds: 60,
  nodes: [
    node('unknown', {
      id: 'unknown',
      namespace: '',
      kind: 'unknown',
      proxy: false,
      versions: [],
    }),
    node('frontend', { pods: { wanted: 2, available: 2 } }),
    node('backend', {
      pods: { wanted: 4, available: 4 },
      health: 'failure',
      versions: backend,
      rules: ['traffic shifting'],
    }),
    node('database', { tcp: true, pods: { wanted: 1, available: 1 } }),
  ],
  calls: [
    call('unknown', 'frontend', { mtls: 0, oneSided: true, p95: 58 }),
    call('frontend', 'backend', {
      failed: 0.038,
      health: 'degraded',
      p95: 51,
      codes: [
        { code: '200', share: 0.962, flags: [] },
        { code: '500', share: 0.038, flags: [] },
      ],
      split: backend,
    }),
    call('backend', 'database', { protocol: 'tcp', rate: 18_400, codes: [] }),
  ],
};
