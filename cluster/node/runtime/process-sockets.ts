// A process's own view of its pod's network: what it opened ends with it, and names are looked up in its container's
// hosts file first. Knows nothing of routes.

import { ConnectionEnd } from '../../network/connection.ts';
import type {
  ConnectOptions,
  Connection,
  DnsAnswer,
  DnsType,
  Listener,
  NetworkNamespace,
  Redirect,
  Socket,
} from '../../network/network.ts';

export class ProcessSockets implements NetworkNamespace {
  readonly #net: NetworkNamespace;
  readonly #signal: AbortSignal;
  readonly #readHosts: () => string;
  readonly #listeners = new Set<Listener>();
  readonly #connections = new Set<Connection>();

  constructor(net: NetworkNamespace, signal: AbortSignal, readHosts: () => string) {
    this.#net = net;
    this.#signal = signal;
    this.#readHosts = readHosts;
  }

  get ip(): string {
    return this.#net.ip;
  }

  get hostname(): string {
    return this.#net.hostname;
  }

  get resolver(): NetworkNamespace['resolver'] {
    return this.#net.resolver;
  }

  get hosts(): NetworkNamespace['hosts'] {
    return this.#net.hosts;
  }

  listen(port: number, accept: (connection: Connection) => void, ip?: string): Listener {
    this.#signal.throwIfAborted();
    const listener = this.#net.listen(port, (connection) => accept(this.#own(connection)), ip);
    const own: Listener = {
      port: listener.port,
      close: () => {
        this.#listeners.delete(own);
        listener.close();
      },
    };
    this.#listeners.add(own);
    return own;
  }

  async connect(ip: string, port: number, options: ConnectOptions = {}): Promise<Connection> {
    const signal = options.signal ? AbortSignal.any([this.#signal, options.signal]) : this.#signal;
    const connection = this.#own(await this.#net.connect(ip, port, { ...options, signal }));
    if (this.#signal.aborted) connection.close();
    return connection;
  }

  query(name: string, type: DnsType): Promise<DnsAnswer> {
    return this.#net.query(name, type);
  }

  lookup(name: string): Promise<string[]> {
    const lower = name.toLowerCase();
    const listed = hostsLines(this.#readHosts()).filter(({ names }) => names.includes(lower));
    const addresses = listed.map(({ ip }) => ip).filter((ip) => !ip.includes(':'));
    return addresses.length > 0 ? Promise.resolve(addresses) : this.#net.lookup(name);
  }

  echo(ip: string): Promise<boolean> {
    return this.#net.echo(ip);
  }

  sockets(): readonly Socket[] {
    return this.#net.sockets();
  }

  redirect(rules: Redirect | undefined): void {
    this.#net.redirect(rules);
  }

  /** Ends what this process opened, as the kernel does at its exit. The namespace goes on. */
  close(): void {
    for (const listener of this.#listeners) listener.close();
    for (const connection of this.#connections) connection.close();
    this.#connections.clear();
  }

  #own(connection: Connection): Connection {
    if (!(connection instanceof ConnectionEnd)) return connection;
    this.#connections.add(connection);
    connection.onClosed(() => this.#connections.delete(connection));
    return connection;
  }
}

/** Lines of an /etc/hosts. */
function hostsLines(text: string): { ip: string; names: string[] }[] {
  return text.split('\n').flatMap((line) => {
    const [ip, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    return ip ? [{ ip, names: names.map((name) => name.toLowerCase()) }] : [];
  });
}
