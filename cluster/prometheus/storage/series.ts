// One series of a target: its labels in parts that many series share, and its samples.
// A histogram of a mesh is 22 series whose forty labels differ in two: those two, and the rest once.

import { Labels, METRIC_NAME } from '../labels.ts';
import type { TargetSamples } from './target-samples.ts';

export interface SeriesOptions {
  samples: TargetSamples;
  column: number;
  name: string;
  /** All labels but the name and `own`. */
  shared: Labels;
  /** `le` or `quantile`, where it has one. */
  own: Labels;
}

/** Labels that tell apart the series of one histogram or summary. */
export const OWN_LABELS: ReadonlySet<string> = new Set(['le', 'quantile']);

export class Series {
  readonly samples: TargetSamples;
  readonly column: number;
  readonly name: string;
  readonly #shared: Labels;
  readonly #own: Labels;

  constructor({ samples, column, name, shared, own }: SeriesOptions) {
    this.samples = samples;
    this.column = column;
    this.name = name;
    this.#shared = shared;
    this.#own = own;
  }

  get(label: string): string {
    if (label === METRIC_NAME) return this.name;
    return (OWN_LABELS.has(label) ? this.#own : this.#shared).get(label);
  }

  get labels(): Labels {
    const named = Labels.joined(this.#own, Labels.of([[METRIC_NAME, this.name]]));
    return Labels.joined(this.#shared, named);
  }

  /** Names of its labels, without putting the set together. */
  *labelNames(): Iterable<string> {
    yield METRIC_NAME;
    for (const [name] of this.#own) yield name;
    for (const [name] of this.#shared) yield name;
  }
}
