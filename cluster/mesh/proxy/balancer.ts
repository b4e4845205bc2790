// Which host of a cluster gets the next request.
// Source: Envoy docs, supported load balancers; istio/api LoadBalancerSettings.

import type { LoadBalancer } from '../routing/proxy-config.ts';

export interface Balanced {
  /** `10.244.0.6:80` */
  readonly key: string;
  /** Requests under way. */
  readonly active: number;
}

export class Balancer<Host extends Balanced> {
  readonly #kind: LoadBalancer['kind'];
  readonly #random: () => number;
  #next: number;

  /** @param random uniform in [0, 1) */
  constructor(kind: LoadBalancer['kind'], random: () => number) {
    this.#kind = kind;
    this.#random = random;
    // Envoy starts each proxy's round somewhere else, so that a thousand of them do not begin with the same host.
    this.#next = Math.floor(random() * 65_536);
  }

  /** @param hash of the request, for consistent hashing; without one chance decides. */
  pick(hosts: readonly Host[], hash: string | undefined): Host | undefined {
    if (hosts.length <= 1) return hosts[0];
    switch (this.#kind) {
      case 'ROUND_ROBIN':
        return hosts[this.#next++ % hosts.length];
      case 'RANDOM':
        return this.#any(hosts);
      case 'LEAST_REQUEST': {
        const [a, b] = [this.#any(hosts), this.#any(hosts)];
        return a && b && b.active < a.active ? b : a;
      }
      case 'HASH':
        return hash === undefined ? this.#any(hosts) : closest(hosts, hash);
    }
  }

  #any(hosts: readonly Host[]): Host | undefined {
    return hosts[Math.floor(this.#random() * hosts.length)];
  }
}

/**
 * Rendezvous hashing: as on Envoy's ring, a value keeps its host while that host is there, and only the values of a host
 * that goes move elsewhere.
 */
function closest<Host extends Balanced>(hosts: readonly Host[], value: string): Host | undefined {
  let best: { host: Host; score: number } | undefined;
  for (const host of hosts) {
    const score = hashOf(`${host.key}\n${value}`);
    if (!best || score > best.score) best = { host, score };
  }
  return best?.host;
}

/** FNV-1a with a final mixing: 32 bits. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
