// Which pod has which IP. Addresses are handed out in order and not again until the range has been gone round, as the
// host-local plug-in of a kind node does. Knows nothing of connections.

/** 10.244.0.1 is the node's side; .2 to .4 are what CoreDNS and the storage provisioner have on a kind node. */
const FIRST = 5;
const LAST = 254;
const PREFIX = '10.244';

export class AddressPool {
  readonly #taken = new Set<string>();
  readonly #subnets: number;
  #next = 0;

  /** @param pods how many pods the node takes: beyond one /24 the range goes on in the next. */
  constructor(pods: number) {
    this.#subnets = Math.max(1, Math.ceil((pods + 1) / (LAST - FIRST + 1)));
  }

  /** A free address. Throws when there is none: the node takes fewer pods than there are addresses. */
  take(): string {
    const size = this.#subnets * (LAST - FIRST + 1);
    for (let tried = 0; tried < size; tried++) {
      const at = this.#next % size;
      this.#next = at + 1;
      const ip = `${PREFIX}.${Math.floor(at / (LAST - FIRST + 1))}.${FIRST + (at % (LAST - FIRST + 1))}`;
      if (this.#taken.has(ip)) continue;
      this.#taken.add(ip);
      return ip;
    }
    throw new Error(`no free pod address among ${size}: pods were not removed from the node`);
  }

  /** Takes a certain address, for a pod that had it before. False if another has it. */
  reserve(ip: string): boolean {
    if (this.#taken.has(ip)) return false;
    this.#taken.add(ip);
    return true;
  }

  release(ip: string): void {
    this.#taken.delete(ip);
  }

  get next(): number {
    return this.#next;
  }

  set next(next: number) {
    this.#next = next;
  }
}
