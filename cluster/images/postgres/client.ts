// psql and pg_isready: what people ask a PostgreSQL server with.

import type { Connection } from '../../network/network.ts';
import { NetError } from '../../network/network.ts';
import { isIPv4 } from '../../network/addresses.ts';
import type { Process, Program } from '../../node/process.ts';
import { BrokenPipe, bytesOf, concatBytes, textOf } from '../../streams.ts';
import { PORT, SOCKET } from './server.ts';
import { statements } from './sql.ts';
import { type Format, table } from './table.ts';
import {
  MessageReader,
  PROTOCOL_3,
  cString,
  cStrings,
  errorFields,
  int16,
  int32,
  int32Bytes,
  message,
} from './wire.ts';

interface Target {
  /** Undefined: the local socket. */
  host: string | undefined;
  port: number;
  user: string;
  database: string;
  password: string | undefined;
}

/** pg_isready waits three seconds for an answer. */
const READY_TIMEOUT_MS = 3_000;

function targetOf(
  process: Process,
  options: Map<string, string>,
  words: readonly string[],
): Target {
  const { env } = process;
  const url =
    /^postgres(?:ql)?:\/\/(?:([^:@/]+)(?::([^@/]*))?@)?([^:/]+)?(?::(\d+))?(?:\/(.+))?$/.exec(
      words[0] ?? '',
    );
  const user =
    options.get('U') ??
    url?.[1] ??
    env.get('PGUSER') ??
    (process.user.name === 'root' ? 'root' : process.user.name);
  return {
    host: options.get('h') ?? url?.[3] ?? env.get('PGHOST'),
    port: Number(options.get('p') ?? url?.[4] ?? env.get('PGPORT') ?? PORT),
    user: options.get('U') ?? (words.length > 1 && !url ? words[1] : undefined) ?? user,
    database:
      options.get('d') ?? url?.[5] ?? (url ? undefined : words[0]) ?? env.get('PGDATABASE') ?? user,
    password: url?.[2] ?? env.get('PGPASSWORD'),
  };
}

/** Options with values by their letter; flags with an empty one. */
function parseOptions(
  args: readonly string[],
  valued: string,
  long: Readonly<Record<string, string>>,
): { options: Map<string, string>; commands: string[]; words: string[] } {
  const options = new Map<string, string>();
  const commands: string[] = [];
  const words: string[] = [];
  const set = (letter: string, value: string) => {
    if (letter === 'c') commands.push(value);
    else options.set(letter, value);
  };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg.startsWith('--')) {
      const [name = '', value] = arg.slice(2).split(/=(.*)/s);
      const letter = long[name] ?? name;
      set(letter, value ?? (valued.includes(letter) ? (rest.shift() ?? '') : ''));
    } else if (arg.startsWith('-') && arg.length > 1) {
      for (let at = 1; at < arg.length; at++) {
        const letter = arg[at] ?? '';
        if (!valued.includes(letter)) {
          set(letter, '');
          continue;
        }
        set(letter, arg.slice(at + 1) || (rest.shift() ?? ''));
        break;
      }
    } else {
      words.push(arg);
    }
  }
  return { options, commands, words };
}

const LONG = {
  host: 'h',
  port: 'p',
  username: 'U',
  dbname: 'd',
  command: 'c',
  timeout: 't',
  quiet: 'q',
  'tuples-only': 't',
  'no-align': 'A',
  version: 'V',
  'no-password': 'w',
};

export function pgIsReadyProgram(version: string): Program {
  return async (process) => {
    const { options } = parseOptions(process.argv.slice(1), 'hpUdt', LONG);
    const say = (text: string) =>
      options.has('q') ? Promise.resolve() : process.stdout.write(bytesOf(`${text}\n`));
    if (options.has('V')) {
      await say(`pg_isready (PostgreSQL) ${version} (Debian ${version}-1.pgdg12+1)`);
      return 0;
    }
    const target = targetOf(process, options, []);
    const place = `${target.host ?? '/var/run/postgresql'}:${target.port}`;
    const timeout = options.get('t') ? Number(options.get('t')) * 1000 : READY_TIMEOUT_MS;
    try {
      const connection = await dial(process, target, timeout);
      connection.close();
      await say(`${place} - accepting connections`);
      return 0;
    } catch (error) {
      if (!(error instanceof ConnectionFailure)) throw error;
      await say(`${place} - no response`);
      return 2;
    }
  };
}

