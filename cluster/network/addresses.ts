// The addresses of the cluster, as kind hands them out, and IPv4 arithmetic. Knows nothing of who has which address.

/** kind's default networking and kubeadm's default service range. */
export const addressPlan = {
  podCidr: '10.244.0.0/16',
  /** The node's side of every pod's cable: where the node's own connections (probes) and masqueraded ones come from. */
  podGateway: '10.244.0.1',
  serviceCidr: '10.96.0.0/16',
  dnsIp: '10.96.0.10',
  nodeCidr: '172.18.0.0/16',
  nodeIp: '172.18.0.2',
  /** The node's own resolver, outside the cluster: nothing is there. */
  nodeGateway: '172.18.0.1',
} as const;

/** The 32 bits of a dotted quad, or undefined when it is none. */
export function parseIPv4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!match) return undefined;
  let bits = 0;
  for (const part of match.slice(1)) {
    const octet = Number(part);
    if (octet > 255) return undefined;
    bits = bits * 256 + octet;
  }
  return bits;
}

export function isIPv4(text: string): boolean {
  return parseIPv4(text) !== undefined;
}

export function formatIPv4(bits: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(bits / 2 ** shift) % 256).join('.');
}

/** Whether an address lies in `10.244.0.0/24`. */
export function inCidr(ip: string, cidr: string): boolean {
  const [network = '', length = '32'] = cidr.split('/');
  const address = parseIPv4(ip);
  const base = parseIPv4(network);
  if (address === undefined || base === undefined) return false;
  const size = 2 ** (32 - Number(length));
  return Math.floor(address / size) === Math.floor(base / size);
}

/** 127.0.0.0/8, and 0.0.0.0, which Linux takes for this host when one connects to it. */
export function isLoopback(ip: string): boolean {
  return ip === '0.0.0.0' || inCidr(ip, '127.0.0.0/8');
}
