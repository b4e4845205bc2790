// Where OpenAPI puts the types of an API group: `apps/v1` → `io.k8s.api.apps.v1`.
// Source: the names of definitions in the public OpenAPI documents of Kubernetes.

export const META_PACKAGE = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** The package of a built-in group. Groups other than these are named by their first label: `rbac.authorization.k8s.io` → `rbac`. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  '': 'io.k8s.api.core',
  'apiextensions.k8s.io': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions',
  'apiregistration.k8s.io': 'io.k8s.kube-aggregator.pkg.apis.apiregistration',
  'flowcontrol.apiserver.k8s.io': 'io.k8s.api.flowcontrol',
  'meta.k8s.io': 'io.k8s.apimachinery.pkg.apis.meta',
  'metrics.k8s.io': 'io.k8s.metrics.pkg.apis.metrics',
};

export function packageOf(group: string, version: string): string {
  const known = ELSEWHERE[group];
  return `${known ?? `io.k8s.api.${group.split('.')[0]}`}.${version}`;
}

/** `io.k8s.api.apps.v1.Deployment` */
export function typeNameOf(group: string, version: string, kind: string): string {
  return `${packageOf(group, version)}.${kind}`;
}
