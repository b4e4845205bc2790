// The postgres program: a server that takes connections, checks passwords and answers simple queries, with PostgreSQL's
// own log lines. What it cannot do it says, in an error of its own.

import { type Connection, NetError } from '../../network/network.ts';
import type { Process, Program, Signal } from '../../node/process.ts';
import { FileError } from '../../node/file-system.ts';
import { BrokenPipe, bytesOf, textOf } from '../../streams.ts';
import { postgresLogDate } from '../dates.ts';
import { CLUSTER_FILE, type ClusterFile, Session } from './session.ts';
import { serverVersion } from './sql.ts';
import { ProtocolError } from './wire.ts';

export const PORT = 5432;
export const SOCKET = '/var/run/postgresql/.s.PGSQL.5432';

/** Background processes a server shows in ps. */
const HELPERS = [
  'checkpointer',
  'background writer',
  'walwriter',
  'autovacuum launcher',
  'logical replication launcher',
];

export function postgresProgram(version: string): Program {
  return async (process) => {
    const args = process.argv.slice(1);
    if (args.includes('--version') || args.includes('-V')) {
      await process.stdout.write(
        bytesOf(`postgres (PostgreSQL) ${version} (Debian ${version}-1.pgdg12+1)\n`),
      );
      return 0;
    }
    const data = process.env.get('PGDATA') ?? '/var/lib/postgresql/data';
    const cluster = readCluster(process, data);
    if (!cluster) {
      await process.stderr.write(
        bytesOf(
          `postgres: could not access the server configuration file "${data}/postgresql.conf": No such file or directory\n`,
        ),
      );
      return 2;
    }
    // `listen_addresses=` is how the image's entrypoint keeps its first server to itself.
    const local = args.some((arg) => arg === "listen_addresses=''" || arg === 'listen_addresses=');
    return new PostgresServer(process, cluster, { version, data, local }).run();
  };
}

function readCluster({ fs }: Process, data: string): ClusterFile | undefined {
  try {
    // The file is this program's own: initdb wrote it.
    return JSON.parse(textOf(fs.readFile(`${data}/${CLUSTER_FILE}`))) as ClusterFile;
  } catch (error) {
    if (error instanceof FileError) return undefined;
    throw error;
  }
}

type Shutdown = 'smart' | 'fast' | 'immediate';

const SHUTDOWNS: Readonly<Partial<Record<Signal, Shutdown>>> = {
  SIGTERM: 'smart',
  SIGINT: 'fast',
  SIGQUIT: 'immediate',
};

class PostgresServer {
  readonly #process: Process;
  readonly #cluster: ClusterFile;
  readonly #options: { version: string; data: string; local: boolean };
  readonly #startedAt: number;
  readonly #connections = new Set<Connection>();

  constructor(
    process: Process,
    cluster: ClusterFile,
    options: { version: string; data: string; local: boolean },
  ) {
    this.#process = process;
    this.#cluster = cluster;
    this.#options = options;
    this.#startedAt = process.clock.now();
  }

  async run(): Promise<number> {
    const process = this.#process;
    this.#log('LOG', `starting ${serverVersion(this.#options.version)}`);
    try {
      this.#listen();
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      this.#log('LOG', `could not bind IPv4 address "0.0.0.0": ${error.message}`);
      this.#hint(
        'Is another postmaster already running on port 5432? If not, wait a few seconds and retry.',
      );
      this.#log('FATAL', 'could not create any TCP/IP sockets');
      return 1;
    }
    process.fs.makeDirectory('/var/run/postgresql', true);
    process.fs.writeFile(SOCKET, new Uint8Array(), 0o777);
    this.#log('LOG', `listening on Unix socket "${SOCKET}"`);
    this.#log(
      'LOG',
      `database system was shut down at ${postgresLogDate(process.clock.now()).replace(/\.\d+/, '')}`,
    );
    this.#log('LOG', 'database system is ready to accept connections');
    const helpers = HELPERS.map((name) => this.#startHelper(name));
    const how = await this.#told();
    this.#log('LOG', `received ${how} shutdown request`);
    if (how !== 'smart') this.#log('LOG', 'aborting any active transactions');
    for (const connection of this.#connections) connection.close();
    const launcher = helpers.at(-1);
    if (launcher)
      this.#log(
        'LOG',
        `background worker "logical replication launcher" (PID ${launcher.pid}) exited with exit code 1`,
      );
    this.#log('LOG', 'shutting down');
    this.#log('LOG', 'checkpoint starting: shutdown immediate');
    this.#log('LOG', 'database system is shut down');
    process.fs.remove(SOCKET);
    return 0;
  }

  #listen(): void {
    const { net } = this.#process;
    const accept = (connection: Connection) => void this.#serve(connection);
    if (this.#options.local) {
      // There are no Unix sockets here: loopback alone stands for the one the entrypoint's first server listens on.
      net.listen(PORT, accept, '127.0.0.1');
      return;
    }
    net.listen(PORT, accept);
    this.#log('LOG', `listening on IPv4 address "0.0.0.0", port ${PORT}`);
    this.#log('LOG', `listening on IPv6 address "::", port ${PORT}`);
  }

  #startHelper(name: string) {
    return this.#process.fork(async (child) => {
      child.setTitle(`postgres: ${name} `);
      await new Promise((_, reject) => {
        child.signal.addEventListener('abort', () => reject(child.signal.reason as Error), {
          once: true,
        });
      });
      return 0;
    });
  }

  #told(): Promise<Shutdown> {
    return new Promise((resolve, reject) => {
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)
        this.#process.onSignal(signal, () => resolve(SHUTDOWNS[signal] ?? 'smart'));
      this.#process.signal.addEventListener(
        'abort',
        () => reject(this.#process.signal.reason as Error),
        { once: true },
      );
    });
  }

  async #serve(connection: Connection): Promise<void> {
    this.#connections.add(connection);
    try {
      await new Session(connection, this.#cluster, {
        log: (severity, words) => this.#log(severity, words),
        detail: (words) =>
          this.#process.stderr.write(bytesOf(`${this.#prefix()} DETAIL:  ${words}\n`)),
        context: (user, database) => ({
          version: this.#options.version,
          user,
          database,
          now: this.#process.clock.now(),
          startedAt: this.#startedAt,
          serverIp: connection.local.ip,
          databases: this.#cluster.databases,
        }),
        data: this.#options.data,
      }).run();
    } catch (error) {
      if (error instanceof ProtocolError) this.#log('LOG', error.message);
      else if (!(error instanceof BrokenPipe || error instanceof NetError))
        this.#log(
          'LOG',
          `this simulated server failed: ${error instanceof Error ? error.message : String(error)}`,
        );
    } finally {
      connection.close();
      this.#connections.delete(connection);
    }
  }

  #prefix(): string {
    return `${postgresLogDate(this.#process.clock.now())} [${this.#process.pid}]`;
  }

  #log(severity: string, words: string): void {
    // PostgreSQL logs to stderr. Nobody waits for a log line.
    this.#process.stderr
      .write(bytesOf(`${this.#prefix()} ${severity}:  ${words}\n`))
      .catch(() => {});
  }

  #hint(words: string): void {
    this.#process.stderr.write(bytesOf(`${this.#prefix()} HINT:  ${words}\n`)).catch(() => {});
  }
}
