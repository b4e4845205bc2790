// The client behind -stdclient and -L: Go's net/http, which reads every answer to its end and may follow redirects.
// It counts bodies alone, and no heads. Knows nothing of pace or reports.

import { canReuse, sendRequest } from '../../network/http-client.ts';
import { HttpError } from '../../network/http-message.ts';
import { type HttpHeaders, type HttpResponse, headerOf } from '../../network/http.ts';
import { type Connection, NetError } from '../../network/network.ts';
import { BrokenPipe, nothing, readAll, readerOf } from '../../streams.ts';
import { within } from '../programs/deadline.ts';
import {
  type CurlUrl,
  UrlRejected,
  hostHeader,
  resolveUrl,
  urlText,
} from '../programs/curl/url.ts';
import { type ClientOptions, type Fetched, SOCKET_ERROR, isGood } from './client.ts';
import { Histogram } from './histogram.ts';
import { LookupFault } from './addresses.ts';

/** net/http's own limit. */
const REDIRECTS = 10;

class Failed extends Error {}

export class StandardClient {
  readonly #options: ClientOptions;
  readonly #follows: boolean;
  #kept: { key: string; connection: Connection } | undefined;
  readonly addressUse = new Map<string, number>();
  readonly connectTimes: Histogram;
  routine = 1;

  constructor(options: ClientOptions, follows: boolean) {
    this.#options = options;
    this.#follows = follows;
    this.connectTimes = new Histogram(options.resolution, options.offset);
  }

  async prepare(): Promise<this> {
    const { addresses, request } = this.#options;
    await addresses.next(request.resolve || request.url.host);
    return this;
  }

  close(): void {
    this.#kept?.connection.close();
    this.#kept = undefined;
  }

  async fetch(): Promise<Fetched> {
    const { request, log, thread, run } = this.#options;
    const place = { file: 'http_client.go', line: 567 };
    try {
      const { code, bytes } = await this.#inTime();
      if (request.logErrors && !isGood(code))
        await log.write({
          level: 'Warning',
          message: 'Non ok http code',
          attributes: { code, thread, run },
          routine: this.routine,
          place,
        });
      return { code, bytes, headerSize: 0 };
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      this.close();
      await log.write({
        level: 'Error',
        message: 'Unable to send request',
        attributes: {
          method: request.method,
          url: request.text,
          err: `${request.method === 'GET' ? 'Get' : request.method} "${request.text}": ${error.message}`,
          thread,
          run,
        },
        routine: this.routine,
        place: { ...place, line: 533 },
      });
      return { code: SOCKET_ERROR, bytes: new Uint8Array(), headerSize: 0 };
    }
  }

  async #inTime(): Promise<{ code: number; bytes: Uint8Array }> {
    const { process, request } = this.#options;
    const late = () =>
      new Failed('context deadline exceeded (Client.Timeout exceeded while awaiting headers)');
    const running = this.#followed();
    try {
      return await within(process.clock, request.timeoutMs, running, late);
    } catch (error) {
      if (error instanceof Failed) {
        this.close();
        await running.catch(() => {}); // it ends by the close just above
      }
      throw error;
    }
  }

  async #followed(): Promise<{ code: number; bytes: Uint8Array }> {
    let { url } = this.#options.request;
    for (let left = REDIRECTS; ; left--) {
      const answer = await this.#one(url);
      const location = headerOf(answer.headers, 'location');
      if (!this.#follows || !/^30[12378]$/.test(String(answer.code)) || location === undefined)
        return answer;
      if (left === 0) throw new Failed('stopped after 10 redirects');
      url = this.#next(url, location);
    }
  }

  #next(url: CurlUrl, location: string): CurlUrl {
    try {
      const next = resolveUrl(url, location);
      if (next.scheme === 'http') return next;
      throw new Failed(
        `${next.scheme}:// is not simulated in the embedded cluster (redirected to ${urlText(next)})`,
      );
    } catch (error) {
      if (!(error instanceof UrlRejected)) throw error;
      throw new Failed(`failed to parse Location header ${JSON.stringify(location)}`);
    }
  }

  async #one(url: CurlUrl): Promise<{ code: number; bytes: Uint8Array; headers: HttpHeaders }> {
    const { request } = this.#options;
    const connection = await this.#connection(url);
    const headers = request.headers.map(([name, value]): [string, string] =>
      name === 'Host' && url !== request.url ? [name, hostHeader(url)] : [name, value],
    );
    try {
      const response: HttpResponse = await sendRequest(connection, {
        method: request.method,
        target: url.path + url.query,
        version: request.version,
        headers,
        body: request.body.length > 0 ? readerOf(request.body) : nothing,
      });
      const bytes = await readAll(response.body);
      if (request.keepAlive && canReuse(connection))
        this.#kept = { key: `${url.host}:${url.port}`, connection };
      else connection.close();
      return { code: response.status, bytes, headers: response.headers };
    } catch (error) {
      const known =
        error instanceof HttpError || error instanceof NetError || error instanceof BrokenPipe;
      if (!known) throw error;
      connection.close();
      const ended = error instanceof HttpError && error.code === 'EMPTY';
      throw new Failed(ended ? 'EOF' : error.message);
    }
  }

  async #connection(url: CurlUrl): Promise<Connection> {
    const { process, request, addresses } = this.#options;
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept?.key === `${url.host}:${url.port}`) return kept.connection;
    kept?.connection.close();
    const began = process.clock.now();
    try {
      const ip = await addresses.next(request.resolve || url.host);
      const connection = await process.net.connect(ip, url.port, { timeoutMs: request.timeoutMs });
      const address = `${ip}:${url.port}`;
      this.addressUse.set(address, (this.addressUse.get(address) ?? 0) + 1);
      return connection;
    } catch (error) {
      if (error instanceof LookupFault) throw new Failed(`dial tcp: ${error.message}`);
      if (!(error instanceof NetError)) throw error;
      throw new Failed(`dial tcp ${url.host}:${url.port}: connect: ${error.message}`);
    } finally {
      this.connectTimes.record((process.clock.now() - began) / 1000);
    }
  }
}
