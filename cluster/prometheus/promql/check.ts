// What an expression must be beyond its grammar: types of arguments and operands, matching clauses, selectors that select.
// Faults in the real parser's words.

import {
  type Aggregate,
  type Binary,
  type Call,
  COMPARISONS,
  type Expr,
  SET_OPS,
  type ValueType,
  type VectorSelector,
} from './ast.ts';
import { NOT_SIMULATED, SIGNATURES } from './signatures.ts';
import { type ParseError, parseError } from './syntax-error.ts';

/** Types in the words of messages. */
export const TYPE_WORDS: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};

export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'vector':
    case 'aggregate':
      return 'vector';
    case 'matrix':
    case 'subquery':
      return 'matrix';
    case 'paren':
    case 'unary':
      return typeOf(expr.expr);
    case 'binary':
      return typeOf(expr.left) === 'scalar' && typeOf(expr.right) === 'scalar'
        ? 'scalar'
        : 'vector';
    case 'call':
      return SIGNATURES[expr.name]?.returns ?? 'vector';
  }
}

/** Throws ParseError for the first fault. */
export function check(text: string, expr: Expr): void {
  new Checker(text).check(expr);
}

class Checker {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  check(expr: Expr): void {
    switch (expr.kind) {
      case 'number':
      case 'string':
        return;
      case 'vector':
        return this.#selector(expr);
      case 'matrix':
        return this.#selector(expr.vector);
      case 'paren':
        return this.check(expr.expr);
      case 'subquery': {
        this.check(expr.expr);
        const type = typeOf(expr.expr);
        if (type !== 'vector')
          throw this.#fault(
            expr,
            `subquery is only allowed on instant vector, got ${type} instead`,
          );
        return;
      }
      case 'unary': {
        this.check(expr.expr);
        const type = typeOf(expr.expr);
        if (type !== 'scalar' && type !== 'vector')
          throw this.#fault(
            expr,
            `unary expression only allowed on expressions of type scalar or instant vector, got ${JSON.stringify(TYPE_WORDS[type])}`,
          );
        return;
      }
      case 'aggregate':
        return this.#aggregate(expr);
      case 'call':
        return this.#call(expr);
      case 'binary':
        return this.#binary(expr);
    }
  }

  #fault(at: { from: number }, message: string): ParseError {
    return parseError(this.#text, at.from, message);
  }

  #expect(expr: Expr, wanted: ValueType, context: string): void {
    const type = typeOf(expr);
    if (type !== wanted)
      throw this.#fault(
        expr,
        `expected type ${TYPE_WORDS[wanted]} in ${context}, got ${TYPE_WORDS[type]}`,
      );
  }

  #selector(selector: VectorSelector): void {
    if (!selector.matchers.some((each) => !each.matches('')))
      throw this.#fault(selector, 'vector selector must contain at least one non-empty matcher');
  }

  #aggregate(expr: Aggregate): void {
    this.check(expr.expr);
    this.#expect(expr.expr, 'vector', 'aggregation expression');
    if (!expr.param) return;
    this.check(expr.param);
    const wanted = expr.op === 'count_values' ? 'string' : 'scalar';
    this.#expect(expr.param, wanted, 'aggregation parameter');
  }

  #call(expr: Call): void {
    const signature = SIGNATURES[expr.name];
    if (!signature)
      throw this.#fault(
        expr,
        NOT_SIMULATED.has(expr.name)
          ? `function ${JSON.stringify(expr.name)} is not simulated`
          : `unknown function with name ${JSON.stringify(expr.name)}`,
      );
    const { args, optional } = signature;
    const called = `in call to ${JSON.stringify(expr.name)}, got ${expr.args.length}`;
    if (optional === 0 && expr.args.length !== args.length)
      throw this.#fault(expr, `expected ${args.length} argument(s) ${called}`);
    const least = optional === 0 ? args.length : args.length - 1;
    if (expr.args.length < least)
      throw this.#fault(expr, `expected at least ${least} argument(s) ${called}`);
    if (optional > 0 && expr.args.length > args.length)
      throw this.#fault(expr, `expected at most ${args.length} argument(s) ${called}`);
    for (const [index, arg] of expr.args.entries()) {
      this.check(arg);
      const wanted = args[Math.min(index, args.length - 1)];
      if (wanted) this.#expect(arg, wanted, `call to function ${JSON.stringify(expr.name)}`);
    }
  }

  #binary(expr: Binary): void {
    const { op, left, right, bool, matching, explicitMatching } = expr;
    this.check(left);
    this.check(right);
    const [a, b] = [typeOf(left), typeOf(right)];
    if (bool && !COMPARISONS.has(op))
      throw this.#fault(
        { from: expr.opFrom },
        'bool modifier can only be used on comparison operators',
      );
    if (COMPARISONS.has(op) && !bool && a === 'scalar' && b === 'scalar')
      throw this.#fault(
        { from: expr.opFrom },
        'comparisons between scalars must use BOOL modifier',
      );
    for (const [side, type] of [
      [left, a],
      [right, b],
    ] as const)
      if (type !== 'scalar' && type !== 'vector')
        throw this.#fault(
          side,
          'binary expression must contain only scalar and instant vector types',
        );
    if ((a !== 'vector' || b !== 'vector') && explicitMatching)
      throw this.#fault(expr, 'vector matching only allowed between instant vectors');
    if (SET_OPS.has(op)) {
      if (matching.card === 'many-to-one' || matching.card === 'one-to-many')
        throw this.#fault(expr, `no grouping allowed for ${JSON.stringify(op)} operation`);
      if (a === 'scalar' || b === 'scalar')
        throw this.#fault(
          expr,
          `set operator ${JSON.stringify(op)} not allowed in binary scalar expression`,
        );
    }
    if (matching.on)
      for (const label of matching.include)
        if (matching.labels.includes(label))
          throw this.#fault(
            { from: expr.opFrom },
            `label ${JSON.stringify(label)} must not occur in ON and GROUP clause at once`,
          );
  }
}
