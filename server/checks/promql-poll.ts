// One PromQL query, asked again and again through the API server's proxy to the Service `prometheus`. Knows nothing of checks.
// That there is no Prometheus (yet) is an answer, null; that it refuses the query is ours, broken.

import { ApiStatusError, type ApiServer } from './api-server.ts';
import { Backoff } from './backoff.ts';
import type { Reading } from './reading.ts';

/** Where Istio's addon puts it, on every engine. */
const QUERY_PATH =
  '/api/v1/namespaces/istio-system/services/prometheus:9090/proxy/api/v1/query?query=';

/** Milliseconds between an answer and the next question: Prometheus scrapes no oftener than once a second. */
const INTERVAL_MS = 2_000;

/** What conditions see of one series. */
export interface Sample {
  metric: Record<string, string>;
  value: number;
}

/** Source: Prometheus' HTTP API, "Instant queries" and "Expression query result formats". */
type Answer = { status: 'success'; data: Data } | { status: 'error'; error: string };
type Data =
  | { resultType: 'vector'; result: { metric: Record<string, string>; value: Point }[] }
  | { resultType: 'scalar'; result: Point }
  | { resultType: 'matrix' | 'string' };
type Point = [at: number, value: string];

export class PromqlPoll {
  readonly #api: Pick<ApiServer, 'json'>;
  readonly #path: string;
  readonly #changed: () => void;
  readonly #intervalMs: number;
  readonly #stop = new AbortController();
  #reading: Reading = { state: 'unknown' };

  constructor(
    api: Pick<ApiServer, 'json'>,
    query: string,
    changed: () => void,
    intervalMs = INTERVAL_MS,
  ) {
    this.#api = api;
    this.#path = QUERY_PATH + encodeURIComponent(query);
    this.#changed = changed;
    this.#intervalMs = intervalMs;
    void this.#run();
  }

  /** The newest answer. */
  get reading(): Reading {
    return this.#reading;
  }

  close(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const backoff = new Backoff(this.#stop.signal);
    while (!this.#stop.signal.aborted) {
      const reading = await this.#ask();
      if (this.#stop.signal.aborted) return;
      if (JSON.stringify(reading) !== JSON.stringify(this.#reading)) {
        this.#reading = reading;
        this.#changed();
      }
      await backoff.pause(this.#intervalMs);
    }
  }

  async #ask(): Promise<Reading> {
    try {
      const answer = await this.#api.json<unknown>(this.#path, this.#stop.signal);
      return isAnswer(answer) ? readingOf(answer) : ABSENT;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const refusal = error instanceof ApiStatusError ? refusalIn(error.body) : undefined;
      // No Service, no pod behind it, no answer in time. Whether the cluster itself is away, the watches tell.
      return refusal ? readingOf(refusal) : ABSENT;
    }
  }
}

const ABSENT: Reading = { state: 'known', value: null };

function readingOf(answer: Answer): Reading {
  if (answer.status === 'error') {
    return { state: 'broken', error: `Prometheus refuses the query: ${answer.error}` };
  }
  const { data } = answer;
  switch (data.resultType) {
    case 'vector': {
      const value: Sample[] = data.result.map((series) => ({
        metric: series.metric,
        value: numberOf(series.value),
      }));
      return { state: 'known', value };
    }
    case 'scalar':
      return { state: 'known', value: [{ metric: {}, value: numberOf(data.result) }] };
    case 'matrix':
    case 'string':
      return {
        state: 'broken',
        error: `The query answers with a ${data.resultType}; a condition needs a vector or a scalar.`,
      };
  }
}

/** `NaN`, `+Inf` and `-Inf` beside what JavaScript can read itself. */
function numberOf([, text]: Point): number {
  return Number(text.replace('Inf', 'Infinity'));
}

function refusalIn(body: string): Answer | undefined {
  try {
    const answer: unknown = JSON.parse(body);
    return isAnswer(answer) ? answer : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // somebody else's words
    throw error;
  }
}

const RESULT_TYPES: readonly unknown[] = ['vector', 'scalar', 'matrix', 'string'];

/** Prometheus' own words, and not those of whoever else answers at that address. */
function isAnswer(value: unknown): value is Answer {
  if (typeof value !== 'object' || value === null) return false;
  const { status, data, error } = value as { status?: unknown; data?: unknown; error?: unknown };
  if (status === 'error') return typeof error === 'string';
  const { resultType } = (data ?? {}) as { resultType?: unknown };
  return status === 'success' && RESULT_TYPES.includes(resultType);
}
