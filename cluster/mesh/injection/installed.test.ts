import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkLab } from '../../network/testing/network-lab.ts';
import type { KubeObject } from '../../object.ts';
import { defaultInjectionSettings } from './settings.ts';
import { installedSettings } from './installed.ts';

const stored = (object: unknown) => object as KubeObject;

function configMap(name: string, data: Record<string, string>): KubeObject {
  return stored({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'istio-system', uid: name, resourceVersion: '' },
    data,
  });
}

test('without an installation’s ConfigMaps the defaults hold', () => {
  const { store } = networkLab();
  assert.deepEqual(installedSettings(store, 'default'), defaultInjectionSettings);
});

test('values, mesh settings and policy come from the ConfigMaps of the revision', () => {
  const { store } = networkLab();
  store.create(
    'configmaps',
    configMap('istio-sidecar-injector-canary', {
      config: 'policy: disabled\n',
      values: JSON.stringify({
        global: { proxy: { resources: { requests: { cpu: '10m' } } } },
        pilot: { env: { ENABLE_NATIVE_SIDECARS: false } },
      }),
    }),
  );
  store.create(
    'configmaps',
    configMap('istio-canary', {
      mesh: 'trustDomain: shop.example\ndefaultConfig:\n  discoveryAddress: istiod.istio-system.svc:15012\n  terminationDrainDuration: 9s\n',
    }),
  );
  const settings = installedSettings(store, 'canary');
  assert.deepEqual(settings.resources, { requests: { cpu: '10m' } });
  assert.equal(settings.revision, 'canary');
  assert.equal(settings.discoveryService, 'istiod-canary');
  assert.equal(settings.trustDomain, 'shop.example');
  assert.equal(settings.nativeSidecars, false);
  assert.equal(settings.autoInject, false);
  assert.deepEqual(settings.proxyConfig, { terminationDrainDuration: '9s' });
  assert.deepEqual(installedSettings(store, 'default'), defaultInjectionSettings);
});

test('istiod’s own environment decides whether sidecars are native', () => {
  const { store } = networkLab();
  const istiod = (name: string, at: string, value: string) =>
    stored({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace: 'istio-system',
        uid: name,
        resourceVersion: '',
        creationTimestamp: at,
        labels: { app: 'istiod', 'istio.io/rev': 'default' },
      },
      spec: {
        containers: [{ name: 'discovery', env: [{ name: 'ENABLE_NATIVE_SIDECARS', value }] }],
      },
    });
  store.create('pods', istiod('old', '2026-11-22T10:00:00Z', 'true'));
  assert.equal(installedSettings(store, 'default').nativeSidecars, true);
  store.create('pods', istiod('new', '2026-11-22T10:05:00Z', 'false'));
  assert.equal(installedSettings(store, 'default').nativeSidecars, false);
});
