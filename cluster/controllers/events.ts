// Events as Kubernetes' components report them: named, counted, and combined when they repeat.
// Two recorders, as there are two APIs: the core one (controllers, kubelet) counts repeats and combines similar events;
// the events.k8s.io one (scheduler) turns repeats into a series. Limits and periods are client-go's documented defaults.

import type { Clock } from '../clock.ts';
import type { ObjectMeta } from '../object.ts';
import type { Platform } from '../platform.ts';
import { microTimestamp, timestamp } from '../time.ts';
import type { DraftOf, Event, KindsClient } from './kinds.ts';
import { isRefusal } from './refusals.ts';

/** Different messages of one object, type and reason before they are combined. */
const SIMILAR_EVENTS = 10;
/** Similar events further apart than this are not combined. */
const SIMILAR_WITHIN_MS = 600_000;
/** Events of one source about one object before it is throttled … */
const BURST = 25;
/** … to one in five minutes. */
const REFILL_MS = 300_000;
/** A series of the new API ends when nothing was added for so long. */
const SERIES_WITHIN_MS = 360_000;
const SERIES_EVENTS = 'events.events.k8s.io';
/** Remembered events and objects of one recorder, as client-go's caches hold. */
const REMEMBERED = 4_096;
/** Events written in one turn of the clock, so that a burst leaves turns to others. */
const WRITES_PER_TURN = 32;

export interface Involved {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export type EventType = 'Normal' | 'Warning';

interface RecorderOptions {
  client: KindsClient;
  clock: Clock;
  random: () => number;
  log: Platform['log'];
  /** `deployment-controller`, `kubelet` … */
  component: string;
  /** The node, for those that run on one. */
  host?: string;
}

/** What both recorders do: unique names, and writes one after another in turns of their own. */
class EventWriter {
  readonly #options: RecorderOptions;
  readonly #writes: (() => Promise<void>)[] = [];
  #lastNanos = 0n;
  #woken = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /**
   * `frontend.18ea588ce1830c9f`: the object's name and the nanoseconds at which the event was made. The clock knows
   * milliseconds; chance fills in the rest, so that two components do not meet in one name.
   */
  nameFor(object: Involved): string {
    const { clock, random } = this.#options;
    const millis = BigInt(Math.floor(clock.now()));
    const now = millis * 1_000_000n + BigInt(Math.floor(random() * 1_000_000));
    this.#lastNanos = now > this.#lastNanos ? now : this.#lastNanos + 1n;
    return `${object.metadata.name}.${this.#lastNanos.toString(16)}`;
  }

  write(write: () => Promise<void>): void {
    this.#writes.push(write);
    this.#wake();
  }

  #wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    this.#options.clock.after(0, () => void this.#turn());
  }

  async #turn(): Promise<void> {
    for (const write of this.#writes.splice(0, WRITES_PER_TURN)) {
      try {
        await write();
      } catch (error) {
        // Events are told as well as may be: a refused one (its namespace is going) is lost, as from a real component.
        if (!isRefusal(error))
          this.#options.log(
            'error',
            `${this.#options.component}: an event was lost: ${String(error)}`,
          );
      }
    }
    this.#woken = false;
    if (this.#writes.length > 0) this.#wake();
  }
}

/** A map that forgets its oldest entry when it is full. */
class Remembered<Value> {
  readonly #entries = new Map<string, Value>();

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > REMEMBERED)
      for (const oldest of this.#entries.keys()) return void this.#entries.delete(oldest);
  }
}

interface Similar {
  messages: Set<string>;
  last: number;
}

interface Observed {
  name: string;
  count: number;
  first: string;
}

