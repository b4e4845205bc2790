// Says what is wrong with an expression the grammar cannot read, in the words of the real parser as near as they can be
// worked out from the place of the fault and the words around it.

import { type Token, described, lex } from './tokens.ts';

/** An expression that is none. The message begins with its place: `1:5: parse error: …`. */
export class ParseError extends Error {}

/** @param at where in the text; undefined when the fault has no place. */
export function parseError(text: string, at: number | undefined, message: string): ParseError {
  if (at === undefined) return new ParseError(`unknown position: parse error: ${message}`);
  const before = text.slice(0, at).split('\n');
  const column = (before.at(-1)?.length ?? 0) + 1;
  return new ParseError(`${before.length}:${column}: parse error: ${message}`);
}

/** @param at where the grammar stopped understanding. */
export function syntaxError(text: string, at: number): ParseError {
  const { tokens, fault } = lex(text);
  if (tokens.length === 1 && tokens[0]?.kind === 'end')
    return parseError(text, undefined, 'no expression found in input');
  const index = tokens.findIndex((token) => token.from >= at);
  const token = tokens[index];
  // What is wrong first is what is said.
  if (fault && (!token || fault.from <= token.from))
    return parseError(text, fault.from, fault.message);
  if (!token) return parseError(text, at, 'unexpected end of input');
  const before = tokens[index - 1];
  if (token.text === ')' && before?.text === ',')
    return parseError(text, before.from, 'trailing commas not allowed in function call args');
  if (token.text === '(' && before?.kind === 'identifier' && !isWithinGrouping(tokens, index))
    return parseError(
      text,
      before.from,
      `unknown function with name ${JSON.stringify(before.text)}`,
    );
  // The editor's grammar takes a lone `by` for a name; to the real parser it is no operand.
  if (before && isGrouping(before) && !(tokens[index - 2] && canBeGrouped(tokens[index - 2])))
    return parseError(text, before.from, `unexpected ${described(before)}`);
  return parseError(text, token.from, `unexpected ${described(token)}${context(tokens, index)}`);
}

/** Between the parentheses of `by (…)` and its like. */
function isWithinGrouping(tokens: readonly Token[], index: number): boolean {
  const bracket = enclosing(tokens, index);
  const opener = bracket && tokens[bracket.index - 1];
  return bracket?.text === '(' && opener !== undefined && isGrouping(opener);
}

/** Where the word stands, and what could have stood there. */
function context(tokens: readonly Token[], index: number): string {
  const before = tokens[index - 1];
  const bracket = enclosing(tokens, index);
  if (bracket?.text === '{') return labelMatching(before);
  if (bracket?.text === '[')
    return ' in subquery or range selector, expected number, duration, step(), or range()';
  if (isWithinGrouping(tokens, index))
    return before?.kind === 'identifier' || before?.kind === 'string'
      ? ' in grouping opts, expected "," or ")"'
      : ' in grouping opts, expected label';
  if (before && isGrouping(before)) return ' in grouping opts, expected "("';
  if (before?.kind === 'keyword' && before.text.toLowerCase() === 'offset')
    return ' in offset, expected number, duration, step(), or range()';
  if (before?.text === '@') return ' in @, expected timestamp';
  return '';
}

function isGrouping({ kind, text }: Token): boolean {
  return kind === 'keyword' && /^(by|without|on|ignoring|group_left|group_right)$/i.test(text);
}

function canBeGrouped(token: Token | undefined): boolean {
  return token?.kind === 'aggregator' || token?.kind === 'operator' || token?.text === ')';
}

function labelMatching(before: Token | undefined): string {
  const words = ' in label matching, expected ';
  if (!before) return '';
  if (before.kind === 'identifier') return `${words}label matching operator`;
  if (before.kind === 'operator') return `${words}string`;
  if (before.kind === 'string') return `${words}"," or "}"`;
  return `${words}identifier or "}"`;
}

/** The innermost bracket that is open before a word. */
function enclosing(
  tokens: readonly Token[],
  index: number,
): { text: string; index: number } | undefined {
  const open: { text: string; index: number }[] = [];
  for (const [at, { kind, text }] of tokens.slice(0, index).entries()) {
    if (kind !== 'punctuation') continue;
    if ('([{'.includes(text)) open.push({ text, index: at });
    else if (')]}'.includes(text)) open.pop();
  }
  return open.at(-1);
}
