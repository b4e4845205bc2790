// getaddrinfo(3) inside a pod: the hosts file, then search paths with ndots. The order of tries is resolv.conf(5)'s.
// Knows nothing of who answers.

import { isIPv4 } from './addresses.ts';
import type { DnsAnswer, DnsType, NetworkNamespace } from './network.ts';

/** Full names to try, in order: as it is first when it has enough dots, else after every search path. */
export function candidates(
  name: string,
  { search, ndots }: Pick<NetworkNamespace['resolver'], 'search' | 'ndots'>,
): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const suffixed = search.map((domain) => `${name}.${domain}`);
  const dots = name.split('.').length - 1;
  return dots >= ndots ? [name, ...suffixed] : [...suffixed, name];
}

/** IPv4 addresses of a name; none when it does not resolve. */
export async function resolve(
  name: string,
  resolver: NetworkNamespace['resolver'],
  hosts: NetworkNamespace['hosts'],
  query: (name: string, type: DnsType) => Promise<DnsAnswer>,
): Promise<string[]> {
  if (isIPv4(name)) return [name];
  const lower = name.toLowerCase();
  const listed = hosts.filter(({ ip, names }) => isIPv4(ip) && names.includes(lower));
  if (listed.length > 0) return listed.map(({ ip }) => ip);
  for (const candidate of candidates(lower, resolver)) {
    const { records } = await query(candidate, 'A');
    const addresses = records.flatMap(({ type, value }) => (type === 'A' ? [value] : []));
    if (addresses.length > 0) return addresses;
  }
  return [];
}
