// curl: runs the transfers of a command line, prints what they bring, and ends as curl does.

import type { Process, Program } from '../../../node/process.ts';
import { FileError } from '../../../node/file-system.ts';
import type { ByteWriter } from '../../../streams.ts';
import { baseName, describe, directoryName, fileWriter, resolvePath } from '../files.ts';
import { print, printError } from '../program.ts';
import { encodeText } from '../text.ts';
import { configure } from './configuration.ts';
import type { Configuration } from './configuration.ts';
import { CurlUsage, parseCurl } from './options.ts';
import { ProgressMeter, progressBar } from './progress.ts';
import { ConnectionPool, CurlFailure, Transfer } from './transfer.ts';
import { UrlRejected, globUrls, parseUrl } from './url.ts';
import { writeOut } from './write-out.ts';

const HINT = "curl: try 'curl --help' or 'curl --manual' for more information\n";
/** Answers that --retry takes for passing troubles. */
const TRANSIENT = new Set([408, 429, 500, 502, 503, 504, 522, 524]);
/** Seconds between tries at most: curl's own bound. */
const MAX_RETRY_DELAY_MS = 600_000;

export function curlProgram(options: { version: string }): Program {
  return (process) => main(process, options.version);
}

async function main(process: Process, version: string): Promise<number> {
  try {
    const given = parseCurl(process.argv);
    if (given.flags.has('version')) {
      await print(process, versionText(version));
      return 0;
    }
    if (given.flags.has('help')) {
      await print(process, HELP);
      return 0;
    }
    if (given.urls.length === 0) throw new CurlUsage('(2) no URL specified');
    const configuration = await configure(process, given, version);
    return await runAll(process, configuration, given.urls);
  } catch (error) {
    if (!(error instanceof CurlUsage)) throw error;
    await printError(process, `curl: ${error.message}\n${error.hint ? HINT : ''}`);
    return error.code;
  }
}

function versionText(version: string): string {
  return `curl ${version} (x86_64-pc-linux-musl) libcurl/${version} (simulated)\nProtocols: http\nFeatures: AsynchDNS\n`;
}

const HELP = `Usage: curl [options...] <url>
 -d, --data <data>           HTTP POST data
 -f, --fail                  Fail fast with no output on HTTP errors
 -h, --help <subject>        Get help for commands
 -H, --header <header>       Pass custom header(s) to server
 -i, --show-headers          Show response headers in output
 -I, --head                  Show document info only
 -L, --location              Follow redirects
 -m, --max-time <seconds>    Maximum time allowed for transfer
 -o, --output <file>         Write to file instead of stdout
 -O, --remote-name           Write output to file named as remote file
     --retry <num>           Retry request if transient problems occur
 -s, --silent                Silent mode
 -S, --show-error            Show error even when -s is used
 -u, --user <user:password>  Server user and password
 -A, --user-agent <name>     Send User-Agent <name> to server
 -v, --verbose               Make the operation more talkative
 -V, --version               Show version number and quit
 -w, --write-out <format>    Output FORMAT after completion
 -X, --request <method>      Specify request method to use

This curl talks HTTP/1.1 inside the embedded cluster. TLS, HTTP/2 and proxies are not simulated.
`;

async function runAll(
  process: Process,
  configuration: Configuration,
  urls: readonly string[],
): Promise<number> {
  const pool = new ConnectionPool();
  let code = 0;
  let number = 0;
  try {
    for (const [index, written] of urls.entries()) {
      const expanded = configuration.glob
        ? expandOrNothing(written)
        : [{ url: written, pieces: [] }];
      for (const { url, pieces } of expanded) {
        code = await new Run(process, configuration, pool, url, {
          index,
          pieces,
          number: number++,
        }).withRetries();
        if (code !== 0 && configuration.failEarly) return code;
      }
    }
  } finally {
    pool.closeAll();
  }
  return code;
}

/** A glob that is none is taken as it stands; the transfer then complains. */
function expandOrNothing(url: string): { url: string; pieces: string[] }[] {
  try {
    return globUrls(url);
  } catch (error) {
    if (error instanceof UrlRejected) return [{ url, pieces: [] }];
    throw error;
  }
}

/** One URL with its output, its meter and its retries. */
class Run {
  readonly #process: Process;
  readonly #configuration: Configuration;
  readonly #pool: ConnectionPool;
  readonly #url: string;
  readonly #place: { index: number; pieces: readonly string[]; number: number };
  #writer: ByteWriter | undefined;
  #fileName = '';
  #meter: ProgressMeter | undefined;
  #meterOpen = false;

