import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changed, created, definitionOf, problemsOf } from '../testing/objects.ts';

const RBAC = 'rbac.authorization.k8s.io';

test('rules name verbs and either resources or URLs', () => {
  const roles = definitionOf(RBAC, 'roles');
  assert.deepEqual(
    problemsOf(roles, {
      metadata: { name: 'system:reader' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    }),
    [],
  );
  assert.deepEqual(
    problemsOf(roles, {
      rules: [{ verbs: [] }, { verbs: ['get'], nonResourceURLs: ['/healthz'] }],
    }),
    [
      'rules[0].verbs: Required value: verbs must contain at least one value',
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'rules[0].resources: Required value: resource rules must supply at least one resource',
      'rules[1].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs',
    ],
  );
});

test('a binding fills in API groups, and its role is for life', () => {
  const bindings = definitionOf(RBAC, 'rolebindings');
  const body = {
    roleRef: { kind: 'Role', name: 'reader' },
    subjects: [
      { kind: 'User', name: 'alice' },
      { kind: 'ServiceAccount', name: 'bot' },
    ],
  };
  const binding = created(bindings, body);
  assert.deepEqual(binding['roleRef'], { apiGroup: RBAC, kind: 'Role', name: 'reader' });
  assert.deepEqual(binding['subjects'], [
    { apiGroup: RBAC, kind: 'User', name: 'alice' },
    { kind: 'ServiceAccount', name: 'bot' },
  ]);
  assert.deepEqual(
    problemsOf(bindings, {
      roleRef: { kind: 'Nope', name: '' },
      subjects: [{ kind: 'Robot', name: 'x' }],
    }),
    [
      'roleRef.kind: Unsupported value: "Nope": supported values: "Role", "ClusterRole"',
      'roleRef.name: Required value',
      'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
    ],
  );
  const other = changed(bindings, body, (draft) => {
    draft['roleRef'] = { apiGroup: RBAC, kind: 'Role', name: 'writer' };
  });
  assert.deepEqual(other.problems, [
    `roleRef: Invalid value: {"apiGroup":"${RBAC}","kind":"Role","name":"writer"}: cannot change roleRef`,
  ]);
  assert.deepEqual(
    problemsOf(definitionOf(RBAC, 'clusterrolebindings'), {
      roleRef: { kind: 'ClusterRole', name: 'x' },
      subjects: [{ kind: 'ServiceAccount', name: 'bot' }],
    }),
    ['subjects[0].namespace: Required value'],
  );
});

test('webhooks have their documented defaults and must say what they do', () => {
  const mutating = definitionOf('admissionregistration.k8s.io', 'mutatingwebhookconfigurations');
  const webhook = {
    name: 'inject.mesh.example.com',
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    clientConfig: { service: { name: 'istiod', namespace: 'istio-system' } },
    rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
  };
  const configuration = created(mutating, { webhooks: [webhook] });
  assert.deepEqual(configuration['webhooks'], [
    {
      ...webhook,
      clientConfig: { service: { name: 'istiod', namespace: 'istio-system', port: 443 } },
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      namespaceSelector: {},
      objectSelector: {},
      reinvocationPolicy: 'Never',
      rules: [
        {
          operations: ['CREATE'],
          apiGroups: [''],
          apiVersions: ['v1'],
          resources: ['pods'],
          scope: '*',
        },
      ],
      timeoutSeconds: 10,
    },
  ]);
  assert.deepEqual(mutating.strategy.validateCreate(configuration), []);
  assert.deepEqual(
    problemsOf(mutating, {
      webhooks: [{ name: 'short.name', clientConfig: {}, timeoutSeconds: 99 }],
    }),
    [
      'webhooks[0].name: Invalid value: "short.name": should be a domain with at least three segments separated by dots',
      'webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1',
      'webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun',
      'webhooks[0].timeoutSeconds: Invalid value: 99: the timeout value must be between 1 and 30 seconds',
      'webhooks[0].clientConfig: Required value: exactly one of url or service is required',
    ],
  );
  const other = changed(mutating, { webhooks: [webhook] }, (draft) => {
    draft['webhooks'] = [];
  });
  assert.equal(other.object.metadata.generation, 2);
});
