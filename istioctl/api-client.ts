// The API server of a kubeconfig: requests and answers as JSON, and HTTP to pods and Services through its proxy. Keeps its
// connections. Knows nothing of what is asked.

import http from 'node:http';
import https from 'node:https';
import type { Manifest } from '../cluster/mesh/installation/manifest.ts';
import type { KubeObject } from '../cluster/object.ts';
import { CommandError } from './command.ts';
import type { ClusterAccess } from './kubeconfig.ts';

/** Bytes of one answer: a list of every pod of a large lab is below a tenth of it. */
const ANSWER_LIMIT_BYTES = 32 * 1024 * 1024;

/** The server answered, and not with success. */
export class ApiError extends Error {
  readonly status: number;
  /** `NotFound`, `AlreadyExists` … */
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.reason = reason;
  }
}

export const isNotFound = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 404;

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
}

export interface RequestOptions {
  method?: string;
  body?: unknown;
  contentType?: string;
  accept?: string;
  /** Told of each warning of the server. */
  onWarning?: (text: string) => void;
}

export interface ObjectList {
  items: KubeObject[];
}

export class ClusterClient {
  readonly access: ClusterAccess;
  readonly #timeoutMs: number;
  readonly #agent: http.Agent;

  constructor(access: ClusterAccess, timeoutMs: number) {
    const { ca, cert, key, insecure } = access;
    this.access = access;
    this.#timeoutMs = timeoutMs;
    this.#agent =
      access.server.protocol === 'http:'
        ? new http.Agent({ keepAlive: true })
        : new https.Agent({
            keepAlive: true,
            rejectUnauthorized: !insecure,
            ...(ca && { ca }),
            ...(cert && { cert }),
            ...(key && { key }),
          });
  }

  /** The object or list at a path. Rejects with ApiError, or with a CommandError when nobody answers. */
  async get<T = KubeObject>(path: string): Promise<T> {
    return (await this.json('GET', path)) as T;
  }

  /** The same, but undefined for what is not there. */
  async find<T = KubeObject>(path: string): Promise<T | undefined> {
    try {
      return await this.get<T>(path);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** The objects of a collection; none where its kind is not known. */
  async list(path: string): Promise<KubeObject[]> {
    return (await this.find<ObjectList>(path))?.items ?? [];
  }

  async json(method: string, path: string, options: RequestOptions = {}): Promise<unknown> {
    const { status, text } = await this.request(path, { ...options, method });
    if (status >= 200 && status < 300) return JSON.parse(text);
    throw errorOf(status, text);
  }

  /** Server-side apply under a field manager, taking over what others hold. */
  async apply(path: string, object: Manifest, fieldManager: string): Promise<KubeObject> {
    const query = `?fieldManager=${encodeURIComponent(fieldManager)}&force=true`;
    const applied = await this.json('PATCH', `${path}${query}`, {
      body: object,
      contentType: 'application/apply-patch+yaml',
    });
    return applied as KubeObject;
  }

  /** Resolves with false when it was not there. */
  async delete(path: string): Promise<boolean> {
    try {
      await this.json('DELETE', path, { body: { propagationPolicy: 'Background' } });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  /** HTTP to a pod's port, through the API server. Any answer of the pod's is one. */
  toPod(
    namespace: string,
    pod: string,
    port: number,
    path: string,
    options: RequestOptions = {},
  ): Promise<Answer> {
    return this.request(
      `/api/v1/namespaces/${namespace}/pods/${pod}:${port}/proxy/${path.replace(/^\//, '')}`,
      options,
    );
  }

  /** Any answer of the server's. Rejects with a CommandError when there is none. */
  request(path: string, options: RequestOptions = {}): Promise<Answer> {
    const { server, token, impersonate } = this.access;
    const {
      method = 'GET',
      body,
      contentType = 'application/json',
      accept = 'application/json',
    } = options;
    const send = server.protocol === 'http:' ? http.request : https.request;
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const target = `${server.pathname.replace(/\/$/, '')}${path}`;
    const failed = (why: string) =>
      new CommandError(`${titled(method)} ${JSON.stringify(new URL(target, server).href)}: ${why}`);
    return new Promise((resolve, reject) => {
      const request = send(
        {
          agent: this.#agent,
          host: server.hostname,
          port: server.port,
          path: target,
          method,
          headers: {
            accept,
            'user-agent': 'istioctl/1.30.3',
            ...(payload !== undefined && {
              'content-type': contentType,
              'content-length': Buffer.byteLength(payload),
            }),
            ...(token && { authorization: `Bearer ${token}` }),
            ...impersonate,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          let bytes = 0;
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
            chunks.push(chunk);
            if (bytes > ANSWER_LIMIT_BYTES)
              request.destroy(new Error(`an answer of more than ${ANSWER_LIMIT_BYTES} bytes`));
          });
          response.on('error', (error) => reject(failed(error.message)));
          response.on('end', () => {
            for (const warning of warningsOf(response.headers)) options.onWarning?.(warning);
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text: Buffer.concat(chunks).toString('utf8'),
            });
          });
        },
      );
      request.setTimeout(this.#timeoutMs, () =>
        request.destroy(
          new Error('context deadline exceeded (Client.Timeout exceeded while awaiting headers)'),
        ),
      );
      request.on('error', (error) => reject(failed(dialError(error, server))));
      request.end(payload);
    });
  }

  /** Lets the process end. */
  close(): void {
    this.#agent.destroy();
  }
}

/** Node's reasons in Go's words, which istioctl shows. */
function dialError(error: Error, server: URL): string {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED')
    return `dial tcp ${server.hostname === 'localhost' ? '127.0.0.1' : server.hostname}:${server.port}: connect: connection refused`;
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${server.hostname}: no such host`;
  return error.message;
}

const titled = (method: string) => method.slice(0, 1) + method.slice(1).toLowerCase();

/** `299 - "text"`, several in one header. */
function warningsOf({ warning }: http.IncomingHttpHeaders): string[] {
  if (typeof warning !== 'string') return [];
  return [...warning.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replaceAll(/\\(.)/g, '$1'),
  );
}

function errorOf(status: number, text: string): ApiError {
  try {
    const { reason = '', message } = JSON.parse(text) as { reason?: string; message?: string };
    if (typeof message === 'string') return new ApiError(status, reason, message);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error; // a page of somebody's, not a Status
  }
  return new ApiError(status, '', text.trim() || `the server answered ${status}`);
}
