// The nginx program: its options, its master process, its signals.

import { fileErrorWords } from '../../node/runtime/container-files.ts';
import { KERNEL_RELEASE } from '../../node/runtime/proc-files.ts';
import { FileError } from '../../node/file-system.ts';
import type { Process, Program } from '../../node/process.ts';
import { bytesOf, textOf } from '../../streams.ts';
import { nginxLogDate } from '../dates.ts';
import {
  ConfigurationError,
  type Directive,
  parseConfiguration,
  readConfiguration,
} from './configuration.ts';
import { Generation } from './generation.ts';
import { Logs } from './logs.ts';
import { type Model, compileModel } from './model.ts';
import { CONFIGURATION, type Options, USAGE, parseOptions } from './options.ts';
import { Sockets } from './sockets.ts';

export interface NginxBuild {
  version: string;
  /** `gcc 14.2.0 (Debian 14.2.0-19) ` */
  compiler: string;
}

const ERROR_LOG = { path: '/var/log/nginx/error.log', level: 'notice' as const };

export function nginxProgram(build: NginxBuild): Program {
  return async (process) => {
    const say = (text: string) => process.stderr.write(bytesOf(text));
    const options = parseOptions(process.argv.slice(1));
    if (typeof options === 'string') {
      await say(`nginx: ${options}\n`);
      return 1;
    }
    switch (options.action) {
      case 'version':
        await say(`nginx version: nginx/${build.version}\n`);
        return 0;
      case 'build':
        await say(
          `nginx version: nginx/${build.version}\nbuilt by ${build.compiler}\nconfigure arguments: --prefix=/etc/nginx --sbin-path=/usr/sbin/nginx --conf-path=${CONFIGURATION}\n`,
        );
        return 0;
      case 'help':
        await say(`nginx version: nginx/${build.version}\n${USAGE}`);
        return 0;
      case 'test':
      case 'dump':
        return testConfiguration(process, options, build);
      case 'signal':
        return sendSignal(process, options, build);
      case 'run':
        return runMaster(process, options, build);
    }
  };
}

/** Reads and compiles. Throws ConfigurationError. */
function readModel(process: Process, options: Options, { version }: NginxBuild): Model {
  const globals: Directive[] = parseConfiguration(options.globals, 'command line', () => []);
  const directives = readConfiguration(process.fs, options.configuration);
  return compileModel([...globals, ...directives], { speaksHttp11: speaksHttp11(version) });
}

/** The default of proxy_http_version changed in 1.29.7. */
export function speaksHttp11(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return major * 1e6 + minor * 1e3 + patch >= 1_029_007;
}

async function testConfiguration(
  process: Process,
  options: Options,
  build: NginxBuild,
): Promise<number> {
  const say = (text: string) => process.stderr.write(bytesOf(text));
  const { configuration } = options;
  try {
    await prepare(process, readModel(process, options, build), build);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    await complain(process, error);
    await say(`nginx: configuration file ${configuration} test failed\n`);
    return 1;
  }
  if (!options.quiet)
    await say(
      `nginx: the configuration file ${configuration} syntax is ok\nnginx: configuration file ${configuration} test is successful\n`,
    );
  if (options.action === 'dump')
    await process.stdout.write(
      bytesOf(
        `# configuration file ${configuration}:\n${textOf(process.fs.readFile(configuration))}\n`,
      ),
    );
  return 0;
}

/** An error that stops nginx is said twice: in its log, as far as one is open, and on the terminal. */
async function complain(process: Process, error: ConfigurationError): Promise<void> {
  const log = new Logs(process.fs, process.clock);
  log.write(ERROR_LOG, 'emerg', process.pid, error.message);
  await process.stderr.write(bytesOf(`nginx: [emerg] ${error.message}\n`));
}

/** Directories nginx makes when it starts; without them it does not. */
const TEMP_DIRECTORIES = ['client_temp', 'proxy_temp', 'fastcgi_temp', 'uwsgi_temp', 'scgi_temp'];

