// Text → tree, by the grammar that Prometheus' own editor uses. The one file that knows it.
// The editor's grammar is lenient where an editor may be; what an expression must be besides is check.ts's.

import { parser } from '@prometheus-io/lezer-promql';
import type { SyntaxNode } from '@lezer/common';
import { METRIC_NAME } from '../labels.ts';
import { type Matcher, type MatchOp, RegexError, matcher } from '../matcher.ts';
import { formatValue, parseDuration, parseNumber } from '../numbers.ts';
import type {
  Aggregate,
  AggregateOp,
  Binary,
  BinaryOp,
  Expr,
  Matching,
  NumberLiteral,
  Unary,
  VectorSelector,
} from './ast.ts';
import { SET_OPS } from './ast.ts';
import { check } from './check.ts';
import { unquoted } from './strings.ts';
import { parseError, syntaxError } from './syntax-error.ts';
import { lex } from './tokens.ts';

/** Expressions remembered: a graph asks the same six each second. */
const MAX_KNOWN = 64;
const known = new Map<string, Expr>();

/** The same tree for the same text, which nobody may change. Throws ParseError. */
export function parseExpression(text: string): Expr {
  const expr = known.get(text) ?? parsed(text);
  known.delete(text);
  known.set(text, expr);
  const [oldest] = known.keys();
  if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
  return expr;
}

function parsed(text: string): Expr {
  const tree = parser.parse(readable(text));
  const fault = firstFault(tree.topNode);
  if (fault !== undefined) throw syntaxError(text, fault);
  const [top] = childrenOf(tree.topNode);
  if (!top) throw syntaxError(text, 0);
  const expr = new Reader(text).expr(top);
  check(text, expr);
  return expr;
}

/** The editor's grammar knows no `2.`: the point becomes a space, which changes no number and no place. */
function readable(text: string): string {
  if (!/\d\.(?!\d)/.test(text)) return text;
  const { tokens, fault } = lex(text);
  if (fault) return text;
  return tokens
    .filter(({ kind, text: word }) => kind === 'number' && word.endsWith('.'))
    .reduce((so, { from, text: word }) => {
      const point = from + word.length - 1;
      return `${so.slice(0, point)} ${so.slice(point + 1)}`;
    }, text);
}

function firstFault(top: SyntaxNode): number | undefined {
  let first: number | undefined;
  top.tree?.iterate({
    enter: ({ type, from }) => {
      if (type.isError && (first === undefined || from < first)) first = from;
    },
  });
  return first;
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling)
    if (child.name !== 'LineComment') children.push(child);
  return children;
}

type Postfix = (expr: Expr) => Expr;

