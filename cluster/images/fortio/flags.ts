// fortio's command line as Go's flag package reads it: `-c 3`, `--c=3`, `-quiet`, up to the first word that is no flag.
// Knows which flags there are and what they hold. Nothing happens here.

import { type Level, LEVELS } from './log.ts';
import { parseDuration } from './go-text.ts';

type Kind = 'bool' | 'int' | 'number' | 'text' | 'list' | 'duration' | 'level';

interface Flag {
  kind: Kind;
  fallback: string;
  /** Words of ours for `fortio help`. */
  about: string;
}

function flag(kind: Kind, fallback: string, about: string): Flag {
  return { kind, fallback, about };
}

/** What has an effect here. Source of names, kinds and defaults: fortio's command line, 1.75. */
export const FLAGS: Readonly<Record<string, Flag>> = {
  c: flag('int', '4', 'how many connections ask at once'),
  qps: flag('number', '8', 'requests a second in all; 0 is as many as possible'),
  n: flag('int', '0', 'how many requests in all, instead of a time'),
  t: flag('duration', '5s', 'for how long; 0 is until Ctrl-C'),
  p: flag('text', '50,75,90,99,99.9', 'percentiles to work out'),
  r: flag('number', '0.001', 'width of the smallest bucket of the histogram, in seconds'),
  offset: flag('duration', '0s', 'where the histogram begins'),
  H: flag('list', '', 'a header to send, `name: value`; may be given several times'),
  X: flag('text', '', 'method'),
  L: flag('bool', 'false', 'follow redirects'),
  timeout: flag('duration', '3s', 'how long to wait for a connection or an answer'),
  payload: flag('text', '', 'body to send, by POST'),
  'payload-file': flag('text', '', 'file with a body to send, by POST'),
  'payload-size': flag('int', '0', 'bytes of a random body to send, by POST'),
  'content-type': flag('text', '', 'type of the body, by POST'),
  user: flag('text', '', 'name:password for basic authentication'),
  resolve: flag('text', '', 'IP to connect to, whatever the name says'),
  keepalive: flag('bool', 'true', 'keep connections open between requests'),
  stdclient: flag('bool', 'false', 'ask with Go’s own client instead of the fast one'),
  'http1.0': flag('bool', 'false', 'HTTP/1.0'),
  'allow-initial-errors': flag('bool', 'false', 'go on when the first requests fail'),
  'abort-on': flag('int', '0', 'stop at this status; -1 for failed connections'),
  'sequential-warmup': flag('bool', 'false', 'first requests one after the other'),
  'log-errors': flag('bool', 'true', 'log each answer that is no success'),
  jitter: flag('bool', 'false', 'vary the pauses by a tenth'),
  uniform: flag('bool', 'false', 'spread the connections evenly over a pause'),
  nocatchup: flag('bool', 'false', 'leave out requests that come too late'),
  'calc-qps': flag('bool', 'false', 'work out -qps from -n and -t'),
  curl: flag('bool', 'false', 'fetch once and print, as `fortio curl`'),
  'curl-stdout-headers': flag('bool', 'false', 'print headers on standard output too'),
  labels: flag('text', '', 'words to keep with the result'),
  runid: flag('int', '0', 'number to log with the run'),
  loglevel: flag('level', 'Info', `one of ${LEVELS.join(', ')}`),
  quiet: flag('bool', 'false', 'log errors alone'),
  'logger-json': flag('bool', 'true', 'log JSON where there is no terminal'),
  'http-port': flag('text', '8080', 'port of the echo server, or `disabled`'),
  'tcp-port': flag('text', '8078', 'port of the TCP echo server, or `disabled`'),
  'redirect-port': flag('text', '8081', 'port that redirects to https, or `disabled`'),
  'grpc-port': flag('text', '8079', 'not simulated; `disabled` says nothing of it'),
  'udp-port': flag('text', '8078', 'not simulated; `disabled` says nothing of it'),
  'echo-debug-path': flag('text', '/debug', 'path that shows requests; empty turns it off'),
  'echo-server-default-params': flag('text', '', 'arguments of requests that bring none'),
  'max-echo-delay': flag('duration', '1.5s', 'longest `delay=` of the echo server'),
  maxpayloadsizekb: flag('int', '256', 'largest `size=` of the echo server, in KiB'),
  'config-dir': flag('text', '', 'read, without effect'),
};

/** Flags fortio has and this cluster cannot honour: giving one is told, and nothing runs. */
const NOT_SIMULATED: Readonly<Record<string, Kind>> = {
  a: 'bool',
  'access-log-file': 'text',
  'access-log-format': 'text',
  'base-url': 'text',
  cacert: 'text',
  cert: 'text',
  compression: 'bool',
  'config-port': 'text',
  'connection-reuse': 'text',
  'data-dir': 'text',
  'dns-method': 'text',
  gomaxprocs: 'int',
  grpc: 'bool',
  'grpc-compression': 'bool',
  'grpc-max-streams': 'int',
  'grpc-method': 'text',
  'grpc-ping-delay': 'duration',
  h2: 'bool',
  halfclose: 'bool',
  health: 'bool',
  healthservice: 'text',
  httpbufferkb: 'int',
  httpccch: 'bool',
  'https-insecure': 'bool',
  init: 'text',
  json: 'text',
  k: 'bool',
  key: 'text',
  M: 'text',
  mtls: 'bool',
  'multi-mirror-origin': 'bool',
  'multi-serial-mode': 'bool',
  'nc-dont-stop-on-eof': 'bool',
  'no-reresolve': 'bool',
  P: 'text',
  ping: 'bool',
  pprof: 'bool',
  profile: 'text',
  'proxy-all-headers': 'bool',
  'resolve-ip-type': 'text',
  s: 'int',
  'server-idle-timeout': 'duration',
  'static-dir': 'text',
  stream: 'bool',
  sync: 'text',
  'sync-interval': 'duration',
  'udp-async': 'bool',
  'udp-timeout': 'duration',
  'ui-path': 'text',
  'unix-socket': 'text',
};

