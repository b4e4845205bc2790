// Label selectors, as text in a query and as a LabelSelector in a spec: read, matched and written.
// Source: "Labels and Selectors" of the Kubernetes documentation; error texts as Status objects show them.

import { type Fields, isFields, listOf, stringMapOf, stringOf, stringsOf } from './fields.ts';
import { goQuote } from './field-errors.ts';
import { labelValueProblems, qualifiedNameProblems } from './names.ts';

export interface Requirement {
  key: string;
  operator: 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt';
  values: readonly string[];
}

export type Labels = Readonly<Record<string, string>>;

/** All of them must hold; none hold of everything. */
export type LabelSelector = readonly Requirement[];

type Token = { kind: 'word' | 'symbol' | 'end'; text: string };

const SYMBOLS = ['!=', '==', '=', '!', '(', ')', ',', '<', '>'];
const OPERATORS = ['in', 'notin', '=', '==', '!=', '>', '<'];

/** The selector, or why the text is none: `unable to parse requirement: …`. */
export function parseLabelSelector(text: string): LabelSelector | { error: string } {
  const parser = new Parser(tokensOf(text));
  try {
    return parser.parse();
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return { error: error.message };
  }
}

class SelectorError extends Error {}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (/\s/.test(char)) {
      at++;
      continue;
    }
    const symbol = SYMBOLS.find((each) => text.startsWith(each, at));
    if (symbol !== undefined) {
      tokens.push({ kind: 'symbol', text: symbol });
      at += symbol.length;
      continue;
    }
    const word = /^[^\s=!(),<>]+/.exec(text.slice(at))?.[0] ?? char;
    tokens.push({ kind: 'word', text: word });
    at += word.length;
  }
  return [...tokens, { kind: 'end', text: '' }];
}

class Parser {
  readonly #tokens: Token[];
  #at = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    if (this.#peek().kind === 'end') return requirements;
    for (;;) {
      const next = this.#peek();
      if (next.kind !== 'word' && next.text !== '!')
        throw new SelectorError(
          `found '${next.text}', expected: !, identifier, or 'end of string'`,
        );
      requirements.push(this.#requirement());
      const after = this.#next();
      if (after.kind === 'end') return requirements;
      if (after.text !== ',')
        throw new SelectorError(`found '${after.text}', expected: ',' or 'end of string'`);
      const following = this.#peek();
      if (following.kind !== 'word' && following.text !== '!')
        throw new SelectorError(`found '${following.text}', expected: identifier after ','`);
    }
  }

  #requirement(): Requirement {
    try {
      return this.#parsedRequirement();
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      throw new SelectorError(`unable to parse requirement: ${error.message}`);
    }
  }

  #parsedRequirement(): Requirement {
    let absent = false;
    if (this.#peek().text === '!') {
      this.#next();
      absent = true;
    }
    const key = this.#next();
    if (key.kind !== 'word') throw new SelectorError(`found '${key.text}', expected: identifier`);
    checkKey(key.text);
    const following = this.#peek();
    if (following.kind === 'end' || following.text === ',')
      return { key: key.text, operator: absent ? '!' : 'exists', values: [] };
    if (absent) return { key: key.text, operator: '!', values: [] };
    const operator = this.#next().text;
    if (!OPERATORS.includes(operator))
      throw new SelectorError(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
    if (operator === 'in' || operator === 'notin') return this.#set(key.text, operator);
    const value = this.#exactValue();
    if (operator === '>' || operator === '<') return compared(key.text, operator, value);
    checkValue(key.text, value);
    return { key: key.text, operator: operator as '=' | '==' | '!=', values: [value] };
  }

  #exactValue(): string {
    const token = this.#peek();
    if (token.kind === 'end' || token.text === ',') return '';
    this.#next();
    if (token.kind === 'word') return token.text;
    throw new SelectorError(`found '${token.text}', expected: identifier`);
  }

  #set(key: string, operator: 'in' | 'notin'): Requirement {
    const open = this.#next();
    if (open.text !== '(') throw new SelectorError(`found '${open.text}' expected: '('`);
    const values = this.#words();
    for (const value of values) checkValue(key, value);
    return { key, operator, values: [...new Set(values)].sort() };
  }

  /** The values of a set, behind its opening parenthesis and including the closing one; an empty place is an empty value. */
  #words(): string[] {
    const first = this.#peek();
    if (first.kind !== 'word' && first.text !== ',' && first.text !== ')')
      throw new SelectorError(`found '${first.text}', expected: ',', ')' or identifier`);
    const values: string[] = [];
    let wantsWord = true;
    for (;;) {
      const token = this.#next();
      if (token.text === ',' || token.text === ')') {
        if (wantsWord) values.push('');
        if (token.text === ')') return values;
        wantsWord = true;
      } else if (token.kind !== 'word') {
        throw new SelectorError(`found '${token.text}', expected: ',', or identifier`);
      } else if (!wantsWord) {
        throw new SelectorError(`found '${token.text}', expected: ',' or ')'`);
      } else {
        values.push(token.text);
        wantsWord = false;
      }
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' };
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }
}

