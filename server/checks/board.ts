// All checks of one learner, judged whenever something they look at changes. Decides nothing itself (check.ts does) and
// knows nothing of pages: it publishes each new state.

import { type FSWatcher, existsSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type CheckSpec, isOnlySeen } from '../../protocol/check.ts';
import type { CheckState, Verdict } from '../../protocol/verdict.ts';
import { ApiServer } from './api-server.ts';
import { Backoff } from './backoff.ts';
import { Check } from './check.ts';
import type { Receipts } from './receipts.ts';
import { isOfFilesOnly, type Source, Sources } from './sources.ts';

/** What a board keeps over restarts. server/learners implements it. */
export interface BoardRecord {
  proofs(): Map<string, NonNullable<CheckState['proven']>>;
  prove(check: string, proof: NonNullable<CheckState['proven']>): void;
  progress(): Map<string, number>;
  setProgress(check: string, rulesSeen: number): void;
  /** Checks of steps behind which the learner has arrived without doing them. */
  skipped(): Set<string>;
  setSkipped(check: string, skipped: boolean): void;
}

/** What became of looking at a check once: for whoever measures. */
export interface Judgement {
  check: string;
  at: number;
  /** Rules of its history seen true before and after; 0 for other checks. */
  before: number;
  progress: number;
  /** It was settled by this look, after a rule of its own had said why not. */
  settled: boolean;
  inputs: Readonly<Record<string, unknown>>;
}

export interface BoardOptions {
  checks: readonly CheckSpec[];
  workspace: { directory: string; kubeconfig: string };
  receipts: Receipts;
  record: BoardRecord;
  /** The engine's name at this moment, for proofs. */
  engineName(): string;
  publish(state: CheckState): void;
  judged?(judgement: Judgement): void;
  now?: () => number;
}

/**
 * Milliseconds between two sentences of one rule (`12 of 20 …`, `13 of 20 …`): twice a second is as fast as anybody reads.
 * Another state or another cause never waits.
 */
const SENTENCE_INTERVAL_MS = 500;

const NO_CLUSTER: Verdict = {
  state: 'waiting',
  because: 'There is no cluster yet.',
  hint: 'Start yours: `cd ../01-foundation`, then `make kind-up`.',
};
const NO_ANSWER: Verdict = {
  state: 'waiting',
  because: 'The cluster does not answer.',
  hint: '`meshproof cluster status` says how it is. We keep trying.',
};

interface Judged {
  check: Check;
  state: CheckState;
  progress: number;
  sources: Map<string, Source>;
  /** Who spoke the present verdict: a rule, or the board itself where there is no cluster. */
  speaker: number | 'board';
  /** When the present verdict was published, and the timer for a sentence that had to wait. */
  publishedAt: number;
  waiting: NodeJS.Timeout | undefined;
  /** Skipped only while it is true. */
  lent: boolean;
}

export class Board {
  readonly #options: BoardOptions;
  readonly #now: () => number;
  readonly #judged: Judged[];
  readonly #dirty = new Set<Judged>();
  #stop: AbortController | undefined;
  #kubeconfigWatcher: FSWatcher | undefined;
  #sources: Sources | undefined;
  /** For checks of files alone, which are judged before there is a cluster and after it has gone. */
  #files: Sources | undefined;
  /** Ends the present connection; a changed kubeconfig makes a new one. */
  #disconnect: AbortController | undefined;
  #scheduled = false;

