// Reads the structure of Istio's kinds from @kubernetes-models/istio's declarations: names, required fields, enums, maps,
// alternatives and descriptions. Knows how that package writes its .d.ts files; knows nothing of formats or limits.

import type { SchemaNode } from '../../../cluster/schema/openapi.ts';
import { commentText } from '../comment.ts';

/** A TypeScript type, as far as these declarations use the language. */
type Declared =
  | { kind: 'object'; fields: Field[]; values: Declared | undefined }
  | { kind: 'array'; items: Declared }
  | { kind: 'union' | 'intersection'; of: Declared[] }
  /** `Exclude<…>`: "none of the alternatives", which every group of alternatives of these kinds allows. */
  | { kind: 'exclude' }
  | { kind: 'literal'; value: string }
  | { kind: 'word'; word: string };

interface Field {
  name: string;
  required: boolean;
  description: string;
  type: Declared;
}

/** The schema of the interface `I<kind>`, without apiVersion, kind and metadata, which every object has. */
export function readDeclaration(text: string, kind: string): SchemaNode {
  const opening = text.indexOf(`export interface I${kind} {`);
  if (opening < 0) throw new Error(`no interface I${kind}: has @kubernetes-models/istio changed?`);
  const tokens = new Tokens(text, text.indexOf('{', opening));
  const declared = parseType(tokens);
  if (declared.kind !== 'object') throw new Error(`I${kind} is no object type`);
  const fields = declared.fields.filter(
    ({ name }) => !['apiVersion', 'kind', 'metadata'].includes(name),
  );
  return schemaOf({ ...declared, fields });
}

/** Words, strings and signs of a declaration; the last comment passed is kept for the field that follows it. */
class Tokens {
  readonly #text: string;
  #at: number;
  comment = '';

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  /** The next one, or nothing at the end of the text. */
  peek(): string {
    if (this.#text.slice(this.#at).trim() === '') return '';
    const at = this.#at;
    const comment = this.comment;
    const token = this.next();
    this.#at = at;
    this.comment = comment;
    return token;
  }

  next(): string {
    const TOKEN =
      /\s*(?:(\/\*\*[\s\S]*?\*\/)\s*)?("(?:[^"\\]|\\.)*"|[A-Za-z_]\w*|[{}[\]()<>|&?:;,])/y;
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    if (!match) throw this.unexpected();
    this.#at = TOKEN.lastIndex;
    if (match[1] !== undefined) this.comment = commentText(match[1]);
    return match[2] ?? '';
  }

  take(sign: string): void {
    const at = this.#at;
    if (this.next() === sign) return;
    this.#at = at;
    throw this.unexpected(sign);
  }

  unexpected(wanted = 'a type'): Error {
    const here = this.#text.slice(this.#at, this.#at + 40);
    return new Error(`${wanted} expected at ${JSON.stringify(here)}`);
  }
}

function parseType(tokens: Tokens): Declared {
  return parseJoined(tokens, '|', 'union', () =>
    parseJoined(tokens, '&', 'intersection', () => parseOne(tokens)),
  );
}

function parseJoined(
  tokens: Tokens,
  sign: string,
  kind: 'union' | 'intersection',
  one: () => Declared,
): Declared {
  const first = one();
  const of = [first];
  while (tokens.peek() === sign) {
    tokens.take(sign);
    of.push(one());
  }
  return of.length === 1 ? first : { kind, of };
}

function parseOne(tokens: Tokens): Declared {
  const token = tokens.next();
  if (token.startsWith('"')) return { kind: 'literal', value: JSON.parse(token) as string };
  if (token === '{') return parseObject(tokens);
  if (token === '(') {
    const inner = parseType(tokens);
    tokens.take(')');
    return inner;
  }
  if (token === 'Array') {
    tokens.take('<');
    const items = parseType(tokens);
    tokens.take('>');
    return { kind: 'array', items };
  }
  if (token === 'Exclude') {
    tokens.take('<');
    parseType(tokens);
    tokens.take(',');
    parseType(tokens);
    tokens.take('>');
    return { kind: 'exclude' };
  }
  return { kind: 'word', word: token };
}

