// Host names of the mesh: short names, wildcards, and the names Envoy's clusters get.
// Source: istio/istio pkg/config/host (Name.Matches, MoreSpecific), pilot/pkg/model ResolveShortnameToFQDN, BuildSubsetKey.

export const CLUSTER_DOMAIN = 'cluster.local';

export function serviceHost(name: string, namespace: string): string {
  return `${name}.${namespace}.svc.${CLUSTER_DOMAIN}`;
}

/** A name without dots means a Service of the rule's own namespace; any other stands for itself, `shop.app` too. */
export function resolveHost(host: string, namespace: string): string {
  return host.includes('.') || host.startsWith('*') ? host : serviceHost(host, namespace);
}

export function isWildcard(host: string): boolean {
  return host.startsWith('*');
}

/** Whether two hosts, each with or without a leading `*`, have names in common. */
export function hostsOverlap(a: string, b: string): boolean {
  if (isWildcard(a) && isWildcard(b)) {
    const [left, right] = [a.slice(1), b.slice(1)];
    return left.endsWith(right) || right.endsWith(left);
  }
  if (isWildcard(a)) return covers(a, b);
  if (isWildcard(b)) return covers(b, a);
  return a === b;
}

/** Whether every name of `host` is one of `pattern`. */
export function covers(pattern: string, host: string): boolean {
  if (!isWildcard(pattern)) return pattern === host;
  const suffix = pattern.slice(1);
  return (isWildcard(host) ? host.slice(1) : host).endsWith(suffix);
}

/** Sorts the most specific host first: exact ones, then longer wildcards. */
export function bySpecificity(a: string, b: string): number {
  if (isWildcard(a) !== isWildcard(b)) return isWildcard(a) ? 1 : -1;
  return b.length - a.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** `outbound|80|v1|shop.app.svc.cluster.local` */
export function clusterName(
  direction: 'outbound' | 'inbound',
  port: number,
  subset: string,
  host: string,
): string {
  return `${direction}|${port}|${subset}|${host}`;
}