  constructor(
    process: Process,
    configuration: Configuration,
    pool: ConnectionPool,
    url: string,
    place: { index: number; pieces: readonly string[]; number: number },
  ) {
    this.#process = process;
    this.#configuration = configuration;
    this.#pool = pool;
    this.#url = url;
    this.#place = place;
  }

  async withRetries(): Promise<number> {
    const { retry, retryDelayMs, retryMaxTimeMs } = this.#configuration;
    const startedAt = this.#process.clock.now();
    let delay = 1_000;
    for (let left = retry; ; left--) {
      const { code, trouble, retryAfterMs } = await this.#once(left > 0);
      if (trouble === undefined || left <= 0) return code;
      const wait = retryAfterMs ?? retryDelayMs ?? delay;
      if (
        retryMaxTimeMs !== undefined &&
        this.#process.clock.now() - startedAt + wait > retryMaxTimeMs
      )
        return code;
      const seconds = Math.floor(wait / 1000);
      await this.#warn(
        `Problem: ${trouble}. Will retry in ${seconds} second${seconds === 1 ? '' : 's'}. ${left} retr${left === 1 ? 'y' : 'ies'} left.`,
      );
      await this.#process.sleep(wait);
      if (retryDelayMs === undefined) delay = Math.min(delay * 2, MAX_RETRY_DELAY_MS);
    }
  }

  /** `trouble` is set when another try may help. */
  async #once(
    mayRetry: boolean,
  ): Promise<{ code: number; trouble: string | undefined; retryAfterMs: number | undefined }> {
    const transfer: Transfer = new Transfer(
      this.#process,
      this.#configuration,
      {
        info: (text) => this.#info(text),
        head: (text) => this.#head(text),
        body: (bytes, total) => this.#body(transfer, bytes, total),
      },
      this.#pool,
      this.#url,
      this.#place.number,
    );
    let failure: CurlFailure | undefined;
    await this.#startMeter();
    try {
      await transfer.run();
    } catch (error) {
      if (!(error instanceof CurlFailure)) throw error;
      failure = error;
    }
    const { report } = transfer;
    if (failure) {
      report.exitCode = failure.code;
      report.error = failure.message;
    } else if (!this.#writer && report.downloaded === 0) await this.#openOutput(transfer);
    await this.#finishMeter(transfer);
    this.#writer?.end();
    this.#writer = undefined;
    const trouble = this.#trouble(failure, report.status);
    if (failure && !(trouble !== undefined && mayRetry && failure.code !== 22))
      await this.#fail(failure);
    report.fileName = this.#fileName;
    if (!(trouble !== undefined && mayRetry) && this.#configuration.writeOut !== undefined) {
      const written = writeOut(this.#configuration.writeOut, report);
      if (written.stderr !== '') await printError(this.#process, written.stderr);
      await print(this.#process, written.stdout);
    }
    const retryAfter = report.headers.find(([name]) => name.toLowerCase() === 'retry-after')?.[1];
    return {
      code: failure?.code ?? 0,
      trouble,
      retryAfterMs: retryAfter && /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined,
    };
  }

  #trouble(failure: CurlFailure | undefined, status: number): string | undefined {
    const { retryAll, retryConnectionRefused } = this.#configuration;
    if (TRANSIENT.has(status) && (!failure || failure.code === 22)) return 'HTTP error';
    if (!failure) return undefined;
    if (failure.code === 28 || failure.code === 6) return 'timeout';
    if (failure.refused && retryConnectionRefused) return 'connection refused';
    return retryAll ? '(retrying all errors)' : undefined;
  }

  async #fail(failure: CurlFailure): Promise<void> {
    const { silent, showError } = this.#configuration;
    if (silent && !showError) return;
    await printError(this.#process, `curl: (${failure.code}) ${failure.message}\n`);
  }

  async #warn(text: string): Promise<void> {
    if (!this.#configuration.silent) await printError(this.#process, `Warning: ${text}\n`);
  }

  // What a transfer brings

  async #info(text: string): Promise<void> {
    if (!this.#configuration.verbose) return;
    // On a terminal the body is shown between the lines anyway.
    if (/^[{}] \[/.test(text) && this.#outputName() === undefined && this.#process.isTerminal(1))
      return;
    await printError(this.#process, text);
  }

  async #head(text: string): Promise<void> {
    const { include, dumpHeader } = this.#configuration;
    if (dumpHeader !== undefined) await this.#dump(dumpHeader, text);
    if (!include) return;
    const writer = await this.#output();
    await writer.write(encodeText(text));
  }

  #dumped = false;

  async #dump(file: string, text: string): Promise<void> {
    if (file === '-') return print(this.#process, text);
    const path = resolvePath(this.#process.cwd, file);
    const writer = fileWriter(this.#process.fs, path, this.#dumped ? 'append' : 'truncate');
    this.#dumped = true;
    await writer.write(encodeText(text));
  }

  async #body(transfer: Transfer, bytes: Uint8Array, total: number | undefined): Promise<void> {
    const writer = await this.#output();
    await writer.write(bytes);
    if (this.#meter)
      await printError(this.#process, this.#meter.update(this.#progress(transfer, total)));
  }

  // Output

  /** -o in order of the URLs; undefined for standard output. */
  #outputName(): string | undefined {
    const { outputs, remoteNameAll, outputDirectory } = this.#configuration;
    const wanted = outputs[this.#place.index] ?? (remoteNameAll ? 'O' : undefined);
    if (wanted === undefined || wanted === 'o-') return undefined;
    const name =
      wanted === 'O'
        ? remoteName(this.#url)
        : wanted
            .slice(1)
            .replace(
              /#(\d)/g,
              (whole, digit: string) => this.#place.pieces[Number(digit) - 1] ?? whole,
            );
    return outputDirectory === undefined ? name : `${outputDirectory.replace(/\/$/, '')}/${name}`;
  }

  async #output(): Promise<ByteWriter> {
    if (this.#writer) return this.#writer;
    const name = this.#outputName();
    if (name === undefined) {
      this.#writer = { write: (bytes) => this.#process.stdout.write(bytes), end() {} };
      return this.#writer;
    }
    if (name === '') throw new CurlFailure(23, 'Remote file name has no length');
    this.#fileName = name;
    const path = resolvePath(this.#process.cwd, name);
    try {
      if (this.#configuration.createDirectories)
        this.#process.fs.makeDirectory(directoryName(path), true);
      this.#writer = fileWriter(this.#process.fs, path, 'truncate');
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      await this.#warn(`Failed to open the file ${name}: ${describe(error)}`);
      throw new CurlFailure(23, 'client returned ERROR on write, 0 bytes');
    }
    return this.#writer;
  }

  /** An empty answer leaves an empty file. */
  async #openOutput(transfer: Transfer): Promise<void> {
    if (this.#outputName() === undefined) return;
    try {
      await this.#output();
    } catch (error) {
      if (!(error instanceof CurlFailure)) throw error;
      transfer.report.exitCode = error.code;
      await this.#fail(error);
    }
  }

  // Progress

  /** The meter is for people who see nothing else: not when the body goes to their terminal. */
  async #startMeter(): Promise<void> {
    const { progress } = this.#configuration;
    if (progress === 'none' || (this.#outputName() === undefined && this.#process.isTerminal(1)))
      return;
    if (progress === 'bar') return;
    this.#meter = new ProgressMeter();
    this.#meterOpen = true;
    await printError(this.#process, this.#meter.start());
  }

  async #finishMeter(transfer: Transfer): Promise<void> {
    if (
      this.#configuration.progress === 'bar' &&
      transfer.report.downloaded > 0 &&
      this.#outputName() !== undefined
    )
      await printError(this.#process, progressBar(this.#process.tty?.columns ?? 79));
    if (!this.#meter || !this.#meterOpen) return;
    this.#meterOpen = false;
    const { report } = transfer;
    const length = report.headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1];
    await printError(
      this.#process,
      this.#meter.finish(
        this.#progress(transfer, length === undefined ? undefined : Number(length)),
      ),
    );
    this.#meter = undefined;
  }

  #progress(transfer: Transfer, total: number | undefined) {
    const { downloaded, uploaded } = transfer.report;
    return {
      total,
      received: downloaded,
      toSend: uploaded,
      sent: uploaded,
      elapsedMs: transfer.elapsedMs,
    };
  }
}

/** The last step of a URL's path. */
function remoteName(url: string): string {
  try {
    const { path } = parseUrl(url);
    return path.endsWith('/') ? '' : baseName(path);
  } catch (error) {
    if (error instanceof UrlRejected) return '';
    throw error;
  }
}
