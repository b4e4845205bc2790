// Watches: streams of changes to the objects a selection means. One listener on the store serves them all.
// Knows selections, bookmarks and bounds; ignores what the kinds mean.
// Source: "Efficient detection of changes" and "Streaming lists" of the API concepts documentation.

import type { Clock } from '../clock.ts';
import type { KubeObject } from '../object.ts';
import type { Cancel } from '../platform.ts';
import type { Change, Store } from '../store/store.ts';
import { StoreError } from '../store/errors.ts';
import { bytesOf } from '../streams.ts';
import { type ListOptions, matches, parseRevision, selected } from './listing.ts';
import { type EventType, type ViewOptions, bookmark, eventText } from './representation.ts';
import { type Status, expired, failure, tooManyRequests } from './status.ts';
import type { ServedKind } from './world.ts';

export interface WatchRequest {
  kind: ServedKind;
  options: ListOptions;
  view: Omit<ViewOptions, 'now'>;
  /** Fires when the client has gone. */
  signal: AbortSignal;
}

export interface WatchLimits {
  watches: number;
  watchQueue: number;
}

/** A watch without a timeout ends after this many seconds, or up to twice as many: clients come back at different times. */
const MIN_TIMEOUT_S = 1_800;
/** Bookmarks come about once a minute … */
const BOOKMARK_S = 60;
/** … and this long before a watch ends, so that its client resumes from there. */
const LAST_BOOKMARK_S = 2;

export class Watches {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #limits: WatchLimits;
  readonly #byResource = new Map<string, Set<Watch>>();
  #count = 0;
  readonly #stop: Cancel;

