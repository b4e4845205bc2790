// The tree of an expression, as the evaluation walks it. Source: Prometheus docs, querying.

import type { Matcher } from '../matcher.ts';

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

export interface Place {
  /** Where it stands in the text. */
  from: number;
  to: number;
}

export interface NumberLiteral extends Place {
  kind: 'number';
  value: number;
  /** Written as a duration: `5m`. */
  duration: boolean;
}

export interface StringLiteral extends Place {
  kind: 'string';
  value: string;
}

/** When a selector looks: `offset` and `@`. */
export interface Timing {
  offsetMs: number;
  at: { kind: 'time'; ms: number } | { kind: 'start' } | { kind: 'end' } | undefined;
}

export interface VectorSelector extends Place, Timing {
  kind: 'vector';
  /** As it stands before the braces; empty without. */
  name: string;
  matchers: readonly Matcher[];
}

export interface MatrixSelector extends Place {
  kind: 'matrix';
  vector: VectorSelector;
  rangeMs: number;
}

export interface Subquery extends Place, Timing {
  kind: 'subquery';
  expr: Expr;
  rangeMs: number;
  /** Undefined for the default: the global evaluation interval. */
  stepMs: number | undefined;
}

export interface Paren extends Place {
  kind: 'paren';
  expr: Expr;
}

export interface Unary extends Place {
  kind: 'unary';
  op: '+' | '-';
  expr: Expr;
}

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2';
export type ComparisonOp = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type SetOp = 'and' | 'or' | 'unless';
export type BinaryOp = ArithmeticOp | ComparisonOp | SetOp;

export interface Matching {
  card: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';
  on: boolean;
  labels: readonly string[];
  /** Of group_left and group_right. */
  include: readonly string[];
}

export interface Binary extends Place {
  kind: 'binary';
  op: BinaryOp;
  /** Where the operator stands. */
  opFrom: number;
  left: Expr;
  right: Expr;
  bool: boolean;
  matching: Matching;
  /** Whether `on` or `ignoring` was written. */
  explicitMatching: boolean;
}

export type AggregateOp =
  | 'sum'
  | 'avg'
  | 'min'
  | 'max'
  | 'count'
  | 'group'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'quantile'
  | 'count_values';

export interface Aggregate extends Place {
  kind: 'aggregate';
  op: AggregateOp;
  expr: Expr;
  param: Expr | undefined;
  without: boolean;
  grouping: readonly string[];
  /** `by ()` was written, or `without`. */
  explicitGrouping: boolean;
}

export interface Call extends Place {
  kind: 'call';
  name: string;
  args: readonly Expr[];
}

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Paren
  | Unary
  | Binary
  | Aggregate
  | Call;

export const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
export const SET_OPS: ReadonlySet<string> = new Set(['and', 'or', 'unless']);

/** Without parentheses around it. */
export function unwrapped(expr: Expr): Expr {
  return expr.kind === 'paren' ? unwrapped(expr.expr) : expr;
}
