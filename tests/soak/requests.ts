// Fuzzed requests against one cluster, for as long as wanted: every one gets an answer that a server may give, nothing of
// ours breaks, nobody has to wait, and when all is cleaned up the heap is what it was.

import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ApiClient } from '../support/api-client.ts';
import { Chance, type FuzzedRequest, NAMESPACES, fuzzedRequest } from './fuzz.ts';
import type { SoakOptions, SoakPart, SoakResult } from './part.ts';
import { SoakedCluster } from './soaked-cluster.ts';
import { leftLog, leftWatch, noisyShell, noisySocket } from './streams.ts';

/** Requests under way at a time. */
const ACTORS = 4;
/** Longest time any answer may take: a request that follows a log ends by itself never, and is left after it. */
const ANSWER_MS = 10_000;
/** A proxy tries for 30 s to reach a pod that is gone, as a real API server does, and then says so. */
const PROXIED_ANSWER_MS = 35_000;
/** Between weighings. A run has ten at most, and a short one enough to compare. */
const LONGEST_ROUND_MS = 60_000;
/** The heap is as high as it will be when all bounds are reached: after the first two rounds. */
const WARM_ROUNDS = 2;
/** What it may grow after that. */
const GROWTH_BYTES = 8 * 1024 * 1024;
/** Milliseconds for everything to be gone. */
const CLEAN_MS = 60_000;
/** Of ours, never a client's fault: what an API server says when its code broke. */
const BROKEN = /"reason":"InternalError"|Internal error occurred/;
/** … except where a real one says it as well. */
const ALLOWED_BROKEN =
  /failed calling webhook|error trying to reach service|impersonation without impersonating a user name/;

export const requests: SoakPart = { name: 'requests', run };

async function run(options: SoakOptions): Promise<SoakResult> {
  const cluster = await SoakedCluster.start();
  try {
    return await new Soak(cluster, options).run();
  } finally {
    await cluster.stop();
  }
}

class Soak {
  readonly #cluster: SoakedCluster;
  readonly #options: SoakOptions;
  readonly #client: ApiClient;
  /** By what went wrong: the first request that met it, and how many did. */
  readonly #failures = new Map<string, { first: string; count: number }>();
  readonly #statuses = new Map<number, number>();
  #passed = 0;

  constructor(cluster: SoakedCluster, options: SoakOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#client = new ApiClient(cluster.credentials);
  }

