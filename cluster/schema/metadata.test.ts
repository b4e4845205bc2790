import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../object.ts';
import { validateMetadata, validateMetadataUpdate } from './metadata.ts';
import { dnsSubdomainProblems } from './names.ts';

const problems = (metadata: Record<string, unknown>, namespaced = true) =>
  validateMetadata(metadata, namespaced, dnsSubdomainProblems).map(
    ({ field, message }) => `${field}: ${message.split(' (e.g.')[0]}`,
  );

test('names, namespaces, labels, owners and finalizers are judged in the real order', () => {
  assert.deepEqual(problems({ name: 'web', namespace: 'default', labels: { app: 'web' } }), []);
  assert.deepEqual(problems({}), [
    'metadata.name: Required value: name or generateName is required',
    'metadata.namespace: Required value',
  ]);
  assert.deepEqual(problems({ generateName: 'web-', name: 'web-x', namespace: 'default' }), []);
  assert.deepEqual(problems({ name: 'web', namespace: 'x' }, false), [
    'metadata.namespace: Forbidden: not allowed on this type',
  ]);
  assert.deepEqual(
    problems({
      name: 'web',
      namespace: 'default',
      generation: -1,
      labels: { app: 'a b' },
      annotations: { 'a b': 'x' },
      ownerReferences: [
        { apiVersion: '', kind: '', name: '', uid: '' },
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'a', uid: '1', controller: true },
        { apiVersion: 'v1', kind: 'Event', name: 'e', uid: '2' },
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'b', uid: '3', controller: true },
      ],
      finalizers: ['orphan', 'foregroundDeletion'],
    }),
    [
      'metadata.generation: Invalid value: -1: must be greater than or equal to 0',
      "metadata.labels: Invalid value: \"a b\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
      "metadata.annotations: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
      'metadata.ownerReferences[0].apiVersion: Required value: must not be empty',
      'metadata.ownerReferences[0].kind: Required value: must not be empty',
      'metadata.ownerReferences[0].name: Required value: must not be empty',
      'metadata.ownerReferences[0].uid: Required value: must not be empty',
      'metadata.ownerReferences[2]: Invalid value: {"apiVersion":"v1","kind":"Event","name":"e","uid":"2"}: /v1, Kind=Event is disallowed from being an owner',
      'metadata.ownerReferences: Invalid value: [{"apiVersion":"","kind":"","name":"","uid":""},{"apiVersion":"apps/v1","controller":true,"kind":"ReplicaSet","name":"a","uid":"1"},{"apiVersion":"v1","kind":"Event","name":"e","uid":"2"},{"apiVersion":"apps/v1","controller":true,"kind":"ReplicaSet","name":"b","uid":"3"}]: Only one reference can have Controller set to true. Found "true" in references for ReplicaSet/a and ReplicaSet/b',
      'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
    ],
  );
});

test('what identifies an object does not change, and an object that goes gets no new finalizers', () => {
  const old: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'a',
      namespace: 'default',
      uid: '1',
      resourceVersion: '5',
      creationTimestamp: '2026-01-01T00:00:00Z',
      deletionTimestamp: '2026-01-02T00:00:00Z',
      generation: 3,
    },
  };
  const next: KubeObject = {
    ...old,
    metadata: { ...old.metadata, uid: '2', generation: 2, finalizers: ['x/y'] },
  };
  assert.deepEqual(
    validateMetadataUpdate(next, old).map(({ field, message }) => `${field}: ${message}`),
    [
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x/y"}',
      'metadata.generation: Invalid value: 2: must not be decremented',
      'metadata.uid: Invalid value: "2": field is immutable',
    ],
  );
  assert.deepEqual(validateMetadataUpdate(old, old), []);
});

test('annotations have a bound together', () => {
  assert.deepEqual(
    problems({ name: 'a', namespace: 'default', annotations: { big: 'x'.repeat(262_144) } }),
    ['metadata.annotations: Too long: may not be more than 262144 bytes'],
  );
});
