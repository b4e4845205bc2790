// busybox wget: fetches files over the cluster's HTTP. No FTP, and TLS is refused in words.

import { sendRequest } from '../../../network/http-client.ts';
import { HttpError } from '../../../network/http-message.ts';
import type { HttpHeaders, HttpResponse } from '../../../network/http.ts';
import { headerOf } from '../../../network/http.ts';
import type { Connection } from '../../../network/network.ts';
import { NetError } from '../../../network/network.ts';
import { FileError } from '../../../node/file-system.ts';
import type { Process } from '../../../node/process.ts';
import type { ByteWriter } from '../../../streams.ts';
import { BrokenPipe, nothing, readAll, readerOf } from '../../../streams.ts';
import { applet } from '../applet.ts';
import { base64 } from '../base64.ts';
import { within } from '../deadline.ts';
import { describe, fileWriter, resolvePath } from '../files.ts';
import { openInput } from '../inputs.ts';
import type { Options } from '../program.ts';
import { UsageFault, complain } from '../program.ts';
import { encodeText } from '../text.ts';
import type { Location } from './location.ts';
import { BadLocation, parseLocation, redirected } from './location.ts';
import { ProgressBar } from './progress.ts';

const MAX_REDIRECTIONS = 5;
/** Seconds without a byte before it gives up, unless -T says otherwise. */
const TIMEOUT_SECONDS = 900;

/** Linux gives up on a connection nobody answers. */
const SYN_MS = 130_000;

/** A complaint that ends the program with status 1. */
class Failure extends Error {}

interface Settings {
  quiet: boolean;
  showHeaders: boolean;
  spider: boolean;
  continues: boolean;
  output: string | undefined;
  directory: string | undefined;
  timeoutMs: number;
  agent: string;
  headers: HttpHeaders;
  body: Uint8Array | undefined;
  /** Where messages go. */
  log: ByteWriter;
  /** Progress goes to the terminal, or to the log as lines; not into a log file. */
  progress: boolean;
  /** One file for all URLs of the command line, from the second on. */
  opened: ByteWriter | undefined;
}

export const wget = applet(
  {
    // Digits stand for what has only a long name.
    letters: 'cqSO:o:P:U:T:Y:t:n:12:3:4:5',
    long: {
      continue: 'c',
      quiet: 'q',
      'server-response': 'S',
      'output-document': 'O',
      'output-file': 'o',
      'directory-prefix': 'P',
      'user-agent': 'U',
      timeout: 'T',
      tries: 't',
      proxy: 'Y',
      spider: '1',
      header: '2',
      'post-data': '3',
      'post-file': '4',
      'no-check-certificate': '5',
    },
    usage:
      "[-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]\n\t[--post-data STR | --post-file FILE]\n\t[-P DIR] [-U AGENT] [-T SEC] URL...\n\nRetrieve files via HTTP or FTP\n\n\t--spider\tOnly check URL existence: $? is 0 if exists\n\t--header STR\tAdd STR (of form 'header: value') to headers\n\t--post-data STR\tSend STR using POST method\n\t--post-file FILE\tSend FILE using POST method\n\t-c\t\tContinue retrieval of aborted transfer\n\t-q\t\tQuiet\n\t-P DIR\t\tSave to DIR (default .)\n\t-S    \t\tShow server response\n\t-T SEC\t\tNetwork read timeout is SEC seconds\n\t-O FILE\t\tSave to FILE ('-' for stdout)\n\t-o LOGFILE\tLog messages to FILE\n\t-U STR\t\tUse STR for User-Agent header",
  },
  async (process, options) => {
    if (options.operands.length === 0) throw new UsageFault('');
    try {
      const settings = await settingsOf(process, options);
      for (const url of options.operands) await retrieve(process, settings, url);
      return 0;
    } catch (error) {
      if (!(error instanceof Failure || error instanceof BadLocation)) throw error;
      await complain(process, error.message);
      return 1;
    }
  },
);

