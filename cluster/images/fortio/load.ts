// `fortio load` and `fortio curl`: the first requests, the run, and the report on standard error.
// Every figure is counted or measured here; nothing is made up.

import type { Process } from '../../node/process.ts';
import { bytesOf } from '../../streams.ts';
import { Addresses, LookupFault } from './addresses.ts';
import { FastClient, type Fetched, isGood } from './client.ts';
import { FlagFault, type Flags, percentilesOf } from './flags.ts';
import { duration, general } from './go-text.ts';
import { Histogram } from './histogram.ts';
import type { Log } from './log.ts';
import { PROCESSORS, Pace, type RunOptions, type RunResult, Stop } from './pace.ts';
import { type LoadRequest, requestOf } from './request.ts';
import { StandardClient } from './standard-client.ts';

type Client = FastClient | StandardClient;

/** What one connection has seen. */
interface Seen {
  client: Client;
  codes: Map<number, number>;
  sizes: Histogram;
  headerSizes: Histogram;
}

/** Buckets of bytes: bodies by the hundred, heads by five. */
const SIZE_RESOLUTION = 100;
const HEADER_RESOLUTION = 5;

/** Connections a load may open at once: the whole cluster shares one processor. */
const MAX_THREADS = 1_000;

/** The one operand. Throws FlagFault where there is none, or more. */
function targetOf({ operands }: Flags): string {
  const [target, ...more] = operands;
  if (target === undefined || more.length > 0)
    throw new FlagFault('Error: fortio load/curl needs a URL or destination', 1);
  return target.trimStart();
}

/** Throws FlagFault for what cannot be run. */
export async function load(
  process: Process,
  flags: Flags,
  log: Log,
  release: string,
): Promise<number> {
  const target = targetOf(flags);
  const percentiles = percentilesOf(flags);
  const request = requestOf(process, flags, release, target);
  const options = runOptions(flags);
  const print = (text: string) => process.stderr.write(bytesOf(text));
  const amount =
    options.exactly > 0
      ? `for ${options.exactly} calls`
      : options.durationMs > 0
        ? `for ${duration(options.durationMs)}`
        : 'until interrupted';
  await print(
    `Fortio ${release} running at ${general(options.qps)} queries per second, ${PROCESSORS}->${PROCESSORS} procs, ${amount}: ${target}\n`,
  );
  await log.write({
    level: 'Info',
    message: 'Starting http test',
    attributes: {
      run: options.run,
      url: target,
      threads: options.threads,
      qps: (options.qps || -1).toFixed(1),
      warmup: flags.is('sequential-warmup') ? 'sequential' : 'parallel',
      'conn-reuse': '',
    },
    place: { file: 'httprunner.go', line: 121 },
  });
  await assumeScheme(log, target, request);
  const stop = new Stop();
  process.onSignal('SIGINT', () => stop.ask());
  const seen: Seen[] = [];
  try {
    await openClients(process, flags, log, request, options, seen);
    const failure = options.exactly > 0 ? undefined : await warmUp(flags, request, seen);
    if (failure !== undefined) {
      await print(`Aborting because of ${failure}\n`);
      return 1;
    }
    return await runAndReport(
      { process, flags, log, stop, print, options, percentiles, asked: options.threads },
      seen,
    );
  } catch (error) {
    if (!(error instanceof LookupFault)) throw error;
    await print(`Aborting because of ${error.message}\n`);
    return 1;
  } finally {
    for (const { client } of seen) client.close();
    process.onSignal('SIGINT', undefined);
  }
}

function runOptions(flags: Flags): RunOptions {
  const exactly = Math.max(0, flags.number('n'));
  const durationMs = Math.max(0, flags.duration('t'));
  if (flags.is('calc-qps') && (exactly === 0 || durationMs === 0))
    throw new FlagFault("Error: can't use `-calc-qps` without also specifying `-n` and `-t`", 1);
  const threads = Math.max(1, flags.number('c') || 4);
  if (threads > MAX_THREADS)
    throw new FlagFault(
      `fortio: -c ${threads} is more than the embedded cluster simulates; use at most ${MAX_THREADS}`,
      1,
      false,
    );
  return {
    qps: flags.is('calc-qps') ? exactly / (durationMs / 1000) : Math.max(0, flags.number('qps')),
    durationMs,
    exactly,
    threads,
    resolution: flags.number('r') > 0 ? flags.number('r') : 0.001,
    offset: flags.duration('offset') / 1000,
    jitter: flags.is('jitter'),
    uniform: flags.is('uniform'),
    catchUp: !flags.is('nocatchup'),
    run: flags.number('runid'),
  };
}

