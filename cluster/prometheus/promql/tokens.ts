// The words of an expression, for saying what is wrong with one. Reading itself is the grammar's (parse.ts).
// Faults of the text below the grammar (an open quote, a stray character) are found here, in the real server's words.

import { parseDuration } from '../numbers.ts';

export interface Token {
  kind:
    | 'identifier'
    | 'number'
    | 'duration'
    | 'string'
    | 'keyword'
    | 'aggregator'
    | 'operator'
    | 'punctuation'
    | 'end';
  text: string;
  from: number;
}

export interface LexFault {
  from: number;
  message: string;
}

const AGGREGATORS =
  /^(sum|avg|count|min|max|group|stddev|stdvar|topk|bottomk|count_values|quantile|limitk|limit_ratio)$/i;
const KEYWORDS =
  /^(offset|by|without|on|ignoring|group_left|group_right|bool|start|end|smoothed|anchored|step|range)$/i;
const WORD_OPERATORS = /^(and|or|unless|atan2)$/i;
const OPERATORS = ['==', '!=', '<=', '>=', '<', '>', '+', '-', '*', '/', '%', '^', '=', '@'];
const MATCH_OPERATORS = ['!=', '=~', '!~', '='];
const NUMBER = /(?:0x[\da-f]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d+)?)/iy;
const DURATION = /(?:\d+(?:ms|[ywdhms]))+(?![\w])/y;
/** As far as the real lexer reads before it gives up. */
const NEARLY_DURATION = /(?:\d+(?:ms|[ywdhms]))*\d*\w?/y;
const IDENTIFIER = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;

export interface Lexed {
  tokens: Token[];
  fault: LexFault | undefined;
}

/** The words up to a fault, or up to the end. */
export function lex(text: string): Lexed {
  const tokens: Token[] = [];
  const open: { character: string; at: number }[] = [];
  let at = 0;
  const fault = (message: string, from = at): Lexed => ({ tokens, fault: { from, message } });
  while (at < text.length) {
    const character = text[at] ?? '';
    const inBraces = open.at(-1)?.character === '{';
    if (/\s/.test(character)) {
      at++;
      continue;
    }
    if (character === '#') {
      const line = text.indexOf('\n', at);
      at = line === -1 ? text.length : line + 1;
      continue;
    }
    if ('"\'`'.includes(character) && open.at(-1)?.character === '[')
      return fault(`unexpected character in duration expression: '${character}'`);
    if ('"\'`'.includes(character)) {
      const end = stringEnd(text, at);
      if (end === undefined)
        return fault(character === '`' ? 'unterminated raw string' : 'unterminated quoted string');
      tokens.push({ kind: 'string', text: text.slice(at, end), from: at });
      at = end;
      continue;
    }
    if ('([{'.includes(character)) {
      open.push({ character, at });
    } else if (')]}'.includes(character)) {
      const wanted = { ')': '(', ']': '[', '}': '{' }[character] ?? '';
      if (open.at(-1)?.character !== wanted) {
        if (character === '}') return fault("unexpected character: '}'");
        // The real lexer has read the parenthesis when it finds that it closes nothing.
        return character === ')'
          ? fault("unexpected right parenthesis ')'", at + 1)
          : fault("unexpected right bracket ']'");
      }
      open.pop();
    }
    if (
      '()[]{},:'.includes(character) &&
      !(character === ':' && matchAt(IDENTIFIER, text, at)?.length !== 1)
    ) {
      tokens.push({ kind: 'punctuation', text: character, from: at });
      at++;
      continue;
    }
    const duration = matchAt(DURATION, text, at);
    const number = duration ?? matchAt(NUMBER, text, at);
    if (number !== undefined && !inBraces) {
      const wrong = numberFault(text, at, number, duration);
      if (wrong !== undefined) return fault(wrong);
      tokens.push({ kind: duration ? 'duration' : 'number', text: number, from: at });
      at += number.length;
      continue;
    }
    if (!inBraces && text.startsWith('=~', at)) return fault("unexpected character after '=': '~'");
    const word = matchAt(IDENTIFIER, text, at);
    if (word !== undefined) {
      tokens.push({ kind: kindOfWord(word, inBraces), text: word, from: at });
      at += word.length;
      continue;
    }
    const operators = inBraces ? MATCH_OPERATORS : OPERATORS;
    const operator = operators.find((each) => text.startsWith(each, at));
    if (operator !== undefined) {
      tokens.push({ kind: 'operator', text: operator, from: at });
      at += operator.length;
      continue;
    }
    if (open.at(-1)?.character === '[')
      return fault(`unexpected character in duration expression: '${character}'`);
    if (character === '!')
      return fault(
        at + 1 < text.length
          ? `unexpected character after '!'${inBraces ? ' inside braces' : ''}: '${text[at + 1] ?? ''}'`
          : "unexpected character after '!': end of input",
      );
    return fault(`unexpected character${inBraces ? ' inside braces' : ''}: '${character}'`);
  }
  const last = open.at(-1);
  const end = text.length;
  if (last?.character === '{') return fault('unexpected end of input inside braces', end);
  if (last?.character === '[') return fault('unexpected end of input in duration expression', end);
  if (last?.character === '(') return fault('unclosed left parenthesis', end);
  tokens.push({ kind: 'end', text: '', from: end });
  return { tokens, fault: undefined };
}

/** Numbers run into words, and durations whose units are out of order or unknown. */
function numberFault(
  text: string,
  at: number,
  number: string,
  duration: string | undefined,
): string | undefined {
  if (duration !== undefined)
    return parseDuration(duration) === undefined
      ? `not a valid duration string: ${JSON.stringify(duration)}`
      : undefined;
  const next = text[at + number.length] ?? '';
  if (!/[\w.]/.test(next)) return undefined;
  const read = matchAt(NEARLY_DURATION, text, at) ?? '';
  const shown = read.length > number.length ? read : number + next;
  return `bad number or duration syntax: ${JSON.stringify(shown)}`;
}

function kindOfWord(word: string, inBraces: boolean): Token['kind'] {
  if (inBraces) return 'identifier';
  if (AGGREGATORS.test(word)) return 'aggregator';
  if (KEYWORDS.test(word)) return 'keyword';
  if (WORD_OPERATORS.test(word)) return 'operator';
  return /^(inf|nan)$/i.test(word) ? 'number' : 'identifier';
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function stringEnd(text: string, from: number): number | undefined {
  const quote = text[from];
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === quote) return at + 1;
    if (quote !== '`' && text[at] === '\\') at++;
    else if (quote !== '`' && text[at] === '\n') return undefined;
  }
  return undefined;
}

/** As the real parser calls a word in its messages. */
export function described({ kind, text }: Token): string {
  switch (kind) {
    case 'end':
      return 'end of input';
    case 'identifier':
      return `identifier ${JSON.stringify(text)}`;
    case 'number':
      return `number ${JSON.stringify(text)}`;
    case 'duration':
      return `duration ${JSON.stringify(text)}`;
    case 'string':
      return `string ${shortened(text)}`;
    case 'keyword':
      return `<${text.toLowerCase()}>`;
    case 'aggregator':
      return `<aggr:${text.toLowerCase()}>`;
    case 'operator':
      return text === '=' ? JSON.stringify(text) : `<op:${text.toLowerCase()}>`;
    case 'punctuation':
      return JSON.stringify(text);
  }
}

function shortened(text: string): string {
  return text.length > 10 ? `${JSON.stringify(text.slice(0, 10))}...` : JSON.stringify(text);
}
