// Binary operators: numbers, a number with a vector, and vectors matched by their labels. Source: Prometheus docs, operators.

import { type Labels, METRIC_NAME } from '../labels.ts';
import {
  type ArithmeticOp,
  type Binary,
  type BinaryOp,
  COMPARISONS,
  type ComparisonOp,
} from './ast.ts';
import { QueryError, type Sample } from './values.ts';

const ARITHMETIC: Readonly<Record<ArithmeticOp, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  // IEEE 754's pow, as Go has it: JavaScript alone says NaN.
  '^': (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b),
  atan2: Math.atan2,
};

const COMPARISON: Readonly<Record<ComparisonOp, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

export function arithmetic(op: BinaryOp, a: number, b: number): number {
  if (op in ARITHMETIC) return ARITHMETIC[op as ArithmeticOp](a, b);
  return compare(op, a, b) ? 1 : 0;
}

function compare(op: BinaryOp, a: number, b: number): boolean {
  if (op in COMPARISON) return COMPARISON[op as ComparisonOp](a, b);
  throw new TypeError(`${op} compares nothing`);
}

/** A vector on one side, a number on the other. Comparisons keep the samples for which they hold. */
export function withScalar(
  { op, bool }: Pick<Binary, 'op' | 'bool'>,
  samples: readonly Sample[],
  scalar: number,
  scalarFirst: boolean,
): Sample[] {
  const filters = COMPARISONS.has(op) && !bool;
  return samples.flatMap(({ labels, value }) => {
    const [a, b] = scalarFirst ? [scalar, value] : [value, scalar];
    if (filters) return compare(op, a, b) ? [{ labels, value }] : [];
    return [{ labels: labels.withoutName(), value: arithmetic(op, a, b) }];
  });
}

/** By what the samples of both sides meet; worked out once for each set of labels. */
export type SignatureCache = WeakMap<Labels, Labels>;

export class VectorMatching {
  readonly #expr: Binary;
  readonly #names: ReadonlySet<string>;
  readonly #signatures: SignatureCache = new WeakMap();

  constructor(expr: Binary) {
    this.#expr = expr;
    const { on, labels } = expr.matching;
    this.#names = new Set(on ? labels : [...labels, METRIC_NAME]);
  }

  #signature(labels: Labels): Labels {
    let signature = this.#signatures.get(labels);
    if (!signature) {
      signature = this.#expr.matching.on ? labels.only(this.#names) : labels.without(this.#names);
      this.#signatures.set(labels, signature);
    }
    return signature;
  }

  evaluate(left: readonly Sample[], right: readonly Sample[]): Sample[] {
    const { op } = this.#expr;
    if (op !== 'and' && op !== 'or' && op !== 'unless') return this.#matched(left, right);
    const keyOf = ({ labels }: Sample) => this.#signature(labels).key;
    const there = new Set((op === 'or' ? left : right).map(keyOf));
    if (op === 'or') return [...left, ...right.filter((sample) => !there.has(keyOf(sample)))];
    return left.filter((sample) => there.has(keyOf(sample)) === (op === 'and'));
  }

  #matched(left: readonly Sample[], right: readonly Sample[]): Sample[] {
    const { op, bool, matching } = this.#expr;
    // The side of which there may be many is walked; the other is looked up.
    const swapped = matching.card === 'one-to-many';
    const [many, one] = swapped ? [right, left] : [left, right];
    const byOne = this.#lookup(one, swapped ? 'left' : 'right');
    const seen = new Map<string, Set<string>>();
    const results: Sample[] = [];
    for (const sample of many) {
      const signature = this.#signature(sample.labels);
      const partner = byOne.get(signature.key);
      if (!partner) continue;
      const [a, b] = swapped ? [partner.value, sample.value] : [sample.value, partner.value];
      const filters = COMPARISONS.has(op) && !bool;
      const labels = this.#resultLabels(sample.labels, partner.labels);
      const earlier = seen.get(signature.key);
      if (matching.card === 'one-to-one') {
        if (earlier)
          throw new QueryError(
            'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
          );
        seen.set(signature.key, new Set());
      } else {
        if (earlier?.has(labels.key))
          throw new QueryError(
            'multiple matches for labels: grouping labels must ensure unique matches',
          );
        if (earlier) earlier.add(labels.key);
        else seen.set(signature.key, new Set([labels.key]));
      }
      // What a filter leaves out has been matched all the same.
      if (!filters) results.push({ labels, value: arithmetic(op, a, b) });
      else if (compare(op, a, b)) results.push({ labels, value: a });
    }
    return results;
  }

  #lookup(samples: readonly Sample[], side: 'left' | 'right'): Map<string, Sample> {
    const found = new Map<string, Sample>();
    for (const sample of samples) {
      const signature = this.#signature(sample.labels);
      const other = found.get(signature.key);
      if (other)
        throw new QueryError(
          `found duplicate series for the match group ${braced(signature)} on the ${side} hand-side of the operation: [${braced(other.labels)}, ${braced(sample.labels)}];many-to-many matching not allowed: matching labels must be unique on one side`,
        );
      found.set(signature.key, sample);
    }
    return found;
  }

  #resultLabels(many: Labels, one: Labels): Labels {
    const { op, bool, matching } = this.#expr;
    const filters = COMPARISONS.has(op) && !bool;
    let labels = filters ? many : many.withoutName();
    if (matching.card === 'one-to-one') {
      const names = new Set(matching.labels);
      // Only what both sides agreed on is true of the result.
      return matching.on ? labels.only(names) : labels.without(names);
    }
    for (const name of matching.include) labels = labels.with(name, one.get(name));
    return labels;
  }
}

function braced(labels: Labels): string {
  return `{${[...labels].map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
}