/** The real parser checks the key before it knows where it stands: hence the nil. */
function checkKey(key: string): void {
  const problems = qualifiedNameProblems(key);
  if (problems.length > 0)
    throw new SelectorError(`<nil>: Invalid value: ${goQuote(key)}: ${problems.join('; ')}`);
}

function checkValue(key: string, value: string): void {
  const problems = labelValueProblems(value);
  if (problems.length > 0)
    throw new SelectorError(
      `values[0][${key}]: Invalid value: ${goQuote(value)}: ${problems.join('; ')}`,
    );
}

function compared(key: string, operator: '>' | '<', value: string): Requirement {
  if (!/^[-+]?\d+$/.test(value))
    throw new SelectorError(
      `values[0]: Invalid value: ${goQuote(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
    );
  return { key, operator: operator === '>' ? 'gt' : 'lt', values: [value] };
}

export function matchesLabels(selector: LabelSelector, labels: Labels | undefined): boolean {
  return selector.every((requirement) => holds(requirement, labels ?? {}));
}

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt': {
      if (value === undefined || !/^[-+]?\d+$/.test(value)) return false;
      const difference = Number(value) - Number(values[0]);
      return operator === 'gt' ? difference > 0 : difference < 0;
    }
  }
}

/** A LabelSelector of a spec as requirements. Undefined (no selector at all) matches nothing, an empty one everything. */
export function labelSelectorOf(spec: unknown): LabelSelector | undefined {
  if (!isFields(spec)) return undefined;
  return [
    ...setSelectorOf(spec['matchLabels']),
    ...listOf(spec['matchExpressions']).map(requirementOf),
  ];
}

/** The plain map of a Service or a ReplicationController. */
export function setSelectorOf(labels: unknown): LabelSelector {
  return Object.entries(stringMapOf(labels)).map(([key, value]) => ({
    key,
    operator: '=',
    values: [value],
  }));
}

const EXPRESSION: Readonly<Record<string, Requirement['operator']>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

function requirementOf(expression: Fields): Requirement {
  return {
    key: stringOf(expression['key']),
    operator: EXPRESSION[stringOf(expression['operator'])] ?? 'in',
    values: stringsOf(expression['values']),
  };
}

/** As the scale subresource and `-o wide` show it: `app=web,tier in (a,b)`, keys in order. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  if (!selector) return '<none>';
  if (selector.length === 0) return '';
  return [...selector]
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ key, operator, values }) => {
      switch (operator) {
        case 'exists':
          return key;
        case '!':
          return `!${key}`;
        case 'in':
        case 'notin':
          return `${key} ${operator} (${[...values].sort().join(',')})`;
        case 'gt':
          return `${key}>${values[0] ?? ''}`;
        case 'lt':
          return `${key}<${values[0] ?? ''}`;
        case '=':
        case '==':
        case '!=':
          return `${key}${operator}${values[0] ?? ''}`;
      }
    })
    .join(',');
}
