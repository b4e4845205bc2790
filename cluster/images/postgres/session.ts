// One client of the simulated PostgreSQL: start-up, password, queries.

import type { Connection } from '../../network/network.ts';
import { bytesOf, concatBytes } from '../../streams.ts';
import { type Column, type SqlContext, execute, statements } from './sql.ts';
import {
  CANCEL_REQUEST,
  GSS_REQUEST,
  MessageReader,
  PROTOCOL_3,
  SSL_REQUEST,
  cString,
  cStrings,
  errorMessage,
  int16Bytes,
  int32,
  int32Bytes,
  message,
} from './wire.ts';

/** What initdb leaves in the data directory for the server: users with their passwords, databases, and who is trusted. */
export interface ClusterFile {
  user: string;
  password: string;
  databases: string[];
  /** `trust` lets everybody in; else a password is asked of whoever does not come from the pod itself. */
  method: string;
}

export const CLUSTER_FILE = 'meshproof.cluster';

const encoding = new TextEncoder();

/** What a session asks of its server. */
export interface SessionHome {
  log(severity: string, words: string): void;
  detail(words: string): Promise<void>;
  context(user: string, database: string): SqlContext;
  data: string;
}

export class Session {
  readonly #connection: Connection;
  readonly #cluster: ClusterFile;
  readonly #home: SessionHome;
  readonly #reader: MessageReader;

  constructor(connection: Connection, cluster: ClusterFile, home: SessionHome) {
    this.#connection = connection;
    this.#cluster = cluster;
    this.#home = home;
    this.#reader = new MessageReader(connection.input);
  }

