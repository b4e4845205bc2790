import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object.ts';
import { isEstablished, statusWithNames } from './names.ts';
import { compareVersions } from './versions.ts';

const crd = (
  name: string,
  names: Record<string, unknown>,
  status: Record<string, unknown> = {},
): KubeObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '' },
  spec: { group: 'mesh.example.com', names },
  status,
});

const names = { plural: 'rules', singular: 'rule', kind: 'Rule', listKind: 'RuleList' };

test('a CRD whose names are free is established', () => {
  const status = statusWithNames(crd('a', names), [], '2026-11-22T10:00:00Z');
  assert.deepEqual(status, {
    acceptedNames: names,
    conditions: [
      {
        lastTransitionTime: '2026-11-22T10:00:00Z',
        message: 'no conflicts found',
        reason: 'NoConflicts',
        status: 'True',
        type: 'NamesAccepted',
      },
      {
        lastTransitionTime: '2026-11-22T10:00:00Z',
        message: 'the initial names have been accepted',
        reason: 'InitialNamesAccepted',
        status: 'True',
        type: 'Established',
      },
    ],
  });
  const established = crd('a', names, status);
  assert.equal(isEstablished(established), true);
  assert.deepEqual(statusWithNames(established, [established], '2027-01-01T00:00:00Z'), status);
});

test('a name that another CRD of the group holds is not given twice', () => {
  const first = crd('a', names, { acceptedNames: names });
  const second = crd('b', { ...names, plural: 'others', singular: 'rule' });
  const status = statusWithNames(second, [first, second], '2026-11-22T10:00:00Z');
  assert.equal((status['conditions'] as { reason: string }[])[0]?.reason, 'SingularConflict');
  assert.equal(isEstablished({ ...second, status }), false);
});

test('versions are ordered by stability and age', () => {
  const versions = [
    'foo10',
    'v1alpha3',
    'v10beta3',
    'v2',
    'v3beta1',
    'v11alpha2',
    'v10',
    'v11beta2',
    'v1',
    'foo1',
  ];
  assert.deepEqual(versions.toSorted(compareVersions), [
    'v10',
    'v2',
    'v1',
    'v11beta2',
    'v10beta3',
    'v3beta1',
    'v11alpha2',
    'v1alpha3',
    'foo1',
    'foo10',
  ]);
});
