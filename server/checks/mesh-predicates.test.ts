import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CheckSpec } from '../../protocol/check.ts';
import { Check } from './check.ts';
import type { Inputs } from './conditions.ts';

/** Whether the condition holds, as a lesson would ask. */
function holds(expect: string, inputs: Inputs): boolean {
  const watch: CheckSpec['watch'] = {
    pods: { objects: 'Pod' },
    rules: { objects: 'DestinationRule', apiVersion: 'networking.istio.io/v1' },
    routes: { objects: 'VirtualService', apiVersion: 'networking.istio.io/v1' },
    mesh: { object: 'ConfigMap', name: 'istio' },
  };
  const check = new Check({
    check: 'test',
    title: 'A test',
    watch,
    rules: [{ expect, say: 'no' }],
    mistakes: [],
  });
  const { verdict } = check.decide({ pods: [], rules: [], routes: [], mesh: null, ...inputs });
  if (verdict.state === 'broken') throw new Error(verdict.error);
  return verdict.state === 'passed';
}

const BACKEND = "'backend.default.svc.cluster.local'";

const pod = (name: string, labels: Record<string, string>, spec: object = {}) => ({
  metadata: { name, labels },
  spec: { containers: [{ name: 'hello' }], ...spec },
});

describe('proxied', () => {
  test('is true of a native and of a classic sidecar, ready or not', () => {
    const native = pod(
      'a',
      {},
      { initContainers: [{ name: 'istio-proxy', restartPolicy: 'Always' }] },
    );
    const classic = pod('b', {}, { containers: [{ name: 'hello' }, { name: 'istio-proxy' }] });
    assert.ok(holds('pods.all(p, proxied(p))', { pods: [native, classic] }));
  });

  test('is not fooled by a second container of another name', () => {
    const two = pod('a', {}, { containers: [{ name: 'hello' }, { name: 'proxy' }] });
    assert.ok(holds('!proxied(pods[0])', { pods: [two] }));
  });
});

describe('labelled', () => {
  const pods = [pod('a', { app: 'backend', version: 'v1' }), pod('b', { app: 'backend' })];

  test('asks for every label', () => {
    assert.ok(holds("size(labelled(pods, {'app': 'backend', 'version': 'v1'})) == 1", { pods }));
  });

  test('takes the labels of a subset as they stand in its rule', () => {
    const rules = [
      { metadata: {}, spec: { host: 'backend', subsets: [{ labels: { app: 'backend' } }] } },
    ];
    assert.ok(holds('size(labelled(pods, rules[0].spec.subsets[0].labels)) == 2', { pods, rules }));
  });

  test('selects nothing without labels', () => {
    assert.ok(holds('size(labelled(pods, {})) == 0', { pods }));
  });
});

const route = (name: string, created: string, spec: object, namespace = 'default') => ({
  metadata: { name, namespace, creationTimestamp: `2026-11-29T09:00:${created}Z` },
  spec,
});

describe('rulesFor', () => {
  test('resolves a short name in the namespace of its rule', () => {
    const routes = [
      route('a', '01', { hosts: ['backend'] }, 'staging'),
      route('b', '02', { hosts: ['backend'] }),
      route('c', '03', { hosts: ['backend.default.svc.cluster.local'] }, 'staging'),
      route('d', '04', { hosts: ['backend.prod'] }),
    ];
    assert.ok(
      holds(`rulesFor(routes, ${BACKEND}).map(r, r.metadata.name) == ['b', 'c']`, { routes }),
    );
  });

  test('puts the oldest first, and of two of one second the first by name', () => {
    const routes = [
      route('young', '09', { hosts: ['backend'] }),
      route('b', '01', { hosts: ['backend'] }),
      route('a', '01', { hosts: ['backend'] }),
    ];
    assert.ok(
      holds(`rulesFor(routes, ${BACKEND}).map(r, r.metadata.name) == ['a', 'b', 'young']`, {
        routes,
      }),
    );
  });

  test('leaves out what is meant for gateways alone', () => {
    const routes = [
      route('outside', '01', { hosts: ['backend'], gateways: ['shop'] }),
      route('both', '02', { hosts: ['backend'], gateways: ['shop', 'mesh'] }),
    ];
    assert.ok(
      holds(`rulesFor(routes, ${BACKEND}).map(r, r.metadata.name) == ['both']`, { routes }),
    );
  });
});

describe('mergedRule', () => {
  test('has the subsets of all and the traffic policy of the oldest that has one', () => {
    const rules = [
      route('second', '02', {
        host: 'backend',
        trafficPolicy: { outlierDetection: { interval: '10s' } },
      }),
      route('first', '01', {
        host: 'backend',
        subsets: [{ name: 'v1', labels: { version: 'v1' } }],
      }),
      route('third', '03', {
        host: 'backend',
        subsets: [{ name: 'v1', labels: { version: 'other' } }, { name: 'v2' }],
        trafficPolicy: { outlierDetection: { interval: '99s' } },
      }),
    ];
    const merged = `mergedRule(rules, ${BACKEND})`;
    assert.ok(holds(`${merged}.subsets.map(s, s.name) == ['v1', 'v2']`, { rules }));
    assert.ok(holds(`${merged}.subsets[0].labels.version == 'v1'`, { rules }));
    assert.ok(holds(`${merged}.trafficPolicy.outlierDetection.interval == '10s'`, { rules }));
  });

  test('is null when nobody speaks for the host', () => {
    assert.ok(holds(`mergedRule(rules, ${BACKEND}) == null`, {}));
  });
});

describe('yaml', () => {
  test('reads a text with its whole numbers as such', () => {
    const mesh = { data: { mesh: 'defaultHttpRetryPolicy:\n  attempts: 3\n' } };
    assert.ok(holds('yaml(mesh.data.mesh).defaultHttpRetryPolicy.attempts == 3', { mesh }));
  });

  test('is null for what is no YAML, and for nothing', () => {
    assert.ok(holds('yaml(mesh.data.mesh) == null', { mesh: { data: { mesh: 'a: [' } } }));
    assert.ok(holds('yaml(mesh) == null', {}));
  });
});
