import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultInjectionSettings } from './settings.ts';
import { settingsFromValues } from './values.ts';

test('no values are the defaults', () => {
  assert.deepEqual(settingsFromValues({}), defaultInjectionSettings);
  assert.deepEqual(settingsFromValues(undefined), defaultInjectionSettings);
});

test('values of an installation set the image, its resources and the revision', () => {
  const settings = settingsFromValues({
    revision: 'canary',
    global: {
      hub: 'docker.io/istio',
      tag: '1.30.3',
      proxy: { image: 'proxyv2', resources: { requests: { cpu: '10m', memory: '40Mi' } } },
    },
    pilot: { cni: { enabled: true }, env: { ENABLE_NATIVE_SIDECARS: 'false' } },
  });
  assert.equal(settings.image, 'docker.io/istio/proxyv2:1.30.3');
  assert.deepEqual(settings.resources, { requests: { cpu: '10m', memory: '40Mi' } });
  assert.equal(settings.revision, 'canary');
  assert.equal(settings.discoveryService, 'istiod-canary');
  assert.equal(settings.cni, true);
  assert.equal(settings.nativeSidecars, false);
});

test('an image with a slash in its name is whole', () => {
  const proxy = { image: 'example.com/proxy:dev' };
  assert.equal(settingsFromValues({ global: { proxy } }).image, 'example.com/proxy:dev');
});