function parseObject(tokens: Tokens): Declared {
  const fields: Field[] = [];
  let values: Declared | undefined;
  for (;;) {
    tokens.comment = '';
    const token = tokens.next();
    if (token === '}') return { kind: 'object', fields, values };
    if (token === '[') {
      for (const sign of ['key', ':', 'string', ']', ':']) tokens.take(sign);
      values = parseType(tokens);
    } else if (token.startsWith('"')) {
      const description = tokens.comment;
      const required = tokens.peek() !== '?';
      if (!required) tokens.take('?');
      tokens.take(':');
      const name = JSON.parse(token) as string;
      fields.push({ name, required, description, type: parseType(tokens) });
    } else {
      throw tokens.unexpected('a field');
    }
    tokens.take(';');
  }
}

const WORDS: Readonly<Record<string, () => SchemaNode>> = {
  string: () => ({ type: 'string' }),
  number: () => ({ type: 'integer' }),
  boolean: () => ({ type: 'boolean' }),
};

function schemaOf(type: Declared): SchemaNode {
  switch (type.kind) {
    case 'object':
      return objectSchema(type.fields, type.values);
    case 'array':
      return { type: 'array', items: schemaOf(type.items) };
    case 'literal':
      return { type: 'string', enum: [type.value] };
    case 'word': {
      const node = WORDS[type.word];
      if (!node) throw new Error(`${type.word}: a type these declarations have not used before`);
      return node();
    }
    case 'union':
      return unionSchema(type.of);
    case 'intersection':
      return alternativesSchema(type.of);
    case 'exclude':
      throw new Error('Exclude<…> stands alone: has @kubernetes-models/istio changed?');
  }
}

function objectSchema(fields: Field[], values: Declared | undefined): SchemaNode {
  const node: SchemaNode = { type: 'object' };
  if (values) node.additionalProperties = schemaOf(values);
  if (fields.length > 0)
    node.properties = Object.fromEntries(
      fields.map((field) => [field.name, withDescription(schemaOf(field.type), field.description)]),
    );
  const required = fields.filter((field) => field.required).map(({ name }) => name);
  if (required.length > 0) node.required = required;
  return node;
}

function withDescription(node: SchemaNode, description: string): SchemaNode {
  return description === '' ? node : { description, ...node };
}

function unionSchema(of: Declared[]): SchemaNode {
  if (of.every((each) => each.kind === 'literal'))
    return { type: 'string', enum: of.map(({ value }) => value) };
  const words = of.map((each) => (each.kind === 'word' ? each.word : '')).sort();
  if (words.join(' ') === 'number string')
    return {
      anyOf: [{ type: 'integer' }, { type: 'string' }],
      'x-kubernetes-int-or-string': true,
    };
  throw new Error(`a union these declarations have not used before: ${JSON.stringify(of)}`);
}

/** `Base & (none | with a | with b)`: an object of which at most one of a and b may be set. Groups nest and repeat the base. */
function alternativesSchema(of: Declared[]): SchemaNode {
  const [base, ...others] = flattened(of);
  if (base?.kind !== 'object')
    throw new Error('an intersection that does not begin with an object');
  const always = new Set(base.fields.filter((field) => field.required).map(({ name }) => name));
  const oneOfs = others.flatMap((each) => (each.kind === 'union' ? [oneOf(each.of, always)] : []));
  const node = schemaOf(base);
  if (oneOfs.length === 1 && oneOfs[0]) node.oneOf = oneOfs[0];
  else node.allOf = oneOfs.map((each) => ({ oneOf: each }));
  return node;
}

function flattened(of: Declared[]): Declared[] {
  return of.flatMap((each) => (each.kind === 'intersection' ? flattened(each.of) : [each]));
}

function oneOf(choices: Declared[], always: ReadonlySet<string>): SchemaNode[] {
  const alternatives = choices.flatMap((choice): SchemaNode[] => {
    if (choice.kind === 'exclude') return [];
    const object = choice.kind === 'intersection' ? flattened(choice.of)[0] : choice;
    if (object?.kind !== 'object') throw new Error(`an alternative that is ${choice.kind}`);
    const required = object.fields.filter((field) => field.required && !always.has(field.name));
    return [{ required: required.map(({ name }) => name) }];
  });
  return [{ not: { anyOf: structuredClone(alternatives) } }, ...alternatives];
}
