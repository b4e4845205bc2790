// The cluster's API as a pod's client reaches it: one kind's objects, listed once and then watched.
// Carries the pod's token; whether that suffices is the API's decision.

import type { KubeObject } from '../../object.ts';
import { fieldsOf, isFields, stringOf } from '../../schema/fields.ts';
import type { Clock } from '../../clock.ts';
import { textOf } from '../../streams.ts';
import type { Log } from '../log.ts';

export interface ApiAnswer {
  status: number;
  body: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/** A GET with a token. */
export type AskApi = (asked: {
  path: string;
  query: Readonly<Record<string, string>>;
  token: string;
  signal: AbortSignal;
}) => Promise<ApiAnswer>;

export interface KubernetesApi {
  ask: AskApi;
  /** The service account's token as it is now; undefined when none is mounted. */
  token(): string | undefined;
}

/** client-go waits this long before it asks again, and doubles it up to … */
const FIRST_RETRY_MS = 800;
const MAX_RETRY_MS = 30_000;

export interface WatchOptions {
  api: KubernetesApi;
  clock: Clock;
  /** `/api/v1/pods` */
  path: string;
  query: Readonly<Record<string, string>>;
  log: Log;
  changed: () => void;
  signal: AbortSignal;
}

export class WatchedObjects {
  readonly #options: WatchOptions;
  readonly #objects = new Map<string, KubeObject>();

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#run().catch((error: unknown) => {
      if (!options.signal.aborted)
        options.log('ERROR', 'Unhandled error', {
          component: 'k8s_client_runtime',
          err: String(error),
        });
    });
  }

  get objects(): Iterable<KubeObject> {
    return this.#objects.values();
  }

  async #run(): Promise<void> {
    const { clock, signal, log, path } = this.#options;
    for (let wait = FIRST_RETRY_MS; !signal.aborted; wait = Math.min(wait * 2, MAX_RETRY_MS)) {
      try {
        const revision = await this.#list();
        await this.#watch(revision);
        wait = FIRST_RETRY_MS;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof RefusedError)) throw error;
        log('ERROR', 'Failed to watch', {
          component: 'k8s_client_runtime',
          err: `failed to list ${path.split('/').at(-1) ?? ''}: ${error.message}`,
        });
      }
      await clock.sleep(wait, signal);
    }
  }

  async #list(): Promise<string> {
    const { query, changed } = this.#options;
    const list = fieldsOf(JSON.parse(await wholeText(await this.#ask(query))) as unknown);
    this.#objects.clear();
    const items = Array.isArray(list['items']) ? list['items'].filter(isObject) : [];
    for (const object of items) this.#objects.set(keyOf(object), object);
    changed();
    return stringOf(fieldsOf(list['metadata'])['resourceVersion']);
  }

  /** Returns when the watch ends or is too old. */
  async #watch(revision: string): Promise<void> {
    const { query, changed } = this.#options;
    const answer = await this.#ask({ ...query, watch: 'true', resourceVersion: revision });
    for await (const line of linesOf(answer.body)) {
      const event = fieldsOf(JSON.parse(line) as unknown);
      const object = event['object'];
      if (event['type'] === 'ERROR') return;
      if (!isObject(object) || event['type'] === 'BOOKMARK') continue;
      if (event['type'] === 'DELETED') this.#objects.delete(keyOf(object));
      else this.#objects.set(keyOf(object), object);
      changed();
    }
  }

  async #ask(query: Readonly<Record<string, string>>): Promise<ApiAnswer> {
    const { api, path, signal } = this.#options;
    const token = api.token();
    if (token === undefined)
      throw new RefusedError(
        'open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory',
      );
    const answer = await api.ask({ path, query, token, signal });
    if (answer.status === 200) return answer;
    const status = await wholeText(answer);
    throw new RefusedError(messageOf(status));
  }
}

class RefusedError extends Error {}

function isObject(value: unknown): value is KubeObject {
  return (
    isFields(value) && isFields(value['metadata']) && typeof value['metadata']['name'] === 'string'
  );
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function messageOf(body: string): string {
  if (!body.startsWith('{')) return body.trim();
  return stringOf(fieldsOf(JSON.parse(body) as unknown)['message']);
}

async function wholeText({ body }: ApiAnswer): Promise<string> {
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return textOf(body);
  let text = '';
  for await (const chunk of body) text += textOf(chunk);
  return text;
}

async function* linesOf(body: ApiAnswer['body']): AsyncIterable<string> {
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const text = typeof body === 'string' ? body : textOf(body);
    yield* text.split('\n').filter((line) => line !== '');
    return;
  }
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts.filter((line) => line !== '');
  }
}