class Reader {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  expr(node: SyntaxNode): Expr {
    const { from, to } = node;
    switch (node.name) {
      case 'NumberDurationLiteral':
        return this.#number(node);
      case 'StringLiteral':
        return { kind: 'string', value: this.#string(node), from, to };
      case 'VectorSelector':
        return this.#vector(node);
      case 'ParenExpr':
        return { kind: 'paren', expr: this.expr(this.#child(node, 0)), from, to };
      case 'UnaryExpr': {
        const op = this.#slice(this.#child(node, 0)) === '-' ? '-' : '+';
        const expr = this.expr(this.#child(node, 1));
        if (expr.kind === 'number')
          return { ...expr, value: op === '-' ? -expr.value : expr.value, from };
        return { kind: 'unary', op, expr, from, to };
      }
      case 'BinaryExpr':
        return this.#binary(node);
      case 'AggregateExpr':
        return this.#aggregate(node);
      case 'FunctionCall':
        return {
          kind: 'call',
          name: this.#slice(this.#child(node, 0)),
          args: childrenOf(this.#child(node, 1)).map((each) => this.expr(each)),
          from,
          to,
        };
      case 'MatrixSelector':
        return this.#onOperand(node, (expr) => {
          const bracket = this.#text.lastIndexOf('[', this.#child(node, 1).from);
          if (expr.kind !== 'vector')
            throw parseError(this.#text, bracket, 'ranges only allowed for vector selectors');
          if (expr.at) throw parseError(this.#text, bracket, 'no @ modifiers allowed before range');
          if (expr.offsetMs !== 0)
            throw parseError(this.#text, bracket, 'no offset modifiers allowed before range');
          const rangeMs = this.#duration(this.#child(node, 1));
          if (rangeMs <= 0)
            throw parseError(
              this.#text,
              this.#child(node, 1).from,
              'duration must be greater than 0',
            );
          return { kind: 'matrix', vector: expr, rangeMs, from: expr.from, to };
        });
      case 'SubqueryExpr':
        return this.#onOperand(node, (expr) => {
          const [, range, step] = childrenOf(node);
          const rangeMs = range ? this.#duration(range) : 0;
          if (rangeMs <= 0)
            throw parseError(this.#text, range?.from ?? from, 'duration must be greater than 0');
          return {
            kind: 'subquery',
            expr,
            rangeMs,
            stepMs: step ? this.#duration(step) : undefined,
            offsetMs: 0,
            at: undefined,
            from: expr.from,
            to,
          };
        });
      case 'OffsetExpr':
        return this.#onOperand(node, (expr) => this.#offset(expr, node));
      case 'StepInvariantExpr':
        return this.#onOperand(node, (expr) => this.#at(expr, node));
      default:
        throw parseError(
          this.#text,
          from,
          `${this.#slice(node).split(/\s/).at(-1) ?? ''} is experimental and not simulated`,
        );
    }
  }

  /**
   * What follows an operand belongs to that operand alone, however the editor's grammar groups it: in `a + b offset 5m` the
   * offset is b's.
   */
  #onOperand(node: SyntaxNode, postfix: Postfix): Expr {
    const apply: Postfix = (expr) => {
      if (expr.kind === 'binary') return { ...expr, right: apply(expr.right), to: node.to };
      if (expr.kind === 'unary') return { ...expr, expr: apply(expr.expr), to: node.to };
      return postfix(expr);
    };
    return apply(this.expr(this.#child(node, 0)));
  }

  #offset(expr: Expr, node: SyntaxNode): Expr {
    const offsetMs = this.#duration(this.#child(node, 2));
    if (expr.kind === 'vector' || expr.kind === 'subquery') {
      if (expr.offsetMs !== 0)
        throw parseError(this.#text, expr.from, 'offset may not be set multiple times');
      return { ...expr, offsetMs, to: node.to };
    }
    if (expr.kind === 'matrix') {
      if (expr.vector.offsetMs !== 0)
        throw parseError(this.#text, expr.from, 'offset may not be set multiple times');
      return { ...expr, vector: { ...expr.vector, offsetMs }, to: node.to };
    }
    throw parseError(
      this.#text,
      expr.from,
      'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
    );
  }

  #at(expr: Expr, node: SyntaxNode): Expr {
    const what = this.#child(node, 2);
    const text = this.#slice(what).toLowerCase();
    const at =
      what.name === 'AtModifierPreprocessors'
        ? ({ kind: text.startsWith('start') ? 'start' : 'end' } as const)
        : ({ kind: 'time', ms: this.#atMs(what, expr.from) } as const);
    if (expr.kind === 'vector' || expr.kind === 'subquery') {
      if (expr.at)
        throw parseError(this.#text, expr.from, '@ <timestamp> may not be set multiple times');
      return { ...expr, at, to: node.to };
    }
    if (expr.kind === 'matrix') {
      if (expr.vector.at)
        throw parseError(this.#text, expr.from, '@ <timestamp> may not be set multiple times');
      return { ...expr, vector: { ...expr.vector, at }, to: node.to };
    }
    throw parseError(
      this.#text,
      expr.from,
      '@ modifier must be preceded by an instant vector selector or range vector selector or a subquery',
    );
  }

  #atMs(node: SyntaxNode, from: number): number {
    const { value } = this.#number(node);
    if (!Number.isFinite(value))
      throw parseError(
        this.#text,
        from,
        `timestamp out of bounds for @ modifier: ${formatValue(value)}`,
      );
    return Math.round(value * 1000);
  }

  #number(node: SyntaxNode): NumberLiteral {
    const text = this.#slice(node).replace(/\s/g, '');
    const { from, to } = node;
    const number = parseNumber(text);
    if (
      number !== undefined &&
      !Number.isNaN(number) &&
      !Number.isFinite(number) &&
      /\d/.test(text)
    )
      throw parseError(
        this.#text,
        from,
        `error parsing number: strconv.ParseFloat: parsing ${JSON.stringify(text)}: value out of range`,
      );
    if (number !== undefined) return { kind: 'number', value: number, duration: false, from, to };
    const sign = text.startsWith('-') ? -1 : 1;
    const ms = parseDuration(text.replace(/^[+-]/, ''));
    if (ms === undefined) throw parseError(this.#text, from, `error parsing number: ${text}`);
    return { kind: 'number', value: (sign * ms) / 1000, duration: true, from, to };
  }

  /** Milliseconds: a duration, or a number of seconds, or arithmetic of both. */
  #duration(node: SyntaxNode): number {
    const children = childrenOf(node);
    const [first, second, third] = children;
    if (!first || node.name === 'NumberDurationLiteralInDurationContext') {
      const text = this.#slice(node);
      const seconds = parseNumber(text);
      const ms = seconds === undefined ? parseDuration(text) : Math.round(seconds * 1000);
      if (ms === undefined || !Number.isFinite(ms))
        throw parseError(
          this.#text,
          node.from,
          `not a valid duration string: ${JSON.stringify(text)}`,
        );
      return ms;
    }
    if (first.name === 'UnaryOp' && second)
      return (this.#slice(first) === '-' ? -1 : 1) * this.#duration(second);
    if (second && third) return this.#arithmetic(node, first, second, third);
    if (/^(step|range|min_of|max_of)\b/.test(this.#slice(first)))
      throw parseError(
        this.#text,
        node.from,
        `${this.#slice(first)}() in durations is not simulated`,
      );
    return this.#duration(first);
  }

  #arithmetic(node: SyntaxNode, left: SyntaxNode, op: SyntaxNode, right: SyntaxNode): number {
    const a = this.#duration(left) / 1000;
    const b = this.#duration(right) / 1000;
    const results: Record<string, () => number> = {
      '+': () => a + b,
      '-': () => a - b,
      '*': () => a * b,
      '/': () => a / b,
      '%': () => a % b,
      '^': () => a ** b,
    };
    const seconds = results[this.#slice(op)]?.();
    if (seconds === undefined || !Number.isFinite(seconds))
      throw parseError(
        this.#text,
        op.from,
        `${this.#slice(op) === '%' ? 'modulo' : 'division'} by zero`,
      );
    return Math.round(seconds * 1000);
  }

  #vector(node: SyntaxNode): VectorSelector {
    let name = '';
    let quoted = false;
    const matchers: Matcher[] = [];
    for (const child of childrenOf(node)) {
      if (child.name === 'Identifier') name = this.#slice(child);
      else
        for (const each of childrenOf(child)) {
          if (each.name === 'QuotedLabelName') {
            if (name !== '')
              throw parseError(
                this.#text,
                node.from,
                `metric name must not be set twice: ${JSON.stringify(name)} or ${JSON.stringify(this.#name(each))}`,
              );
            name = this.#name(each);
            quoted = true;
          } else matchers.push(this.#matcher(each));
        }
    }
    if (name !== '') {
      const twice = matchers.find((each) => each.name === METRIC_NAME && each.op === '=');
      if (twice && !quoted)
        throw parseError(
          this.#text,
          node.from,
          `metric name must not be set twice: ${JSON.stringify(name)} or ${JSON.stringify(twice.value)}`,
        );
      matchers.push(matcher(METRIC_NAME, '=', name));
    }
    return {
      kind: 'vector',
      name,
      matchers,
      offsetMs: 0,
      at: undefined,
      from: node.from,
      to: node.to,
    };
  }

  #matcher(node: SyntaxNode): Matcher {
    const [label, op, value] = childrenOf(node);
    if (!label || !op || !value) throw syntaxError(this.#text, node.from);
    try {
      return matcher(this.#name(label), this.#slice(op) as MatchOp, this.#string(value));
    } catch (error) {
      if (!(error instanceof RegexError)) throw error;
      throw parseError(this.#text, node.from, error.message);
    }
  }

  /** Of a label, quoted or not. */
  #name(node: SyntaxNode): string {
    return node.name === 'QuotedLabelName' ? this.#string(node) : this.#slice(node);
  }

  #string(node: SyntaxNode): string {
    const literal = this.#slice(node);
    const value = unquoted(literal);
    if (value === undefined)
      throw parseError(
        this.#text,
        node.from,
        `error unquoting string ${JSON.stringify(literal)}: invalid syntax`,
      );
    return value;
  }

  #binary(node: SyntaxNode): Binary | Unary {
    const children = childrenOf(node);
    const [left, opNode] = children;
    const right = children.at(-1);
    if (!left || !opNode || !right) throw syntaxError(this.#text, node.from);
    const op = this.#slice(opNode).toLowerCase();
    if (
      op === '</' ||
      op === '>/' ||
      children.some(({ name }) => name === 'FillModifier' || name.startsWith('Fill'))
    )
      throw parseError(this.#text, opNode.from, `${op} is experimental and not simulated`);
    const clause = children.find(({ name }) => name === 'MatchingModifierClause');
    const operand = this.expr(left);
    const binary: Binary = {
      kind: 'binary',
      op: op as BinaryOp,
      opFrom: opNode.from,
      left: operand,
      right: this.expr(right),
      bool: children.some(({ name }) => name === 'BoolModifier'),
      matching: this.#matching(clause, op),
      explicitMatching: clause !== undefined,
      from: node.from,
      to: node.to,
    };
    // A sign before a power is the power's: the editor's grammar takes it for the number's.
    if (op !== '^' || operand.kind !== 'number' || !/^[+-]/.test(this.#slice(left))) return binary;
    const sign = this.#slice(left).startsWith('-') ? '-' : '+';
    const positive = { ...operand, value: sign === '-' ? -operand.value : operand.value };
    const { from, to } = binary;
    return { kind: 'unary', op: sign, expr: { ...binary, left: positive }, from, to };
  }

  #matching(clause: SyntaxNode | undefined, op: string): Matching {
    const card = SET_OPS.has(op) ? 'many-to-many' : 'one-to-one';
    if (!clause) return { card, on: false, labels: [], include: [] };
    const children = childrenOf(clause);
    const groupings = children.filter(({ name }) => name === 'GroupingLabels');
    const names = groupings.map((each) => childrenOf(each).map((label) => this.#name(label)));
    const left = children.some(({ name }) => name === 'GroupLeft');
    const right = children.some(({ name }) => name === 'GroupRight');
    return {
      card: left ? 'many-to-one' : right ? 'one-to-many' : card,
      on: children[0]?.name === 'On',
      labels: names[0] ?? [],
      include: names[1] ?? [],
    };
  }

  #aggregate(node: SyntaxNode): Aggregate {
    const children = childrenOf(node);
    const op = this.#slice(this.#child(node, 0)).toLowerCase();
    if (op === 'limitk' || op === 'limit_ratio')
      throw parseError(
        this.#text,
        node.from,
        `${op}() is experimental and must be enabled with --enable-feature=promql-experimental-functions`,
      );
    const modifier = children.find(({ name }) => name === 'AggregateModifier');
    const grouping = modifier && childrenOf(modifier).find(({ name }) => name === 'GroupingLabels');
    const body = children.find(({ name }) => name === 'FunctionCallBody');
    const args = body ? childrenOf(body).map((each) => this.expr(each)) : [];
    const needsParam = PARAMETRIC.has(op);
    const [first, second] = args;
    const wanted = needsParam ? 2 : 1;
    if (args.length === 0 || !first)
      throw parseError(this.#text, node.from, 'no arguments for aggregate expression provided');
    if (args.length !== wanted)
      throw parseError(
        this.#text,
        node.from,
        `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
      );
    return {
      kind: 'aggregate',
      op: op as AggregateOp,
      expr: needsParam ? (second ?? first) : first,
      param: needsParam ? first : undefined,
      without: modifier !== undefined && childrenOf(modifier)[0]?.name === 'Without',
      grouping: grouping ? childrenOf(grouping).map((label) => this.#name(label)) : [],
      explicitGrouping: modifier !== undefined,
      from: node.from,
      to: node.to,
    };
  }

  #child(node: SyntaxNode, index: number): SyntaxNode {
    const child = childrenOf(node)[index];
    if (!child) throw syntaxError(this.#text, node.from);
    return child;
  }

  #slice({ from, to }: SyntaxNode): string {
    return this.#text.slice(from, to);
  }
}

const PARAMETRIC: ReadonlySet<string> = new Set(['topk', 'bottomk', 'quantile', 'count_values']);
