// nc in two flavours: busybox as Alpine builds it, and OpenBSD's. TCP only.

import type { Connection } from '../../../network/network.ts';
import { NetError } from '../../../network/network.ts';
import type { Process, Program } from '../../../node/process.ts';
import { ProgramNotFound } from '../../../node/process.ts';
import { BUSYBOX_BANNER } from '../applet.ts';
import { hostAddress } from '../host-address.ts';
import type { Options } from '../program.ts';
import { UsageFault, complain, parseOptions, printError } from '../program.ts';
import { pump } from './pump.ts';

type Flavour = 'busybox' | 'openbsd';

const BUSYBOX_USAGE = `${BUSYBOX_BANNER}

Usage: nc [OPTIONS] HOST PORT  - connect
nc [OPTIONS] -l -p PORT [HOST] [PORT]  - listen

	-e PROG	Run PROG after connect (must be last)
	-l	Listen mode, for inbound connects
	-lk	With -e, provides persistent server
	-p PORT	Local port
	-n	Don't do DNS resolution
	-v	Verbose
	-w SEC	Timeout for connects and final net reads
	-z	Zero-I/O mode (scanning)
`;

const OPENBSD_USAGE = `usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]
	  [-m minttl] [-O length] [-P proxy_username] [-p source_port]
	  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]
	  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]
	  [destination] [port]
`;

/** What getservbyport(3) calls a port. */
const SERVICES: Readonly<Record<number, string>> = {
  22: 'ssh',
  53: 'domain',
  80: 'http',
  443: 'https',
  3306: 'mysql',
  5432: 'postgresql',
  6379: 'redis',
  8080: 'http-alt',
};

/** What ends the program, told already. */
class Told extends Error {}

export function netcat(flavour: Flavour): Program {
  const usage = flavour === 'busybox' ? BUSYBOX_USAGE : OPENBSD_USAGE;
  const letters = flavour === 'busybox' ? 'lkp:nvw:zui:s:o:e' : '46CDdFhklNnrStUuvZzi:p:q:s:w:X:x:';
  return async (process) => {
    const { argv, command } = splitCommand(process.argv, flavour);
    try {
      const options = parseOptions(argv, { letters });
      if (options.has('u')) {
        await complain(process, 'UDP is not simulated in the embedded cluster');
        return 1;
      }
      const call = new Call(process, flavour, options, command);
      return options.has('l') ? await call.listen() : await call.connect();
    } catch (error) {
      if (error instanceof Told) return 1;
      if (!(error instanceof UsageFault)) throw error;
      if (error.message !== '') await complain(process, error.message);
      await printError(process, usage);
      return 1;
    }
  };
}

/** `-e` takes the rest of the command line. */
function splitCommand(
  argv: readonly string[],
  flavour: Flavour,
): { argv: readonly string[]; command: readonly string[] | undefined } {
  const at = flavour === 'busybox' ? argv.findIndex((word) => /^-[a-z]*e$/.test(word)) : -1;
  if (at < 0) return { argv, command: undefined };
  return { argv: argv.slice(0, at + 1), command: argv.slice(at + 1) };
}

class Call {
  readonly #process: Process;
  readonly #openbsd: boolean;
  readonly #options: Options;
  readonly #command: readonly string[] | undefined;
  readonly #verbose: boolean;

  constructor(
    process: Process,
    flavour: Flavour,
    options: Options,
    command: readonly string[] | undefined,
  ) {
    this.#process = process;
    this.#openbsd = flavour === 'openbsd';
    this.#options = options;
    this.#command = command;
    this.#verbose = options.has('v');
  }

