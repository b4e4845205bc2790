// What became of one recorded step. Sections are replayed in different ways, by kubectl or over HTTP, and end in these.

export interface Outcome {
  /** As the recording's file is called: `017-describe-deployment-web`. */
  id: string;
  verdict: 'identical' | 'different' | 'withheld' | 'not judged';
  /** The first difference, or why there is nothing to compare. */
  what?: string;
  /** What this cluster said, where nothing recorded stands beside it. */
  ours?: string;
}

/** A section as `npm run golden` knows it. */
export interface Section {
  replay(): Promise<Outcome[]>;
}
