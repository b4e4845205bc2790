// Asks Prometheus over the pod's network, as Go's client of it does: POST, and GET where that is not allowed. Connections are
// kept; a few questions go at once.

import { bytesOf, readAll, readerOf, textOf, nothing } from '../streams.ts';
import { canReuse, sendRequest } from '../network/http-client.ts';
import type { HttpHeaders, HttpResponse } from '../network/http.ts';
import { HttpError } from '../network/http-message.ts';
import { type Connection, NetError, type NetworkNamespace } from '../network/network.ts';
import { BrokenPipe } from '../streams.ts';
import { at, isFields, stringOf } from '../schema/fields.ts';
import { type Prometheus, PrometheusError, type Sample } from './vector.ts';

/** Connections at once; more questions wait. */
const CONNECTIONS = 8;
/** Cluster milliseconds until a connection is given up. */
const CONNECT_TIMEOUT_MS = 30_000;
const METHOD_NOT_ALLOWED = 405;

interface Target {
  host: string;
  port: number;
  /** Before `/api/v1`. */
  path: string;
}

export class PrometheusClient implements Prometheus {
  readonly #net: NetworkNamespace;
  readonly #url: string;
  readonly #target: Target | undefined;
  readonly #idle: Connection[] = [];
  readonly #waiting: (() => void)[] = [];
  #open = 0;
  #method: 'POST' | 'GET' = 'POST';

  constructor(net: NetworkNamespace, url: string) {
    this.#net = net;
    this.#url = url.replace(/\/+$/, '');
    this.#target = targetOf(this.#url);
  }

  async query(query: string, at: number): Promise<Sample[]> {
    const result = await this.#api('query', { query, time: String(at) });
    const vector = isFields(result) ? result['result'] : undefined;
    if (!Array.isArray(vector)) throw new PrometheusError('Prometheus answered no vector');
    return vector.map(sampleOf);
  }

  /** The status of a page, as checks of its health ask for it. Rejects with PrometheusError. */
  async status(path: string): Promise<number> {
    const { status } = await this.#send('GET', path, undefined);
    return status;
  }

  /** `data` of a GET below `/api/v1`. */
  async get(path: string): Promise<unknown> {
    return dataOf(await this.#send('GET', `/api/v1/${path}`, undefined));
  }

  close(): void {
    for (const connection of this.#idle.splice(0)) connection.close();
  }

  async #api(path: string, values: Record<string, string>): Promise<unknown> {
    const form = new URLSearchParams(values).toString();
    if (this.#method === 'POST') {
      const answer = await this.#send('POST', `/api/v1/${path}`, form);
      if (answer.status !== METHOD_NOT_ALLOWED) return dataOf(answer);
      this.#method = 'GET';
    }
    return dataOf(await this.#send('GET', `/api/v1/${path}?${form}`, undefined));
  }

  async #send(
    method: 'GET' | 'POST',
    path: string,
    form: string | undefined,
  ): Promise<{ status: number; text: string }> {
    const target = this.#target;
    const called = `${method === 'GET' ? 'Get' : 'Post'} "${this.#url}${path.split('?')[0]}"`;
    if (!target) throw new PrometheusError(`${called}: unsupported protocol scheme ""`);
    await this.#slot();
    try {
      return await this.#exchange(target, method, path, form, true);
    } catch (error) {
      if (!isNetworkFault(error)) throw error;
      throw new PrometheusError(`${called}: ${wordsOf(error, target)}`);
    } finally {
      this.#open--;
      this.#waiting.shift()?.();
    }
  }

  async #slot(): Promise<void> {
    while (this.#open >= CONNECTIONS)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#open++;
  }

  async #exchange(
    target: Target,
    method: 'GET' | 'POST',
    path: string,
    form: string | undefined,
    retry: boolean,
  ): Promise<{ status: number; text: string }> {
    const kept = this.#idle.pop();
    const connection = kept ?? (await this.#connect(target));
    const body = form === undefined ? undefined : bytesOf(form);
    const headers: HttpHeaders = [
      ['Host', `${target.host}:${target.port}`],
      ['User-Agent', 'Go-http-client/1.1'],
    ];
    if (body)
      headers.push(
        ['Content-Length', String(body.length)],
        ['Content-Type', 'application/x-www-form-urlencoded'],
      );
    let response: HttpResponse;
    let text: string;
    try {
      response = await sendRequest(connection, {
        method,
        target: `${target.path}${path}`,
        version: '1.1',
        headers,
        body: body ? readerOf(body) : nothing,
      });
      text = textOf(await readAll(response.body));
    } catch (error) {
      connection.close();
      // A kept connection may have been closed on the other side meanwhile.
      if (kept && retry && isNetworkFault(error))
        return this.#exchange(target, method, path, form, false);
      throw error;
    }
    if (canReuse(connection)) this.#idle.push(connection);
    else connection.close();
    return { status: response.status, text };
  }

  async #connect({ host, port }: Target): Promise<Connection> {
    const addresses = /^\d+\.\d+\.\d+\.\d+$/.test(host) ? [host] : await this.#net.lookup(host);
    const [address] = addresses;
    if (address === undefined)
      throw new LookupFault(
        `dial tcp: lookup ${host} on ${this.#net.resolver.nameserver}:53: no such host`,
      );
    return this.#net.connect(address, port, { timeoutMs: CONNECT_TIMEOUT_MS });
  }
}

class LookupFault extends Error {}

function targetOf(url: string): Target | undefined {
  const match = /^http:\/\/([^/:]+)(?::(\d+))?(\/.*)?$/.exec(url);
  if (!match) return undefined;
  const [, host = '', port, path = ''] = match;
  return { host, port: port === undefined ? 80 : Number(port), path };
}

function isNetworkFault(error: unknown): error is Error {
  return (
    error instanceof LookupFault ||
    error instanceof NetError ||
    error instanceof HttpError ||
    error instanceof BrokenPipe
  );
}

const GO_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  ETIMEDOUT: 'i/o timeout',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
};

function wordsOf(error: Error, { host, port }: Target): string {
  if (error instanceof NetError)
    return error.code === 'ECONNRESET'
      ? 'read: connection reset by peer'
      : `dial tcp ${host}:${port}: ${GO_WORDS[error.code] ?? error.message}`;
  return error instanceof LookupFault ? error.message : 'EOF';
}

/** Throws PrometheusError for anything but a success. */
function dataOf({ status, text }: { status: number; text: string }): unknown {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const kind = status >= 500 ? 'server_error: server error' : 'client_error: client error';
    throw new PrometheusError(status >= 400 ? `${kind}: ${status}` : `bad_response: ${text}`);
  }
  if (isFields(answer) && answer['status'] === 'success') return answer['data'];
  throw new PrometheusError(
    `${stringOf(at(answer, 'errorType')) || 'bad_response'}: ${stringOf(at(answer, 'error')) || `unknown response code ${status}`}`,
  );
}

function sampleOf(entry: unknown): Sample {
  const value = at(entry, 'value');
  const text = Array.isArray(value) ? stringOf(value[1]) : '';
  const metric = at(entry, 'metric');
  return { labels: isTexts(metric) ? metric : {}, value: numberOfText(text) };
}

/** Looked at, not copied, and without a list of them: a graph asks for thousands of labels. */
function isTexts(value: unknown): value is Record<string, string> {
  if (!isFields(value)) return false;
  for (const name in value) if (typeof value[name] !== 'string') return false;
  return true;
}

function numberOfText(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}
