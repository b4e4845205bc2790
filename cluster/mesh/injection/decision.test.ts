import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object.ts';
import { injectionOf } from './decision.ts';

const INJECT = 'sidecar.istio.io/inject';

/** Labels of the namespace, labels of the pod, whether it is injected. Revision `default` is installed. */
const table: [Record<string, string>, Record<string, string>, boolean][] = [
  [{ 'istio-injection': 'enabled' }, {}, true],
  [{ 'istio-injection': 'enabled' }, { [INJECT]: 'true' }, true],
  [{ 'istio-injection': 'enabled' }, { [INJECT]: 'false' }, false],
  [{ 'istio-injection': 'enabled', 'istio.io/rev': 'canary' }, {}, true],
  [{ 'istio-injection': 'disabled' }, {}, false],
  [{ 'istio-injection': 'disabled' }, { [INJECT]: 'true' }, false],
  [{ 'istio-injection': 'Enabled' }, {}, false],
  [{ 'istio.io/rev': 'default' }, {}, true],
  [{ 'istio.io/rev': 'default' }, { [INJECT]: 'false' }, false],
  [{ 'istio.io/rev': 'canary' }, {}, false],
  [{}, {}, false],
  [{}, { [INJECT]: 'true' }, true],
  [{}, { 'istio.io/rev': 'default' }, true],
  [{}, { 'istio.io/rev': 'canary' }, false],
];

const pod = (labels: Record<string, string>, more: object = {}, annotations = {}) =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', labels, annotations },
    spec: { containers: [], ...more },
  }) as unknown as KubeObject;

for (const [namespace, labels, inject] of table)
  test(`namespace ${JSON.stringify(namespace)}, pod ${JSON.stringify(labels)}: ${inject ? 'injected' : 'left alone'}`, () => {
    const decision = injectionOf(pod(labels), { name: 'shop', labels: namespace }, ['default']);
    assert.equal(decision.inject, inject);
  });

test('a tag or another revision answers for its own name', () => {
  const labels = { 'istio.io/rev': 'canary' };
  const decision = injectionOf(pod({}), { name: 'shop', labels }, ['default', 'canary']);
  assert.ok(decision.inject);
  assert.equal(decision.revision, 'canary');
});

test('pods on the network of their host and in namespaces of the system are left alone', () => {
  const enabled = { 'istio-injection': 'enabled' };
  assert.deepEqual(
    injectionOf(pod({}, { hostNetwork: true }), { name: 'shop', labels: enabled }, ['default']),
    { inject: false, because: 'it uses the network of its host' },
  );
  assert.deepEqual(injectionOf(pod({}), { name: 'kube-system', labels: enabled }, ['default']), {
    inject: false,
    because: 'nothing is injected in kube-system',
  });
});

test('an annotation can say no, but not yes', () => {
  const enabled = { name: 'shop', labels: { 'istio-injection': 'enabled' } };
  const no = pod({}, {}, { [INJECT]: 'false' });
  const yes = pod({}, {}, { [INJECT]: 'true' });
  assert.equal(injectionOf(no, enabled, ['default']).inject, false);
  assert.equal(injectionOf(yes, { name: 'shop', labels: {} }, ['default']).inject, false);
});