function assumeScheme(log: Log, target: string, request: LoadRequest): Promise<void> {
  if (request.text === target) return Promise.resolve();
  return log.write({
    level: 'Warning',
    message: `Assuming http:// on missing scheme for '${target}'`,
    place: { file: 'http_client.go', line: 173 },
  });
}

function clientOf(
  process: Process,
  flags: Flags,
  log: Log,
  request: LoadRequest,
  addresses: Addresses,
  thread: number,
): Client {
  const options = {
    process,
    log,
    addresses,
    request,
    resolution: flags.number('r') > 0 ? flags.number('r') : 0.001,
    offset: flags.duration('offset') / 1000,
    thread,
    run: flags.number('runid'),
  };
  const follows = flags.is('L');
  return follows || flags.is('stdclient')
    ? new StandardClient(options, follows)
    : new FastClient(options);
}

async function openClients(
  process: Process,
  flags: Flags,
  log: Log,
  request: LoadRequest,
  { threads }: RunOptions,
  seen: Seen[],
): Promise<void> {
  const addresses = new Addresses(process, log);
  for (let thread = 0; thread < threads; thread++) {
    const client = await clientOf(process, flags, log, request, addresses, thread).prepare();
    seen.push({
      client,
      codes: new Map(),
      sizes: new Histogram(SIZE_RESOLUTION),
      headerSizes: new Histogram(HEADER_RESOLUTION),
    });
  }
}

/** One request for each connection before anything is measured. What went wrong first, if that ends the load. */
async function warmUp(
  flags: Flags,
  request: LoadRequest,
  seen: readonly Seen[],
): Promise<string | undefined> {
  let failure: string | undefined;
  const one = async ({ client }: Seen, thread: number) => {
    const { code, bytes } = await client.fetch();
    if (isGood(code) || flags.is('allow-initial-errors')) return;
    failure ??= flags.is('sequential-warmup')
      ? `error ${code} for ${request.text} (${bytes.length} body bytes), thread# ${thread}`
      : `error ${code} for ${request.text} (${bytes.length} bytes)`;
  };
  if (!flags.is('sequential-warmup')) await Promise.all(seen.map(one));
  else
    for (const [thread, connection] of seen.entries()) {
      await one(connection, thread);
      if (failure !== undefined) break;
    }
  return failure;
}

interface Run {
  process: Process;
  flags: Flags;
  log: Log;
  stop: Stop;
  print: (text: string) => Promise<void>;
  options: RunOptions;
  percentiles: readonly number[];
  /** Threads asked for; fewer may run. */
  asked: number;
}

async function runAndReport(run: Run, seen: readonly Seen[]): Promise<number> {
  const { process, flags, log, stop, print, options } = run;
  const pace = new Pace(process, log, options, stop);
  const abortOn = flags.number('abort-on');
  const result = await pace.run(async (thread, routine) => {
    const one = seen[thread];
    if (!one) throw new RangeError(`fortio: thread ${thread} has no connection`);
    one.client.routine = routine;
    const { code, bytes, headerSize } = await one.client.fetch();
    one.codes.set(code, (one.codes.get(code) ?? 0) + 1);
    one.sizes.record(bytes.length);
    one.headerSizes.record(headerSize);
    if (abortOn !== 0 && code === abortOn) stop.ask();
    return isGood(code);
  }, print);
  const used = seen.slice(0, result.threads);
  await print(timesReport(run, result));
  await print(socketsReport(run, used, result));
  const qps = result.times.count / (result.elapsedMs / 1000);
  const warmup = options.exactly > 0 ? 0 : options.threads;
  await print(
    `All done ${result.times.count} calls (plus ${warmup} warmup) ${(1000 * result.times.average).toFixed(3)} ms avg, ${qps.toFixed(1)} qps\n`,
  );
  return 0;
}

