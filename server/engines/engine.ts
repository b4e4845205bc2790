// What every kind of cluster can do, whatever is behind it. All of it ends in one file, the kubeconfig: terminals and checks
// see nothing else.

import type { EngineFacts } from '../../protocol/lab.ts';
import { type EngineErrorCode, engineErrors } from '../../protocol/control.ts';
import type { EngineName } from '../config.ts';

export interface Engine {
  readonly name: EngineName;
  facts(): EngineFacts;
  /**
   * Ends with a cluster that answers and a kubeconfig that leads to it. When there is one already, says so and changes
   * nothing. Rejects with EngineError; so do all verbs.
   */
  up(progress: Progress): Promise<Outcome>;
  /** Ends with no cluster and no kubeconfig. When there is none, says so. */
  down(progress: Progress): Promise<Outcome>;
  /** Ends with a new, empty cluster, whatever there was. Its revisions are above those of the one before. */
  reset(progress: Progress): Promise<Outcome>;
  status(): Promise<Outcome>;
  /** Keeps the cluster's present state under a name, where the engine can. */
  save(name: string, progress: Progress): Promise<Outcome>;
  /** Goes back to a saved state. Revisions go on upwards, so open watches end and list again. */
  restore(name: string, progress: Progress): Promise<Outcome>;
  /** Brings back the cluster that was running when this process last ended. */
  resume(): Promise<void>;
  /** Ends what runs in this process; a running cluster is kept for `resume`. */
  close(): Promise<void>;
}

/** How a verb is told while it goes on. */
export interface Progress {
  title(text: string): void;
  /** Begins a stage; the one before it is done. The last one is done with the outcome. */
  stage(name: string): void;
}

export interface Outcome {
  /** One sentence: what is true now. */
  say: string;
  running: boolean;
}

/** What an engine tells without being asked. */
export interface EngineListener {
  engine(facts: EngineFacts): void;
  /** A line for the learner. */
  notice(text: string): void;
}

/** What went wrong, in a sentence for the learner; its next move comes from the catalogue. */
export class EngineError extends Error {
  readonly code: EngineErrorCode;

  constructor(code: EngineErrorCode, what: string, options?: ErrorOptions) {
    super(`${what} ${engineErrors[code]}`, options);
    this.name = 'EngineError';
    this.code = code;
  }
}

/** For what nobody asked for at the control socket. */
export const untold: Progress = { title: () => {}, stage: () => {} };