  constructor(store: Store, clock: Clock, random: () => number, limits: WatchLimits) {
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
    this.#limits = limits;
    this.#stop = store.onChange((change) => {
      for (const watch of this.#byResource.get(change.resource) ?? []) watch.tell(change);
    });
  }

  get count(): number {
    return this.#count;
  }

  /** Throws StatusError when there are too many, or for a resourceVersion that is none. */
  open(request: WatchRequest): AsyncIterable<Uint8Array> {
    const { resourceVersion } = request.options;
    const from =
      resourceVersion === '' || resourceVersion === '0'
        ? undefined
        : parseRevision(resourceVersion);
    if (this.#count >= this.#limits.watches)
      throw tooManyRequests('Too many requests, please try again later.');
    const watch = new Watch(request, this.#store, this.#clock, this.#limits.watchQueue);
    const resource = request.kind.definition.storedAs;
    let watches = this.#byResource.get(resource);
    if (!watches) this.#byResource.set(resource, (watches = new Set()));
    watches.add(watch);
    this.#count++;
    watch.start(from, this.#timeoutMs(request.options), () => {
      if (watches.delete(watch)) this.#count--;
    });
    return watch.chunks();
  }

  /** Ends every watch with 410: what they saw last is no longer what was before now. */
  expireAll(): void {
    for (const watches of this.#byResource.values()) for (const watch of watches) watch.expire();
  }

  close(): void {
    this.#stop();
    for (const watches of this.#byResource.values()) for (const watch of watches) watch.end();
  }

  #timeoutMs({ timeoutSeconds }: ListOptions): number {
    return timeoutSeconds > 0 ? timeoutSeconds * 1000 : MIN_TIMEOUT_S * 1000 * (1 + this.#random());
  }
}

class Watch {
  readonly #request: WatchRequest;
  readonly #store: Store;
  readonly #clock: Clock;
  /** Of the queue; what was there at the beginning comes on top, however much it is. */
  #queueLimit: number;
  #queue: string[] = [];
  /** How far the client will be when it has read the queue. */
  #revision = 0;
  #first = true;
  #ended = false;
  #wake: (() => void) | undefined;
  readonly #cancels: Cancel[] = [];

  constructor(request: WatchRequest, store: Store, clock: Clock, queueLimit: number) {
    this.#request = request;
    this.#store = store;
    this.#clock = clock;
    this.#queueLimit = queueLimit;
  }

  start(from: number | undefined, timeoutMs: number, onEnd: () => void): void {
    this.#cancels.push(onEnd);
    const { signal } = this.#request;
    const gone = () => this.end();
    signal.addEventListener('abort', gone, { once: true });
    this.#cancels.push(() => signal.removeEventListener('abort', gone));
    if (signal.aborted) return this.end();
    const { sendInitialEvents } = this.#request.options;
    const afterwards = this.#queueLimit;
    this.#queueLimit = Infinity;
    if (sendInitialEvents ?? from === undefined) this.#sendPresent();
    else if (from !== undefined) this.#resume(from);
    if (sendInitialEvents && this.#request.options.allowWatchBookmarks) this.#bookmark(true);
    this.#queueLimit = this.#queue.length + afterwards;
    // It may be over before it has begun: for a revision that is too old.
    if (!this.#ended) this.#armTimers(timeoutMs);
  }

  /** Clients wait in real time, whatever the speed of the cluster's clock. */
  #after(realMs: number, run: () => void): void {
    // The clock keeps a cancelled task until it was due; it must not keep the watch with it.
    let todo: (() => void) | undefined = run;
    const cancel = this.#clock.after(realMs * this.#clock.speed, () => todo?.());
    this.#cancels.push(() => {
      todo = undefined;
      cancel();
    });
  }

  #armTimers(timeoutMs: number): void {
    this.#after(timeoutMs, () => this.end());
    if (!this.#request.options.allowWatchBookmarks) return;
    const last = timeoutMs - LAST_BOOKMARK_S * 1000;
    if (last > 0) this.#after(last, () => this.#bookmark(false));
    const again = (left: number) => {
      if (left <= BOOKMARK_S * 1000) return;
      this.#after(BOOKMARK_S * 1000, () => {
        this.#bookmark(false);
        again(left - BOOKMARK_S * 1000);
      });
    };
    again(last);
  }

  #sendPresent(): void {
    const { kind, options } = this.#request;
    this.#revision = this.#store.revision;
    for (const object of selected(this.#store, kind.definition, options))
      this.#send('ADDED', object);
  }

  #resume(from: number): void {
    this.#revision = from;
    if (from >= this.#store.revision) return;
    const { storedAs } = this.#request.kind.definition;
    try {
      for (const change of this.#store.changesSince(from, storedAs)) this.tell(change);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#fail(
        expired(`too old resource version: ${from} (${this.#store.oldestRevision})`).status,
      );
    }
  }

  tell(change: Change): void {
    if (this.#ended || change.revision <= this.#revision) return;
    this.#revision = change.revision;
    const { kind, options } = this.#request;
    const { object, previous } = change;
    const selects = (each: KubeObject) => matches(options, each, kind.definition);
    const was = previous !== undefined && selects(previous);
    const is = change.type !== 'DELETED' && selects(object);
    if (is) this.#send(was ? 'MODIFIED' : 'ADDED', object);
    // The watcher sees the object as it last was for it, at the revision that took it away.
    else if (was) this.#send('DELETED', goneAt(change, previous));
  }

  #send(type: EventType, object: KubeObject): void {
    const { kind, view } = this.#request;
    const options = { ...view, now: this.#clock.now() };
    this.#push(eventText(type, kind, object, options, this.#first));
    this.#first = false;
  }

  #bookmark(initialEnd: boolean): void {
    if (this.#ended) return;
    const { kind, view } = this.#request;
    this.#revision = Math.max(this.#revision, this.#store.revision);
    const object = bookmark(kind, this.#revision, initialEnd);
    if (view.representation.view === 'table')
      return this.#push(eventText('BOOKMARK', kind, object, { ...view, now: 0 }, this.#first));
    this.#push(`{"type":"BOOKMARK","object":${JSON.stringify(object)}}\n`);
  }

  #push(text: string): void {
    if (this.#queue.length >= this.#queueLimit) {
      // Too slow a reader: it starts again from a new list.
      this.#queue = [];
      return this.#fail(expired('too old resource version: the watch fell behind').status);
    }
    this.#queue.push(text);
    this.#wake?.();
  }

  expire(): void {
    this.#fail(
      expired(`too old resource version: ${this.#revision} (${this.#store.revision})`).status,
    );
  }

  #fail(status: Status): void {
    if (this.#ended) return;
    const { metadata: _metadata, ...rest } = status;
    this.#queue.push(`{"type":"ERROR","object":${JSON.stringify(failure(rest))}}\n`);
    this.end();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const cancel of this.#cancels.splice(0)) cancel();
    this.#wake?.();
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        if (this.#queue.length > 0) {
          const text = this.#queue.length === 1 ? (this.#queue[0] ?? '') : this.#queue.join('');
          this.#queue = [];
          yield bytesOf(text);
        } else if (this.#ended) {
          return;
        } else {
          await new Promise<void>((resolve) => (this.#wake = resolve));
          this.#wake = undefined;
        }
      }
    } finally {
      this.end();
    }
  }
}

function goneAt({ type, object, revision }: Change, previous: KubeObject): KubeObject {
  if (type === 'DELETED') return object;
  return {
    ...previous,
    metadata: { ...previous.metadata, resourceVersion: String(revision) },
  };
}
