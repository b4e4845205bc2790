import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attributes } from '../api/admission/admission.ts';
import { Unreachable } from '../api/admission/webhooks.ts';
import { networkLab } from '../network/testing/network-lab.ts';
import type { KubeObject } from '../object.ts';
import type { Fields } from '../schema/fields.ts';
import { Mesh } from './mesh.ts';
import { pod, rule, service } from './testing/mesh-lab.ts';
import { istiodWebhooks } from './webhook-calls.ts';

const stored = (object: unknown) => object as KubeObject;

function webhook(path: string, name = 'istiod'): Fields {
  return {
    name: 'validation.istio.io',
    clientConfig: { service: { name, namespace: 'istio-system', path, port: 443 } },
  };
}

function world({ istiod = true } = {}) {
  const { store, clock, namespace } = networkLab();
  namespace('app');
  const slice = service('istiod', ['http:15010'], [pod({ name: 'istiod', ip: '10.244.0.2' })], {
    namespace: 'istio-system',
  }).slice;
  if (istiod) store.create('endpointslices.discovery.k8s.io', stored(slice));
  const strangers: string[] = [];
  const call = istiodWebhooks(new Mesh({ store, clock }), store, (_kind, { name }) => {
    strangers.push(String(name));
    return Promise.resolve();
  });
  const warnings: string[] = [];
  const attributes = (object: unknown) =>
    ({
      operation: 'CREATE',
      namespace: 'app',
      object,
      caller: { warn: (warning: string) => warnings.push(warning) },
    }) as unknown as Attributes;
  return { call, attributes, warnings, strangers };
}

const asking = () => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', labels: { 'sidecar.istio.io/inject': 'true' } },
  spec: { containers: [{ name: 'web', image: 'nginx' }] },
});

test('a pod that asks gets its sidecar in place', async () => {
  const { call, attributes } = world();
  const object = asking();
  await call('mutating', webhook('/inject'), attributes(object));
  const { initContainers } = object.spec as unknown as { initContainers: { name: string }[] };
  assert.deepEqual(
    initContainers.map(({ name }) => name),
    ['istio-init', 'istio-proxy'],
  );
});

test('an invalid object is denied in istiod’s words, and warnings are told', async () => {
  const { call, attributes, warnings } = world();
  const empty = rule('VirtualService', 'empty', { hosts: ['shop'] });
  await assert.rejects(call('validating', webhook('/validate'), attributes(empty)), {
    message:
      'admission webhook "validation.istio.io" denied the request: configuration is invalid: http, tcp or tls must be provided in virtual service',
  });
  const old = rule('DestinationRule', 'old', {
    host: 'shop',
    trafficPolicy: { outlierDetection: { consecutiveErrors: 3 } },
  });
  await call('validating', webhook('/validate'), attributes(old));
  assert.match(warnings.join(), /outlier detection consecutive errors is deprecated/);
});

test('without a ready istiod nobody answers, which its failure policy decides', async () => {
  const { call, attributes } = world({ istiod: false });
  await assert.rejects(call('mutating', webhook('/inject'), attributes(asking())), (error) => {
    assert.ok(error instanceof Unreachable);
    assert.match(error.message, /no endpoints available for service "istiod"$/);
    return true;
  });
});

test('somebody else’s webhook is left to whoever calls those', async () => {
  const { call, attributes, strangers } = world();
  await call('mutating', webhook('/inject', 'other'), attributes(asking()));
  assert.deepEqual(strangers, ['validation.istio.io']);
});
