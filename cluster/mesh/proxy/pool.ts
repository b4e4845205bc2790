// HTTP/1.1 connections to one host, and the limits of its cluster: Envoy's connection pool and circuit breakers.
// Source: Envoy docs, connection pooling and circuit breaking; source/common/conn_pool/conn_pool_base.cc.

import type { Clock } from '../../clock.ts';
import type { Connection } from '../../network/network.ts';
import { canReuse, closedByPeer } from '../../network/http-client.ts';
import type { ConnectionPool } from '../routing/proxy-config.ts';

/** What all hosts of a cluster share. */
export class Breakers {
  readonly limits: ConnectionPool;
  connections = 0;
  pending = 0;
  requests = 0;
  retries = 0;
  // Counted since the cluster came, for whoever looks at the proxy's numbers.
  requestsTotal = 0;
  pendingTotal = 0;
  pendingOverflow = 0;

  constructor(limits: ConnectionPool) {
    this.limits = limits;
  }
}

/** The cluster takes no more: Envoy's overflow, flag UO. */
export class Overflow extends Error {
  constructor() {
    super('overflow');
    this.name = 'Overflow';
  }
}

/** A connection lent for one request. */
export interface Lease<Opened extends { connection: Connection }> {
  readonly opened: Opened;
  /** Give it back when the answer was read to its end, or when it never will be. */
  release(): void;
}

interface Waiter<Opened> {
  take(opened: Opened): void;
  fail(error: unknown): void;
}

interface Held<Opened> {
  opened: Opened;
  served: number;
  /** Cluster time: when it was opened, and since when nobody uses it. */
  openedAt: number;
  idleSince: number;
  /** Once true it is out of the pool and no longer counted. */
  closed: boolean;
}

export class HostPool<Opened extends { connection: Connection }> {
  readonly #breakers: Breakers;
  readonly #clock: Clock;
  readonly #open: () => Promise<Opened>;
  #idle: Held<Opened>[] = [];
  readonly #all = new Map<Opened, Held<Opened>>();
  #waiting: Waiter<Opened>[] = [];
  #opening = 0;
  #closed = false;

  /** @param open makes a new connection to the host, its handshake included. */
  constructor(breakers: Breakers, clock: Clock, open: () => Promise<Opened>) {
    this.#breakers = breakers;
    this.#clock = clock;
    this.#open = open;
  }

  /** Rejects with Overflow, or with what opening a connection rejected with. `signal` gives up waiting. */
  async lease(signal: AbortSignal): Promise<Lease<Opened>> {
    const { limits } = this.#breakers;
    if (this.#breakers.requests >= limits.maxRequests) throw this.#overflow();
    const opened = this.#fresh() ?? (await this.#wait(signal));
    // While it waited for a connection others may have taken what was left.
    if (this.#breakers.requests >= limits.maxRequests) {
      this.#handBack(opened);
      throw this.#overflow();
    }
    this.#breakers.requests++;
    this.#breakers.requestsTotal++;
    let lent = true;
    return {
      opened,
      release: () => {
        if (!lent) return;
        lent = false;
        this.#breakers.requests--;
        this.#takeBack(opened);
      },
    };
  }

  /** The host has gone: idle connections end, lent ones when they come back. */
  close(): void {
    this.#closed = true;
    for (const held of this.#idle.splice(0)) this.#drop(held);
  }

  /** The idle connection used last, unless it is older than its cluster allows: then it ends here. */
  #fresh(): Opened | undefined {
    const { idleTimeoutMs } = this.#breakers.limits;
    for (let held = this.#idle.pop(); held; held = this.#idle.pop()) {
      const idleFor = this.#clock.now() - held.idleSince;
      if ((idleTimeoutMs === 0 || idleFor < idleTimeoutMs) && !this.#isWorn(held))
        return held.opened;
      this.#drop(held);
    }
    return undefined;
  }

  #isWorn({ served, openedAt }: Held<Opened>): boolean {
    const { maxRequestsPerConnection: most, maxConnectionMs } = this.#breakers.limits;
    return (
      (most > 0 && served >= most) ||
      (maxConnectionMs > 0 && this.#clock.now() - openedAt >= maxConnectionMs)
    );
  }

  #overflow(): Overflow {
    this.#breakers.pendingOverflow++;
    return new Overflow();
  }

  async #wait(signal: AbortSignal): Promise<Opened> {
    const { limits } = this.#breakers;
    if (this.#breakers.pending >= limits.maxPendingRequests) throw this.#overflow();
    this.#breakers.pending++;
    this.#breakers.pendingTotal++;
    try {
      return await new Promise<Opened>((resolve, reject) => {
        const waiter: Waiter<Opened> = { take: resolve, fail: reject };
        this.#waiting.push(waiter);
        signal.addEventListener(
          'abort',
          () => {
            this.#waiting = this.#waiting.filter((other) => other !== waiter);
            reject(signal.reason as Error);
          },
          { once: true },
        );
        this.#openMore();
      });
    } finally {
      this.#breakers.pending--;
    }
  }

  /** One for each request that waits, as far as the cluster allows; a host that has none may always have its first. */
  #openMore(): void {
    while (this.#waiting.length > this.#opening) {
      const mine = this.#all.size + this.#opening;
      if (mine > 0 && this.#breakers.connections >= this.#breakers.limits.maxConnections) return;
      this.#opening++;
      this.#breakers.connections++;
      void this.#open().then(
        (opened) => {
          this.#opening--;
          const now = this.#clock.now();
          const held: Held<Opened> = {
            opened,
            served: 0,
            openedAt: now,
            idleSince: now,
            closed: false,
          };
          this.#all.set(opened, held);
          this.#offer(held);
        },
        (error: unknown) => {
          this.#opening--;
          this.#breakers.connections--;
          // All that wait for this host fail together.
          for (const waiter of this.#waiting.splice(0)) waiter.fail(error);
        },
      );
    }
  }

  #takeBack(opened: Opened): void {
    const held = this.#all.get(opened);
    if (!held) return;
    held.served++;
    if (this.#closed || this.#isWorn(held) || !canReuse(opened.connection)) this.#drop(held);
    else this.#offer(held);
    this.#openMore();
  }

  /** One that served nobody. */
  #handBack(opened: Opened): void {
    const held = this.#all.get(opened);
    if (held) this.#offer(held);
  }

  #offer(held: Held<Opened>): void {
    const waiter = this.#waiting.shift();
    if (waiter) {
      waiter.take(held.opened);
      return;
    }
    held.idleSince = this.#clock.now();
    this.#idle.push(held);
    void closedByPeer(held.opened.connection).then(() => {
      if (!this.#idle.includes(held)) return;
      this.#idle = this.#idle.filter((other) => other !== held);
      this.#drop(held);
    });
  }

  #drop(held: Held<Opened>): void {
    if (held.closed) return;
    held.closed = true;
    this.#all.delete(held.opened);
    this.#breakers.connections--;
    held.opened.connection.close();
  }
}