/** What is wrong with a command line. `usage` prints the help before the words; status 2 is Go's for a bad flag. */
export class FlagFault extends Error {
  readonly status: number;
  readonly usage: boolean;

  constructor(message: string, status = 2, usage = true) {
    super(message);
    this.name = 'FlagFault';
    this.status = status;
    this.usage = usage;
  }
}

export class Flags {
  readonly operands: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]>, operands: readonly string[]) {
    this.#values = values;
    this.operands = operands;
  }

  text(name: string): string {
    return this.#values.get(name)?.at(-1) ?? FLAGS[name]?.fallback ?? '';
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  number(name: string): number {
    return Number(this.text(name));
  }

  is(name: string): boolean {
    return truth(this.text(name)) ?? false;
  }

  /** Milliseconds. */
  duration(name: string): number {
    return parseDuration(this.text(name)) ?? 0;
  }

  level(): Level | undefined {
    const wanted = this.#values.get('loglevel')?.at(-1)?.toLowerCase().trim();
    return LEVELS.find((level) => level.toLowerCase() === wanted);
  }
}

/** Throws FlagFault with Go's words. */
export function parseFlags(args: readonly string[]): Flags {
  const values = new Map<string, string[]>();
  let at = 0;
  for (; at < args.length; at++) {
    const word = args[at] ?? '';
    if (word.length < 2 || !word.startsWith('-')) break;
    if (word === '--') {
      at++;
      break;
    }
    const [, name, given] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) throw new FlagFault(`bad flag syntax: ${word}`);
    if (name === 'h' || name === 'help') throw new FlagFault('', 0);
    const kind = FLAGS[name]?.kind ?? NOT_SIMULATED[name];
    if (kind === undefined) throw new FlagFault(`flag provided but not defined: -${name}`);
    let value = given;
    if (value === undefined && kind === 'bool') value = 'true';
    if (value === undefined) {
      value = args[++at];
      if (value === undefined) throw new FlagFault(`flag needs an argument: -${name}`);
    }
    checkValue(name, kind, value);
    if (!(name in FLAGS))
      throw new FlagFault(`fortio: -${name} is not simulated in the embedded cluster`, 1, false);
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return new Flags(values, args.slice(at));
}

function checkValue(name: string, kind: Kind, value: string): void {
  const why = faultOf(name, kind, value);
  if (why === undefined) return;
  const boolean = kind === 'bool' ? 'boolean ' : '';
  throw new FlagFault(`invalid ${boolean}value ${JSON.stringify(value)} for flag -${name}: ${why}`);
}

function faultOf(name: string, kind: Kind, value: string): string | undefined {
  switch (kind) {
    case 'bool':
      return truth(value) === undefined ? 'parse error' : undefined;
    case 'int':
      return /^[+-]?\d+$/.test(value) ? undefined : 'parse error';
    case 'number':
      return value.trim() === '' || Number.isNaN(Number(value)) ? 'parse error' : undefined;
    case 'duration':
      return parseDuration(value) === undefined ? 'parse error' : undefined;
    case 'level':
      return LEVELS.some((level) => level.toLowerCase() === value.toLowerCase().trim())
        ? undefined
        : `should be one of [${LEVELS.join(' ')}]`;
    case 'list':
      return name === 'H' && !value.includes(':')
        ? `invalid extra header '${value}', expecting Key: Value`
        : undefined;
    case 'text':
      return undefined;
  }
}

/** strconv.ParseBool. */
function truth(text: string): boolean | undefined {
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
  return /^(0|f|F|false|FALSE|False)$/.test(text) ? false : undefined;
}

/** The numbers of -p. Throws FlagFault. */
export function percentilesOf(flags: Flags): number[] {
  const found = flags
    .text('p')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map((one) => {
      const value = Number(one);
      if (Number.isNaN(value))
        throw unusable(`strconv.ParseFloat: parsing ${JSON.stringify(one)}: invalid syntax`);
      if (value <= 0 || value >= 100) throw unusable(`percentile ${one} must be > 0 and < 100`);
      return value;
    });
  if (found.length === 0) throw unusable("list can't be empty");
  return found;
}

function unusable(why: string): FlagFault {
  return new FlagFault(`Unable to extract percentiles from -p: ${why}`, 1);
}

/** `fortio help`, in words of ours. */
export function usageText(version: string): string {
  const lines = Object.entries(FLAGS).map(([name, { kind, fallback, about }]) => {
    const value = kind === 'bool' ? '' : ` ${kind === 'list' ? 'text' : kind}`;
    const preset = fallback === '' || fallback === 'false' ? '' : ` (default ${fallback})`;
    return `  -${name}${value}\n    \t${about}${preset}\n`;
  });
  return `Φορτίο ${version} usage:
	fortio command [flags] target
or 1 of the special arguments
	fortio {help|version|buildinfo}
commands: load (ask again and again, and report), curl (ask once), server (echo servers)
not simulated in the embedded cluster: report, redirect, tcp-echo, udp-echo, proxies, grpcping, nc, script
flags:
${lines.join('')}`;
}
