// One transfer of curl: look the host up, connect, ask, follow, and hand the answer on as it comes.

import { canReuse, sendRequest } from '../../../network/http-client.ts';
import { HttpError } from '../../../network/http-message.ts';
import type { HttpHeaders, HttpResponse } from '../../../network/http.ts';
import { headerOf } from '../../../network/http.ts';
import type { Connection } from '../../../network/network.ts';
import { NetError } from '../../../network/network.ts';
import type { Process } from '../../../node/process.ts';
import { BrokenPipe, nothing, readerOf } from '../../../streams.ts';
import { unlessAborted } from '../deadline.ts';
import type { Configuration } from './configuration.ts';
import type { CurlUrl } from './url.ts';
import { UrlRejected, hasForbidden, hostHeader, parseUrl, resolveUrl, urlText } from './url.ts';
import type { TransferReport } from './write-out.ts';

/** curl's failure: an exit code and its words. */
export class CurlFailure extends Error {
  readonly code: number;
  /** Seen by --retry: a connection that was refused. */
  readonly refused: boolean;

  constructor(code: number, message: string, refused = false) {
    super(message);
    this.name = 'CurlFailure';
    this.code = code;
    this.refused = refused;
  }
}

/** Where a transfer's pieces go. All may wait. */
export interface TransferSink {
  /** Verbose lines: `* `, `> ` and `< ` are already in front. */
  info(text: string): Promise<void>;
  /** The head of an answer, as it is shown by -i. */
  head(text: string): Promise<void>;
  /** Bytes of a body that is wanted. */
  body(bytes: Uint8Array, total: number | undefined): Promise<void>;
}

/** Connections kept open between the URLs of one command line. */
export class ConnectionPool {
  readonly #idle = new Map<string, Connection>();
  #number = -1;

  take(key: string): Connection | undefined {
    const connection = this.#idle.get(key);
    this.#idle.delete(key);
    return connection && canReuse(connection) ? connection : undefined;
  }

  give(key: string, connection: Connection): void {
    this.#idle.set(key, connection);
  }

  /** `Connection #0` */
  nextNumber(): number {
    return ++this.#number;
  }

  get number(): number {
    return Math.max(0, this.#number);
  }

  closeAll(): void {
    for (const connection of this.#idle.values()) connection.close();
    this.#idle.clear();
  }
}

export class Transfer {
  readonly #process: Process;
  readonly #configuration: Configuration;
  readonly #sink: TransferSink;
  readonly #pool: ConnectionPool;
  readonly #startedAt: number;
  readonly report: TransferReport;
  /** Aborts everything when -m has passed. */
  readonly #deadline = new AbortController();
  #phase: 'resolving' | 'connecting' | 'transferring' = 'resolving';
  #expected: number | undefined;

  constructor(
    process: Process,
    configuration: Configuration,
    sink: TransferSink,
    pool: ConnectionPool,
    url: string,
    number: number,
  ) {
    this.#process = process;
    this.#configuration = configuration;
    this.#sink = sink;
    this.#pool = pool;
    this.#startedAt = process.clock.now();
    this.report = {
      url,
      effective: undefined,
      method: configuration.method,
      status: 0,
      httpVersion: '0',
      headers: [],
      redirectUrl: '',
      redirects: 0,
      connects: 0,
      exitCode: 0,
      error: '',
      remote: undefined,
      local: undefined,
      times: { lookup: 0, connect: 0, pretransfer: 0, start: 0, redirect: 0, total: 0 },
      downloaded: 0,
      uploaded: 0,
      headerBytes: 0,
      requestBytes: 0,
      fileName: '',
      number,
    };
  }

  get elapsedMs(): number {
    return this.#process.clock.now() - this.#startedAt;
  }

  /** Resolves when everything has been handed on. Rejects with CurlFailure. */
  async run(): Promise<void> {
    const { maxTimeMs } = this.#configuration;
    const cancel = maxTimeMs
      ? this.#process.clock.after(maxTimeMs, () =>
          this.#deadline.abort(new CurlFailure(28, 'timeout')),
        )
      : () => {};
    try {
      await this.#follow(this.#first());
    } catch (error) {
      throw this.#asFailure(error);
    } finally {
      cancel();
      this.report.times.total = this.elapsedMs;
    }
  }

  #first(): CurlUrl {
    const { query } = this.#configuration;
    const url = parseUrl(this.report.url);
    if (query !== undefined) url.query = url.query === '' ? `?${query}` : `${url.query}&${query}`;
    if (hasForbidden(url.query)) throw new UrlRejected('Malformed input to a URL function');
    return url;
  }

