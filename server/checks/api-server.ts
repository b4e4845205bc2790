// The API server behind a kubeconfig, as far as watching and the proxies to its Services need it: raw JSON in, lines as they come.
// Knows nothing of checks. Authentication is @kubernetes/client-node’s, so any kubeconfig works.

import type { IncomingMessage } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import { createInterface } from 'node:readline';

/** Milliseconds for an answer to begin. Watches and followed logs may then be silent for as long as they like. */
const ANSWER_TIMEOUT_MS = 10_000;
/** Bytes of one plain answer: a list of every pod of a large lab is below a tenth of it. */
const ANSWER_LIMIT_BYTES = 32 * 1024 * 1024;

/** The server answered, and not with success. */
export class ApiStatusError extends Error {
  readonly status: number;
  /** As it came: whoever asks through the server's proxy may know its language. */
  readonly body: string;

  constructor(status: number, message: string, body = '') {
    super(message);
    this.name = 'ApiStatusError';
    this.status = status;
    this.body = body;
  }
}

export interface ApiRequest {
  method?: string;
  path: string;
  headers?: http.OutgoingHttpHeaders;
  body?: Buffer;
}

interface ResourceList {
  resources?: { name: string; kind: string; namespaced: boolean }[];
}

export class ApiServer {
  readonly #server: URL;
  readonly #options: () => Promise<https.RequestOptions>;
  /** Discovery, by group version. */
  readonly #resources = new Map<string, ResourceList>();

  private constructor(server: URL, options: () => Promise<https.RequestOptions>) {
    this.#server = server;
    this.#options = options;
  }

  /** Reads a kubeconfig's current context. Rejects when it names no cluster. */
  static async fromKubeconfig(path: string): Promise<ApiServer> {
    // 0.7 s and 128 MB: only when there is a cluster to watch.
    const { KubeConfig } = await import('@kubernetes/client-node');
    const config = new KubeConfig();
    config.loadFromFile(path);
    const cluster = config.getCurrentCluster();
    if (!cluster) throw new Error(`${path} has no current cluster`);
    return new ApiServer(new URL(cluster.server), async () => {
      const options: https.RequestOptions = {};
      // Brings its own agent, one for each cluster and user, so connections are kept.
      await config.applyToHTTPSOptions(options);
      return options;
    });
  }

  /** Rejects with ApiStatusError, or with what the connection failed with. */
  async json<T>(path: string, signal: AbortSignal): Promise<T> {
    const response = await this.#open(path, signal);
    return JSON.parse(await textOf(response)) as T;
  }

  /** Calls `onLine` for each line until the server ends the answer, which resolves. */
  async lines(path: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
    const response = await this.#open(path, signal);
    const lines = createInterface({ input: response, crlfDelay: Infinity });
    const lost = new Promise<never>((_, reject) => {
      response.on('error', reject);
      lines.on('error', reject);
    });
    lost.catch(() => {}); // Raced below; an error after the end is nobody's.
    const ended = new Promise<void>((resolve) => lines.on('close', resolve));
    lines.on('line', onLine);
    await Promise.race([ended, lost]);
    if (!response.complete) throw new Error('the connection was lost');
  }

  /** The path of a kind's list: `/apis/apps/v1/namespaces/default/deployments`; undefined while the server has no such kind. */
  async pathOf(
    apiVersion: string,
    kind: string,
    namespace: string | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const prefix = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const find = (list: ResourceList | undefined) =>
      list?.resources?.find((r) => r.kind === kind && !r.name.includes('/'));
    let found = find(this.#resources.get(apiVersion));
    if (!found) {
      try {
        const list = await this.json<ResourceList>(prefix, signal);
        this.#resources.set(apiVersion, list);
        found = find(list);
      } catch (error) {
        // No such group yet: its CRDs are not installed.
        if (!(error instanceof ApiStatusError && error.status === 404)) throw error;
      }
    }
    if (!found) return undefined;
    return found.namespaced && namespace
      ? `${prefix}/namespaces/${namespace}/${found.name}`
      : `${prefix}/${found.name}`;
  }

  /** Any answer, of whatever status; its body is not read yet. Rejects with what the connection failed with. */
  async send(
    { method = 'GET', path, headers = {}, body }: ApiRequest,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const options = await this.#options();
    const plain = this.#server.protocol === 'http:'; // behind `kubectl proxy`, say
    const open = plain ? http.request : https.request;
    const base = this.#server.pathname.replace(/\/$/, '');
    return new Promise<IncomingMessage>((resolve, reject) => {
      const request = open(
        {
          ...options,
          // The kubeconfig's agent speaks TLS alone.
          ...(plain && { agent: http.globalAgent }),
          method,
          host: this.#server.hostname,
          port: this.#server.port,
          path: base + path,
          headers: {
            ...headers,
            // After ours: who we are to the API server is the kubeconfig's word.
            ...(options.headers as http.OutgoingHttpHeaders | undefined),
          },
          signal,
        },
        resolve,
      );
      request.setTimeout(ANSWER_TIMEOUT_MS, () =>
        request.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1_000} s`)),
      );
      request.on('error', reject);
      request.on('response', () => request.setTimeout(0));
      request.end(body);
    });
  }

  async #open(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const headers = { accept: 'application/json', 'user-agent': 'meshproof-checks' };
    const response = await this.send({ path, headers }, signal);
    if (response.statusCode === 200) return response;
    const body = await textOf(response);
    throw new ApiStatusError(
      response.statusCode ?? 0,
      messageOf(body) ?? `${response.statusCode} for ${path}`,
      body,
    );
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > ANSWER_LIMIT_BYTES) {
      response.destroy();
      throw new Error(`an answer of more than ${ANSWER_LIMIT_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The sentence of a Status object, if the body is one. */
function messageOf(body: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    const message =
      typeof parsed === 'object' && parsed !== null
        ? (parsed as { message?: unknown }).message
        : undefined;
    return typeof message === 'string' ? message : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // a proxy's page, not a Status
    throw error;
  }
}
