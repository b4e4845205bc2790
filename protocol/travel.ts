// Going to a step's known state: what a page may ask, what it is told before anything happens, and what became of it.

/**
 * GET, with `to=`: what would happen. POST, with `{ to }`: do it. `to` is `start:` or `end:` and the id of a step.
 */
export const TRAVEL_PATH = '/lab/travel';
/** GET, with `to=`: how the lab differs from the state. */
export const DIFFERENCE_PATH = '/lab/travel/difference';
/** POST: back to how the lab was before the last journey. */
export const TRAVEL_BACK_PATH = '/lab/travel/back';
/** POST, with `{ to }`: the page has typed the steps, and the learner stands there now. */
export const TRAVEL_ARRIVED_PATH = '/lab/travel/arrived';

export interface TravelPlan {
  /** As it was asked. */
  to: string;
  /**
   * `restore`: the recorded state is put in place. `replay`: `blocks` are typed into the learner's terminal, for clusters that
   * keep no states.
   */
  how: 'restore' | 'replay';
  cluster: 'replaced' | 'made' | 'removed' | 'none';
  files: FileChange[];
  /** Steps that nobody has proven and that will be marked as skipped. */
  skipped: TravelStep[];
  /** What a replay types, in order; empty for `restore`. */
  blocks: TravelBlock[];
  /** A replay cannot go back: the cluster has to go first. */
  fromScratch: boolean;
  /** Whether the way back will be known. */
  canReturn: boolean;
}

export interface FileChange {
  /** In the workspace. */
  path: string;
  change: 'written' | 'replaced' | 'removed';
}

export interface TravelStep {
  id: string;
  number: string;
  title: string;
}

export interface TravelBlock {
  step: string;
  text: string;
  shell: 'lab' | 'pod';
  opensPodShell: boolean;
  untilSeen?: string | undefined;
  exitCode: number;
}

export interface Travelled {
  /** One sentence: what is true now. */
  say: string;
  ms: number;
}

/** One thing that is not as the step leaves it. */
export interface Difference {
  /** `Deployment backend in default`, or a file's path. */
  what: string;
  /** `missing`: it should be there. `extra`: it should not. `other`: it is there, and `where` differs. */
  is: 'missing' | 'extra' | 'other';
  /** The field, for `other`: `spec.replicas`. */
  where?: string | undefined;
  yours?: string | undefined;
  should?: string | undefined;
}

export interface Differences {
  /** Undefined where the state is not recorded, and there is nothing to compare with. */
  differences: Difference[] | undefined;
}
