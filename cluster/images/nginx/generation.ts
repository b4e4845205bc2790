// One reading of the configuration while it serves: its upstreams, its workers, its connections.
// A reload makes a new one and lets the old finish.

import { isIPv4 } from '../../network/addresses.ts';
import { serveHttp } from '../../network/http-server.ts';
import type { Connection } from '../../network/network.ts';
import type { Child, Process, Program } from '../../node/process.ts';
import { ConfigurationError } from './configuration.ts';
import type { ServeContext } from './context.ts';
import type { Logs } from './logs.ts';
import type { Listen, Model, ProxyPass } from './model.ts';
import { ownReply, pageOf, reasonOf } from './reply.ts';
import { serverFor } from './selection.ts';
import { serve } from './serve.ts';
import { type Peer, PeerGroup, type Upstream, peerOf } from './upstream.ts';

export interface GenerationOptions {
  process: Process;
  model: Model;
  logs: Logs;
  version: string;
  /** Upstream connections are kept without being asked for: nginx 1.29.7 and later. */
  keepsByDefault: boolean;
  counts: ServeContext['counts'];
}

interface OpenConnection {
  connection: Connection;
  busy: boolean;
}

/** CPUs of the simulated node, for `worker_processes auto`. */
const AUTO_WORKERS = 4;

export class Generation {
  readonly model: Model;
  readonly #options: GenerationOptions;
  readonly #peers: ReadonlyMap<Upstream, readonly Peer[]>;
  readonly #groups = new Map<ProxyPass, PeerGroup>();
  readonly #connections = new Set<OpenConnection>();
  readonly #workers: Child[] = [];
  #closing = false;
  #idle: (() => void) | undefined;

  private constructor(options: GenerationOptions, peers: ReadonlyMap<Upstream, readonly Peer[]>) {
    this.#options = options;
    this.model = options.model;
    this.#peers = peers;
  }

  /** Resolves every upstream's name, as nginx does once, when it starts. Rejects with ConfigurationError. */
  static async prepare(options: GenerationOptions): Promise<Generation> {
    const peers = new Map<Upstream, readonly Peer[]>();
    for (const upstream of options.model.upstreams)
      peers.set(upstream, await resolvePeers(upstream, options.process));
    return new Generation(options, peers);
  }

  startWorkers(): void {
    const { workers } = this.model;
    const count = workers === 'auto' ? AUTO_WORKERS : workers;
    for (let n = 0; n < count; n++) this.#startWorker();
  }

