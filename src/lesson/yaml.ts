// A YAML text inside a lesson, and where each part of it stands in the lesson's file. Knows nothing of checks.

import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  type YAMLParseError,
} from 'yaml';
import type { Place, Problems } from './problem.ts';

/** Where the text's first character stands in the file. Every line of the text is shifted by the same columns. */
export interface Origin {
  line: number;
  /** Columns that the fence's own indentation takes away from each line. */
  indent: number;
}

export class YamlText {
  readonly #text: string;
  readonly #origin: Origin;
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;

  constructor(text: string, origin: Origin, problems: Problems) {
    this.#text = text;
    this.#origin = origin;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    let line = 0;
    for (const error of this.#document.errors) {
      const place = this.#placeAt(error.pos[0]);
      // What follows on the same line is the same slip, told again.
      if (place.line !== line) problems.add(place, `bad YAML: ${inAuthorsWords(error)}`);
      line = place.line;
    }
  }

  get isValid(): boolean {
    return this.#document.errors.length === 0;
  }

  value(): unknown {
    return this.#document.toJS();
  }

  /** Where the node at the path begins; where its nearest ancestor does when there is none. */
  place(path: readonly PropertyKey[]): Place {
    for (let length = path.length; length >= 0; length--) {
      const node = this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return this.#placeAt(node.range[0]);
    }
    return this.#placeAt(0);
  }

  /** Where a key of the map at the path stands. */
  placeOfKey(path: readonly PropertyKey[], key: string): Place {
    const map = path.length ? this.#document.getIn(path, true) : this.#document.contents;
    if (isMap(map)) {
      for (const pair of map.items) {
        if (isPair(pair) && isScalar(pair.key) && pair.key.value === key && pair.key.range) {
          return this.#placeAt(pair.key.range[0]);
        }
      }
    }
    return this.place(path);
  }

  /** Where the character at `offset` of a string stands, through quotes, escapes and folded lines. */
  placeInString(path: readonly PropertyKey[], offset: number): Place {
    const node = this.#document.getIn(path, true);
    if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return this.place(path);
    const source = this.#text.slice(node.range[0], node.range[1]);
    return this.#placeAt(node.range[0] + offsetInSource(source, node.value, offset));
  }

  #placeAt(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return {
      line: this.#origin.line + Math.max(line, 1) - 1,
      column: this.#origin.indent + Math.max(col, 1),
    };
  }
}

/** Walks a scalar's source and its value side by side. */
function offsetInSource(source: string, value: string, wanted: number): number {
  const first = source.charAt(0);
  const quote = first === '"' || first === "'" ? first : '';
  const block = first === '|' || first === '>';
  let at = quote ? 1 : block ? afterBlanks(source, source.indexOf('\n') + 1) : 0;
  for (let done = 0; done < Math.min(wanted, value.length); done++) {
    const char = source.charAt(at);
    if (char === '\n') at = afterBlanks(source, at + 1);
    else if (quote === '"' && char === '\\') at += 2;
    else if (quote === "'" && char === "'") at += 2;
    else if (value[done] === ' ' && !quote && !block && /^ *\n/.test(source.slice(at))) {
      at = afterBlanks(source, source.indexOf('\n', at) + 1);
    } else at++;
  }
  return Math.min(at, source.length);
}

function afterBlanks(source: string, from: number): number {
  let at = from;
  while (source.charAt(at) === ' ') at++;
  return at;
}

function inAuthorsWords({ code, message }: YAMLParseError): string {
  if (code === 'BLOCK_AS_IMPLICIT_KEY') {
    return 'a text with a colon and a blank in it needs quotes around it, or `>-` before it.';
  }
  return `${(message.split('\n')[0] ?? message).replace(/\.$/, '')}.`;
}