/** Throws ConfigurationError where this user or a read-only root file system does not allow it. */
function makeTempDirectories({ fs, user }: Process): void {
  for (const name of TEMP_DIRECTORIES) {
    const path = `/var/cache/nginx/${name}`;
    if (fs.stat(path)) continue;
    attempt(`mkdir() "${path}"`, () => {
      fs.makeDirectory(path);
      // Workers run as nginx; the master gives it what only root could.
      if (user.uid === 0) fs.setOwner(path, NGINX_UID, 0);
    });
  }
}

/** The account of the image. */
const NGINX_UID = 101;

function attempt(what: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const numbers = { EACCES: 13, EROFS: 30, ENOENT: 2, ENOSPC: 28 } as const;
    const [, number = 5] = Object.entries(numbers).find(([code]) => code === error.code) ?? [];
    throw new ConfigurationError(`${what} failed (${number}: ${fileErrorWords[error.code]})`);
  }
}

async function prepare(
  process: Process,
  model: Model,
  { version }: NginxBuild,
  counts = { active: 0, accepted: 0, requests: 0 },
): Promise<Generation> {
  makeTempDirectories(process);
  return Generation.prepare({
    process,
    model,
    logs: new Logs(process.fs, process.clock),
    version,
    keepsByDefault: speaksHttp11(version),
    counts,
  });
}

async function sendSignal(process: Process, options: Options, build: NginxBuild): Promise<number> {
  const say = (level: string, message: string) =>
    process.stderr.write(bytesOf(`nginx: [${level}] ${message}\n`));
  let pidFile: string;
  try {
    ({ pidFile } = readModel(process, options, build));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    await complain(process, error);
    return 1;
  }
  await process.stderr.write(
    bytesOf(
      `${nginxLogDate(process.clock.now())} [notice] ${process.pid}#${process.pid}: signal process started\n`,
    ),
  );
  let text: string;
  try {
    text = textOf(process.fs.readFile(pidFile)).trim();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    await say('error', `open() "${pidFile}" failed (2: No such file or directory)`);
    return 1;
  }
  const pid = Number(text);
  if (!Number.isInteger(pid) || pid <= 0) {
    await say('error', `invalid PID number "${text}" in "${pidFile}"`);
    return 1;
  }
  const signals = {
    stop: 'SIGTERM',
    quit: 'SIGQUIT',
    reopen: 'SIGUSR1',
    reload: 'SIGHUP',
  } as const;
  const signal = Object.entries(signals).find(([name]) => name === options.signal)?.[1] ?? 'SIGHUP';
  if (process.processes.kill(pid, signal)) return 0;
  await say('alert', `kill(${pid}, ${signal === 'SIGHUP' ? 1 : 15}) failed (3: No such process)`);
  return 1;
}

type Order = 'reload' | 'quit' | 'stop' | 'reopen';

const ORDERS: readonly {
  signal: 'SIGHUP' | 'SIGQUIT' | 'SIGTERM' | 'SIGINT' | 'SIGUSR1';
  order: Order;
  words: string;
}[] = [
  { signal: 'SIGHUP', order: 'reload', words: 'signal 1 (SIGHUP) received, reconfiguring' },
  { signal: 'SIGQUIT', order: 'quit', words: 'signal 3 (SIGQUIT) received, shutting down' },
  { signal: 'SIGTERM', order: 'stop', words: 'signal 15 (SIGTERM) received, exiting' },
  { signal: 'SIGINT', order: 'stop', words: 'signal 2 (SIGINT) received, exiting' },
  { signal: 'SIGUSR1', order: 'reopen', words: 'signal 10 (SIGUSR1) received, reopening logs' },
];

async function runMaster(process: Process, options: Options, build: NginxBuild): Promise<number> {
  try {
    if (/\bdaemon\s+off\b/.test(options.globals + mainText(process, options)))
      return await new Master(process, options, build).run();
  } catch (error) {
    return refused(process, error);
  }
  // The terminal gets its prompt back once the server listens; in a container the server ends with the first process.
  let tellReady = (_code: number) => {};
  const ready = new Promise<number>((resolve) => (tellReady = resolve));
  const daemon = process.fork(
    (child) =>
      new Master(child, options, build)
        .run(() => tellReady(0))
        .catch((error: unknown) => refused(child, error)),
    { ownGroup: true },
  );
  return Promise.race([ready, daemon.exited]);
}

async function refused(process: Process, error: unknown): Promise<number> {
  if (!(error instanceof ConfigurationError)) throw error;
  await complain(process, error);
  return 1;
}