  /** One client, from its first request to its last. */
  take(connection: Connection, listen: Pick<Listen, 'ssl'>): void {
    const { counts, process, version } = this.#options;
    const open: OpenConnection = { connection, busy: false };
    this.#connections.add(open);
    counts.active++;
    const connectionNumber = ++counts.accepted;
    let requests = 0;
    const context = this.#contextFor(this.#anyWorker());
    const settings = this.#defaultSettings(connection);
    const token = `nginx/${version}`;
    serveHttp(
      connection,
      async (http, _connection, gone) => {
        open.busy = true;
        counts.requests++;
        const response = await serve(
          {
            http,
            connection,
            connectionNumber,
            connectionRequests: ++requests,
            ssl: listen.ssl,
            gone,
          },
          context,
        );
        open.busy = false;
        return response;
      },
      {
        bodyBytes: Infinity,
        requests: settings.keepaliveRequests,
        idle: { clock: process.clock, ms: settings.keepaliveMs || CLIENT_HEADER_MS },
        refuse: (status) => refusal(status, token),
      },
    )
      .catch((error: unknown) => {
        const words = error instanceof Error ? error.message : String(error);
        this.#log('alert', `*${connectionNumber} this simulated nginx failed: ${words}`);
      })
      .finally(() => {
        this.#connections.delete(open);
        counts.active--;
        if (this.#connections.size === 0) this.#idle?.();
      });
  }

  /** No more requests: idle connections end now, busy ones with their answer. Resolves when the last is done. */
  async finish(): Promise<void> {
    this.#closing = true;
    for (const { connection, busy } of this.#connections) if (!busy) connection.close();
    for (const group of this.#groups.values()) group.close();
    if (this.#connections.size > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    await this.stopWorkers('SIGQUIT');
  }

  async stopWorkers(signal: 'SIGQUIT' | 'SIGTERM'): Promise<void> {
    this.#closing = true;
    if (signal === 'SIGQUIT')
      for (const { pid } of this.#workers) this.#log('notice', 'gracefully shutting down', pid);
    for (const worker of this.#workers) worker.kill(signal);
    for (const worker of this.#workers.splice(0)) {
      const code = await worker.exited;
      this.#log('notice', 'exiting', worker.pid);
      this.#log('notice', 'exit', worker.pid);
      this.#log('notice', `signal 17 (SIGCHLD) received from ${worker.pid}`);
      this.#log('notice', `worker process ${worker.pid} exited with code ${code}`);
    }
  }

  #contextFor(pid: number): ServeContext {
    const { process, logs, version, counts } = this.#options;
    return {
      model: this.model,
      files: process.fs,
      net: process.net,
      clock: process.clock,
      facts: {
        version,
        hostname: process.net.hostname,
        clock: process.clock,
        pid,
        random: () => process.random(),
      },
      logs,
      groupOf: (pass) => this.#groupOf(pass),
      counts,
      closing: () => this.#closing,
    };
  }

  #groupOf(pass: ProxyPass): PeerGroup | undefined {
    const known = this.#groups.get(pass);
    if (known || pass.target.kind !== 'upstream') return known;
    const { upstream } = pass.target;
    const { process, keepsByDefault } = this.#options;
    const group = new PeerGroup(upstream, this.#peers.get(upstream) ?? [], {
      clock: process.clock,
      random: () => process.random(),
      keepsByDefault,
    });
    this.#groups.set(pass, group);
    return group;
  }

  #defaultSettings(connection: Connection) {
    const nothingAsked = { method: 'GET', target: '/', version: '1.1' as const, headers: [], body };
    return serverFor(this.model, connection, nothingAsked).settings;
  }

  #startWorker(): void {
    const worker = this.#options.process.fork(workerProgram);
    this.#workers.push(worker);
    this.#log('notice', `start worker process ${worker.pid}`);
    void worker.exited.then((code) => this.#replace(worker, code));
  }

  /** A worker that ended though nobody asked it to gets a successor. */
  #replace(worker: Child, code: number): void {
    const at = this.#workers.indexOf(worker);
    if (at === -1 || this.#closing || this.#options.process.signal.aborted) return;
    this.#workers.splice(at, 1);
    this.#log('notice', `signal 17 (SIGCHLD) received from ${worker.pid}`);
    const how = code > 128 ? `exited on signal ${code - 128}` : `exited with code ${code}`;
    this.#log(code > 128 ? 'alert' : 'notice', `worker process ${worker.pid} ${how}`);
    this.#startWorker();
  }

  #anyWorker(): number {
    const { process } = this.#options;
    const worker = this.#workers[Math.floor(process.random() * this.#workers.length)];
    return worker?.pid ?? process.pid;
  }

  #log(level: 'notice' | 'alert', message: string, pid = this.#options.process.pid): void {
    this.#options.logs.write(this.model.errorLog, level, pid, message);
  }
}

/** nginx' client_header_timeout, where connections are not kept. */
const CLIENT_HEADER_MS = 60_000;

const body = { read: () => Promise.resolve(null), cancel: () => {} };

function refusal(status: number, token: string) {
  const tooLarge = status === 431;
  const shown = tooLarge ? 400 : status;
  const page = pageOf(shown, token, tooLarge ? 'Request Header Or Cookie Too Large' : undefined);
  const reply = ownReply(shown, token);
  const bytes = new TextEncoder().encode(page);
  let given = false;
  return {
    version: '1.1' as const,
    status: shown,
    reason: reasonOf(shown),
    headers: [
      ['Server', token],
      ['Content-Type', 'text/html'],
      ['Content-Length', String(bytes.length)],
    ] as [string, string][],
    body: {
      ...reply.body,
      read: () => {
        const rest = given ? null : bytes;
        given = true;
        return Promise.resolve(rest);
      },
      cancel: () => {},
    },
  };
}

async function resolvePeers(upstream: Upstream, { net }: Process): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (const server of upstream.servers) {
    const ips = isIPv4(server.host) ? [server.host] : await net.lookup(server.host);
    if (ips.length === 0)
      throw new ConfigurationError(`host not found in upstream "${server.written}"`, server.at);
    for (const ip of ips) peers.push(peerOf(ip, server.port, server));
  }
  return peers;
}

/** Workers show in ps and can be killed; the connections themselves are served by the master here. */
const workerProgram: Program = (worker) => {
  worker.setTitle('nginx: worker process');
  return new Promise((resolve, reject) => {
    worker.onSignal('SIGQUIT', () => resolve(0));
    worker.onSignal('SIGTERM', () => resolve(0));
    worker.onSignal('SIGHUP', () => {});
    worker.onSignal('SIGINT', () => {});
    worker.signal.addEventListener('abort', () => reject(worker.signal.reason as Error), {
      once: true,
    });
  });
};
