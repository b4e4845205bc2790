// YAML as the API server reads it: YAML 1.1's words for true and false, octal numbers, dates as text, JSON out.
// The one file that knows the yaml package.
// Source: the behaviour of sigs.k8s.io/yaml that Kubernetes documents for manifests.

import { Document, LineCounter, parseDocument, visit, type YAMLError } from 'yaml';

export interface ParsedYaml {
  value: unknown;
  /** `yaml: unmarshal errors:\n  line 9: key "replicas" already set in map`, or undefined. */
  duplicates: string | undefined;
}

/** Tags of YAML 1.1 that manifests never had: dates stay text, `12:30:45` is no number. */
const NEVER = /timestamp|omap|pairs|set|binary/;
/** How many nodes an alias may repeat: a few lines must not become gigabytes. */
const MAX_ALIASES = 100;

/** The first document of the text, or what is wrong with it: `yaml: line 3: …`. */
export function parseYaml(text: string): ParsedYaml | { error: string } {
  const lines = new LineCounter();
  const document = documentOf(text, lines);
  const errors = document.errors.filter((error) => error.code !== 'DUPLICATE_KEY');
  const wrong = errors[0];
  if (wrong) return { error: messageOf(wrong, lines) };
  const repeated = document.errors.map(
    (error) =>
      `\n  line ${lines.linePos(error.pos[0]).line}: key "${keyAt(text, error)}" already set in map`,
  );
  const duplicates =
    repeated.length === 0 ? undefined : `yaml: unmarshal errors:${repeated.join('')}`;
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown, duplicates };
  } catch (error) {
    // The library's sign for too many repetitions.
    if (error instanceof ReferenceError)
      return { error: 'yaml: document contains excessive aliasing' };
    if (error instanceof Error && error.message.startsWith('Merge sources'))
      return { error: 'yaml: map merge requires map or sequence of maps as the value' };
    throw error;
  }
}

function documentOf(text: string, lineCounter: LineCounter): Document {
  return parseDocument(text, {
    version: '1.1',
    schema: 'yaml-1.1',
    merge: true,
    lineCounter,
    customTags: (tags) =>
      tags.filter((tag) => {
        if (typeof tag === 'string') return !NEVER.test(tag);
        return !NEVER.test(tag.tag) && tag.format !== 'TIME';
      }),
  });
}

function keyAt(text: string, error: YAMLError): string {
  return /^["']?([^"':\s]*)/.exec(text.slice(error.pos[0]))?.[1] ?? '';
}

/** The library's codes in the words of Go's YAML library, which clients know. */
const WORDS: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  BAD_INDENT: 'did not find expected key',
  MISSING_CHAR: "could not find expected ':'",
  TAB_AS_INDENT: 'found character that cannot start any token',
  UNEXPECTED_TOKEN: 'did not find expected node content',
  BAD_ALIAS: 'unknown anchor referenced',
};

function messageOf(error: YAMLError, lines: LineCounter): string {
  const { line } = lines.linePos(error.pos[0]);
  return `yaml: line ${line}: ${WORDS[error.code] ?? error.message.split('\n')[0] ?? ''}`;
}

/** JSON values as YAML, keys in order, text quoted as Go's library quotes it. */
export function formatYaml(value: unknown): string {
  const document = new Document(value, {
    version: '1.1',
    sortMapEntries: true,
    // Two fields may hold the same value: it is written twice, not as an alias.
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Scalar: (_, scalar) => {
      const style = typeof scalar.value === 'string' ? quotesFor(scalar.value) : undefined;
      if (style) scalar.type = style;
    },
  });
  return document.toString({ lineWidth: 0, indentSeq: false });
}

/** What only begins like a number, a date or a word for true is looked at; other text never means anything else. */
const SUSPICIOUS = /^(?:[-+.\d~=<]|y|n|true|false|on|off|null|$)/i;
/** Characters that a plain text may not begin with, or hold. Source: YAML 1.1, plain scalars. */
const NOT_PLAIN = /^[\s\-?:,[\]{}#&*!|>'"%@`]|: |:$| #|\s$/;

/** Undefined where none are needed, or where lines or odd characters ask for another form. */
function quotesFor(text: string): 'QUOTE_DOUBLE' | 'QUOTE_SINGLE' | undefined {
  if (SUSPICIOUS.test(text) && typeof meaningOf(text) !== 'string') return 'QUOTE_DOUBLE';
  // Lines stand in a block, unless their spaces or characters would not survive it.
  if (text.includes('\n'))
    return /^\s|[^\S\n]\n|[^\S\n]$/.test(text) || isOdd(text) ? 'QUOTE_DOUBLE' : undefined;
  if (isOdd(text)) return 'QUOTE_DOUBLE';
  if (!NOT_PLAIN.test(text)) return undefined;
  // A dash, a colon or a question mark may begin a text when no space follows.
  return /^[-?:][^\s]/.test(text) && !NOT_PLAIN.test(text.slice(1)) ? undefined : 'QUOTE_SINGLE';
}

/** Whether there are control characters besides line breaks and tabs, or line breaks that only Unicode knows. */
function isOdd(text: string): boolean {
  return /[^\P{Cc}\n\t]|[\u2028\u2029\ufeff]/u.test(text);
}

/** What an unquoted text would be read as, dates included. */
function meaningOf(text: string): unknown {
  const document = parseDocument(text, { version: '1.1', schema: 'yaml-1.1', logLevel: 'silent' });
  return document.errors.length > 0 ? text : (document.toJS() as unknown);
}
