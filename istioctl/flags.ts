// Flags as istioctl's library reads and lists them: long and short, `=` or the next word, repeated, all in one dash.
// Knows nothing of commands.
// Source: the documentation of spf13/pflag (syntax, messages, and how usages are laid out).

interface Common {
  name: string;
  short?: string;
  usage: string;
  /** Taken, and not listed. */
  hidden?: boolean;
  /** Said on stderr when it is used, after `Flag --name has been deprecated, `. */
  deprecated?: string;
  /** How help calls the value. Default: its type's word. */
  valueName?: string;
}

export type Flag = Common &
  (
    | { type: 'bool'; default?: boolean }
    | { type: 'string'; default?: string; /** The value of `--flag` without one. */ bare?: string }
    | { type: 'int'; default?: number }
    /** Go's durations: `5m0s`. */
    | { type: 'duration'; default?: string }
    /** Each use adds one. */
    | { type: 'stringArray'; default?: readonly string[] }
    /** Each use adds those between its commas. */
    | { type: 'stringSlice'; default?: readonly string[] }
  );

type FlagValue = boolean | string | number | string[];

/** What was given, with the defaults of what was not. Asking for a flag that the command lacks is a mistake of ours. */
export class FlagValues {
  readonly #flags: ReadonlyMap<string, Flag>;
  readonly #given = new Map<string, FlagValue>();

  constructor(flags: readonly Flag[]) {
    // Of two flags of one name the first holds: a command's own stands before what it inherits.
    this.#flags = new Map(flags.toReversed().map((flag) => [flag.name, flag]));
  }

  /** Whether the command line names it. */
  isGiven(name: string): boolean {
    return this.#given.has(name);
  }

  bool(name: string): boolean {
    const flag = this.#flag(name, 'bool');
    const given = this.#given.get(name);
    return typeof given === 'boolean' ? given : flag.type === 'bool' && (flag.default ?? false);
  }

  string(name: string): string {
    const flag = this.#flag(name, 'string', 'duration');
    const given = this.#given.get(name);
    if (typeof given === 'string') return given;
    return flag.type === 'string' || flag.type === 'duration' ? (flag.default ?? '') : '';
  }

  int(name: string): number {
    const flag = this.#flag(name, 'int');
    const given = this.#given.get(name);
    if (typeof given === 'number') return given;
    return flag.type === 'int' ? (flag.default ?? 0) : 0;
  }

  strings(name: string): readonly string[] {
    const flag = this.#flag(name, 'stringArray', 'stringSlice');
    const given = this.#given.get(name);
    if (Array.isArray(given)) return given;
    return flag.type === 'stringArray' || flag.type === 'stringSlice' ? (flag.default ?? []) : [];
  }

  /** Milliseconds of a flag of type duration. */
  duration(name: string): number {
    return durationMs(this.string(name)) ?? 0;
  }

  /** What is wrong with the value, or undefined. */
  set(flag: Flag, text: string): string | undefined {
    const { name } = flag;
    switch (flag.type) {
      case 'bool': {
        const value = BOOLS.get(text);
        if (value === undefined)
          return `strconv.ParseBool: parsing ${quoted(text)}: invalid syntax`;
        this.#given.set(name, value);
        return undefined;
      }
      case 'int':
        if (!/^[+-]?\d+$/.test(text))
          return `strconv.ParseInt: parsing ${quoted(text)}: invalid syntax`;
        this.#given.set(name, Number(text));
        return undefined;
      case 'duration':
        if (durationMs(text) === undefined)
          return `time: ${/^[+-]?[\d.]*\d[\d.]*$/.test(text) ? 'missing unit in' : 'invalid'} duration ${quoted(text)}`;
        this.#given.set(name, text);
        return undefined;
      case 'string':
        this.#given.set(name, text);
        return undefined;
      case 'stringArray':
      case 'stringSlice': {
        const given = this.#given.get(name);
        const more = flag.type === 'stringArray' ? [text] : text === '' ? [] : text.split(',');
        this.#given.set(name, [...(Array.isArray(given) ? given : []), ...more]);
        return undefined;
      }
    }
  }

  #flag(name: string, ...types: Flag['type'][]): Flag {
    const flag = this.#flags.get(name);
    if (!flag || !types.includes(flag.type))
      throw new Error(`this command has no flag --${name} of type ${types.join(' or ')}`);
    return flag;
  }
}

const BOOLS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((word): [string, boolean] => [word, true]),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word): [string, boolean] => [word, false]),
]);