/** Reports through the core API. */
export class EventRecorder {
  readonly #options: RecorderOptions;
  readonly #writer: EventWriter;
  readonly #similar = new Remembered<Similar>();
  readonly #observed = new Remembered<Observed>();
  readonly #tokens = new Remembered<{ left: number; at: number }>();

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#writer = new EventWriter(options);
  }

  /** @param fieldPath the part of the object that it is about: `spec.containers{nginx}`. */
  event(
    object: Involved,
    type: EventType,
    reason: string,
    message: string,
    fieldPath?: string,
  ): void {
    const now = this.#options.clock.now();
    const about = [
      object.kind,
      object.metadata.namespace,
      object.metadata.name,
      object.metadata.uid,
    ].join('\n');
    if (!this.#takeToken(about, now)) return;

    const similarKey = [about, type, reason].join('\n');
    let similar = this.#similar.get(similarKey);
    if (!similar || now - similar.last > SIMILAR_WITHIN_MS)
      similar = { messages: new Set(), last: now };
    similar.messages.add(message);
    similar.last = now;
    this.#similar.set(similarKey, similar);
    const combined = similar.messages.size >= SIMILAR_EVENTS;
    if (combined) similar.messages.delete(message);

    const text = combined ? `(combined from similar events): ${message}` : message;
    const key = combined ? similarKey : [similarKey, fieldPath, message].join('\n');
    this.#writer.write(() => this.#write(key, object, type, reason, text, fieldPath, now));
  }

  async #write(
    key: string,
    object: Involved,
    type: EventType,
    reason: string,
    message: string,
    fieldPath: string | undefined,
    at: number,
  ): Promise<void> {
    const { client, component, host } = this.#options;
    const namespace = object.metadata.namespace ?? 'default';
    const last = this.#observed.get(key);
    const observed: Observed = {
      name: last?.name ?? this.#writer.nameFor(object),
      count: (last?.count ?? 0) + 1,
      first: last?.first ?? timestamp(at),
    };
    this.#observed.set(key, observed);
    if (last) {
      const counted = await client.modify('events', namespace, last.name, (event) => {
        event.count = observed.count;
        event.lastTimestamp = timestamp(at);
        event.message = message;
      });
      if (counted) return;
      // It has expired: the count goes on in a new one.
    }
    const event: DraftOf<Event> = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: observed.name, namespace },
      involvedObject: {
        kind: object.kind,
        ...(object.metadata.namespace === undefined
          ? {}
          : { namespace: object.metadata.namespace }),
        name: object.metadata.name,
        uid: object.metadata.uid,
        apiVersion: object.apiVersion,
        resourceVersion: object.metadata.resourceVersion,
        ...(fieldPath === undefined ? {} : { fieldPath }),
      },
      reason,
      message,
      source: host === undefined ? { component } : { component, host },
      firstTimestamp: observed.first,
      lastTimestamp: timestamp(at),
      count: observed.count,
      type,
      eventTime: null,
      reportingComponent: component,
      reportingInstance: host ?? '',
    };
    await client.create('events', event);
  }

  #takeToken(about: string, now: number): boolean {
    const bucket = this.#tokens.get(about) ?? { left: BURST, at: now };
    const left = Math.min(BURST, bucket.left + (now - bucket.at) / REFILL_MS);
    this.#tokens.set(about, { left: left < 1 ? left : left - 1, at: now });
    return left >= 1;
  }
}

/** Reports through events.k8s.io: no counts, but an action, an exact time, and a series for repeats. */
export class SeriesRecorder {
  readonly #options: RecorderOptions;
  readonly #writer: EventWriter;
  readonly #series = new Remembered<{ name: string; count: number; last: number }>();

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#writer = new EventWriter(options);
  }

  event(object: Involved, type: EventType, reason: string, action: string, note: string): void {
    const now = this.#options.clock.now();
    const key = [object.kind, object.metadata.uid, type, reason, action, note].join('\n');
    const known = this.#series.get(key);
    const last = known && now - known.last <= SERIES_WITHIN_MS ? known : undefined;
    const name = last?.name ?? this.#writer.nameFor(object);
    const count = (last?.count ?? 0) + 1;
    this.#series.set(key, { name, count, last: now });
    this.#writer.write(() => this.#write(object, type, reason, action, note, { name, count, now }));
  }

  async #write(
    object: Involved,
    type: EventType,
    reason: string,
    action: string,
    note: string,
    { name, count, now }: { name: string; count: number; now: number },
  ): Promise<void> {
    const { client, component, host } = this.#options;
    const namespace = object.metadata.namespace ?? 'default';
    if (count > 1) {
      const counted = await client.modify(SERIES_EVENTS, namespace, name, (event) => {
        event.series = { count, lastObservedTime: microTimestamp(now) };
      });
      if (counted) return;
      // It has expired: the series starts anew.
    }
    await client.create(SERIES_EVENTS, {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name, namespace },
      regarding: {
        kind: object.kind,
        namespace,
        name: object.metadata.name,
        uid: object.metadata.uid,
        apiVersion: object.apiVersion,
        resourceVersion: object.metadata.resourceVersion,
      },
      reason,
      note,
      deprecatedSource: {},
      deprecatedFirstTimestamp: null,
      deprecatedLastTimestamp: null,
      type,
      eventTime: microTimestamp(now),
      action,
      reportingController: component,
      reportingInstance: `${component}-${host ?? ''}`,
    });
  }
}
