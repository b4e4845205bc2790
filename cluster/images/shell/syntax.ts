// The words of the shell grammar: what the parser makes and the evaluator walks.
// Source: POSIX.1-2024 Shell Command Language, with the additions of bash 5.2. Knows nothing of values or processes.

/** Part of a word as written, before any expansion. */
export type WordPart =
  /** Unquoted and literal: may hold pattern characters, braces and a tilde, but is never split. */
  | { type: 'text'; text: string }
  /** Quoted by '…', \x or $'…', or literal inside "…": stands for itself. */
  | { type: 'quoted'; text: string }
  | { type: 'double'; parts: WordPart[] }
  | ParameterPart
  | { type: 'command'; body: List }
  | { type: 'arithmetic'; expression: Word }
  | { type: 'process'; direction: '<' | '>'; body: List }
  /** `${…}` that makes no sense: bash says so when it gets there, not before. */
  | { type: 'bad'; source: string };

export interface ParameterPart {
  type: 'parameter';
  /** A variable's name, digits, or one of `@ * # ? - $ ! 0`. */
  name: string;
  /** `${name[subscript]}` */
  subscript?: Word;
  /** `$name`, without braces: what stands behind may come to belong to the name once braces are expanded. */
  bare?: boolean;
  /** `${!name}`: the value names the parameter meant. */
  indirect?: boolean;
  operation?: ParameterOperation;
}

export type ParameterOperation =
  | { type: 'default' | 'assign' | 'error' | 'alternative'; colon: boolean; word: Word }
  | { type: 'length' }
  | { type: 'trim'; side: 'prefix' | 'suffix'; longest: boolean; pattern: Word }
  | {
      type: 'replace';
      all: boolean;
      anchor: 'prefix' | 'suffix' | undefined;
      pattern: Word;
      replacement: Word;
    }
  | { type: 'slice'; offset: Word; length: Word | undefined }
  | { type: 'case'; to: 'upper' | 'lower'; all: boolean; pattern: Word | undefined }
  | { type: 'transform'; operator: string }
  /** `${!name[@]}` */
  | { type: 'keys' }
  /** `${!prefix*}` */
  | { type: 'names' };

export interface Word {
  parts: WordPart[];
  /** As written, for messages, `jobs` and `type`. */
  source: string;
  /** Where the grammar lets an assignment stand: `declare a=1`. */
  assignment?: Assignment;
}

export interface Assignment {
  name: string;
  subscript?: Word;
  /** `+=` */
  append: boolean;
  value: Word | ArrayLiteral;
}

export interface ArrayLiteral {
  elements: { subscript?: Word; append: boolean; value: Word }[];
}

export type RedirectionOperator = '<' | '>' | '>>' | '>|' | '<>' | '<&' | '>&' | '&>' | '&>>';

export type Redirection =
  | { type: 'file'; fd: number | undefined; operator: RedirectionOperator; target: Word }
  /** The body is filled in when its lines have been read. */
  | { type: 'heredoc'; fd: number | undefined; body: Word }
  | { type: 'herestring'; fd: number | undefined; target: Word };

/** Statements up to a newline or a closing word. */
export interface List {
  statements: Statement[];
}

export interface Statement {
  first: Pipeline;
  rest: { operator: '&&' | '||'; pipeline: Pipeline }[];
  background: boolean;
  /** As written, for `jobs`. */
  source: string;
}

export interface Pipeline {
  negated: boolean;
  /** bash's keyword `time`; `posix` is `time -p`. */
  timed: 'no' | 'bash' | 'posix';
  commands: Command[];
  /** For each `|`, whether it was `|&`. */
  pipesErrors: boolean[];
  /** As written, for jobs. */
  source: string;
}

export type Command = SimpleCommand | CompoundCommand | FunctionDefinition;

export interface SimpleCommand {
  type: 'simple';
  assignments: Assignment[];
  words: Word[];
  redirections: Redirection[];
  line: number;
}

export type CompoundCommand = { redirections: Redirection[]; line: number } & (
  | { type: 'subshell'; body: List }
  | { type: 'group'; body: List }
  | { type: 'if'; clauses: { condition: List; body: List }[]; otherwise: List | undefined }
  | { type: 'while'; condition: List; body: List }
  | { type: 'until'; condition: List; body: List }
  | { type: 'for'; name: string; words: Word[] | undefined; body: List }
  | { type: 'select'; name: string; words: Word[] | undefined; body: List }
  | {
      type: 'arithmetic-for';
      start: Word | undefined;
      condition: Word | undefined;
      step: Word | undefined;
      body: List;
    }
  | {
      type: 'case';
      word: Word;
      items: { patterns: Word[]; body: List; ending: ';;' | ';&' | ';;&' }[];
    }
  | { type: 'arithmetic'; expression: Word }
  | { type: 'condition'; expression: Condition }
);

/** One kind of compound command. */
export type Compound<T extends CompoundCommand['type']> = Extract<CompoundCommand, { type: T }>;

export interface FunctionDefinition {
  type: 'function';
  name: string;
  body: CompoundCommand;
  /** As written, for `type` and `declare -f`. */
  source: string;
  line: number;
}

/** What stands in `[[ … ]]`. */
export type Condition =
  | { type: 'word'; word: Word }
  | { type: 'unary'; operator: string; operand: Word }
  | { type: 'binary'; operator: string; left: Word; right: Word }
  | { type: 'not'; operand: Condition }
  | { type: 'and' | 'or'; left: Condition; right: Condition };

/** What a parser that met something it cannot use says. */
export class SyntaxFault extends Error {
  /** The text ended where more had to come: an interactive shell asks for another line. */
  readonly incomplete: boolean;
  readonly line: number;
  /** The token that does not fit, as each shell would name it; undefined at the end of the text. */
  readonly token: FaultToken;
  /** What would have fitted, where only one thing does: ash says so. */
  readonly expected: string | undefined;

  constructor(
    token: FaultToken,
    line: number,
    options: { incomplete?: boolean; expected?: string | undefined } = {},
  ) {
    super(`syntax error at line ${line}: ${token.kind}`);
    this.name = 'SyntaxFault';
    this.token = token;
    this.line = line;
    this.incomplete = options.incomplete ?? false;
    this.expected = options.expected;
  }
}

export type FaultToken =
  | { kind: 'operator' | 'word' | 'reserved'; text: string }
  | { kind: 'redirection'; text: string }
  | { kind: 'newline' }
  | { kind: 'end' }
  /** A quote, substitution or here-document that never closes: `opener` is what opened it, `closer` what is missing. */
  | { kind: 'unclosed'; opener: string; closer: string }
  /** A message of its own, ready for people: `bad for loop variable`. */
  | { kind: 'message'; text: string };

/** The text of a word that is nothing but unquoted literal text; undefined for all others. Reserved words look like that. */
export function literalOf(word: Word): string | undefined {
  if (word.parts.length !== 1) return undefined;
  const [part] = word.parts;
  return part?.type === 'text' ? part.text : undefined;
}

/** A word made of quoted text: for values that must come out as they are. */
export function quotedWord(text: string): Word {
  return { parts: [{ type: 'quoted', text }], source: text };
}
