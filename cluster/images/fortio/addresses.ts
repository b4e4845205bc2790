// Which IP a request goes to: names are looked up once, and several addresses take turns, as fortio's cached round robin does.
// Knows nothing of HTTP.

import type { Process } from '../../node/process.ts';
import type { Log } from './log.ts';

/** A name that leads nowhere, in Go's words. */
export class LookupFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LookupFault';
  }
}

export class Addresses {
  readonly #process: Process;
  readonly #log: Log;
  #known: { host: string; ips: readonly string[] } | undefined;
  #turn = 0;

  constructor(process: Process, log: Log) {
    this.#process = process;
    this.#log = log;
  }

  /** Throws LookupFault, after it was logged. */
  async next(host: string): Promise<string> {
    if (this.#known?.host !== host) {
      const ips = await this.#lookup(host);
      // Two connections that asked at once share what came first.
      if (this.#known?.host !== host) this.#known = { host, ips };
    }
    const { ips } = this.#known;
    return ips[this.#turn++ % ips.length] ?? '';
  }

  async #lookup(host: string): Promise<readonly string[]> {
    if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return [host];
    const ips = await this.#process.net.lookup(host);
    if (ips.length > 0) return ips;
    const { nameserver } = this.#process.net.resolver;
    const message = `lookup ${host} on ${nameserver}:53: no such host`;
    await this.#log.write({
      level: 'Error',
      message: `Unable to lookup "${host}": ${message}`,
      place: { file: 'network.go', line: 428 },
    });
    throw new LookupFault(message);
  }
}
