// Jobs of a shell: their numbers, states and how they are named. Starts and prints nothing.

import type { Child } from '../../node/process.ts';

export interface Job {
  /** The number in `[1]` and `%1`. */
  id: number;
  /** As typed, without the `&`. */
  source: string;
  /** The processes of its pipeline, in order. The last one's status is the job's. */
  children: readonly Child[];
  state: { type: 'running' | 'stopped' } | { type: 'done'; status: number };
  /** Its end has been told to the person or asked for by `wait`. */
  reported: boolean;
}

/** Ended children whose status `wait` may still ask for. */
const MAX_REMEMBERED = 64;

export class Jobs {
  #jobs: Job[] = [];
  /** Statuses of ended jobs, by the pid of their last process. */
  readonly #remembered = new Map<number, number>();

  /** Takes started children in. */
  add(children: readonly Child[], source: string): Job {
    const id = Math.max(0, ...this.#jobs.map((job) => job.id)) + 1;
    const job: Job = { id, source, children, state: { type: 'running' }, reported: false };
    this.#jobs.push(job);
    const last = children.at(-1);
    if (last)
      void last.exited.then((status) => {
        job.state = { type: 'done', status };
        this.#remember(last.pid, status);
      });
    return job;
  }

  /** For a subshell: it can list its parent's jobs and wait for none. */
  copy(): Jobs {
    const copy = new Jobs();
    copy.#jobs = this.#jobs.map((job) => ({ ...job }));
    return copy;
  }

  list(): readonly Job[] {
    for (const job of this.#jobs)
      if (job.state.type !== 'done')
        job.state = { type: job.children.some((child) => child.stopped) ? 'stopped' : 'running' };
    return this.#jobs;
  }

  unfinished(): Job[] {
    return this.#jobs.filter((job) => job.state.type !== 'done');
  }

  /** The status of a child that has ended; undefined for strangers. */
  statusOf(pid: number): number | undefined {
    return this.#remembered.get(pid);
  }

  forget(job: Job): void {
    this.#jobs = this.#jobs.filter((other) => other !== job);
  }

  /** Drops the ended ones whose end has been told; in a script nobody is told, and all ended ones go. */
  sweep(all: boolean): void {
    this.#jobs = this.#jobs.filter((job) => job.state.type !== 'done' || !(all || job.reported));
  }

  /** The job of `%1`, `%%`, `%+`, `%-`, `%name`, `%?text`. */
  named(spec: string): Job | 'ambiguous' | undefined {
    const name = spec.replace(/^%/, '');
    if (name === '' || name === '%' || name === '+') return this.current();
    if (name === '-') return this.previous();
    if (/^\d+$/.test(name)) return this.#jobs.find((job) => job.id === Number(name));
    const found = name.startsWith('?')
      ? this.#jobs.filter((job) => job.source.includes(name.slice(1)))
      : this.#jobs.filter((job) => job.source.startsWith(name));
    return found.length > 1 ? 'ambiguous' : found[0];
  }

  /** A stopped job is current before a running one. */
  current(): Job | undefined {
    return this.#jobs.findLast((job) => job.state.type === 'stopped') ?? this.#jobs.at(-1);
  }

  previous(): Job | undefined {
    const current = this.current();
    return this.#jobs.findLast((job) => job !== current) ?? current;
  }

  byPid(pid: number): Job | undefined {
    return this.#jobs.find((job) => job.children.some((child) => child.pid === pid));
  }

  /** `+` for the current job, `-` for the one before. */
  mark(job: Job): string {
    if (job === this.current()) return '+';
    return job === this.previous() ? '-' : ' ';
  }

  #remember(pid: number, status: number): void {
    this.#remembered.set(pid, status);
    if (this.#remembered.size <= MAX_REMEMBERED) return;
    for (const oldest of this.#remembered.keys()) {
      this.#remembered.delete(oldest);
      return;
    }
  }
}