/** Why there is no connection, in libpq's words. */
class ConnectionFailure extends Error {}

async function dial(process: Process, target: Target, timeoutMs?: number): Promise<Connection> {
  const { host, port } = target;
  if (host === undefined && !process.fs.stat(SOCKET))
    throw new ConnectionFailure(
      `connection to server on socket "${SOCKET}" failed: No such file or directory\n\tIs the server running locally and accepting connections on that socket?`,
    );
  const [ip] = host === undefined ? ['127.0.0.1'] : await process.net.lookup(host);
  if (ip === undefined)
    throw new ConnectionFailure(
      `could not translate host name "${host ?? ''}" to address: Name or service not known`,
    );
  try {
    return await process.net.connect(ip, port, timeoutMs === undefined ? {} : { timeoutMs });
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    throw new ConnectionFailure(
      `${serverAt(host, ip, port)} failed: ${error.message}\n\tIs the server running on that host and accepting TCP/IP connections?`,
    );
  }
}

function serverAt(host: string | undefined, ip: string, port: number): string {
  if (host === undefined) return `connection to server on socket "${SOCKET}"`;
  return isIPv4(host)
    ? `connection to server at "${host}", port ${port}`
    : `connection to server at "${host}" (${ip}), port ${port}`;
}

export function psqlProgram(version: string): Program {
  return async (process) => {
    const { options, commands, words } = parseOptions(process.argv.slice(1), 'hpUdcvfo', LONG);
    if (options.has('V')) {
      await process.stdout.write(
        bytesOf(`psql (PostgreSQL) ${version} (Debian ${version}-1.pgdg12+1)\n`),
      );
      return 0;
    }
    const target = targetOf(process, options, words);
    const format = { tuplesOnly: options.has('t'), aligned: !options.has('A') };
    let client: Client;
    try {
      client = await Client.connect(process, target);
    } catch (error) {
      if (!(error instanceof ConnectionFailure)) throw error;
      await process.stderr.write(bytesOf(`psql: error: ${error.message}\n`));
      return 2;
    }
    const run = (command: string) => client.run(process, command, format);
    let failed = false;
    try {
      if (commands.length > 0) {
        for (const command of commands) failed = !(await run(command)) || failed;
        return failed ? 1 : 0;
      }
      await interact(process, target, version, run);
      return 0;
    } finally {
      client.close();
    }
  };
}

async function interact(
  process: Process,
  target: Target,
  version: string,
  run: (command: string) => Promise<boolean>,
): Promise<void> {
  const onTerminal = process.isTerminal(0);
  const prompt = (text: string) =>
    onTerminal ? process.stdout.write(bytesOf(text)) : Promise.resolve();
  if (onTerminal)
    await process.stdout.write(
      bytesOf(`psql (${version} (Debian ${version}-1.pgdg12+1))\nType "help" for help.\n\n`),
    );
  let held = '';
  for (;;) {
    await prompt(`${target.database}${held === '' ? '=' : '-'}# `);
    const line = await readLine(process);
    if (line === null) {
      await prompt('\\q\n');
      return;
    }
    const text = line.trim();
    if (held === '' && ['\\q', 'exit', 'quit'].includes(text)) return;
    if (held === '' && text.startsWith('\\')) {
      await run(text);
      continue;
    }
    held += `${line}\n`;
    if (!text.endsWith(';')) {
      if (held.trim() === '') held = '';
      continue;
    }
    for (const statement of statements(held)) await run(statement);
    held = '';
  }
}

const lines = new WeakMap<Process, string>();

async function readLine(process: Process): Promise<string | null> {
  let held = lines.get(process) ?? '';
  for (;;) {
    const end = held.indexOf('\n');
    if (end !== -1) {
      lines.set(process, held.slice(end + 1));
      return held.slice(0, end);
    }
    const chunk = await process.stdin.read();
    if (!chunk) {
      lines.set(process, '');
      return held === '' ? null : held;
    }
    held += textOf(chunk);
  }
}

class Client {
  readonly #connection: Connection;
  readonly #reader: MessageReader;
  readonly #target: Target;

  private constructor(connection: Connection, target: Target) {
    this.#connection = connection;
    this.#reader = new MessageReader(connection.input);
    this.#target = target;
  }

