// The little SQL that this PostgreSQL answers: constants, a few functions, settings. Tables are not simulated, and it
// says so. Knows nothing of connections.

import { timestamp } from '../../time.ts';

export interface SqlContext {
  version: string;
  user: string;
  database: string;
  /** Milliseconds since the epoch. */
  now: number;
  startedAt: number;
  serverIp: string;
  databases: readonly string[];
}

export interface Column {
  name: string;
  /** OID of the type: 23 integer, 25 text, 16 boolean, 1184 timestamptz, 1700 numeric. */
  type: number;
}

export type SqlResult =
  | { kind: 'rows'; columns: Column[]; rows: (string | null)[][]; tag: string }
  | { kind: 'command'; tag: string }
  | { kind: 'empty' }
  | { kind: 'error'; code: string; words: string };

const INTEGER = 23;
const TEXT = 25;
const BOOLEAN = 16;
const TIMESTAMP = 1184;

export const NOT_SIMULATED =
  'this cluster simulates no tables: its PostgreSQL answers SELECT of constants and a few functions, SHOW, and transactions';

/** Splits at semicolons outside quotes. */
export function statements(text: string): string[] {
  return text
    .split(/;(?=(?:[^']*'[^']*')*[^']*$)/)
    .map((statement) => statement.trim())
    .filter(Boolean);
}

const transaction = /^(begin|start transaction|commit|end|rollback)\b/i;

export function execute(statement: string, context: SqlContext): SqlResult {
  const text = statement.replace(/--.*$/gm, '').trim();
  if (text === '') return { kind: 'empty' };
  const word = (/^[a-z]+/i.exec(text)?.[0] ?? '').toUpperCase();
  if (transaction.test(text))
    return { kind: 'command', tag: word === 'START' ? 'BEGIN' : word === 'END' ? 'COMMIT' : word };
  if (word === 'SET' || word === 'RESET') return { kind: 'command', tag: word };
  if (word === 'SHOW') return show(text.slice(4).trim().toLowerCase(), context);
  if (word === 'SELECT') return select(text.slice(6).trim(), context);
  if (
    /^(create|drop|alter|insert|update|delete|with|table|copy|truncate|grant|revoke|explain|values)\b/i.test(
      text,
    )
  )
    return { kind: 'error', code: '0A000', words: NOT_SIMULATED };
  const near = /^\S+/.exec(text)?.[0] ?? text;
  return { kind: 'error', code: '42601', words: `syntax error at or near "${near}"` };
}

const settings: Readonly<Record<string, string>> = {
  max_connections: '100',
  shared_buffers: '128MB',
  listen_addresses: '*',
  port: '5432',
  timezone: 'Etc/UTC',
  server_encoding: 'UTF8',
  client_encoding: 'UTF8',
  transaction_isolation: 'read committed',
  'transaction isolation level': 'read committed',
  password_encryption: 'scram-sha-256',
};

function show(name: string, { version }: SqlContext): SqlResult {
  const value = name === 'server_version' ? version : settings[name];
  if (value === undefined)
    return {
      kind: 'error',
      code: '42704',
      words: `unrecognized configuration parameter "${name}"`,
    };
  const column = name === 'transaction isolation level' ? 'transaction_isolation' : name;
  return { kind: 'rows', columns: [{ name: column, type: TEXT }], rows: [[value]], tag: 'SHOW' };
}

function select(list: string, context: SqlContext): SqlResult {
  if (/^datname\s+from\s+pg_database\b/i.test(list))
    return {
      kind: 'rows',
      columns: [{ name: 'datname', type: TEXT }],
      rows: context.databases.map((name) => [name]),
      tag: `SELECT ${context.databases.length}`,
    };
  if (/\bfrom\b/i.test(list.replace(/'[^']*'/g, '')))
    return { kind: 'error', code: '0A000', words: NOT_SIMULATED };
  const columns: Column[] = [];
  const row: (string | null)[] = [];
  for (const item of split(list)) {
    const [, expression = item, alias] = /^(.*?)(?:\s+as\s+"?(\w+)"?)?$/is.exec(item) ?? [];
    const value = evaluate(expression.trim(), context);
    if ('code' in value) return { kind: 'error', ...value };
    columns.push({ name: alias ?? value.name, type: value.type });
    row.push(value.text);
  }
  return { kind: 'rows', columns, rows: [row], tag: 'SELECT 1' };
}

/** Commas outside quotes and parentheses. */
function split(list: string): string[] {
  const items: string[] = [];
  let depth = 0;
  let quoted = false;
  let item = '';
  for (const char of list) {
    if (char === "'") quoted = !quoted;
    if (!quoted && char === '(') depth++;
    if (!quoted && char === ')') depth--;
    if (char === ',' && depth === 0 && !quoted) {
      items.push(item.trim());
      item = '';
    } else {
      item += char;
    }
  }
  items.push(item.trim());
  return items;
}

type Value = { name: string; type: number; text: string | null } | { code: string; words: string };

function evaluate(expression: string, context: SqlContext): Value {
  const text = /^'((?:[^']|'')*)'(::\w+)?$/.exec(expression);
  if (text) return { name: '?column?', type: TEXT, text: (text[1] ?? '').replaceAll("''", "'") };
  const sum = arithmetic(expression);
  if (sum) return sum;
  const lower = expression.toLowerCase();
  if (lower === 'true' || lower === 'false')
    return { name: 'bool', type: BOOLEAN, text: lower.slice(0, 1) };
  if (lower === 'null') return { name: '?column?', type: TEXT, text: null };
  const name = lower.replace(/\(\)$/, '');
  const read = functions[lower];
  if (read) return { name: name.replace(/^pg_catalog\./, ''), ...read(context) };
  if (lower.endsWith('()')) return { code: '42883', words: `function ${lower} does not exist` };
  if (/^\w+$/.test(expression)) return { code: '42703', words: `column "${lower}" does not exist` };
  return { code: '0A000', words: NOT_SIMULATED };
}

/** Whole numbers and `+ - * / %` between them, from left to right after products. */
function arithmetic(expression: string): Value | undefined {
  if (!/^-?\d+(\s*[-+*/%]\s*-?\d+)*$/.test(expression)) return undefined;
  const tokens = expression.match(/(?<=^|[-+*/%]\s*)-?\d+|[-+*/%]/g) ?? [];
  const terms: number[] = [Number(tokens[0])];
  for (let at = 1; at < tokens.length; at += 2) {
    const operator = tokens[at];
    const right = Number(tokens[at + 1]);
    if (operator === '+' || operator === '-') {
      terms.push(operator === '+' ? right : -right);
      continue;
    }
    const left = terms.pop() ?? 0;
    if (operator !== '*' && right === 0) return { code: '22012', words: 'division by zero' };
    terms.push(
      operator === '*' ? left * right : operator === '/' ? Math.trunc(left / right) : left % right,
    );
  }
  const total = terms.reduce((sum, term) => sum + term, 0);
  return { name: '?column?', type: INTEGER, text: String(total) };
}

/** `2026-11-22 10:32:05.123+00` */
const stamp = (ms: number) =>
  `${timestamp(ms).slice(0, 19).replace('T', ' ')}.${String(Math.floor(ms % 1000)).padStart(3, '0')}+00`;

type Read = (context: SqlContext) => { type: number; text: string | null };

const functions: Readonly<Record<string, Read>> = {
  'version()': ({ version }) => ({ type: TEXT, text: serverVersion(version) }),
  'now()': ({ now }) => ({ type: TIMESTAMP, text: stamp(now) }),
  current_timestamp: ({ now }) => ({ type: TIMESTAMP, text: stamp(now) }),
  current_date: ({ now }) => ({ type: TEXT, text: stamp(now).slice(0, 10) }),
  'current_database()': ({ database }) => ({ type: TEXT, text: database }),
  current_user: ({ user }) => ({ type: TEXT, text: user }),
  session_user: ({ user }) => ({ type: TEXT, text: user }),
  user: ({ user }) => ({ type: TEXT, text: user }),
  'current_schema()': () => ({ type: TEXT, text: 'public' }),
  'pg_is_in_recovery()': () => ({ type: BOOLEAN, text: 'f' }),
  'inet_server_addr()': ({ serverIp }) => ({ type: TEXT, text: serverIp }),
  'inet_server_port()': () => ({ type: INTEGER, text: '5432' }),
  'pg_postmaster_start_time()': ({ startedAt }) => ({ type: TIMESTAMP, text: stamp(startedAt) }),
};

/** What `select version()` and the log's first line say. */
export function serverVersion(version: string): string {
  return `PostgreSQL ${version} on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14+deb12u1) 12.2.0, 64-bit`;
}
