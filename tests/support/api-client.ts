// A client of one API server by plain HTTPS, for tests and benches that need the bytes and the moments, not a library's
// objects. Knows the kubeconfig; knows no kinds.

import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import { parse } from 'yaml';

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

/** What makes a client known. */
export interface Credentials {
  url: string;
  ca: string | Buffer;
  cert: string | Buffer;
  key: string | Buffer;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface Asked {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export function credentialsIn(kubeconfig: string): Credentials {
  const config = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
  const cluster = config.clusters[0]?.cluster;
  const user = config.users[0]?.user;
  if (!cluster || !user) throw new Error(`${kubeconfig} names no cluster or no user`);
  return {
    url: cluster.server,
    ca: Buffer.from(cluster['certificate-authority-data'], 'base64'),
    cert: Buffer.from(user['client-certificate-data'], 'base64'),
    key: Buffer.from(user['client-key-data'], 'base64'),
  };
}

export class ApiClient {
  readonly #credentials: Credentials;
  /** Connections are kept, as client libraries keep them. */
  readonly #agent: Agent;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
    this.#agent = new Agent({ keepAlive: true });
  }

  /**
   * One request with its whole answer, whatever its status. Rejects when there is none. `body` that is no text goes as JSON.
   */
  async ask(method: string, path: string, asked: Asked = {}): Promise<Answer> {
    const response = await this.open(method, path, asked);
    let text = '';
    response.setEncoding('utf8');
    for await (const chunk of response) text += chunk as string;
    return { status: response.statusCode ?? 0, headers: response.headers, text };
  }

  /** The body of a request that must succeed. */
  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const { status, text } = await this.ask(method, path, body === undefined ? {} : { body });
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** The answer as it comes. */
  open(method: string, path: string, asked: Asked = {}): Promise<IncomingMessage> {
    return this.#open(method, path, asked, this.#agent);
  }

  #open(
    method: string,
    path: string,
    asked: Asked,
    agent: Agent | false,
  ): Promise<IncomingMessage> {
    const { url, ...tls } = this.#credentials;
    const { body, headers, signal } = asked;
    return new Promise((resolve, reject) => {
      const sent = request(url + path, {
        ...tls,
        agent,
        method,
        headers: {
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(signal && { signal }),
      });
      sent.on('response', resolve);
      sent.on('error', (error) => {
        // A kept connection may be closed at the very moment it is used: client libraries try again, too.
        const closed = sent.reusedSocket && 'code' in error && error.code === 'ECONNRESET';
        if (closed && !signal?.aborted)
          this.#open(method, path, asked, false).then(resolve, reject);
        else reject(error);
      });
      sent.end(
        body === undefined || typeof body === 'string' || body instanceof Uint8Array
          ? body
          : JSON.stringify(body),
      );
    });
  }

  /** Tells each event of a watch until it is stopped. Resolves when the server has answered. */
  async watch<T>(
    path: string,
    told: (event: { type: string; object: T }) => void,
  ): Promise<() => void> {
    const stop = new AbortController();
    const response = await this.open('GET', path, { signal: stop.signal });
    response.on('error', (error) => {
      if (!stop.signal.aborted) throw error;
    });
    createInterface({ input: response })
      .on('line', (line) => told(JSON.parse(line) as { type: string; object: T }))
      .on('error', () => {}); // The response's own, told above.
    return () => stop.abort();
  }

  close(): void {
    this.#agent.destroy();
  }
}
