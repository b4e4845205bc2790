// One series of a target: its labels in parts that many series share, and its samples.
// A histogram of a mesh is 22 series whose forty labels differ in two: those two, and the rest once.

import { Labels, OWN_LABELS } from '../labels.ts';
import type { TargetSamples } from './target-samples.ts';

export interface SeriesOptions {
  samples: TargetSamples;
  column: number;
  /** All labels but those that are its own. */
  shared: Labels;
  /** Its name, and `le` or `quantile` where it has one. */
  own: Labels;
}

export class Series {
  readonly samples: TargetSamples;
  readonly column: number;
  readonly shared: Labels;
  readonly own: Labels;

  constructor({ samples, column, shared, own }: SeriesOptions) {
    this.samples = samples;
    this.column = column;
    this.shared = shared;
    this.own = own;
  }

  get name(): string {
    return this.own.name;
  }

  get(label: string): string {
    return (OWN_LABELS.has(label) ? this.own : this.shared).get(label);
  }

  get labels(): Labels {
    return Labels.joined(this.own, this.shared);
  }

  /** Names of its labels, without putting the set together. */
  *labelNames(): Iterable<string> {
    for (const [name] of this.own) yield name;
    for (const [name] of this.shared) yield name;
  }
}
