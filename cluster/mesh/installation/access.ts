// What istiod, readers of other clusters and gateways may do.
// Source: the charts `base` and `istio-discovery` of Istio 1.30.3 (facts: groups, resources, verbs).

import type { Fields } from '../../schema/fields.ts';
import { chartLabels, type Labels } from './labels.ts';
import type { Manifest } from './manifest.ts';

const READ = ['get', 'list', 'watch'];
const ALL = ['get', 'watch', 'list', 'update', 'patch', 'create', 'delete'];

/** Groups that Istio has had; the older ones for istiods that run beside this one. */
const ISTIO_GROUPS = [
  'config.istio.io',
  'security.istio.io',
  'networking.istio.io',
  'authentication.istio.io',
  'rbac.istio.io',
  'telemetry.istio.io',
  'extensions.istio.io',
];

const rule = (apiGroups: string[], resources: string[], verbs: string[]): Fields => ({
  apiGroups,
  resources,
  verbs,
});

const ISTIOD: Fields[] = [
  rule(
    ['admissionregistration.k8s.io'],
    ['mutatingwebhookconfigurations'],
    [...READ, 'update', 'patch'],
  ),
  rule(['admissionregistration.k8s.io'], ['validatingwebhookconfigurations'], [...READ, 'update']),
  rule(ISTIO_GROUPS, ['*'], READ),
  rule(['networking.istio.io'], ['workloadentries'], ALL),
  rule(['networking.istio.io'], ['workloadentries/status', 'serviceentries/status'], ALL),
  rule(['security.istio.io'], ['authorizationpolicies/status'], ALL),
  rule([''], ['services/status'], ALL),
  rule(['apiextensions.k8s.io'], ['customresourcedefinitions'], READ),
  rule([''], ['pods', 'nodes', 'services', 'namespaces', 'endpoints'], READ),
  rule(['discovery.k8s.io'], ['endpointslices'], READ),
  rule(['networking.k8s.io'], ['ingresses', 'ingressclasses'], READ),
  rule(['networking.k8s.io'], ['ingresses/status'], ['*']),
  rule([''], ['configmaps'], ['create', ...READ, 'update']),
  rule(['authentication.k8s.io'], ['tokenreviews'], ['create']),
  rule(['authorization.k8s.io'], ['subjectaccessreviews'], ['create']),
  rule(['gateway.networking.k8s.io', 'gateway.networking.x-k8s.io'], ['*'], READ),
  rule(['gateway.networking.k8s.io'], ['gatewayclasses'], ['create', 'update', 'patch', 'delete']),
  rule([''], ['secrets'], READ),
  rule(['multicluster.x-k8s.io'], ['serviceexports'], [...READ, 'create', 'delete']),
  rule(['multicluster.x-k8s.io'], ['serviceimports'], READ),
];

const GATEWAY_CONTROLLER: Fields[] = [
  rule(['apps'], ['deployments'], ALL),
  rule(['autoscaling'], ['horizontalpodautoscalers'], ALL),
  rule(['policy'], ['poddisruptionbudgets'], ALL),
  rule([''], ['services'], ALL),
  rule([''], ['serviceaccounts'], ALL),
];

const READER: Fields[] = [
  rule(ISTIO_GROUPS, ['*'], READ),
  rule(
    [''],
    [
      'endpoints',
      'pods',
      'services',
      'nodes',
      'replicationcontrollers',
      'namespaces',
      'secrets',
      'configmaps',
    ],
    READ,
  ),
  rule(['apiextensions.k8s.io'], ['customresourcedefinitions'], READ),
  rule(['discovery.k8s.io'], ['endpointslices'], READ),
  rule(['apps'], ['replicasets'], READ),
  rule(['authentication.k8s.io'], ['tokenreviews'], ['create']),
  rule(['authorization.k8s.io'], ['subjectaccessreviews'], ['create']),
];

const ISTIOD_LOCAL: Fields[] = [
  rule(['networking.istio.io'], ['gateways'], ['create']),
  rule([''], ['secrets'], ['create', ...READ, 'update', 'delete']),
  rule([''], ['configmaps'], ['delete']),
  rule(['coordination.k8s.io'], ['leases'], ['get', 'update', 'patch', 'create']),
];

const RBAC = 'rbac.authorization.k8s.io';

/** The accounts and roles of one istiod; `suffix` is empty or `-revision`. */
export function istiodAccess(namespace: string, suffix: string): Manifest[] {
  const labels = { app: 'istiod', ...chartLabels('istiod', 'istiod') };
  const reader = { app: 'istio-reader', ...chartLabels('istio-reader', 'istiod') };
  const istiod = `istiod${suffix}`;
  return [
    account(istiod, namespace, labels),
    ...clusterRole(`istiod-clusterrole${suffix}-${namespace}`, ISTIOD, istiod, namespace, labels),
    ...clusterRole(
      `istiod-gateway-controller${suffix}-${namespace}`,
      GATEWAY_CONTROLLER,
      istiod,
      namespace,
      labels,
    ),
    ...clusterRole(
      `istio-reader-clusterrole${suffix}-${namespace}`,
      READER,
      'istio-reader-service-account',
      namespace,
      reader,
    ),
    ...role(istiod, ISTIOD_LOCAL, istiod, namespace, labels),
  ];
}

export function account(name: string, namespace: string, labels: Labels): Manifest {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } };
}

function clusterRole(
  name: string,
  rules: Fields[],
  subject: string,
  namespace: string,
  labels: Labels,
): Manifest[] {
  return [
    { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name, labels }, rules },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name, labels },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name: subject, namespace }],
    },
  ];
}

export function role(
  name: string,
  rules: Fields[],
  subject: string,
  namespace: string,
  labels: Labels,
): Manifest[] {
  return [
    { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata: { name, namespace, labels }, rules },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata: { name, namespace, labels },
      roleRef: { apiGroup: RBAC, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name: subject, namespace }],
    },
  ];
}
