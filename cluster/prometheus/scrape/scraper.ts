// Gets the text of a target over the pod network, as Go's client would: one connection kept between scrapes, one deadline.

import { HttpError } from '../../network/http-message.ts';
import { canReuse, sendRequest } from '../../network/http-client.ts';
import { headerOf } from '../../network/http.ts';
import { type Connection, NetError } from '../../network/network.ts';
import { isIPv4 } from '../../network/addresses.ts';
import type { Process } from '../../node/process.ts';
import type { Cancel } from '../../platform.ts';
import { BrokenPipe, concatBytes, nothing, textOf } from '../../streams.ts';
import { type Target, scrapeUrl } from './target.ts';

/** A scrape that failed, in Go's words. */
export class ScrapeError extends Error {}

export interface ScraperOptions {
  process: Pick<Process, 'net' | 'clock'>;
  version: string;
  bodyBytes: number;
  signal: AbortSignal;
}

const DEFAULT_PORT = 80;

/** Cluster milliseconds. A timer of a running cluster is never so late. */
const STOOD_STILL_MS = 100;
/** How often a scrape gets its time again, on a machine that is short of it. */
const CHANCES = 3;

export class Scraper {
  readonly #options: ScraperOptions;
  #connection: Connection | undefined;

  constructor(options: ScraperOptions) {
    this.#options = options;
  }

  /** Rejects with ScrapeError, or with what ended Prometheus itself. */
  async scrape(target: Target): Promise<string> {
    let late = false;
    const cancelDeadline = this.#deadline(target.timeoutMs, () => {
      late = true;
      this.#connection?.reset();
    });
    try {
      return await this.#get(target);
    } catch (error) {
      this.close();
      this.#options.signal.throwIfAborted();
      const url = `Get ${JSON.stringify(scrapeUrl(target))}: `;
      if (late || (error instanceof NetError && error.code === 'ETIMEDOUT'))
        throw new ScrapeError(`${url}context deadline exceeded`);
      throw wordsOf(error, url, target.address);
    } finally {
      cancelDeadline();
    }
  }

  /** A timer that fires late says that the cluster stood still, not that the target did: it gets its time again. */
  #deadline(ms: number, over: () => void): Cancel {
    const { clock } = this.#options.process;
    let cancel: Cancel = () => {};
    const arm = (chances: number) => {
      const due = clock.now() + ms;
      cancel = clock.after(ms, () => {
        if (clock.now() - due > STOOD_STILL_MS && chances > 0) arm(chances - 1);
        else over();
      });
    };
    arm(CHANCES);
    return () => cancel();
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #get(target: Target): Promise<string> {
    if (target.scheme !== 'http')
      throw new ScrapeError(
        `Get ${JSON.stringify(scrapeUrl(target))}: the simulated Prometheus scrapes over http alone`,
      );
    const kept = this.#connection !== undefined && canReuse(this.#connection);
    try {
      return await this.#ask(target, await this.#connected(target));
    } catch (error) {
      // The server closed a connection it had kept: asked once more on a new one, as Go's client does.
      if (!kept || !isGone(error)) throw error;
      this.close();
      return this.#ask(target, await this.#connected(target));
    }
  }

  async #connected({ address, timeoutMs }: Target): Promise<Connection> {
    const { process, signal } = this.#options;
    if (this.#connection && canReuse(this.#connection)) return this.#connection;
    this.close();
    const { host, port } = hostAndPort(address);
    const ip = isIPv4(host) ? host : (await process.net.lookup(host))[0];
    if (ip === undefined)
      throw new LookupError(
        `dial tcp: lookup ${host} on ${process.net.resolver.nameserver}:53: no such host`,
      );
    this.#connection = await process.net.connect(ip, port, { timeoutMs, signal });
    return this.#connection;
  }

  async #ask(target: Target, connection: Connection): Promise<string> {
    const { version, bodyBytes } = this.#options;
    const response = await sendRequest(connection, {
      method: 'GET',
      target: target.path,
      version: '1.1',
      headers: [
        ['Host', target.address],
        ['User-Agent', `Prometheus/${version}`],
        ['Accept', 'text/plain;version=0.0.4;q=0.5,*/*;q=0.1'],
        ['X-Prometheus-Scrape-Timeout-Seconds', String(target.timeoutMs / 1000)],
      ],
      body: nothing,
    });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (let chunk = await response.body.read(); chunk; chunk = await response.body.read()) {
      size += chunk.length;
      if (size > bodyBytes) throw new ScrapeError('body size limit exceeded');
      chunks.push(chunk);
    }
    if (response.status !== 200)
      throw new ScrapeError(
        `server returned HTTP status ${response.status} ${response.reason}`.trimEnd(),
      );
    const type = headerOf(response.headers, 'content-type') ?? '';
    if (type === '')
      throw new ScrapeError(
        'non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target',
      );
    if (!/^(text\/plain|application\/openmetrics-text)\s*(;|$)/.test(type))
      throw new ScrapeError(
        `received unsupported Content-Type ${JSON.stringify(type)} and no fallback_scrape_protocol specified for target`,
      );
    return textOf(concatBytes(chunks));
  }
}

class LookupError extends Error {}

function hostAndPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  if (colon === -1) return { host: address, port: DEFAULT_PORT };
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

function isGone(error: unknown): boolean {
  return (
    error instanceof BrokenPipe ||
    (error instanceof NetError && error.code === 'ECONNRESET') ||
    (error instanceof HttpError && (error.code === 'EMPTY' || error.code === 'TRUNCATED'))
  );
}

function wordsOf(error: unknown, url: string, address: string): Error {
  if (error instanceof ScrapeError) return error;
  if (error instanceof LookupError) return new ScrapeError(url + error.message);
  if (error instanceof NetError) {
    const { host, port } = hostAndPort(address);
    const words = error.message.charAt(0).toLowerCase() + error.message.slice(1);
    return new ScrapeError(`${url}dial tcp ${host}:${port}: connect: ${words}`);
  }
  if (error instanceof BrokenPipe) return new ScrapeError(`${url}write: broken pipe`);
  if (error instanceof HttpError)
    return new ScrapeError(
      `${url}${error.code === 'EMPTY' || error.code === 'TRUNCATED' ? 'EOF' : error.message}`,
    );
  return error instanceof Error ? error : new Error(String(error));
}
