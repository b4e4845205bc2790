import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../fields.ts';
import { changed, created, definitionOf, problemsOf } from '../testing/objects.ts';

const configMaps = definitionOf('', 'configmaps');
const secrets = definitionOf('', 'secrets');
const namespaces = definitionOf('', 'namespaces');
const nodes = definitionOf('', 'nodes');

test('keys of ConfigMaps are file names, all values together have a bound', () => {
  assert.deepEqual(
    problemsOf(configMaps, { data: { 'app.conf': 'x' }, binaryData: { logo: 'aGk=' } }),
    [],
  );
  assert.deepEqual(
    problemsOf(configMaps, { data: { 'a b': 'x', k: 'y' }, binaryData: { k: 'aGk=' } }),
    [
      `data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
      'data[k]: Invalid value: "k": duplicate of key present in binaryData',
    ],
  );
  assert.deepEqual(problemsOf(configMaps, { data: { k: 'x'.repeat(1_048_577) } }), [
    ': Too long: may not be more than 1048576 bytes',
  ]);
});

test('an immutable ConfigMap changes in nothing but its metadata', () => {
  const other = changed(configMaps, { data: { k: 'v' }, immutable: true }, (draft) => {
    draft['data'] = { k: 'w' };
    draft['immutable'] = false;
    draft.metadata.labels = { a: 'b' };
  });
  assert.deepEqual(other.problems, [
    'immutable: Forbidden: field is immutable when `immutable` is set',
    'data: Forbidden: field is immutable when `immutable` is set',
  ]);
});

test('stringData becomes data, and a type asks for its keys', () => {
  const secret = created(secrets, { stringData: { password: 'hunter2' }, data: { user: 'bWU=' } });
  assert.deepEqual(secret['data'], { password: 'aHVudGVyMg==', user: 'bWU=' });
  assert.equal(secret['stringData'], undefined);
  assert.equal(secret['type'], 'Opaque');
  assert.deepEqual(problemsOf(secrets, { type: 'kubernetes.io/tls', data: { 'tls.crt': '' } }), [
    'data[tls.key]: Required value',
  ]);
  assert.deepEqual(problemsOf(secrets, { type: 'kubernetes.io/basic-auth' }), [
    'data[username]: Required value',
    'data[password]: Required value',
  ]);
  assert.deepEqual(
    problemsOf(secrets, {
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': 'e2I=' },
    }),
    [
      `data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character 'b' looking for beginning of object key string`,
    ],
  );
  const other = changed(secrets, {}, (draft) => {
    draft['type'] = 'kubernetes.io/tls';
  });
  assert.equal(other.problems[0], 'type: Invalid value: "kubernetes.io/tls": field is immutable');
});

test('a namespace is active, labelled with its name and held by its finalizer', () => {
  const namespace = created(namespaces, { metadata: { name: 'staging' } });
  assert.deepEqual(namespace.metadata.labels, { 'kubernetes.io/metadata.name': 'staging' });
  assert.deepEqual(namespace['spec'], { finalizers: ['kubernetes'] });
  assert.deepEqual(namespace['status'], { phase: 'Active' });
  assert.match(
    problemsOf(namespaces, { metadata: { name: 'Bad_NS' } })[0] ?? '',
    /^metadata.name: Invalid value: "Bad_NS": a lowercase RFC 1123 label must consist/,
  );
});

test('a node keeps the status it registers with, and taints differ by key and effect', () => {
  const node = created(nodes, { status: { capacity: { cpu: '4' } } });
  assert.deepEqual((node['status'] as Fields)['allocatable'], { cpu: '4' });
  const taint = { key: 'dedicated', value: 'db', effect: 'NoSchedule' };
  assert.deepEqual(
    problemsOf(nodes, { spec: { taints: [taint, taint, { key: 'x', effect: 'Never' }] } }),
    [
      'spec.taints[1]: Duplicate value: {"effect":"NoSchedule","key":"dedicated","value":"db"}: taints must be unique by key and effect pair',
      'spec.taints[2].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
  );
});

test('an event is one object in both groups', () => {
  const old = definitionOf('', 'events');
  const newer = definitionOf('events.k8s.io', 'events');
  const event = created(newer, {
    regarding: { kind: 'Pod', name: 'web', namespace: 'default' },
    reason: 'Started',
    note: 'Started container web',
    reportingController: 'kubelet',
    reportingInstance: 'lab',
    action: 'Starting',
    type: 'Normal',
    eventTime: '2026-11-22T10:00:00.000001Z',
  });
  assert.equal(event.apiVersion, 'v1');
  assert.equal(event['message'], 'Started container web');
  assert.deepEqual(event['involvedObject'], { kind: 'Pod', name: 'web', namespace: 'default' });
  assert.equal(newer.storedAs, old.storedAs);
  assert.deepEqual(newer.strategy.validateCreate(event), []);
  assert.equal(newer.fromStored(event, 'v1')['note'], 'Started container web');
  assert.equal(newer.selectableFields['regarding.name']?.(event), 'web');
  assert.equal(old.selectableFields['involvedObject.name']?.(event), 'web');
});

test('leases and storage have their bounds and defaults', () => {
  assert.deepEqual(
    problemsOf(definitionOf('coordination.k8s.io', 'leases'), {
      spec: { leaseDurationSeconds: 0 },
    }),
    ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
  );
  const claim = created(definitionOf('', 'persistentvolumeclaims'), {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
  assert.equal((claim['spec'] as Fields)['volumeMode'], 'Filesystem');
  assert.deepEqual(claim['status'], { phase: 'Pending' });
});