const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Go's durations; undefined for what is none. */
export function durationMs(text: string): number | undefined {
  if (text === '0') return 0;
  const whole = /^([+-]?)((?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+)$/.exec(text);
  if (!whole) return undefined;
  let sum = 0;
  for (const [, amount = '', unit = ''] of (whole[2] ?? '').matchAll(
    /(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g,
  ))
    sum += Number(amount) * (UNITS_MS[unit] ?? 0);
  return whole[1] === '-' ? -sum : sum;
}

/** What is wrong with the words. */
export class FlagError extends Error {}

/** `--help` or `-h` was among them. */
export class HelpAsked extends Error {}

export interface ParsedWords {
  args: string[];
  values: FlagValues;
  /** For stderr. */
  notices: string[];
}

const HELP: Flag = { name: 'help', short: 'h', type: 'bool', usage: '' };

/** Reads words in any order; after `--` all are arguments. Throws FlagError and HelpAsked. */
export function parseWords(words: readonly string[], flags: readonly Flag[]): ParsedWords {
  const values = new FlagValues(flags);
  const parsed: ParsedWords = { args: [], values, notices: [] };
  const known = [...flags, HELP];
  const rest = [...words];
  const set = (flag: Flag, text: string, shown: string) => {
    if (flag === HELP) throw new HelpAsked();
    const wrong = values.set(flag, text);
    if (wrong !== undefined)
      throw new FlagError(`invalid argument ${quoted(text)} for ${quoted(shown)} flag: ${wrong}`);
    if (flag.deprecated !== undefined)
      parsed.notices.push(`Flag --${flag.name} has been deprecated, ${flag.deprecated}`);
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      parsed.args.push(...rest);
      break;
    }
    if (!word.startsWith('-') || word === '-') parsed.args.push(word);
    else if (word.startsWith('--')) long(word, rest, known, set);
    else shorts(word, rest, known, set);
  }
  return parsed;
}

type Setter = (flag: Flag, text: string, shown: string) => void;

function long(word: string, rest: string[], known: readonly Flag[], set: Setter): void {
  const at = word.indexOf('=');
  const name = word.slice(2, at < 0 ? undefined : at);
  if (name === '' || name.startsWith('-') || name.startsWith('='))
    throw new FlagError(`bad flag syntax: ${word}`);
  const flag = known.find((each) => each.name === name);
  if (!flag) throw new FlagError(`unknown flag: --${name}`);
  const shown = flag.short === undefined ? `--${name}` : `-${flag.short}, --${name}`;
  if (at >= 0) return set(flag, word.slice(at + 1), shown);
  const bare = bareValue(flag);
  if (bare !== undefined) return set(flag, bare, shown);
  const value = rest.shift();
  if (value === undefined) throw new FlagError(`flag needs an argument: --${name}`);
  set(flag, value, shown);
}

function shorts(word: string, rest: string[], known: readonly Flag[], set: Setter): void {
  for (let letters = word.slice(1); letters !== '';) {
    const letter = letters.slice(0, 1);
    const flag = known.find((each) => each.short === letter);
    if (!flag) throw new FlagError(`unknown shorthand flag: ${quotedLetter(letter)} in ${word}`);
    const shown = `-${letter}, --${flag.name}`;
    const after = letters.slice(1);
    if (after.startsWith('=')) return set(flag, after.slice(1), shown);
    const bare = bareValue(flag);
    if (bare !== undefined) {
      set(flag, bare, shown);
      letters = after;
      continue;
    }
    const value = after === '' ? rest.shift() : after;
    if (value === undefined)
      throw new FlagError(`flag needs an argument: ${quotedLetter(letter)} in ${word}`);
    return set(flag, value, shown);
  }
}

/** The value of a flag that stands alone, where it may. */
export function bareValue(flag: Flag): string | undefined {
  if (flag.type === 'bool') return 'true';
  return flag.type === 'string' ? flag.bare : undefined;
}

const quoted = (text: string) => JSON.stringify(text);
const quotedLetter = (letter: string) => `'${letter}'`;

const VALUE_NAMES: Readonly<Record<Flag['type'], string>> = {
  bool: '',
  string: 'string',
  int: 'int',
  duration: 'duration',
  stringArray: 'stringArray',
  stringSlice: 'strings',
};

/** The lines that help lists flags by, in order of their names. */
export function flagUsages(flags: readonly Flag[]): string {
  const rows = flags
    .filter(({ hidden, deprecated }) => !hidden && deprecated === undefined)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((flag) => ({
      left: leftOf(flag),
      right: `${flag.usage.replaceAll('`', '')}${defaultOf(flag)}`,
    }));
  const width = Math.max(0, ...rows.map(({ left }) => left.length)) + 3;
  return rows
    .map(({ left, right }) => left.padEnd(width) + right.replaceAll('\n', `\n${' '.repeat(width)}`))
    .join('\n');
}

function leftOf(flag: Flag): string {
  const start =
    flag.short === undefined ? `      --${flag.name}` : `  -${flag.short}, --${flag.name}`;
  const named = /`([^`]+)`/.exec(flag.usage)?.[1];
  const value = flag.valueName ?? named ?? VALUE_NAMES[flag.type];
  const bare = flag.type === 'string' && flag.bare !== undefined ? `[="${flag.bare}"]` : '';
  return `${start}${value === '' ? '' : ` ${value}`}${bare}`;
}

function defaultOf(flag: Flag): string {
  switch (flag.type) {
    case 'string':
      return flag.default ? ` (default ${quoted(flag.default)})` : '';
    case 'duration':
      return flag.default && flag.default !== '0s' ? ` (default ${flag.default})` : '';
    case 'bool':
    case 'int':
      return flag.default ? ` (default ${String(flag.default)})` : '';
    case 'stringArray':
    case 'stringSlice':
      return flag.default && flag.default.length > 0
        ? ` (default [${flag.default.join(',')}])`
        : '';
  }
}