  async connect(): Promise<number> {
    const [host, ports] = this.#options.operands;
    if (host === undefined || ports === undefined) throw new UsageFault('');
    const ip = await hostAddress(this.#process, host);
    if (ip === undefined) {
      await complain(
        this.#process,
        this.#openbsd
          ? `getaddrinfo for host "${host}" port ${ports}: Name does not resolve`
          : `bad address '${host}'`,
      );
      return 1;
    }
    let status = 1;
    for (const port of portsOf(ports)) {
      const connection = await this.#open(host, ip, port);
      if (!connection) continue;
      status = 0;
      if (this.#options.has('z')) connection.close();
      else {
        await this.#talk(connection);
        break;
      }
    }
    return status;
  }

  async #open(host: string, ip: string, port: number): Promise<Connection | undefined> {
    const seconds = this.#options.value('w');
    try {
      const connection = await this.#process.net.connect(
        ip,
        port,
        seconds === undefined ? {} : { timeoutMs: Math.max(1, Number(seconds)) * 1000 },
      );
      if (this.#verbose)
        await printError(
          this.#process,
          this.#openbsd
            ? `Connection to ${host}${host === ip ? '' : ` (${ip})`} ${port} port [tcp/${SERVICES[port] ?? '*'}] succeeded!\n`
            : `${host} (${ip}:${port}) open\n`,
        );
      return connection;
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      await this.#refuse(host, ip, port, error);
      return undefined;
    }
  }

  async #refuse(
    host: string,
    ip: string,
    port: number,
    { code, message }: NetError,
  ): Promise<void> {
    if (!this.#openbsd) {
      // It tells refusals only to who asks twice.
      const loud = this.#options.values('v').length > 1;
      if (loud || (this.#verbose && code !== 'ECONNREFUSED'))
        await complain(this.#process, `${host} (${ip}:${port}): ${message}`);
      return;
    }
    if (!this.#verbose && this.#options.has('z')) return;
    const to = `${host}${host === ip ? '' : ` (${ip})`} port ${port} (tcp)`;
    const failed = code === 'ETIMEDOUT' ? 'timed out: Operation in progress' : `failed: ${message}`;
    await complain(this.#process, `connect to ${to} ${failed}`);
  }

  async listen(): Promise<number> {
    const { operands } = this.#options;
    const text = this.#options.value('p') ?? operands.at(-1);
    const port = Number(text);
    if (text === undefined || !Number.isInteger(port) || port < 0 || port > 65_535)
      throw new UsageFault(text === undefined ? '' : `bad port '${text}'`);
    const connections = new Queue();
    const listener = await this.#bind(port, connections);
    if (this.#verbose)
      await printError(
        this.#process,
        this.#openbsd ? `Listening on 0.0.0.0 ${port}\n` : `listening on 0.0.0.0:${port} ...\n`,
      );
    const keeps = this.#options.has('k') || this.#options.values('l').length > 1;
    do {
      const connection = await connections.next();
      if (!keeps) listener.close();
      const { remote, local } = connection;
      if (this.#verbose)
        await printError(
          this.#process,
          this.#openbsd
            ? `Connection received on ${remote.ip} ${remote.port}\n`
            : `connect to ${local.ip}:${local.port} from ${remote.ip}:${remote.port} (${remote.ip}:${remote.port})\n`,
        );
      await this.#talk(connection);
    } while (keeps);
    return 0;
  }

  async #bind(port: number, connections: Queue) {
    try {
      return this.#process.net.listen(port, (connection) => connections.add(connection));
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      await complain(
        this.#process,
        this.#openbsd ? `${error.message}` : `bind: ${error.message.replace(' already', '')}`,
      );
      throw new Told();
    }
  }

  async #talk(connection: Connection): Promise<void> {
    if (this.#command) return this.#serve(connection, this.#command);
    const quit = this.#options.value('q');
    try {
      await pump(this.#process, connection, {
        halfClose: !this.#openbsd || this.#options.has('N') || quit !== undefined,
        quitMs: quit === undefined || Number(quit) < 0 ? undefined : Number(quit) * 1000,
      });
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      await complain(this.#process, this.#openbsd ? `read: ${error.message}` : error.message);
    }
  }

  async #serve(connection: Connection, command: readonly string[]): Promise<void> {
    try {
      const child = this.#process.spawn(command, {
        stdin: connection.input,
        stdout: connection.output,
      });
      await child.exited;
    } catch (error) {
      if (!(error instanceof ProgramNotFound)) throw error;
      await complain(
        this.#process,
        `can't execute '${error.command}': ${error.code === 'ENOENT' ? 'No such file or directory' : 'Permission denied'}`,
      );
      throw new Told();
    } finally {
      connection.close();
    }
  }
}

/** `80`, `80-90`, `http`. */
function portsOf(text: string): number[] {
  const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const named = Object.entries(SERVICES).find(([, name]) => name === text)?.[0];
  const [low, high] = [Number(first || named), Number(last || named)];
  if (!(low > 0 && high <= 65_535)) throw new UsageFault(`port number invalid: ${text}`);
  return Array.from({ length: high - low + 1 }, (_, index) => low + index);
}

/** Connections that came, in order. */
class Queue {
  readonly #waiting: Connection[] = [];
  #wake: (() => void) | undefined;

  add(connection: Connection): void {
    this.#waiting.push(connection);
    this.#wake?.();
  }

  async next(): Promise<Connection> {
    for (;;) {
      const connection = this.#waiting.shift();
      if (connection) return connection;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
