// The program of Prometheus' image: reads its configuration, scrapes, stores, and answers queries until it is told to end.
// Source: Prometheus docs (getting started, command-line, management API).

import { serveHttp } from '../network/http-server.ts';
import { NetError } from '../network/network.ts';
import { FileError } from '../node/file-system.ts';
import type { Process, Program } from '../node/process.ts';
import { bytesOf, textOf } from '../streams.ts';
import { type Configuration, parseConfiguration } from './configuration/configuration.ts';
import { ConfigurationError } from './configuration/section.ts';
import type { AskApi } from './discovery/kubernetes-api.ts';
import { FlagError, type Flags, parseFlags } from './flags.ts';
import { prometheusLimits } from './limits.ts';
import { type Log, logTo } from './log.ts';
import { ScrapeManager } from './scrape/scrape-manager.ts';
import { Storage } from './storage/storage.ts';
import { serveWeb } from './web/server.ts';

const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const USAGE = 1;
const BAD_CONFIGURATION = 2;

export function prometheusProgram(ask: AskApi, version: string): Program {
  return async (process) => {
    let flags: Flags;
    try {
      flags = parseFlags(process.argv.slice(1));
    } catch (error) {
      if (!(error instanceof FlagError)) throw error;
      await process.stderr.write(
        bytesOf(
          `Error parsing command line arguments: ${error.message}\nprometheus: error: ${error.message}\n`,
        ),
      );
      return BAD_CONFIGURATION;
    }
    if (flags.version) return say(process, `prometheus, version ${version} (simulated)\n`);
    if (flags.help)
      return say(
        process,
        `usage: prometheus [<flags>]\n\nThe Prometheus monitoring server\n\n\nFlags:\n${[...flags.all].map(([name, value]) => `      --${name}=${JSON.stringify(value)}\n`).join('')}`,
      );
    return run(process, flags, ask, version);
  };
}

async function say(process: Process, text: string): Promise<number> {
  await process.stdout.write(bytesOf(text));
  return 0;
}

async function run(process: Process, flags: Flags, ask: AskApi, version: string): Promise<number> {
  const log = logTo(process, LEVELS[flags.logLevel]);
  const path = absolute(process, flags.configFile);
  let configuration = read(process, path);
  if ('error' in configuration) {
    log('ERROR', `Error loading config (--config.file=${flags.configFile})`, {
      file: path,
      err: configuration.error,
    });
    return BAD_CONFIGURATION;
  }
  const startedAt = process.clock.now();
  log('INFO', 'Starting Prometheus Server', {
    mode: 'server',
    version: `(version=${version}, simulated)`,
  });
  const limits = prometheusLimits;
  const storage = new Storage({
    limits,
    retentionMs: flags.retentionMs,
    overflow: () =>
      log('WARN', 'The simulated Prometheus keeps no more series than this; new ones are dropped', {
        component: 'tsdb',
        series: limits.series,
      }),
  });
  const manager = new ScrapeManager({
    process,
    api: { ask, token: () => tokenOf(process) },
    storage,
    limits,
    version,
    log,
  });
  let current: Configuration = configuration;
  let reload = { at: startedAt, successful: true };
  const apply = (): string | undefined => {
    log('INFO', 'Loading configuration file', { filename: path });
    configuration = read(process, path);
    if ('error' in configuration) {
      reload = { ...reload, successful: false };
      log('ERROR', 'Error reloading config', {
        err: `couldn't load configuration (--config.file=${JSON.stringify(flags.configFile)}): ${configuration.error}`,
      });
      return `couldn't load configuration (--config.file=${JSON.stringify(flags.configFile)}): ${configuration.error}`;
    }
    current = configuration;
    reload = { at: process.clock.now(), successful: true };
    for (const section of current.unused)
      log('WARN', 'A section of the configuration has no effect in the simulated Prometheus', {
        section,
      });
    manager.apply(current);
    log('INFO', 'Completed loading of configuration file', { filename: path });
    return undefined;
  };
  let quit: () => void = () => {};
  const told = new Promise<string>((resolve, reject) => {
    quit = () => resolve('requested');
    process.onSignal('SIGTERM', () => resolve('terminated'));
    process.onSignal('SIGINT', () => resolve('interrupt'));
    process.onSignal('SIGHUP', () => void apply());
    process.signal.addEventListener('abort', () => reject(process.signal.reason as Error));
  });
  const handle = serveWeb({
    storage,
    limits,
    lookbackMs: flags.lookbackMs,
    defaultStepMs: () => current.evaluationIntervalMs,
    now: () => process.clock.now(),
    pause: () => process.yield(),
    flags,
    version,
    manager,
    hostname: process.net.hostname,
    startedAt,
    configuration: () => current,
    lastReload: () => reload,
    ready: () => true,
    reload: apply,
    quit: () => quit(),
  });
  const port = Number(flags.listenAddress.replace(/^.*:/, ''));
  try {
    process.net.listen(port, (connection) => {
      serveHttp(connection, handle).catch((error: unknown) => {
        if (process.signal.aborted) return;
        log('ERROR', 'A request failed within the simulated Prometheus', {
          component: 'web',
          err: String(error),
        });
      });
    });
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    log('ERROR', 'Unable to start web listener', {
      err: `listen tcp ${flags.listenAddress}: bind: ${error.message.toLowerCase()}`,
    });
    return USAGE;
  }
  log('INFO', 'Start listening for connections', {
    component: 'web',
    address: flags.listenAddress,
  });
  apply();
  log('INFO', 'Server is ready to receive web requests.');
  try {
    const why = await told;
    log(
      'WARN',
      why === 'requested'
        ? 'Received termination request via web service, exiting gracefully...'
        : 'Received an OS signal, exiting gracefully...',
      { signal: why },
    );
    return 0;
  } finally {
    manager.stop();
    farewell(log, process);
  }
}

const LEVELS = { debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR' } as const;

function farewell(log: Log, process: Process): void {
  if (process.signal.aborted) return;
  log('INFO', 'Scrape manager stopped');
  log('INFO', 'See you next time!');
}

function absolute(process: Process, path: string): string {
  return path.startsWith('/') ? path : `${process.cwd.replace(/\/$/, '')}/${path}`;
}

function read(process: Process, path: string): Configuration | { error: string } {
  let text: string;
  try {
    text = textOf(process.fs.readFile(path));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const words =
      error.code === 'ENOENT'
        ? 'no such file or directory'
        : error.code === 'EISDIR'
          ? 'is a directory'
          : 'permission denied';
    return { error: `open ${path}: ${words}` };
  }
  try {
    return parseConfiguration(text);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { error: `parsing YAML file ${path}: ${error.message}` };
  }
}

function tokenOf(process: Process): string | undefined {
  try {
    return textOf(process.fs.readFile(TOKEN)).trim();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return undefined;
  }
}