  async run(): Promise<SoakResult> {
    const { durationMs, seed, say, heapSnapshots } = this.#options;
    const ends = performance.now() + durationMs;
    const roundMs = Math.min(LONGEST_ROUND_MS, durationMs / (WARM_ROUNDS + 2));
    const heaps: number[] = [];
    for (let round = 0; performance.now() < ends && this.#cluster.alive; round++) {
      for (const name of NAMESPACES)
        await this.#client.ask('POST', '/api/v1/namespaces', { body: { metadata: { name } } });
      const until = Math.min(ends, performance.now() + roundMs);
      const actors = Array.from({ length: ACTORS }, (_, actor) =>
        this.#act(new Chance(seed * 1_000 + round * ACTORS + actor), until),
      );
      await Promise.all([...actors, this.#watchReadiness(until)]);
      if (!this.#cluster.alive) break;
      await this.#clean();
      const heap = await this.#cluster.heapBytes();
      heaps.push(heap);
      if (heapSnapshots)
        await this.#cluster.writeHeapSnapshot(join(heapSnapshots, `${round}.heapsnapshot`));
      say(`${this.#passed} requests, heap ${(heap / 1e6).toFixed(1)} MB`);
    }
    this.#client.close();
    this.#judge(heaps);
    const statuses = [...this.#statuses].sort(([a], [b]) => a - b);
    say(`answers: ${statuses.map(([code, count]) => `${code} ×${count}`).join(', ')}`);
    const failures = [...this.#failures].map(
      ([what, { first, count }]) => `${what} (×${count}${first && `, first by ${first}`})`,
    );
    return { passed: this.#passed, failures };
  }

  #fail(what: string, request = ''): void {
    const known = this.#failures.get(what);
    if (known) known.count++;
    else this.#failures.set(what, { first: request, count: 1 });
  }

  async #act(chance: Chance, until: number): Promise<void> {
    const { credentials } = this.#cluster;
    while (performance.now() < until && this.#cluster.alive) {
      const request = fuzzedRequest(chance);
      try {
        switch (chance.below(40)) {
          case 0:
            await leftWatch(this.#client, chance);
            break;
          case 1:
            await leftLog(this.#client, chance);
            break;
          case 2:
            await noisyShell(credentials, chance);
            break;
          case 3:
            await noisySocket(credentials, chance);
            break;
          default:
            await this.#ask(request);
        }
        this.#passed++;
      } catch (error) {
        this.#fail(String(error), told(request));
      }
    }
  }

  async #ask(request: FuzzedRequest): Promise<void> {
    const { method, path, headers, body } = request;
    const answerMs = /\/proxy\b/.test(path) ? PROXIED_ANSWER_MS : ANSWER_MS;
    const late = AbortSignal.timeout(answerMs);
    const lasts = /[?&](follow=true|watch=)/.test(path);
    let answer;
    try {
      answer = await this.#client.ask(method, path, { headers, body, signal: late });
    } catch (error) {
      if (late.aborted && lasts) return;
      // Node's own parser refuses some methods and headers by cutting the line, as Go's does by 400.
      if (method === 'BREW' || method === 'TRACE') return;
      throw late.aborted ? new Error(`no answer within ${answerMs / 1_000} s`) : error;
    }
    const { status, text } = answer;
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    if (BROKEN.test(text) && !ALLOWED_BROKEN.test(text))
      throw new Error(`${status} ${text.slice(0, 300)}`);
    const isJson =
      String(answer.headers['content-type']).startsWith('application/json') &&
      answer.headers['content-encoding'] === undefined;
    if (isJson && !lasts && text !== '') JSON.parse(text);
  }

  /** Somebody else is there, too, and wants an answer each second. */
  async #watchReadiness(until: number): Promise<void> {
    while (performance.now() < until && this.#cluster.alive) {
      try {
        const { status } = await this.#client.ask('GET', '/readyz', {
          signal: AbortSignal.timeout(ANSWER_MS),
        });
        if (status === 200) this.#passed++;
        else this.#fail(`/readyz answered ${status}`);
      } catch (error) {
        this.#fail(`/readyz: ${String(error)}`);
      }
      await wait(1_000);
    }
  }

  /** Away with all namespaces, and with finalizers that nobody would take off. */
  async #clean(): Promise<void> {
    const late = performance.now() + CLEAN_MS;
    for (const name of NAMESPACES) await this.#client.ask('DELETE', `/api/v1/namespaces/${name}`);
    for (;;) {
      const left: string[] = [];
      for (const name of NAMESPACES) {
        const { status } = await this.#client.ask('GET', `/api/v1/namespaces/${name}`);
        if (status === 404) continue;
        left.push(name);
        await this.#takeOffFinalizers(name);
      }
      if (left.length === 0) return;
      if (performance.now() > late)
        return this.#fail(
          `${left.join(', ')} not gone after ${CLEAN_MS / 1_000} s`,
          await this.#whyStuck(left[0] ?? ''),
        );
      await wait(200);
    }
  }

  /** In the words of the namespace and of its pods. */
  async #whyStuck(namespace: string): Promise<string> {
    const root = `/api/v1/namespaces/${namespace}`;
    const { status } = JSON.parse((await this.#client.ask('GET', root)).text) as {
      status?: { conditions?: { message?: string }[] };
    };
    const words = (status?.conditions ?? []).map(({ message }) => message);
    const pods = (await this.#client.ask('GET', `${root}/pods`)).text.slice(0, 3_000);
    const refused = await this.#takeOffFinalizers(namespace);
    return [...words, ...refused, pods].join('; ');
  }

  /** What was refused, in the server's words. */
  async #takeOffFinalizers(namespace: string): Promise<string[]> {
    const refused: string[] = [];
    for (const place of PLACES) {
      const collection = place.replace('*', namespace);
      const { items = [] } = JSON.parse((await this.#client.ask('GET', collection)).text) as {
        items?: { metadata: { name: string; finalizers?: string[] } }[];
      };
      for (const { metadata } of items.filter((item) => item.metadata.finalizers)) {
        const { status, text } = await this.#client.ask(
          'PATCH',
          `${collection}/${encodeURIComponent(metadata.name)}`,
          {
            headers: { 'content-type': 'application/merge-patch+json' },
            body: { metadata: { finalizers: null } },
          },
        );
        if (status >= 300 && status !== 404) refused.push(text);
      }
    }
    return refused;
  }

  #judge(heaps: readonly number[]): void {
    const { logged, alive } = this.#cluster;
    this.#count(alive, 'the cluster’s process ended');
    this.#count(
      logged.length === 0,
      `the cluster logged ${logged.length} faults: ${logged[0] ?? ''}`,
    );
    const before = Math.max(...heaps.slice(0, WARM_ROUNDS));
    const after = heaps.at(-1) ?? Infinity;
    this.#count(
      after - before < GROWTH_BYTES,
      `the heap grew from ${(before / 1e6).toFixed(1)} to ${(after / 1e6).toFixed(1)} MB`,
    );
  }

  #count(holds: boolean, otherwise: string): void {
    if (holds) this.#passed++;
    else this.#fail(otherwise);
  }
}

/** Where objects with finalizers may be. */
const PLACES = [
  '/api/v1/namespaces/*/configmaps',
  '/api/v1/namespaces/*/secrets',
  '/api/v1/namespaces/*/services',
  '/api/v1/namespaces/*/pods',
  '/apis/apps/v1/namespaces/*/deployments',
  '/apis/batch/v1/namespaces/*/jobs',
  '/apis/rbac.authorization.k8s.io/v1/namespaces/*/roles',
];

function told({ method, path, headers, body }: FuzzedRequest): string {
  const text = typeof body === 'string' ? body.slice(0, 300) : `${body?.length ?? 0} bytes`;
  return `${method} ${path} ${JSON.stringify(headers).slice(0, 200)} ${text}`;
}