  constructor(options: BoardOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    const proofs = options.record.proofs();
    const progress = options.record.progress();
    const skipped = options.record.skipped();
    this.#judged = options.checks.map((spec) => {
      const proven = proofs.get(spec.check);
      return {
        check: new Check(spec),
        state: {
          check: spec.check,
          verdict: { state: 'not started' },
          at: this.#now(),
          ...(proven && { proven }),
          ...(!proven && skipped.has(spec.check) && { skipped: true }),
        },
        progress: progress.get(spec.check) ?? 0,
        sources: new Map(),
        speaker: 'board',
        publishedAt: 0,
        waiting: undefined,
        lent: false,
      };
    });
  }

  /** The present state of every check, in the order of the course. */
  get states(): CheckState[] {
    return this.#judged.map(({ state }) => state);
  }

  get running(): boolean {
    return this.#stop !== undefined;
  }

  /** From now on what is true of these proves nothing: the learner has not made it so. Proofs stay proofs. */
  skip(checks: ReadonlySet<string>): void {
    for (const judged of this.#judged) {
      const { check, proven, skipped } = judged.state;
      if (!checks.has(check) || proven || skipped) continue;
      judged.state = { ...judged.state, skipped: true };
      this.#options.record.setSkipped(check, true);
      this.#options.publish(judged.state);
    }
  }

  /**
   * Skipped for as long as they are true of the world that was arrived in: whoever makes them true after that has done it. For steps
   * that are not on the way.
   */
  lend(checks: ReadonlySet<string>): void {
    for (const judged of this.#judged)
      judged.lent = checks.has(judged.state.check) && judged.state.skipped === true;
  }

  /** These are to be done: what counted as skipped, or was seen of their history, counts no more. */
  expect(checks: ReadonlySet<string>): void {
    for (const judged of this.#judged) {
      const { check, proven } = judged.state;
      if (!checks.has(check) || proven) continue;
      if (judged.progress > 0) {
        judged.progress = 0;
        this.#options.record.setProgress(check, 0);
      }
      if (judged.state.skipped) this.#options.record.setSkipped(check, false);
      // Of the world before nothing counts: what is true of the present one is found out anew.
      clearTimeout(judged.waiting);
      judged.state = { check, verdict: { state: 'not started' }, at: this.#now() };
      this.#options.publish(judged.state);
    }
    // Whatever rests is watched again, and judged by the world as it is now.
    this.#connect();
  }

  /**
   * Looks at a history that is over from its beginning again, for whoever wants to measure it once more. Its proof stays. What a
   * terminal showed is still there and would count at once: of receipts nothing is looked at again.
   */
  again(check: string): void {
    const judged = this.#judged.find(({ state }) => state.check === check);
    if (!judged || judged.progress === 0 || isOnlySeen(judged.check.spec)) return;
    judged.progress = 0;
    this.#options.record.setProgress(check, 0);
    this.#connect();
  }

  #giveBack(judged: Judged): void {
    const { skipped: _, ...state } = judged.state;
    judged.state = state;
    judged.lent = false;
    this.#options.record.setSkipped(state.check, false);
  }

  /** Begins to watch. A board that nobody looks at is stopped, so that an idle cluster can rest. */
  start(): void {
    if (this.#stop) return;
    this.#stop = new AbortController();
    const { kubeconfig } = this.#options.workspace;
    this.#kubeconfigWatcher = watch(dirname(kubeconfig), { persistent: false }, (_event, name) => {
      if (name === null || name === basename(kubeconfig)) this.#connect();
    });
    this.#files = this.#sourcesOf(undefined);
    this.#follow(this.#files, this.#local);
    this.#connect();
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    this.#kubeconfigWatcher?.close();
    this.#kubeconfigWatcher = undefined;
    this.#leave();
    this.#files?.close();
    this.#files = undefined;
    this.#dirty.clear();
    for (const judged of this.#judged) {
      judged.sources.clear();
      clearTimeout(judged.waiting);
    }
  }

  get #local(): Judged[] {
    return this.#judged.filter(({ check }) => isOfFilesOnly(check.spec));
  }

  get #remote(): Judged[] {
    return this.#judged.filter(({ check }) => !isOfFilesOnly(check.spec));
  }

  #leave(): void {
    this.#disconnect?.abort();
    this.#disconnect = undefined;
    this.#sources?.close();
    this.#sources = undefined;
    for (const judged of this.#remote) {
      judged.sources.clear();
      this.#dirty.delete(judged);
    }
  }

  /** Follows the kubeconfig: it appears with `cluster up`, goes with `down`, and changes with `reset`. */
  #connect(): void {
    this.#leave();
    if (!this.#stop) return;
    if (!existsSync(this.#options.workspace.kubeconfig)) {
      for (const judged of this.#remote) this.#settle(judged, NO_CLUSTER);
      return;
    }
    this.#disconnect = new AbortController();
    void this.#open(this.#disconnect.signal);
  }

  async #open(gone: AbortSignal): Promise<void> {
    const backoff = new Backoff(gone);
    while (!gone.aborted) {
      try {
        const api = await ApiServer.fromKubeconfig(this.#options.workspace.kubeconfig);
        if (!gone.aborted) this.#watch(api);
        return;
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        // Half written, or not a kubeconfig: the next change of the file, or the next try, will tell.
        if (!gone.aborted) this.#lost();
        await backoff.wait();
      }
    }
  }

  #watch(api: ApiServer): void {
    this.#sources = this.#sourcesOf(api);
    this.#follow(this.#sources, this.#remote);
  }

  #sourcesOf(api: ApiServer | undefined): Sources {
    const { workspace, receipts } = this.#options;
    return new Sources(api, workspace.directory, receipts, {
      changed: (source) => this.#changed(source),
      lost: () => this.#lost(),
    });
  }

  #follow(sources: Sources, some: readonly Judged[]): void {
    for (const judged of some) {
      const { proven } = judged.state;
      if (proven && judged.check.isOver(judged.progress)) {
        this.#settle(judged, { state: 'passed', seen: proven.seen }, judged.progress);
        continue;
      }
      for (const [name, input] of Object.entries(judged.check.spec.watch))
        judged.sources.set(name, sources.source(input));
      this.#dirty.add(judged);
    }
    this.#schedule();
  }

  #lost(): void {
    for (const judged of this.#remote) this.#settle(judged, NO_ANSWER);
  }

  #changed(source: Source): void {
    for (const judged of this.#judged) {
      if ([...judged.sources.values()].includes(source)) this.#dirty.add(judged);
    }
    this.#schedule();
  }

  /** Once for all changes that arrive together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      for (const judged of this.#dirty) this.#judge(judged);
      this.#dirty.clear();
    });
  }

  #judge(judged: Judged): void {
    const inputs: Record<string, unknown> = {};
    const revisions: Record<string, string> = {};
    for (const [name, source] of judged.sources) {
      const reading = source.read();
      if (reading.state === 'unknown') return; // Judged again when it is known.
      if (reading.state === 'broken') {
        this.#settle(judged, reading);
        return;
      }
      inputs[name] = reading.value;
      if (reading.revision !== undefined) revisions[name] = reading.revision;
    }
    const { verdict, speaker, progress } = judged.check.decide(inputs, judged.progress);
    const before = judged.progress;
    if (progress !== before) {
      judged.progress = progress;
      this.#options.record.setProgress(judged.check.spec.check, progress);
    }
    const settled =
      (verdict.state === 'passed' || verdict.state === 'seen') &&
      judged.state.verdict.state === 'waiting' &&
      judged.speaker !== 'board';
    this.#settle(judged, verdict, speaker, revisions);
    const { check } = judged.check.spec;
    if (!judged.state.skipped)
      this.#options.judged?.({ check, at: this.#now(), before, progress, settled, inputs });
    if (judged.check.isOver(progress)) this.#rest(judged);
  }

  /** What can change no more needs no watching: queries above all, which would be asked for as long as a page is open. */
  #rest(judged: Judged): void {
    judged.sources.clear();
    const used = new Set(this.#judged.flatMap((other) => [...other.sources.values()]));
    this.#sources?.keepOnly(used);
    this.#files?.keepOnly(used);
  }

  #settle(
    judged: Judged,
    verdict: Verdict,
    speaker: Judged['speaker'] = 'board',
    revisions: Record<string, string> = {},
  ): void {
    clearTimeout(judged.waiting);
    const before = judged.state.verdict;
    if (JSON.stringify(verdict) === JSON.stringify(before)) return;
    const now = this.#now();
    if (verdict.state === before.state && speaker === judged.speaker) {
      const rest = judged.publishedAt + SENTENCE_INTERVAL_MS - now;
      if (rest > 0) {
        judged.waiting = setTimeout(() => this.#settle(judged, verdict, speaker, revisions), rest);
        return;
      }
    }
    // A sentence that only says it better keeps the time at which the state began.
    const at = verdict.state === before.state ? judged.state.at : now;
    judged.state = { ...judged.state, verdict, at };
    if (judged.lent && verdict.state === 'waiting' && speaker !== 'board') this.#giveBack(judged);
    if (verdict.state === 'passed' && !judged.state.proven && !judged.state.skipped) {
      judged.state.proven = {
        at: now,
        seen: verdict.seen,
        engine: this.#options.engineName(),
        revisions,
      };
      this.#options.record.prove(judged.check.spec.check, judged.state.proven);
    }
    judged.speaker = speaker;
    judged.publishedAt = now;
    this.#options.publish(judged.state);
  }
}
