// The command line of `prometheus`, as kingpin reads it. Source: Prometheus docs, command-line.

import { parseDuration } from './numbers.ts';

export interface Flags {
  configFile: string;
  listenAddress: string;
  retentionMs: number;
  retentionText: string;
  lookbackMs: number;
  enableLifecycle: boolean;
  routePrefix: string;
  logLevel: 'debug' | 'info' | 'warn' | 'error';
  version: boolean;
  help: boolean;
  /** All flags with their values as text, for /api/v1/status/flags. */
  all: ReadonlyMap<string, string>;
}

export class FlagError extends Error {}

/** Known flags and what they are without being given. Those below the line are read and have no effect. */
const DEFAULTS: Readonly<Record<string, string>> = {
  'config.file': 'prometheus.yml',
  'web.listen-address': '0.0.0.0:9090',
  'web.enable-lifecycle': 'false',
  'web.route-prefix': '/',
  'web.external-url': '',
  'storage.tsdb.retention.time': '15d',
  'query.lookback-delta': '5m',
  'log.level': 'info',
  // Without effect here.
  'storage.tsdb.path': 'data/',
  'storage.tsdb.retention.size': '0B',
  'storage.tsdb.no-lockfile': 'false',
  'storage.tsdb.wal-compression': 'true',
  'storage.agent.path': 'data-agent/',
  'web.console.libraries': 'console_libraries',
  'web.console.templates': 'consoles',
  'web.enable-admin-api': 'false',
  'web.enable-remote-write-receiver': 'false',
  'web.enable-otlp-receiver': 'false',
  'web.max-connections': '512',
  'web.read-timeout': '5m',
  'web.page-title': 'Prometheus Time Series Collection and Processing Server',
  'web.cors.origin': '.*',
  'web.config.file': '',
  'web.user-assets': '',
  'query.timeout': '2m',
  'query.max-concurrency': '20',
  'query.max-samples': '50000000',
  'rules.alert.for-outage-tolerance': '1h',
  'rules.alert.for-grace-period': '10m',
  'rules.alert.resend-delay': '1m',
  'enable-feature': '',
  'log.format': 'logfmt',
  'auto-gomaxprocs': 'true',
  'auto-gomemlimit': 'true',
};

const SWITCHES = /^(web\.enable-|storage\.tsdb\.(no-lockfile|wal-compression)|auto-)/;
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** Throws FlagError in kingpin's words. */
export function parseFlags(args: readonly string[]): Flags {
  const values = new Map(Object.entries(DEFAULTS));
  let version = false;
  let help = false;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--version') version = true;
    else if (arg === '--help' || arg === '-h') help = true;
    else {
      const match = /^--([^=]+)(?:=(.*))?$/s.exec(arg);
      if (!match)
        throw new FlagError(
          arg.startsWith('-') ? `unknown short flag '${arg}'` : `unexpected ${arg}`,
        );
      const [, name = '', given] = match;
      const negated = name.startsWith('no-') ? name.slice(3) : undefined;
      if (negated !== undefined && SWITCHES.test(negated) && negated in DEFAULTS) {
        values.set(negated, 'false');
        continue;
      }
      if (!(name in DEFAULTS)) throw new FlagError(`unknown long flag '--${name}'`);
      if (SWITCHES.test(name)) values.set(name, given ?? 'true');
      else {
        const value = given ?? args[++at];
        if (value === undefined) throw new FlagError(`expected argument for flag '--${name}'`);
        values.set(name, value);
      }
    }
  }
  const text = (name: string) => values.get(name) ?? '';
  const level = LEVELS.find((each) => each === text('log.level'));
  if (!level)
    throw new FlagError(
      `enum value must be one of debug,info,warn,error, got '${text('log.level')}'`,
    );
  return {
    configFile: text('config.file'),
    listenAddress: text('web.listen-address'),
    retentionMs: duration(text('storage.tsdb.retention.time')),
    retentionText: text('storage.tsdb.retention.time'),
    lookbackMs: duration(text('query.lookback-delta')),
    enableLifecycle: text('web.enable-lifecycle') === 'true',
    routePrefix: text('web.route-prefix').replace(/\/+$/, ''),
    logLevel: level,
    version,
    help,
    all: values,
  };
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new FlagError(`not a valid duration string: ${JSON.stringify(text)}`);
  return ms;
}
