// What differs between busybox ash and bash: grammar here, words of messages in messages.ts.
// Sources: busybox 1.35 and bash 5.2 themselves, run side by side (see recordings/).

export interface Flavour {
  readonly name: 'ash' | 'bash';
  /** `{1..100}` and `{a,b}`. A lesson of the course depends on ash not having them. */
  readonly braces: boolean;
  /** `a=(1 2)`, `${a[@]}`, `declare -A`. */
  readonly arrays: boolean;
  /** `[[` is grammar, with patterns and `&&` inside; in ash it is one more name of `test`. */
  readonly conditions: boolean;
  /** `((…))` and `for ((…))`. */
  readonly arithmeticCommands: boolean;
  /** `<<<` */
  readonly hereStrings: boolean;
  /** `|&` */
  readonly pipeErrors: boolean;
  readonly select: boolean;
  /** The keyword `time`; ash runs the program of that name. */
  readonly timeKeyword: boolean;
  /** `;&` and `;;&` in case. */
  readonly caseFallThrough: boolean;
  /** `${x^}`, `${x@Q}`, `${!x}`. */
  readonly bashExpansions: boolean;
  /** `$"…"` means "…". */
  readonly localeStrings: boolean;
  /** `$[…]`, which bash still takes for `$((…))`. */
  readonly squareArithmetic: boolean;
  /** A function's body may be any command; bash wants a compound one. */
  readonly simpleFunctionBody: boolean;
}

export const ash: Flavour = {
  name: 'ash',
  braces: false,
  arrays: false,
  conditions: false,
  arithmeticCommands: false,
  hereStrings: false,
  pipeErrors: false,
  select: false,
  timeKeyword: false,
  caseFallThrough: false,
  bashExpansions: false,
  localeStrings: false,
  squareArithmetic: false,
  simpleFunctionBody: true,
};

export const bash: Flavour = {
  name: 'bash',
  braces: true,
  arrays: true,
  conditions: true,
  arithmeticCommands: true,
  hereStrings: true,
  pipeErrors: true,
  select: true,
  timeKeyword: true,
  caseFallThrough: true,
  bashExpansions: true,
  localeStrings: true,
  squareArithmetic: true,
  simpleFunctionBody: false,
};
