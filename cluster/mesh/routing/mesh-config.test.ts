import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultMeshConfig, parseMeshConfig } from './mesh-config.ts';

test('the ConfigMap’s mesh is read, and what it leaves out keeps Istio’s default', () => {
  const mesh = parseMeshConfig(
    [
      'accessLogFile: /dev/stdout',
      'defaultHttpRetryPolicy:',
      '  attempts: 3',
      '  retryOn: connect-failure,503',
      'outboundTrafficPolicy:',
      '  mode: REGISTRY_ONLY',
    ].join('\n'),
  );
  assert.equal(mesh?.accessLogFile, '/dev/stdout');
  assert.equal(mesh.outboundMode, 'REGISTRY_ONLY');
  assert.equal(mesh.defaultHttpRetryPolicy?.attempts, 3);
  assert.equal(mesh.enableAutoMtls, true);
  assert.deepEqual(parseMeshConfig(''), defaultMeshConfig);
  assert.equal(parseMeshConfig('a: [b'), undefined);
});
