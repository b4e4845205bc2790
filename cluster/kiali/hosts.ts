// Host names in Istio's rules as Kiali takes them apart: short names, `service.namespace`, and names of the cluster's domain.
// A name that is none of these belongs to a service entry and stays whole.

export const CLUSTER_DOMAIN = 'svc.cluster.local';

export interface Host {
  service: string;
  namespace: string;
  /** A service of the cluster, in some notation. */
  isService: boolean;
}

/** @param namespace of the rule that names it. */
export function hostOf(name: string, namespace: string, namespaces: readonly string[]): Host {
  const parts = name.split('.');
  const [service = '', second = ''] = parts;
  const domain = parts.slice(2).join('.');
  if (parts.length === 1) return { service, namespace, isService: true };
  const isShort = parts.length === 2 && (second === namespace || namespaces.includes(second));
  if (isShort || domain === 'svc' || domain === CLUSTER_DOMAIN)
    return { service, namespace: second, isService: true };
  return { service: name, namespace: '', isService: false };
}

export function hostName({ service, namespace, isService }: Host): string {
  return isService ? `${service}.${namespace}.${CLUSTER_DOMAIN}` : service;
}

export function isWildcard({ service }: Host): boolean {
  return service.startsWith('*');
}

/** Whether a rule's host, written in a namespace, is this service of the cluster. */
export function namesService(
  host: string,
  hostNamespace: string,
  service: string,
  namespace: string,
): boolean {
  if (host === service) return hostNamespace === namespace;
  const short = `${service}.${namespace}`;
  return host === short || host === `${short}.svc` || host === `${short}.${CLUSTER_DOMAIN}`;
}
