// nginx' listening sockets, which stay open through reloads.

import { type Connection, type Listener, NetError } from '../../network/network.ts';
import type { Process } from '../../node/process.ts';
import { bytesOf } from '../../streams.ts';
import { ConfigurationError } from './configuration.ts';
import type { Listen, Model } from './model.ts';

/** Tries of bind(2) when the port is taken, and the time between them. */
const BIND_TRIES = 5;
const BIND_PAUSE_MS = 500;

export class Sockets {
  readonly #process: Process;
  readonly #accept: (connection: Connection, listen: Listen) => void;
  readonly #open = new Map<string, Listener>();

  constructor(process: Process, accept: (connection: Connection, listen: Listen) => void) {
    this.#process = process;
    this.#accept = accept;
  }

  /** Opens what the model wants and closes what it does not. Rejects with ConfigurationError when a port is taken. */
  async listen(model: Model): Promise<void> {
    const wanted = wantedSockets(model);
    for (const [address, listen] of wanted)
      if (!this.#open.has(address)) await this.#bind(address, listen);
    for (const [address, listener] of this.#open) {
      if (wanted.has(address)) continue;
      listener.close();
      this.#open.delete(address);
    }
  }

  close(): void {
    for (const listener of this.#open.values()) listener.close();
    this.#open.clear();
  }

  async #bind(address: string, listen: Listen): Promise<void> {
    const { net, stderr } = this.#process;
    for (let tries = 0; tries < BIND_TRIES; tries++) {
      try {
        const listener = net.listen(
          listen.port,
          (connection) => this.#accept(connection, listen),
          listen.ip,
        );
        this.#open.set(address, listener);
        return;
      } catch (error) {
        if (!(error instanceof NetError)) throw error;
        const number = error.code === 'EADDRINUSE' ? 98 : 99;
        const words = `bind() to ${address} failed (${number}: ${error.message})`;
        if (error.code !== 'EADDRINUSE') throw new ConfigurationError(words);
        await stderr.write(bytesOf(`nginx: [emerg] ${words}\n`));
        await this.#process.sleep(BIND_PAUSE_MS);
      }
    }
    throw new ConfigurationError('still could not bind()');
  }
}

/** One socket for each address; a wildcard serves every address of its port. */
function wantedSockets(model: Model): Map<string, Listen> {
  const all = model.servers.flatMap(({ listens }) => listens);
  const wildcards = new Set(all.filter(({ ip }) => ip === '0.0.0.0').map(({ port }) => port));
  const wanted = new Map<string, Listen>();
  for (const listen of all) {
    if (listen.ip !== '0.0.0.0' && wildcards.has(listen.port)) continue;
    const address = `${listen.ip}:${listen.port}`;
    const known = wanted.get(address);
    wanted.set(address, known ? { ...known, ssl: known.ssl || listen.ssl } : listen);
  }
  return wanted;
}