  static async connect(process: Process, target: Target): Promise<Client> {
    const connection = await dial(process, target);
    const client = new Client(connection, target);
    const place = serverAt(target.host, connection.remote.ip, target.port);
    try {
      await client.#start(place);
    } catch (error) {
      connection.close();
      if (error instanceof BrokenPipe || error instanceof NetError)
        throw new ConnectionFailure(`${place} failed: server closed the connection unexpectedly`);
      throw error;
    }
    return client;
  }

  async #start(place: string): Promise<void> {
    const { user, database, password } = this.#target;
    const body = concatBytes([
      int32Bytes(PROTOCOL_3),
      cString('user'),
      cString(user),
      cString('database'),
      cString(database),
      Uint8Array.of(0),
    ]);
    await this.#connection.output.write(concatBytes([int32Bytes(body.length + 4), body]));
    for (;;) {
      const next = await this.#reader.next();
      if (!next)
        throw new ConnectionFailure(`${place} failed: server closed the connection unexpectedly`);
      if (next.type === 'Z') return;
      if (next.type === 'E') {
        const fields = errorFields(next.body);
        throw new ConnectionFailure(`${place} failed: ${fields.get('S')}:  ${fields.get('M')}`);
      }
      if (next.type !== 'R' || int32(next.body, 0) === 0) continue;
      if (password === undefined || password === '')
        throw new ConnectionFailure(`${place} failed: fe_sendauth: no password supplied`);
      await this.#connection.output.write(message('p', cString(password)));
    }
  }

  /** Runs a statement or a backslash command and prints what came. False after an error. */
  async run(process: Process, command: string, format: Format): Promise<boolean> {
    if (command.startsWith('\\')) return this.#meta(process, command);
    const say = (text: string) => process.stdout.write(bytesOf(text));
    await this.#connection.output.write(message('Q', cString(command)));
    let columns: string[] = [];
    let rows: (string | null)[][] = [];
    let fine = true;
    for (;;) {
      const next = await this.#reader.next();
      if (!next) return false;
      switch (next.type) {
        case 'T':
          columns = columnNames(next.body);
          rows = [];
          break;
        case 'D':
          rows.push(rowValues(next.body));
          break;
        case 'C':
          if (columns.length > 0) await say(table(columns, rows, format));
          else await say(`${cStrings(next.body)[0] ?? ''}\n`);
          columns = [];
          break;
        case 'E': {
          const fields = errorFields(next.body);
          await process.stderr.write(bytesOf(`${fields.get('S')}:  ${fields.get('M')}\n`));
          fine = false;
          break;
        }
        case 'Z':
          return fine;
        default:
      }
    }
  }

  async #meta(process: Process, command: string): Promise<boolean> {
    const say = (text: string) => process.stdout.write(bytesOf(`${text}\n`));
    const [name = ''] = command.split(/\s+/);
    const { host, port, user, database } = this.#target;
    if (name === '\\conninfo') {
      const place =
        host === undefined
          ? `via socket in "/var/run/postgresql"`
          : `on host "${host}" (address "${this.#connection.remote.ip}")`;
      await say(
        `You are connected to database "${database}" as user "${user}" ${place} at port "${port}".`,
      );
    } else if (name === '\\l') {
      return this.run(process, 'select datname from pg_database', {
        tuplesOnly: false,
        aligned: true,
      });
    } else if (/^\\d[tv+]*$/.test(name)) {
      await process.stderr.write(bytesOf('Did not find any relations.\n'));
    } else {
      await process.stderr.write(bytesOf(`invalid command ${name}\nTry \\? for help.\n`));
      return false;
    }
    return true;
  }

  close(): void {
    // Terminate, if anybody still listens.
    this.#connection.output.write(message('X')).catch(() => {});
    this.#connection.close();
  }
}

function columnNames(body: Uint8Array): string[] {
  const names: string[] = [];
  let at = 2;
  for (let count = int16(body, 0); count > 0; count--) {
    const end = body.indexOf(0, at);
    names.push(textOf(body.subarray(at, end)));
    at = end + 1 + FIELD_BYTES;
  }
  return names;
}

/** Table, column, type, size, modifier and format of a field, after its name. */
const FIELD_BYTES = 18;

function rowValues(body: Uint8Array): (string | null)[] {
  const values: (string | null)[] = [];
  let at = 2;
  for (let count = int16(body, 0); count > 0; count--) {
    const length = int32(body, at);
    at += 4;
    values.push(length === -1 ? null : textOf(body.subarray(at, at + length)));
    at += Math.max(0, length);
  }
  return values;
}
