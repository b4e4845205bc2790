// A list of objects kept up to date by list and watch. Knows nothing of checks.
// Our own instead of the library's informer, which mixes Date objects with strings, stops on errors and can be blind for 30 s.

import { ApiStatusError, type ApiServer } from './api-server.ts';
import { Backoff } from './backoff.ts';

export interface WatchedObject {
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    [field: string]: unknown;
  };
  [field: string]: unknown;
}

export interface ListQuery {
  apiVersion: string;
  kind: string;
  namespace?: string;
  /** Label selector. */
  labels?: string;
  /** Field selector. */
  fields?: string;
}

interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: WatchedObject & { code?: number; message?: string };
}

export interface ListObserver {
  /** The list is new, whole and true as of now. Called for each change. */
  changed(): void;
  /** The server cannot be reached; the list is what it last was. Called once for each loss. */
  lost(error: Error): void;
}

/** Milliseconds between questions for a kind the server does not have yet: somebody is installing CRDs. */
const KIND_RETRY_MS = 500;

export class WatchedList {
  readonly #api: ApiServer;
  readonly #query: ListQuery;
  readonly #observer: ListObserver;
  readonly #stop = new AbortController();
  readonly #items = new Map<string, WatchedObject>();
  #sorted: WatchedObject[] | undefined;
  #known = false;
  #revision = '';

  constructor(api: ApiServer, query: ListQuery, observer: ListObserver) {
    this.#api = api;
    this.#query = query;
    this.#observer = observer;
    void this.#run();
  }

  /** The objects by namespace and name; undefined until the server has answered for the first time. */
  get items(): readonly WatchedObject[] | undefined {
    if (!this.#known) return undefined;
    this.#sorted ??= [...this.#items.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
    return this.#sorted;
  }

  get revision(): string {
    return this.#revision;
  }

  close(): void {
    this.#stop.abort();
  }

  /** List, watch, and again: from where it stopped when the connection ends, from a new list when that is too old. */
  async #run(): Promise<void> {
    const backoff = new Backoff(this.#stop.signal);
    while (!this.#stop.signal.aborted) {
      try {
        const path = await this.#api.pathOf(
          this.#query.apiVersion,
          this.#query.kind,
          this.#query.namespace,
          this.#stop.signal,
        );
        if (!path) {
          this.#replace([], '');
          await backoff.pause(KIND_RETRY_MS);
          continue;
        }
        await this.#list(path);
        backoff.reset();
        while (!this.#stop.signal.aborted) await this.#watch(path);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (!(error instanceof Error)) throw error;
        const outdated = error instanceof ApiStatusError && error.status === 410;
        if (!outdated) {
          this.#observer.lost(error);
          await backoff.wait();
        }
      }
    }
  }

  async #list(path: string): Promise<void> {
    const list = await this.#api.json<{
      items: WatchedObject[];
      metadata: { resourceVersion: string };
    }>(`${path}?${this.#selectors().toString()}`, this.#stop.signal);
    this.#replace(list.items, list.metadata.resourceVersion);
  }

  async #watch(path: string): Promise<void> {
    const query = this.#selectors();
    query.set('watch', 'true');
    query.set('allowWatchBookmarks', 'true');
    query.set('resourceVersion', this.#revision);
    const gone = new AbortController();
    let failure: Error | undefined;
    const onLine = (line: string) => {
      const event = JSON.parse(line) as WatchEvent;
      if (event.type === 'ERROR') {
        failure = new ApiStatusError(
          event.object.code ?? 500,
          event.object.message ?? 'the watch failed',
        );
        gone.abort();
        return;
      }
      this.#apply(event);
    };
    try {
      await this.#api.lines(
        `${path}?${query.toString()}`,
        onLine,
        AbortSignal.any([this.#stop.signal, gone.signal]),
      );
    } catch (error) {
      throw failure ?? error;
    }
    if (failure) throw failure;
  }

  #apply({ type, object }: WatchEvent): void {
    this.#revision = object.metadata.resourceVersion;
    if (type === 'BOOKMARK') return;
    const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    if (type === 'DELETED') this.#items.delete(key);
    else this.#items.set(key, object);
    this.#sorted = undefined;
    this.#observer.changed();
  }

  #replace(objects: WatchedObject[], revision: string): void {
    // A kind that is not there yet is asked for often; nothing has changed each time.
    const same = this.#known && objects.length === 0 && this.#items.size === 0 && revision === '';
    this.#items.clear();
    for (const object of objects)
      this.#items.set(`${object.metadata.namespace ?? ''}/${object.metadata.name}`, object);
    this.#sorted = undefined;
    this.#revision = revision;
    this.#known = true;
    if (!same) this.#observer.changed();
  }

  #selectors(): URLSearchParams {
    const query = new URLSearchParams();
    if (this.#query.labels) query.set('labelSelector', this.#query.labels);
    if (this.#query.fields) query.set('fieldSelector', this.#query.fields);
    return query;
  }
}
