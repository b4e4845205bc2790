// What `npm run soak` is made of: parts that run for a while and count what held. Knows nothing of what they do.

export interface SoakOptions {
  /** How long a part that could go on for ever does. */
  durationMs: number;
  /** Repeats a run's choices. */
  seed: number;
  /** A directory for heap snapshots of each round, to compare when the heap has grown; none are written without it. */
  heapSnapshots: string | undefined;
  /** One line for whoever watches. */
  say: (line: string) => void;
}

export interface SoakResult {
  passed: number;
  /** One line each: what broke, and how to see it again. */
  failures: string[];
}

export interface SoakPart {
  name: string;
  run: (options: SoakOptions) => Promise<SoakResult>;
}
