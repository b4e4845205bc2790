// Frames of the mesh for pages that look at it: Kiali is asked when a page asks and nothing fresh is known, once for all of them.
// So nothing happens while nobody looks, and ten pages cost what one does. Knows nothing of HTTP's routes.

import {
  type GraphAnswer,
  type GraphQuestion,
  type MeshFrame,
  graphBounds,
} from '../../protocol/graph.ts';
import { type KialiGraphRequest, kialiGraphPath } from '../../protocol/kiali.ts';
import { type ApiServer, ApiStatusError } from '../checks/api-server.ts';
import { limits } from '../config.ts';
import { readGraph } from './kiali-graph.ts';
import { meshFrame } from './mesh-frame.ts';
import { gapOf, KIALI_SERVICE } from './service.ts';

export interface GraphSourceOptions {
  /** Undefined while there is no cluster. */
  api: () => Promise<Pick<ApiServer, 'json'> | undefined>;
  now?: () => number;
}

interface Kept {
  answer: Promise<GraphAnswer>;
  /** When it was asked for. */
  at: number;
  asking: boolean;
}

export class GraphSource {
  readonly #options: GraphSourceOptions;
  readonly #now: () => number;
  /** By question, the one used longest ago first. */
  readonly #kept = new Map<string, Kept>();

  constructor(options: GraphSourceOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  ask(question: GraphQuestion): Promise<GraphAnswer> {
    const key = keyOf(question);
    const known = this.#kept.get(key);
    const fresh =
      known &&
      (known.asking || question.at !== undefined || this.#now() - known.at < limits.graphFreshMs);
    const kept = fresh ? known : this.#ask(key, question);
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= limits.graphFramesKept) break;
      this.#kept.delete(oldest);
    }
    return kept.answer;
  }

  #ask(key: string, question: GraphQuestion): Kept {
    const kept: Kept = { answer: this.#answer(question), at: this.#now(), asking: true };
    const settled = ({ state }: GraphAnswer) => {
      kept.asking = false;
      // The past does not change, but a refusal may.
      if (state !== 'seen' && question.at !== undefined) this.#kept.delete(key);
    };
    void kept.answer.then(settled);
    return kept;
  }

  async #answer(question: GraphQuestion): Promise<GraphAnswer> {
    const end = AbortSignal.timeout(limits.graphAnswerMs);
    try {
      const api = await this.#options.api();
      if (!api) return { state: 'no cluster' };
      const path = KIALI_SERVICE + kialiGraphPath(requestOf(question));
      const graph = readGraph(await api.json<unknown>(path, end));
      if (!graph) return { state: 'no answer', detail: 'Kiali answered with something else.' };
      const frame = meshFrame(graph);
      return isOfTheTime(frame, question)
        ? { state: 'seen', frame }
        : { state: 'no answer', detail: 'Kiali keeps no past.' };
    } catch (error) {
      if (error instanceof ApiStatusError) return gapOf(error);
      if (!(error instanceof Error)) throw error;
      // The cluster goes, comes back, or is busy: its words, and the next question will tell.
      return { state: 'no answer', detail: error.message };
    }
  }
}

function requestOf({ namespaces, seconds, at }: GraphQuestion): KialiGraphRequest {
  return {
    namespaces,
    seconds,
    graphType: 'versionedApp',
    services: false,
    responseTime: '95',
    ...(at !== undefined && { at: at / 1_000 }),
  };
}

/** Seconds: Kiali counts in whole ones. */
const PRECISION_MS = 2_000;

function isOfTheTime(frame: MeshFrame, { at }: GraphQuestion): boolean {
  return at === undefined || Math.abs(frame.at - at) <= PRECISION_MS;
}

function keyOf({ namespaces, seconds, at }: GraphQuestion): string {
  return `${namespaces.toSorted().join(',')} ${seconds} ${at ?? 'now'}`;
}

/** A namespace's name is a DNS label. */
const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** What a page asks for, from the words of its query; undefined when it is no question. */
export function questionOf(query: URLSearchParams): GraphQuestion | undefined {
  const namespaces = (query.get('namespaces') ?? '').split(',');
  const seconds = Number(query.get('seconds') ?? 60);
  const at = query.has('at') ? Number(query.get('at')) : undefined;
  const [least, most] = graphBounds.seconds;
  if (namespaces.length > graphBounds.namespaces) return undefined;
  if (!namespaces.every((name) => NAMESPACE.test(name))) return undefined;
  if (!Number.isInteger(seconds) || seconds < least || seconds > most) return undefined;
  if (at !== undefined && !(Number.isSafeInteger(at) && at >= 0)) return undefined;
  return { namespaces, seconds, ...(at !== undefined && { at }) };
}
