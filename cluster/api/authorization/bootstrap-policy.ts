// The roles and bindings every cluster begins with. Source: "Default roles and role bindings" of the Kubernetes documentation.

import type { Draft } from '../client.ts';

const API_VERSION = 'rbac.authorization.k8s.io/v1';
const LABELS = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const ANNOTATIONS = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };

export function bootstrapPolicy(): Draft[] {
  return [
    {
      apiVersion: API_VERSION,
      kind: 'ClusterRole',
      metadata: { name: 'cluster-admin', labels: LABELS, annotations: ANNOTATIONS },
      rules: [
        { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
        { nonResourceURLs: ['*'], verbs: ['*'] },
      ],
    },
    {
      apiVersion: API_VERSION,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'cluster-admin', labels: LABELS, annotations: ANNOTATIONS },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'cluster-admin',
      },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:masters' }],
    },
  ];
}