  async run(): Promise<void> {
    const options = await this.#startup();
    if (!options) return;
    const user = options.get('user') ?? '';
    const database = options.get('database') ?? user;
    if (!(await this.#authenticated(user))) return;
    if (!this.#cluster.databases.includes(database))
      return this.#fatal('3D000', `database "${database}" does not exist`);
    const context = () => this.#home.context(user, database);
    await this.#send(...greeting(context().version));
    for (;;) {
      const next = await this.#reader.next();
      if (!next || next.type === 'X') return;
      if (next.type === 'Q') await this.#query(cStrings(next.body)[0] ?? '', context());
      else if (next.type === 'S') await this.#send(ready);
      else if ('PBDEC'.includes(next.type)) await this.#extended();
      else return this.#fatal('08P01', `invalid frontend message type ${next.type.charCodeAt(0)}`);
    }
  }

  /** Encryption is declined, then the start-up packet is read. */
  async #startup(): Promise<Map<string, string> | undefined> {
    for (;;) {
      const packet = await this.#reader.startup();
      if (!packet) return undefined;
      const code = packet.body.length >= 4 ? int32(packet.body, 0) : 0;
      if (code === SSL_REQUEST || code === GSS_REQUEST) {
        await this.#send(bytesOf('N'));
        continue;
      }
      if (code === CANCEL_REQUEST) return undefined;
      if (code >> 16 !== PROTOCOL_3 >> 16) {
        await this.#fatal(
          '0A000',
          `unsupported frontend protocol ${code >> 16}.${code & 0xffff}: server supports 3.0 to 3.0`,
        );
        return undefined;
      }
      const words = cStrings(packet.body.subarray(4));
      const options = new Map<string, string>();
      for (let at = 0; at + 1 < words.length && words[at] !== ''; at += 2)
        options.set(words[at] ?? '', words[at + 1] ?? '');
      if (options.get('user')) return options;
      await this.#fatal('28000', 'no PostgreSQL user name specified in startup packet');
      return undefined;
    }
  }

  async #authenticated(user: string): Promise<boolean> {
    const { method, password } = this.#cluster;
    const { ip } = this.#connection.remote;
    // The image's pg_hba.conf trusts what comes from the container itself.
    const trusted = method === 'trust' || ip === '127.0.0.1';
    if (!trusted) {
      await this.#send(message('R', int32Bytes(AUTH_CLEARTEXT)));
      const answer = await this.#reader.next();
      if (!answer) return false;
      const given = cStrings(answer.body)[0] ?? '';
      if (answer.type !== 'p' || given !== password || user !== this.#cluster.user) {
        await this.#fatal('28P01', `password authentication failed for user "${user}"`);
        const known = user === this.#cluster.user ? '' : `Role "${user}" does not exist.\n\t`;
        await this.#home.detail(
          `${known}Connection matched file "${this.#home.data}/pg_hba.conf" line 128: "host all all all scram-sha-256"`,
        );
        return false;
      }
    } else if (user !== this.#cluster.user) {
      await this.#fatal('28000', `role "${user}" does not exist`);
      return false;
    }
    await this.#send(message('R', int32Bytes(AUTH_OK)));
    return true;
  }

  async #query(text: string, context: SqlContext): Promise<void> {
    const list = statements(text);
    if (list.length === 0) return this.#send(message('I'), ready);
    for (const statement of list) {
      const result = execute(statement, context);
      switch (result.kind) {
        case 'empty':
          await this.#send(message('I'));
          break;
        case 'command':
          await this.#send(message('C', cString(result.tag)));
          break;
        case 'rows':
          await this.#send(
            rowDescription(result.columns),
            ...result.rows.map(dataRow),
            message('C', cString(result.tag)),
          );
          break;
        case 'error':
          this.#home.log('ERROR', result.words);
          this.#home.log('STATEMENT', statement);
          return this.#send(errorMessage('ERROR', result.code, result.words), ready);
      }
    }
    await this.#send(ready);
  }

  /** Prepared statements are not simulated: one error, and silence until the client synchronizes. */
  async #extended(): Promise<void> {
    await this.#send(
      errorMessage(
        'ERROR',
        '0A000',
        'this cluster simulates no prepared statements: use the simple query protocol',
      ),
    );
    for (let next = await this.#reader.next(); next; next = await this.#reader.next()) {
      if (next.type !== 'S') continue;
      await this.#send(ready);
      return;
    }
  }

  async #fatal(code: string, words: string): Promise<void> {
    this.#home.log('FATAL', words);
    await this.#send(errorMessage('FATAL', code, words));
  }

  async #send(...messages: readonly Uint8Array[]): Promise<void> {
    await this.#connection.output.write(concatBytes([...messages]));
  }
}

const AUTH_OK = 0;
/** The real image asks by SCRAM; inside this cluster nobody can listen, and the exchange would only take time. */
const AUTH_CLEARTEXT = 3;

const ready = message('Z', bytesOf('I'));

function greeting(version: string): Uint8Array[] {
  const parameters = {
    server_version: `${version} (Debian ${version}-1.pgdg12+1)`,
    server_encoding: 'UTF8',
    client_encoding: 'UTF8',
    DateStyle: 'ISO, MDY',
    TimeZone: 'Etc/UTC',
    integer_datetimes: 'on',
    standard_conforming_strings: 'on',
  };
  return [
    ...Object.entries(parameters).map(([name, value]) =>
      message('S', cString(name), cString(value)),
    ),
    message('K', int32Bytes(1), int32Bytes(1)),
    ready,
  ];
}

function rowDescription(columns: readonly Column[]): Uint8Array {
  const fields = columns.map(({ name, type }) =>
    concatBytes([
      cString(name),
      int32Bytes(0),
      int16Bytes(0),
      int32Bytes(type),
      int16Bytes(-1),
      int32Bytes(-1),
      int16Bytes(0),
    ]),
  );
  return message('T', int16Bytes(columns.length), ...fields);
}

function dataRow(row: readonly (string | null)[]): Uint8Array {
  const values = row.map((value) => {
    if (value === null) return int32Bytes(-1);
    const bytes = encoding.encode(value);
    return concatBytes([int32Bytes(bytes.length), bytes]);
  });
  return message('D', int16Bytes(row.length), ...values);
}
