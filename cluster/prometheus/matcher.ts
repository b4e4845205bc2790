// Matchers of a selector: `name="value"`, `!=`, `=~`, `!~`. Regular expressions are anchored at both ends.
// Source: Prometheus docs, querying basics. Expressions are RE2's; here they are JavaScript's, which read the same ones alike.

import { METRIC_NAME } from './labels.ts';

export type MatchOp = '=' | '!=' | '=~' | '!~';

export interface Matcher {
  readonly name: string;
  readonly op: MatchOp;
  readonly value: string;
  matches(value: string): boolean;
}

/** Throws RegexError for an expression that is none. */
export function matcher(name: string, op: MatchOp, value: string): Matcher {
  return { name, op, value, matches: testOf(op, value) };
}

function testOf(op: MatchOp, value: string): (text: string) => boolean {
  switch (op) {
    case '=':
      return (text) => text === value;
    case '!=':
      return (text) => text !== value;
    case '=~': {
      const pattern = anchored(value);
      return (text) => pattern.test(text);
    }
    case '!~': {
      const pattern = anchored(value);
      return (text) => !pattern.test(text);
    }
  }
}

export class RegexError extends Error {}

const compiled = new Map<string, RegExp>();
/** Expressions kept compiled: relabelling and dashboards use the same few again and again. */
const MAX_COMPILED = 500;

/** The expression as Prometheus uses it: over the whole text, `.` also for line breaks, RE2's inline flags and named groups. */
export function anchored(source: string): RegExp {
  const known = compiled.get(source);
  if (known) return known;
  const flags = /^\(\?([imsU]+)\)/.exec(source);
  const body = (flags ? source.slice(flags[0].length) : source).replaceAll('(?P<', '(?<');
  let pattern: RegExp;
  try {
    pattern = new RegExp(`^(?:${body})$`, `s${flags?.[1]?.includes('i') ? 'i' : ''}`);
  } catch (error) {
    throw new RegexError(regexWords(source, error));
  }
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(source, pattern);
  return pattern;
}

/** The words of Go's regexp/syntax for what is commonly wrong; other faults keep the engine's own. */
function regexWords(source: string, error: unknown): string {
  const words =
    error instanceof Error ? error.message.replace(/^.*?: (?=[^:]*$)/s, '') : String(error);
  const shown = `^(?s:${source})$`;
  if (/Unterminated group/.test(words))
    return `error parsing regexp: missing closing ): \`${shown}\``;
  if (/Unmatched '\)'/.test(words)) return `error parsing regexp: unexpected ): \`${shown}\``;
  if (/Nothing to repeat/.test(words)) {
    const operator = /(?:^|[(|])([*+?])/.exec(source)?.[1] ?? '*';
    return `error parsing regexp: missing argument to repetition operator: \`${operator}\``;
  }
  if (/Unterminated character class/.test(words))
    return `error parsing regexp: missing closing ]: \`${source.slice(source.lastIndexOf('['))})$\``;
  return `error parsing regexp: ${words}: \`${source}\``;
}

export function isNameMatcher({ name, op }: Matcher): boolean {
  return name === METRIC_NAME && op === '=';
}

/** `{a="b"}` */
export function matcherText({ name, op, value }: Matcher): string {
  const shown = /^[a-zA-Z_]\w*$/.test(name) ? name : JSON.stringify(name);
  return `${shown}${op}${JSON.stringify(value)}`;
}
