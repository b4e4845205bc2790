// The words of the awk grammar. Source: POSIX awk, with the additions of busybox's.

export type Expression =
  | { type: 'number'; value: number }
  | { type: 'string'; value: string }
  | { type: 'regex'; source: string }
  | { type: 'variable'; name: string }
  | { type: 'field'; index: Expression }
  | { type: 'element'; name: string; subscripts: Expression[] }
  | { type: 'assign'; operator: string; target: Target; value: Expression }
  | { type: 'conditional'; condition: Expression; chosen: Expression; otherwise: Expression }
  | { type: 'binary'; operator: string; left: Expression; right: Expression }
  | { type: 'unary'; operator: '-' | '+' | '!'; operand: Expression }
  | { type: 'increment'; by: 1 | -1; prefix: boolean; target: Target }
  | { type: 'match'; negated: boolean; text: Expression; pattern: Expression }
  | { type: 'in'; subscripts: Expression[]; name: string }
  | { type: 'call'; name: string; arguments: Expression[] }
  /** `getline`, `getline < file`, `command | getline`. */
  | { type: 'getline'; target: Target | undefined; file?: Expression; command?: Expression }
  | { type: 'group'; inner: Expression };

export type Target = Extract<Expression, { type: 'variable' | 'field' | 'element' }>;

export type Statement =
  | { type: 'expression'; expression: Expression }
  | { type: 'print'; values: Expression[]; to: Redirect | undefined }
  | { type: 'printf'; values: Expression[]; to: Redirect | undefined }
  | { type: 'if'; condition: Expression; body: Statement; otherwise: Statement | undefined }
  | { type: 'while'; condition: Expression; body: Statement }
  | { type: 'do'; condition: Expression; body: Statement }
  | {
      type: 'for';
      start: Statement | undefined;
      condition: Expression | undefined;
      step: Statement | undefined;
      body: Statement;
    }
  | { type: 'for-in'; variable: string; name: string; body: Statement }
  | { type: 'block'; body: Statement[] }
  | { type: 'next' | 'nextfile' | 'break' | 'continue' }
  | { type: 'exit' | 'return'; value: Expression | undefined }
  | { type: 'delete'; name: string; subscripts: Expression[] | undefined };

export interface Redirect {
  operator: '>' | '>>' | '|';
  target: Expression;
}

export interface Rule {
  pattern:
    | { type: 'always' | 'begin' | 'end' }
    | { type: 'when'; condition: Expression }
    | { type: 'range'; from: Expression; to: Expression };
  /** Undefined prints the record. */
  body: Statement | undefined;
}

export interface Script {
  rules: Rule[];
  functions: Map<string, { parameters: string[]; body: Statement }>;
}

/** The text is no awk program, or it does what cannot be done. */
export class AwkFault extends Error {}
