// Notes beside an answer: what looks like a mistake in an expression that can be evaluated all the same.

import type { Expr } from './ast.ts';
import { unwrapped } from './ast.ts';

const COUNTER_FUNCTIONS: ReadonlySet<string> = new Set(['rate', 'increase', 'irate']);
const COUNTER = /(_total|_sum|_count|_bucket)$/;

/** @param has whether there are samples of a metric: without any, nothing is said. */
export function notesOn(text: string, expr: Expr, has: (metric: string) => boolean): string[] {
  const notes = new Set<string>();
  walk(expr, (each) => {
    if (each.kind !== 'call' || !COUNTER_FUNCTIONS.has(each.name)) return;
    const [arg] = each.args.map(unwrapped);
    if (arg?.kind !== 'matrix') return;
    const { name } = arg.vector;
    if (name === '' || COUNTER.test(name) || !has(name)) return;
    notes.add(
      `PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${JSON.stringify(name)} (${place(text, arg.from)})`,
    );
  });
  return [...notes];
}

function place(text: string, at: number): string {
  const lines = text.slice(0, at).split('\n');
  return `${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
}

function walk(expr: Expr, visit: (expr: Expr) => void): void {
  visit(expr);
  switch (expr.kind) {
    case 'paren':
    case 'unary':
    case 'subquery':
      return walk(expr.expr, visit);
    case 'binary':
      walk(expr.left, visit);
      return walk(expr.right, visit);
    case 'aggregate':
      if (expr.param) walk(expr.param, visit);
      return walk(expr.expr, visit);
    case 'call':
      for (const arg of expr.args) walk(arg, visit);
      return;
    case 'number':
    case 'string':
    case 'vector':
    case 'matrix':
  }
}
