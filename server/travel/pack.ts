// The course's known states: the cluster and the files as each step leaves them, in one compressed file a module. Steps share most of
// their objects, so each distinct piece is kept once. Knows the shape of a snapshot as far as sharing takes; judges nothing.

import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { Step } from '../../protocol/lesson.ts';
import { inTime } from './moved-in-time.ts';

/** What a cluster's file of state holds; `snapshot` is the cluster's own. */
export interface ClusterFile {
  format: number;
  revision: number;
  snapshot: Snapshot;
}

interface Snapshot {
  store: { objects: Record<string, unknown[]> };
  node: { pods: { containers: { log?: unknown[] }[] }[] };
  tokenKey: string;
  time: number;
}

/** How a step leaves the lab. */
export interface StepState {
  step: string;
  /** Undefined while there is no cluster: before `kind-up` and after `kind-down`. */
  cluster: ClusterFile | undefined;
  /** Files that differ from the labs as shipped, by their path in the workspace: their text, or null when one is gone. */
  files: Record<string, string | null>;
}

interface Packed {
  format: 1;
  steps: {
    step: string;
    digest: string;
    cluster: unknown;
    files: Record<string, number | null>;
  }[];
  pieces: string[];
}

/** Logs begin this many lines before the end: more than any check looks at. */
const LOG_LINES = 100;
/** Of no use to somebody who arrives later: the cluster itself forgets them within an hour. */
const PASSING = ['events', 'events.events.k8s.io'];
const TOKEN_KEY_BYTES = 32;

export class StatePack {
  readonly #packed: Packed;

  constructor(packed: Packed) {
    this.#packed = packed;
  }

  /** Undefined when there is no such file: then nothing is known, and states are reached by doing the steps. */
  static async read(file: string): Promise<StatePack | undefined> {
    let bytes: Buffer;
    try {
      bytes = await readFile(file);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
    const packed = JSON.parse(brotliDecompressSync(bytes).toString('utf8')) as Packed;
    if (packed.format !== 1) throw new Error(`${file} is from another version of Meshproof`);
    return new StatePack(packed);
  }

  /** Whether the step's end is known, for the steps as they are written now. `digest` is stepDigests' word for it. */
  knows(step: string, digest: string | undefined): boolean {
    return this.#packed.steps.some((one) => one.step === step && one.digest === digest);
  }

  /** stepDigests' word for the steps as they were written when this one was recorded. */
  digest(step: string): string | undefined {
    return this.#packed.steps.find((one) => one.step === step)?.digest;
  }

  get steps(): string[] {
    return this.#packed.steps.map(({ step }) => step);
  }

  /** The state with its own moments, as it was recorded. */
  recorded(step: string): StepState {
    const found = this.#packed.steps.find((one) => one.step === step);
    if (!found) throw new Error(`the state after ${step} is not recorded`);
    const files = this.files(step);
    const cluster =
      found.cluster === null ? undefined : (this.#whole(found.cluster) as ClusterFile);
    return { step, cluster, files };
  }

  /** Whether there is a cluster in the state; cheaper than the state itself. */
  hasCluster(step: string): boolean {
    return this.#packed.steps.some((one) => one.step === step && one.cluster !== null);
  }

  /** Only the files of the state. */
  files(step: string): Record<string, string | null> {
    const found = this.#packed.steps.find((one) => one.step === step);
    return Object.fromEntries(
      Object.entries(found?.files ?? {}).map(([path, piece]) => [
        path,
        piece === null ? null : this.#text(piece),
      ]),
    );
  }

  /**
   * The state as if it had come about just now: every moment in it moved, and with a key of its own, because the recorded one is
   * known to everybody who has the course.
   */
  now(step: string, now: number): StepState {
    const state = this.recorded(step);
    if (!state.cluster) return state;
    const snapshot = inTime(state.cluster.snapshot, now - state.cluster.snapshot.time);
    snapshot.tokenKey = randomBytes(TOKEN_KEY_BYTES).toString('base64url');
    return { ...state, cluster: { ...state.cluster, snapshot } };
  }

  #text(piece: number): string {
    const text: unknown = JSON.parse(this.#packed.pieces[piece] ?? 'null');
    if (typeof text !== 'string') throw new Error('the recorded states are damaged');
    return text;
  }

  /** Puts pieces back where `shared` took them out. */
  #whole(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#whole(one));
    if (typeof value !== 'object' || value === null) return value;
    if ('$' in value) return JSON.parse(this.#packed.pieces[Number(value.$)] ?? 'null');
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.#whole(one)]));
  }
}

/** One file of all states, in the order of the course. `digests` are stepDigests' words. */
export function packed(states: readonly StepState[], digests: ReadonlyMap<string, string>): Buffer {
  const pieces: string[] = [];
  const known = new Map<string, number>();
  const piece = (value: unknown): number => {
    const text = JSON.stringify(value);
    const at = known.get(text) ?? pieces.push(text) - 1;
    known.set(text, at);
    return at;
  };
  const steps = states.map(({ step, cluster, files }) => ({
    step,
    digest: digests.get(step) ?? '',
    cluster: cluster ? shared(cluster, piece) : null,
    files: Object.fromEntries(
      Object.entries(files).map(([path, text]) => [path, text === null ? null : piece(text)]),
    ),
  }));
  const bytes = Buffer.from(JSON.stringify({ format: 1, steps, pieces } satisfies Packed));
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 9,
      // Steps repeat each other over megabytes.
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

/** Objects, containers and logs are the pieces: what one step leaves alone, the next has again. */
function shared(
  { format, revision, snapshot }: ClusterFile,
  piece: (value: unknown) => number,
): unknown {
  const ref = (value: unknown) => ({ $: piece(value) });
  const { store, node, ...rest } = snapshot;
  const objects = Object.entries(store.objects)
    .filter(([kind]) => !PASSING.includes(kind))
    .map(([kind, list]) => [kind, list.map(ref)]);
  const pods = node.pods.map(({ containers, ...pod }) => ({
    ...pod,
    containers: containers.map(({ log, ...container }) =>
      ref({ ...container, ...(log && { log: log.slice(-LOG_LINES) }) }),
    ),
  }));
  return {
    format,
    revision,
    snapshot: {
      ...rest,
      store: { ...store, objects: Object.fromEntries(objects) },
      node: { ...node, pods },
    },
  };
}

/** What is true after a step hangs on all steps of its module up to it: their blocks, word for word. */
export function stepDigests(steps: readonly Step[]): Map<string, string> {
  const hash = createHash('sha256');
  return new Map(
    steps.map((step) => {
      for (const { id, text } of step.blocks) hash.update(`${id}\0${text}\0`);
      return [step.id, hash.copy().digest('hex').slice(0, 16)];
    }),
  );
}