  async #follow(first: CurlUrl): Promise<void> {
    let url = first;
    let { method } = this.#configuration;
    let withBody = true;
    for (;;) {
      this.report.effective = url;
      this.report.method = method;
      const location = await this.#ask(url, method, withBody);
      if (location === undefined) return;
      if (
        this.report.redirects >= this.#configuration.maxRedirects &&
        this.#configuration.maxRedirects >= 0
      )
        throw new CurlFailure(
          47,
          `Maximum (${this.#configuration.maxRedirects}) redirects followed`,
        );
      this.report.redirects++;
      this.report.times.redirect = this.elapsedMs;
      const { status } = this.report;
      // Everybody turns a redirected POST into a GET, unless the method was asked for by name.
      if (status === 303 || ((status === 301 || status === 302) && method === 'POST')) {
        withBody = false;
        if (!this.#configuration.methodGiven && method !== 'HEAD') method = 'GET';
      }
      url = resolveUrl(url, location);
      await this.#info(`Issue another request to this URL: '${urlText(url)}'`);
    }
  }

  /** One request and its answer; answers with where to go on. */
  async #ask(url: CurlUrl, method: string, withBody: boolean): Promise<string | undefined> {
    this.#checkScheme(url);
    const { connection, key } = await this.#connect(url);
    this.#phase = 'transferring';
    this.report.times.pretransfer = this.elapsedMs;
    const body = withBody ? this.#configuration.body : undefined;
    const headers = this.#headers(url, body);
    const target = this.#configuration.requestTarget ?? `${url.path}${url.query}`;
    const version = this.#configuration.http10 ? '1.0' : '1.1';
    const head = `${method} ${target} HTTP/${version}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
    for (const line of head.split('\r\n').slice(0, -1)) await this.#sink.info(`> ${line}\r\n`);
    this.report.requestBytes += head.length + (body?.bytes.length ?? 0);
    let keep = false;
    try {
      const response = await this.#before(
        sendRequest(connection, {
          method,
          target,
          version,
          headers,
          body: body ? readerOf(body.bytes) : nothing,
        }),
      );
      if (body) {
        this.report.uploaded = body.bytes.length;
        await this.#sink.info(`} [${body.bytes.length} bytes data]\n`);
      }
      await this.#info(
        body
          ? `upload completely sent off: ${body.bytes.length} bytes`
          : 'Request completely sent off',
      );
      const location = await this.#answer(url, response);
      keep = true;
      return location;
    } finally {
      await this.#release(connection, key, keep, url);
    }
  }

  async #release(connection: Connection, key: string, keep: boolean, url: CurlUrl): Promise<void> {
    if (keep && canReuse(connection)) {
      this.#pool.give(key, connection);
      await this.#info(`Connection #${this.#pool.number} to host ${url.host} left intact`);
      return;
    }
    connection.close();
    await this.#info(
      keep
        ? `shutting down connection #${this.#pool.number}`
        : `closing connection #${this.#pool.number}`,
    );
  }

  #checkScheme(url: CurlUrl): void {
    if (url.scheme === 'http' || url.scheme === 'https') return;
    throw new CurlFailure(1, `Protocol "${url.scheme}" not supported`);
  }

  // Names and connections

  async #connect(url: CurlUrl): Promise<{ connection: Connection; key: string }> {
    const { host, port } = this.#destination(url);
    const key = `${host}:${port}`;
    const idle = this.#pool.take(key);
    if (idle) {
      await this.#info(`Re-using existing connection with host ${url.host}`);
      this.#remember(idle);
      return { connection: idle, key };
    }
    this.#phase = 'resolving';
    const addresses = await this.#lookup(url, host, port);
    this.#phase = 'connecting';
    const startedAt = this.#process.clock.now();
    const connection = await this.#connectAny(addresses, host, port, startedAt);
    this.report.times.connect = this.elapsedMs;
    this.report.connects++;
    this.#remember(connection);
    this.#pool.nextNumber();
    await this.#info(`Connected to ${url.host} (${connection.remote.ip}) port ${port}`);
    if (url.scheme === 'https') {
      connection.close();
      throw new CurlFailure(35, 'TLS is not simulated in the embedded cluster: use http://');
    }
    await this.#info('using HTTP/1.x');
    return { connection, key };
  }

  /** --connect-to: another place for the same URL. */
  #destination(url: CurlUrl): { host: string; port: number } {
    for (const rule of this.#configuration.connectTo) {
      const [host = '', port = '', toHost = '', toPort = ''] = rule.split(':');
      if ((host === '' || host === url.host) && (port === '' || Number(port) === url.port))
        return {
          host: toHost === '' ? url.host : toHost,
          port: toPort === '' ? url.port : Number(toPort),
        };
    }
    return { host: url.host, port: url.port };
  }

  #remember(connection: Connection): void {
    this.report.remote = connection.remote;
    this.report.local = connection.local;
  }

  async #lookup(url: CurlUrl, host: string, port: number): Promise<readonly string[]> {
    const pinned = this.#configuration.resolve.get(`${host}:${port}`);
    if (pinned) {
      await this.#info(`Added ${host}:${port}:${pinned.join(',')} to DNS cache`);
      return pinned;
    }
    const isAddress = /^\d+\.\d+\.\d+\.\d+$/.test(host);
    const bare = host.replace(/^\[(.*)\]$/, '$1');
    if (bare.includes(':'))
      throw new CurlFailure(
        7,
        `Failed to connect to ${bare} port ${port} after 0 ms: Could not connect to server`,
      );
    const addresses = await this.#before(this.#process.net.lookup(host));
    this.report.times.lookup = this.elapsedMs;
    if (addresses.length === 0) {
      await this.#info(`Could not resolve host: ${host}`);
      await this.#info(`shutting down connection #${this.#pool.nextNumber()}`);
      throw new CurlFailure(6, `Could not resolve host: ${host}`);
    }
    if (!isAddress) {
      await this.#info(`Host ${url.host}:${port} was resolved.`);
      await this.#info('IPv6: (none)');
      await this.#info(`IPv4: ${addresses.join(', ')}`);
    }
    return addresses;
  }

  async #connectAny(
    addresses: readonly string[],
    host: string,
    port: number,
    startedAt: number,
  ): Promise<Connection> {
    const { connectTimeoutMs } = this.#configuration;
    let last: NetError | undefined;
    for (const ip of addresses) {
      await this.#info(`  Trying ${ip}:${port}...`);
      const left =
        connectTimeoutMs === undefined
          ? undefined
          : connectTimeoutMs - (this.#process.clock.now() - startedAt);
      if (left !== undefined && left <= 0) break;
      try {
        return await this.#process.net.connect(ip, port, {
          signal: this.#deadline.signal,
          ...(left === undefined ? {} : { timeoutMs: left }),
        });
      } catch (error) {
        if (!(error instanceof NetError)) throw error;
        last = error;
        if (error.code === 'ETIMEDOUT' && connectTimeoutMs !== undefined) break;
        await this.#info(`connect to ${ip} port ${port} failed: ${error.message}`);
      }
    }
    const ms = Math.round(this.#process.clock.now() - startedAt);
    if (connectTimeoutMs !== undefined && (last === undefined || last.code === 'ETIMEDOUT')) {
      await this.#info(`Connection timed out after ${ms} milliseconds`);
      throw new CurlFailure(28, `Connection timed out after ${ms} milliseconds`);
    }
    const words = `Failed to connect to ${host} port ${port} after ${ms} ms: Could not connect to server`;
    await this.#info(words);
    await this.#info(`closing connection #${this.#pool.nextNumber()}`);
    throw new CurlFailure(
      last?.code === 'ETIMEDOUT' ? 28 : 7,
      words,
      last?.code === 'ECONNREFUSED',
    );
  }

  // Requests

  /** In curl's order; -H replaces, adds, and with nothing behind the colon removes. */
  #headers(url: CurlUrl, body: Configuration['body']): HttpHeaders {
    const { authorization, userAgent, referer, cookie } = this.#configuration;
    const custom = this.#configuration.headers.map(parseHeader).filter((one) => one !== undefined);
    const given = (name: string) =>
      custom.some((one) => one.name.toLowerCase() === name.toLowerCase());
    const headers: HttpHeaders = [];
    const add = (name: string, value: string | undefined) => {
      if (value !== undefined && !given(name)) headers.push([name, value]);
    };
    const host = custom.find((one) => one.name.toLowerCase() === 'host');
    if (host === undefined) headers.push(['Host', hostHeader(url)]);
    else if (host.value !== undefined) headers.push(['Host', host.value]);
    const user = url.user === undefined ? authorization : (authorization ?? undefined);
    add('Authorization', user);
    if (userAgent !== '') add('User-Agent', userAgent);
    add('Accept', '*/*');
    add('Referer', referer);
    add('Cookie', cookie);
    for (const { name, value } of custom)
      if (value !== undefined && name.toLowerCase() !== 'host') headers.push([name, value]);
    if (body) {
      add('Content-Length', String(body.bytes.length));
      add('Content-Type', body.contentType);
    }
    return headers;
  }

  // Answers

  async #answer(url: CurlUrl, response: HttpResponse): Promise<string | undefined> {
    const { report } = this;
    report.times.start = this.elapsedMs;
    report.status = response.status;
    report.httpVersion = response.version;
    report.headers = response.headers;
    const reason = response.reason === '' ? '' : ` ${response.reason}`;
    const lines = [
      `HTTP/${response.version} ${response.status}${reason}`,
      ...response.headers.map(([name, value]) => `${name}: ${value}`),
      '',
    ];
    const head = lines.map((line) => `${line}\r\n`).join('');
    report.headerBytes += head.length;
    const { follow, fail } = this.#configuration;
    const location =
      response.status >= 300 && response.status < 400
        ? headerOf(response.headers, 'location')
        : undefined;
    report.redirectUrl = location === undefined ? '' : urlText(resolveUrl(url, location));
    const failed = fail !== 'no' && response.status >= 400;
    for (const line of lines) await this.#sink.info(`< ${line}\r\n`);
    if (!(failed && fail === 'yes')) await this.#sink.head(head);
    const length = headerOf(response.headers, 'content-length');
    this.#expected = length === undefined ? undefined : Number(length);
    const wanted = !(location !== undefined && follow) && !(failed && fail === 'yes');
    if (failed && fail === 'yes') {
      response.body.cancel();
      throw new CurlFailure(22, `The requested URL returned error: ${response.status}`);
    }
    await this.#readBody(response, wanted);
    if (failed) throw new CurlFailure(22, `The requested URL returned error: ${response.status}`);
    if (location === undefined || !follow) return undefined;
    report.redirectUrl = '';
    return location;
  }

  async #readBody(response: HttpResponse, wanted: boolean): Promise<void> {
    let shown = false;
    const { maxFileSize } = this.#configuration;
    if (maxFileSize !== undefined && (this.#expected ?? 0) > maxFileSize)
      throw new CurlFailure(63, 'Maximum file size exceeded');
    for (;;) {
      const chunk = await this.#before(response.body.read());
      if (!chunk) return;
      if (!shown)
        await this.#sink.info(
          wanted ? `{ [${chunk.length} bytes data]\n` : `* Ignoring the response-body\n`,
        );
      shown = true;
      if (!wanted) continue;
      this.report.downloaded += chunk.length;
      await this.#sink.body(chunk, this.#expected);
    }
  }

  // Failures

  /** A promise's outcome, or -m's end. */
  async #before<T>(promise: Promise<T>): Promise<T> {
    if (!this.#configuration.maxTimeMs) return promise;
    return unlessAborted(this.#deadline.signal, promise);
  }

  #asFailure(error: unknown): Error {
    if (
      this.#deadline.signal.aborted &&
      (error === this.#deadline.signal.reason || error instanceof NetError)
    )
      return this.#timedOut();
    if (error instanceof CurlFailure) return error;
    if (error instanceof UrlRejected) return new CurlFailure(3, error.message);
    if (error instanceof NetError) return new CurlFailure(56, `Recv failure: ${error.message}`);
    if (error instanceof BrokenPipe)
      return this.report.status === 0
        ? new CurlFailure(55, 'Send failure: Broken pipe')
        : new CurlFailure(23, 'Failure writing output to destination');
    if (error instanceof HttpError) return this.#httpFailure(error);
    return error instanceof Error ? error : new Error(String(error));
  }

  #httpFailure(error: HttpError): CurlFailure {
    switch (error.code) {
      case 'EMPTY':
        return new CurlFailure(52, 'Empty reply from server');
      case 'MALFORMED':
        return this.report.status === 0
          ? new CurlFailure(1, 'Received HTTP/0.9 when not allowed')
          : new CurlFailure(56, 'Malformed encoding found in chunked-encoding');
      case 'VERSION':
        return new CurlFailure(1, 'Unsupported HTTP version in response');
      case 'TOO_LARGE':
        return new CurlFailure(56, 'Too large response headers');
      case 'TRUNCATED': {
        if (this.report.status === 0) return new CurlFailure(52, 'Empty reply from server');
        const missing =
          this.#expected === undefined ? undefined : this.#expected - this.report.downloaded;
        return missing === undefined
          ? new CurlFailure(18, 'transfer closed with outstanding read data remaining')
          : new CurlFailure(18, `end of response with ${missing} bytes missing`);
      }
    }
  }

  #timedOut(): CurlFailure {
    const ms = Math.round(this.elapsedMs);
    if (this.#phase === 'resolving')
      return new CurlFailure(28, `Resolving timed out after ${ms} milliseconds`);
    if (this.#phase === 'connecting')
      return new CurlFailure(28, `Connection timed out after ${ms} milliseconds`);
    const { downloaded } = this.report;
    const of =
      this.#expected === undefined || this.report.status === 0
        ? `${downloaded} bytes received`
        : `${downloaded} out of ${this.#expected} bytes received`;
    return new CurlFailure(28, `Operation timed out after ${ms} milliseconds with ${of}`);
  }

  #info(text: string): Promise<void> {
    return this.#sink.info(`* ${text}\n`);
  }
}

function parseHeader(text: string): { name: string; value: string | undefined } | undefined {
  const colon = text.indexOf(':');
  if (colon > 0) {
    const value = text.slice(colon + 1).trim();
    return { name: text.slice(0, colon), value: value === '' ? undefined : value };
  }
  // `X-Empty;` sends a header without a value.
  return text.endsWith(';') ? { name: text.slice(0, -1), value: '' } : undefined;
}