async function settingsOf(process: Process, options: Options): Promise<Settings> {
  const seconds = options.value('T');
  if (seconds !== undefined && !/^\d+$/.test(seconds))
    throw new Failure(`invalid number '${seconds}'`);
  const logFile = options.value('o');
  const file = options.value('4');
  const data = options.value('3');
  return {
    quiet: options.has('q'),
    showHeaders: options.has('S'),
    spider: options.has('1'),
    continues: options.has('c'),
    output: options.value('O'),
    directory: options.value('P'),
    timeoutMs: Number(seconds ?? TIMEOUT_SECONDS) * 1000,
    agent: options.value('U') ?? 'Wget',
    headers: options.values('2').map(headerPair),
    body:
      file !== undefined
        ? await contents(process, file)
        : data !== undefined
          ? encodeText(data)
          : undefined,
    log: logFile === undefined ? process.stderr : opened(process, logFile, 'truncate'),
    progress: logFile === undefined,
    opened: undefined,
  };
}

function headerPair(text: string): [string, string] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1).trim()];
}

async function contents(process: Process, name: string): Promise<Uint8Array> {
  try {
    return await readAll(openInput(process, name));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Failure(`can't open '${name}': ${describe(error)}`);
  }
}

function opened(
  process: Process,
  name: string,
  mode: 'truncate' | 'append' | 'exclusive',
): ByteWriter {
  try {
    if (name === '-' || name === '/dev/stdout') return process.stdout;
    return fileWriter(process.fs, resolvePath(process.cwd, name), mode);
  } catch (error) {
    throw new Failure(`can't open '${name}': ${describe(error)}`);
  }
}

async function say({ quiet, log }: Settings, text: string): Promise<void> {
  if (!quiet) await log.write(encodeText(`${text}\n`));
}

async function retrieve(process: Process, settings: Settings, url: string): Promise<void> {
  let location = parseLocation(url);
  const name = targetOf(settings, location);
  for (let turn = 0; ; turn++) {
    const connection = await connect(process, settings, location);
    try {
      const next = await fetched(process, settings, { location, connection, name });
      if (!next) return;
      location = next;
    } catch (error) {
      throw asFailure(error);
    } finally {
      connection.close();
    }
    if (turn >= MAX_REDIRECTIONS) throw new Failure('too many redirections');
  }
}

/** The file to write; `-` is standard output. */
function targetOf({ output, directory }: Settings, { path }: Location): string {
  if (output !== undefined) return output;
  const last = path.slice(path.lastIndexOf('/') + 1) || 'index.html';
  return directory === undefined ? last : `${directory.replace(/\/$/, '')}/${last}`;
}

async function connect(
  process: Process,
  settings: Settings,
  { host, authority, port, secure }: Location,
): Promise<Connection> {
  const late = () => new Failure('download timed out');
  const [ip] =
    host === ''
      ? []
      : await within(process.clock, settings.timeoutMs, process.net.lookup(host), late);
  if (ip === undefined) throw new Failure(`bad address '${authority}'`);
  await say(settings, `Connecting to ${authority} (${ip}:${port})`);
  let connection: Connection;
  try {
    connection = await process.net.connect(ip, port, {
      timeoutMs: Math.min(settings.timeoutMs, SYN_MS),
    });
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    if (error.code === 'ETIMEDOUT' && settings.timeoutMs < SYN_MS) throw late();
    throw new Failure(`can't connect to remote host (${ip}): ${reasonOf(error)}`);
  }
  if (!secure) return connection;
  connection.close();
  throw new Failure('TLS is not simulated in the embedded cluster: use http://');
}

function reasonOf({ code }: NetError): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'Connection refused';
    case 'ETIMEDOUT':
      return 'Connection timed out';
    case 'EHOSTUNREACH':
      return 'Host is unreachable';
    case 'ENETUNREACH':
      return 'Network unreachable';
    case 'ECONNRESET':
      return 'Connection reset by peer';
    case 'EADDRINUSE':
      return 'Address in use';
    case 'EADDRNOTAVAIL':
      return 'Address not available';
  }
}

interface Exchange {
  name: string;
  location: Location;
  connection: Connection;
}