class Master {
  readonly #process: Process;
  readonly #options: Options;
  readonly #build: NginxBuild;
  readonly #logs: Logs;
  readonly #counts = { active: 0, accepted: 0, requests: 0 };
  readonly #sockets: Sockets;
  #generation: Generation | undefined;

  constructor(process: Process, options: Options, build: NginxBuild) {
    this.#process = process;
    this.#options = options;
    this.#build = build;
    this.#logs = new Logs(process.fs, process.clock);
    this.#sockets = new Sockets(process, (connection, listen) =>
      this.#generation?.take(connection, listen),
    );
  }

  /** Serves until it is told to end. Rejects with ConfigurationError when it cannot begin. */
  async run(onListening = () => {}): Promise<number> {
    const process = this.#process;
    const first = await this.#prepare();
    const { pidFile } = first.model;
    attempt(`open() "${pidFile}"`, () =>
      process.fs.writeFile(pidFile, bytesOf(`${process.pid}\n`)),
    );
    await this.#sockets.listen(first.model);
    onListening();
    this.#generation = first;
    process.setTitle(`nginx: master process ${process.argv.join(' ')}`);
    for (const { name, file, line } of first.model.ignored)
      this.#log('warn', `"${name}" has no effect in this simulated cluster in ${file}:${line}`);
    this.#log('notice', 'using the "epoll" event method');
    this.#log('notice', `nginx/${this.#build.version}`);
    this.#log('notice', `built by ${this.#build.compiler}`);
    this.#log('notice', `OS: Linux ${KERNEL_RELEASE}`);
    this.#log('notice', 'getrlimit(RLIMIT_NOFILE): 1048576:1048576');
    this.#log('notice', 'start worker processes');
    first.startWorkers();
    return this.#obey(first);
  }

  async #obey(first: Generation): Promise<number> {
    const orders = new Orders(this.#process, (words) => this.#log('notice', words));
    let generation = first;
    for (;;) {
      const order = await orders.next();
      if (order === 'reload') generation = this.#generation = await this.#reload(generation);
      if (order === 'reload' || order === 'reopen') continue;
      this.#sockets.close();
      if (order === 'quit') await generation.finish();
      else await generation.stopWorkers('SIGTERM');
      this.#log('notice', 'exit');
      const { fs } = this.#process;
      if (fs.stat(generation.model.pidFile)) fs.remove(generation.model.pidFile);
      return 0;
    }
  }

  /** A new configuration takes over; a broken one is named in the log and the old goes on. */
  async #reload(old: Generation): Promise<Generation> {
    this.#log('notice', 'reconfiguring');
    try {
      const fresh = await this.#prepare();
      await this.#sockets.listen(fresh.model);
      this.#log('notice', 'using the "epoll" event method');
      this.#log('notice', 'start worker processes');
      fresh.startWorkers();
      void old.finish();
      return fresh;
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      this.#log('emerg', error.message);
      return old;
    }
  }

  #prepare(): Promise<Generation> {
    const model = readModel(this.#process, this.#options, this.#build);
    return prepare(this.#process, model, this.#build, this.#counts);
  }

  #log(level: 'notice' | 'warn' | 'emerg', message: string): void {
    const log = this.#generation?.model.errorLog ?? ERROR_LOG;
    this.#logs.write(log, level, this.#process.pid, message);
  }
}

/** The main level of the file, where `daemon off;` may stand. */
function mainText(process: Process, { configuration }: Options): string {
  return textOf(process.fs.readFile(configuration)).replace(/#.*/g, '');
}

/** Signals to the master, one after the other. */
class Orders {
  readonly #queue: Order[] = [];
  #wake: (() => void) | undefined;
  readonly #process: Process;

  constructor(process: Process, log: (words: string) => void) {
    this.#process = process;
    for (const { signal, order, words } of ORDERS)
      process.onSignal(signal, () => {
        log(words);
        this.#queue.push(order);
        this.#wake?.();
      });
  }

  async next(): Promise<Order> {
    for (;;) {
      const order = this.#queue.shift();
      if (order) return order;
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        const { signal } = this.#process;
        if (signal.aborted) reject(signal.reason as Error);
        else signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    }
  }
}
