// Where the API keeps the kinds that istioctl writes and lists.

export interface Kind {
  apiVersion: string;
  kind: string;
  plural: string;
  namespaced: boolean;
}

const kind = (apiVersion: string, name: string, plural: string, namespaced = true): Kind => ({
  apiVersion,
  kind: name,
  plural,
  namespaced,
});

const RBAC = 'rbac.authorization.k8s.io/v1';
const ADMISSION = 'admissionregistration.k8s.io/v1';

/** In the order in which an uninstallation takes them away: those of namespaces, then the cluster's. */
export const kinds = {
  deployment: kind('apps/v1', 'Deployment', 'deployments'),
  service: kind('v1', 'Service', 'services'),
  configMap: kind('v1', 'ConfigMap', 'configmaps'),
  pod: kind('v1', 'Pod', 'pods'),
  secret: kind('v1', 'Secret', 'secrets'),
  serviceAccount: kind('v1', 'ServiceAccount', 'serviceaccounts'),
  roleBinding: kind(RBAC, 'RoleBinding', 'rolebindings'),
  role: kind(RBAC, 'Role', 'roles'),
  envoyFilter: kind('networking.istio.io/v1alpha3', 'EnvoyFilter', 'envoyfilters'),
  mutatingWebhook: kind(
    ADMISSION,
    'MutatingWebhookConfiguration',
    'mutatingwebhookconfigurations',
    false,
  ),
  validatingWebhook: kind(
    ADMISSION,
    'ValidatingWebhookConfiguration',
    'validatingwebhookconfigurations',
    false,
  ),
  clusterRole: kind(RBAC, 'ClusterRole', 'clusterroles', false),
  clusterRoleBinding: kind(RBAC, 'ClusterRoleBinding', 'clusterrolebindings', false),
  definition: kind(
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    'customresourcedefinitions',
    false,
  ),
  namespace: kind('v1', 'Namespace', 'namespaces', false),
  node: kind('v1', 'Node', 'nodes', false),
} as const;

/** Kinds that an installation brings, without what may hold a user's own objects. */
export const installedKinds: readonly Kind[] = Object.values(kinds).filter(
  (each) => each !== kinds.namespace && each !== kinds.node && each !== kinds.definition,
);

export function collection({ apiVersion, plural, namespaced }: Kind, namespace?: string): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespaced && namespace !== undefined
    ? `${group}/namespaces/${namespace}/${plural}`
    : `${group}/${plural}`;
}

interface Named {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

/** The path of an object of one of these kinds. */
export function objectPath({ apiVersion, kind: name, metadata }: Named): string {
  const known = Object.values(kinds).find(
    (each) => each.apiVersion === apiVersion && each.kind === name,
  );
  if (!known) throw new Error(`${apiVersion} ${name} is not in paths.ts: add it there`);
  return `${collection(known, metadata.namespace ?? 'default')}/${metadata.name}`;
}

export const selecting = (labels: string) => `?labelSelector=${encodeURIComponent(labels)}`;