/** Asks and stores the answer; resolves with where to ask instead. */
async function fetched(
  process: Process,
  settings: Settings,
  exchange: Exchange,
): Promise<Location | undefined> {
  const { location, connection } = exchange;
  const late = () => new Failure('download timed out');
  const response = await within(
    process.clock,
    settings.timeoutMs,
    sendRequest(connection, {
      method: settings.body ? 'POST' : 'GET',
      target: location.path,
      version: '1.1',
      headers: requestHeaders(settings, location),
      body: settings.body ? readerOf(settings.body) : nothing,
    }),
    late,
  );
  const { status, reason, version } = response;
  const line = `HTTP/${version} ${status}${reason === '' ? '' : ` ${reason}`}`;
  if (settings.showHeaders) await settings.log.write(encodeText(`  ${line}\n`));
  const to = [301, 302, 303, 307, 308].includes(status)
    ? headerOf(response.headers, 'location')
    : undefined;
  if (to === undefined && (status < 200 || status > 206))
    throw new Failure(`server returned error: ${line}`);
  for (const [name, value] of response.headers) {
    if (settings.showHeaders) await settings.log.write(encodeText(`  ${name}: ${value}\n`));
    if (to !== undefined && name.toLowerCase() === 'location') return redirected(location, to);
  }
  if (settings.showHeaders) await settings.log.write(encodeText('  \n'));
  if (settings.spider) await say(settings, 'remote file exists');
  else await store(process, settings, exchange, response);
  return undefined;
}

/** In its order. A header given by hand replaces its own. */
function requestHeaders(settings: Settings, { authority, user }: Location): HttpHeaders {
  const given = (name: string) => headerOf(settings.headers, name) !== undefined;
  const headers: HttpHeaders = [];
  if (!given('host')) headers.push(['Host', authority]);
  if (!given('user-agent')) headers.push(['User-Agent', settings.agent]);
  headers.push(['Connection', 'close']);
  if (user !== undefined) headers.push(['Authorization', `Basic ${base64(encodeText(user))}`]);
  headers.push(...settings.headers);
  if (settings.body) {
    if (!given('content-type')) headers.push(['Content-Type', 'application/x-www-form-urlencoded']);
    headers.push(['Content-Length', String(settings.body.length)]);
  }
  return headers;
}

async function store(
  process: Process,
  settings: Settings,
  { name }: Exchange,
  response: HttpResponse,
): Promise<void> {
  const toStdout = name === '-';
  const shared = settings.output !== undefined;
  const path = resolvePath(process.cwd, name);
  if (settings.continues && process.fs.stat(path)) await complain(process, 'restart failed');
  const writer =
    settings.opened ??
    opened(process, name, shared || settings.continues ? 'truncate' : 'exclusive');
  if (shared) settings.opened = writer;
  await say(settings, toStdout ? 'writing to stdout' : `saving to '${name}'`);
  const length = headerOf(response.headers, 'content-length');
  const total = length === undefined ? undefined : Number(length);
  const shown = settings.progress && !settings.quiet;
  const startedAt = process.clock.now();
  const bar = new ProgressBar(
    name.slice(name.lastIndexOf('/') + 1),
    process.isTerminal(2) ? (process.tty ?? { columns: 80 }) : undefined,
  );
  let received = 0;
  const state = () => ({ received, total, elapsedMs: process.clock.now() - startedAt });
  for (;;) {
    const chunk = await within(
      process.clock,
      settings.timeoutMs,
      response.body.read(),
      () => new Failure('download timed out'),
    );
    if (!chunk) break;
    received += chunk.length;
    await writer.write(chunk);
    if (shown) await settings.log.write(encodeText(bar.update(state())));
  }
  if (shown && received > 0) await settings.log.write(encodeText(bar.finish(state())));
  await say(settings, toStdout ? 'written to stdout' : `'${name}' saved`);
}

function asFailure(error: unknown): unknown {
  if (error instanceof NetError) return new Failure(`error getting response: ${reasonOf(error)}`);
  if (error instanceof FileError) return new Failure(`write error: ${describe(error)}`);
  if (!(error instanceof HttpError) || error instanceof BrokenPipe) return error;
  return new Failure(
    error.code === 'TRUNCATED' && error.missing !== undefined
      ? 'connection closed prematurely'
      : 'error getting response',
  );
}