function timesReport({ log, options, percentiles }: Run, result: RunResult): string {
  const { times, errors, sleeps, elapsedMs } = result;
  const full = log.shows('Warning');
  let text = '';
  if (full)
    text += `Ended after ${duration(elapsedMs)} : ${times.count} calls. qps=${general(times.count / (elapsedMs / 1000), 5)}\n`;
  if (options.qps > 0 && sleeps.count > 0) {
    const late = (100 * sleeps.lowest) / sleeps.count;
    if (late > 5)
      text += `${sleeps.report('Aggregated Sleep Time', [50])}WARNING ${late.toFixed(2)}% of sleep were falling behind\n`;
    else if (full) text += sleeps.summary('Sleep times');
  }
  if (full)
    return (
      text +
      times.report('Aggregated Function Time', percentiles) +
      errors.report('Error cases', percentiles)
    );
  return (
    text +
    times.summary('Aggregated Function Time') +
    times.targets(percentiles) +
    errors.summary('Error cases')
  );
}

function socketsReport(run: Run, seen: readonly Seen[], result: RunResult): string {
  const { log, options, percentiles } = run;
  const addresses = new Map<string, number>();
  const codes = new Map<number, number>();
  const sizes = new Histogram(SIZE_RESOLUTION);
  const headerSizes = new Histogram(HEADER_RESOLUTION);
  const connections = new Histogram(options.resolution, options.offset);
  let text = '# Socket and IP used for each connection:\n';
  for (const [thread, one] of seen.entries()) {
    const { connectTimes, addressUse } = one.client;
    text += `[${thread}] ${String(connectTimes.count).padStart(3)} socket used, resolved to ${useText(addressUse)}${connectTimes.summary(', connection timing')}`;
    for (const [address, count] of addressUse)
      addresses.set(address, (addresses.get(address) ?? 0) + count);
    for (const [code, count] of one.codes) codes.set(code, (codes.get(code) ?? 0) + count);
    sizes.add(one.sizes);
    headerSizes.add(one.headerSizes);
    connections.add(connectTimes);
  }
  if (log.shows('Info')) text += connections.report('Connection time histogram (s)', percentiles);
  else if (log.shows('Warning')) text += connections.summary('Connection time (s)');
  text += `Sockets used: ${connections.count} (for perfect keepalive, would be ${result.threads})\n`;
  text += `Uniform: ${options.uniform}, Jitter: ${options.jitter}, Catchup allowed: ${options.catchUp}\n`;
  text += 'IP addresses distribution:\n';
  for (const [address, count] of [...addresses].sort(([, a], [, b]) => b - a))
    text += `${address}: ${count}\n`;
  for (const [code, count] of [...codes].sort(([a], [b]) => a - b))
    text += `Code ${String(code).padStart(3)} : ${count} (${((100 * count) / result.times.count).toFixed(1)} %)\n`;
  if (log.shows('Verbose'))
    text +=
      headerSizes.report('Response Header Sizes Histogram', []) +
      sizes.report('Response Body/Total Sizes Histogram', []);
  else if (log.shows('Warning'))
    text +=
      headerSizes.summary('Response Header Sizes') + sizes.summary('Response Body/Total Sizes');
  return text;
}

/** One address is named alone, several with how often each. */
function useText(use: ReadonlyMap<string, number>): string {
  const [first, ...rest] = use;
  if (first && rest.length === 0) return first[0];
  return `[${[...use].map(([address, count]) => `${address} (${count})`).join(', ')}]`;
}

/** `fortio curl`: the head on standard error, the body on standard output. Throws FlagFault. */
export async function fetchOnce(
  process: Process,
  flags: Flags,
  log: Log,
  release: string,
): Promise<number> {
  const target = targetOf(flags);
  const request = requestOf(process, flags, release, target);
  await assumeScheme(log, target, request);
  const client = clientOf(process, flags, log, request, new Addresses(process, log), 0);
  let answer: Fetched;
  try {
    answer = await (await client.prepare()).fetch();
  } catch (error) {
    if (!(error instanceof LookupFault)) throw error; // it was logged where it was found
    return 1;
  } finally {
    client.close();
  }
  const { code, bytes, headerSize } = answer;
  const headers = flags.is('curl-stdout-headers') ? process.stdout : process.stderr;
  await headers.write(bytes.subarray(0, headerSize));
  await process.stdout.write(bytes.subarray(headerSize));
  if (code === 200) return 0;
  await log.write({
    level: 'Error',
    message: `Error status ${code}`,
    place: { file: 'commonflags.go', line: 160 },
  });
  return 1;
}
