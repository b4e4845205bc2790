// Where the inputs of checks come from, for one workspace and, where there is one, its cluster. Checks that ask for the same thing
// share it.

import type { CheckSpec, Input } from '../../protocol/check.ts';
import type { ApiServer } from './api-server.ts';
import { LogTail } from './log-tail.ts';
import { PromqlPoll } from './promql-poll.ts';
import type { Reading } from './reading.ts';
import type { Receipts } from './receipts.ts';
import { WatchedFile } from './watched-file.ts';
import { WatchedList } from './watched-list.ts';

export interface Source {
  read(): Reading;
  close(): void;
}

/** True for what the workspace alone can tell. */
export function isOfFilesOnly({ watch }: CheckSpec): boolean {
  return Object.values(watch).every((input) => 'file' in input);
}

export interface SourcesObserver {
  changed(source: Source): void;
  /** The API server cannot be reached any more. */
  lost(error: Error): void;
}

export class Sources {
  readonly #cluster: ApiServer | undefined;
  readonly #directory: string;
  readonly #receipts: Receipts;
  readonly #observer: SourcesObserver;
  readonly #open = new Map<string, Source>();

  constructor(
    cluster: ApiServer | undefined,
    workspaceDirectory: string,
    receipts: Receipts,
    observer: SourcesObserver,
  ) {
    this.#cluster = cluster;
    this.#directory = workspaceDirectory;
    this.#receipts = receipts;
    this.#observer = observer;
  }

  /** Whoever has no cluster asks for files alone. */
  get #api(): ApiServer {
    if (!this.#cluster) throw new Error('an input of the cluster, where there is none');
    return this.#cluster;
  }

  /** The source of an input, opened on first use. */
  source(input: Input): Source {
    const key = JSON.stringify(input, Object.keys(input).toSorted());
    let source = this.#open.get(key);
    if (!source) this.#open.set(key, (source = this.#create(input)));
    return source;
  }

  /** Closes those that nobody uses any more. */
  keepOnly(used: ReadonlySet<Source>): void {
    for (const [key, source] of this.#open) {
      if (used.has(source)) continue;
      source.close();
      this.#open.delete(key);
    }
  }

  close(): void {
    for (const source of this.#open.values()) source.close();
    this.#open.clear();
  }

  #create(input: Input): Source {
    if ('file' in input) return this.#file(input.file);
    if ('version' in input) return this.#version();
    if ('log' in input) return this.#log(input);
    if ('receipt' in input) return this.#receiptsOf(input.receipt);
    if ('promql' in input) return this.#promql(input.promql);
    return this.#objects(input);
  }

  #objects(
    input: Extract<Input, { object: string }> | Extract<Input, { objects: string }>,
  ): Source {
    const single = 'object' in input;
    const query = {
      apiVersion: input.apiVersion ?? 'v1',
      kind: single ? input.object : input.objects,
      ...(input.namespace !== undefined && { namespace: input.namespace }),
      ...(!single && input.labels !== undefined && { labels: input.labels }),
      ...(single
        ? { fields: `metadata.name=${input.name}` }
        : input.fields !== undefined && { fields: input.fields }),
    };
    const list = new WatchedList(
      this.#api,
      query,
      this.#observing(() => source),
    );
    const source: Source = {
      read() {
        const items = list.items;
        if (!items) return { state: 'unknown' };
        if (!single) return { state: 'known', value: items, revision: list.revision };
        const object = items[0];
        return {
          state: 'known',
          value: object ?? null,
          ...(object && { revision: object.metadata.resourceVersion }),
        };
      },
      close: () => list.close(),
    };
    return source;
  }

  #log(input: Extract<Input, { log: string }>): Source {
    const query = {
      log: input.log,
      namespace: input.namespace ?? 'default',
      lines: input.lines ?? 100,
      ...(input.container !== undefined && { container: input.container }),
    };
    const tail = new LogTail(
      this.#api,
      query,
      this.#observing(() => source),
    );
    const source: Source = {
      read: () => (tail.lines ? { state: 'known', value: tail.lines } : { state: 'unknown' }),
      close: () => tail.close(),
    };
    return source;
  }

  #file(name: string): Source {
    const file = new WatchedFile(this.#directory, name, () => this.#observer.changed(source));
    const source: Source = {
      read: () => ({ state: 'known', value: file.text }),
      close: () => file.close(),
    };
    return source;
  }

  #receiptsOf(words: string): Source {
    const stop = this.#receipts.observe(() => this.#observer.changed(source));
    const source: Source = {
      read: () => ({ state: 'known', value: this.#receipts.of(words) }),
      close: stop,
    };
    return source;
  }

  #promql(query: string): Source {
    const poll = new PromqlPoll(this.#api, query, () => this.#observer.changed(source));
    const source: Source = { read: () => poll.reading, close: () => poll.close() };
    return source;
  }

  #version(): Source {
    const stop = new AbortController();
    let reading: Reading = { state: 'unknown' };
    const source: Source = { read: () => reading, close: () => stop.abort() };
    this.#api.json('/version', stop.signal).then(
      (value) => {
        reading = { state: 'known', value };
        this.#observer.changed(source);
      },
      (error: Error) => {
        if (!stop.signal.aborted) this.#observer.lost(error);
      },
    );
    return source;
  }

  #observing(source: () => Source) {
    return {
      changed: () => this.#observer.changed(source()),
      lost: (error: Error) => this.#observer.lost(error),
    };
  }
}
