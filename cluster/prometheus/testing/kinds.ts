// Where the kinds of the test's manifests are created.

type Path = (namespace: string) => string;

const core =
  (plural: string): Path =>
  (namespace) =>
    `/api/v1/namespaces/${namespace}/${plural}`;

export const KINDS: Readonly<Record<string, Path>> = {
  ServiceAccount: core('serviceaccounts'),
  ConfigMap: core('configmaps'),
  Service: core('services'),
  Pod: core('pods'),
  Deployment: (namespace) => `/apis/apps/v1/namespaces/${namespace}/deployments`,
  ClusterRole: () => '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: () => '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
};
