// sed: reads lines one by one, runs the script on each, and prints as it goes.

import type { Process, Program } from '../../../node/process.ts';
import { FileError } from '../../../node/file-system.ts';
import { applet } from '../applet.ts';
import { describe, fileWriter, resolvePath } from '../files.ts';
import { openInput } from '../inputs.ts';
import type { Options } from '../program.ts';
import { UsageFault, complain } from '../program.ts';
import { decodeText, encodeText, lineBlocks } from '../text.ts';
import type { Line } from '../text.ts';
import { SedFault, isSimple, parseSed } from './script.ts';
import type {
  Action,
  Address,
  Command,
  ParsedScript,
  ReplacementPart,
  SimpleAction,
} from './script.ts';

/** Commands one line may take: a loop of branches that never reads would not end. */
const MAX_STEPS = 1_000_000;

export const sed: Program = applet(
  {
    letters: 'i::nrEe:f:sz',
    usage: '[-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...',
    long: {
      expression: 'e',
      file: 'f',
      quiet: 'n',
      silent: 'n',
      'regexp-extended': 'E',
      'in-place': 'i',
      separate: 's',
    },
  },
  async (process, options) => {
    const pieces = [...options.values('e')];
    for (const file of options.values('f'))
      pieces.push(
        decodeText(process.fs.readFile(resolvePath(process.cwd, file))).replace(/\n$/, ''),
      );
    const files = [...options.operands];
    if (pieces.length === 0) {
      const first = files.shift();
      if (first === undefined) throw new UsageFault('');
      pieces.push(first);
    }
    let script: ParsedScript;
    try {
      script = parseSed(pieces.join('\n'), options.has('r') || options.has('E'));
    } catch (error) {
      if (!(error instanceof SedFault)) throw error;
      await complain(process, error.message);
      return 1;
    }
    return options.has('i')
      ? editInPlace(process, script, files, options)
      : editStream(process, script, files, options);
  },
);

async function editStream(
  process: Process,
  script: ParsedScript,
  files: readonly string[],
  options: Options,
): Promise<number> {
  const reader = new Lines(
    process,
    files.length > 0 ? files : ['-'],
    script.usesLast,
    options.has('z') ? 0 : 0x0a,
  );
  const editor = new Editor(process, script, reader, {
    quiet: options.has('n') || script.quiet,
    ending: options.has('z') ? '\0' : '\n',
    write: (text) => process.stdout.write(encodeText(text)),
  });
  const status = await editor.run();
  return status || (reader.failed ? 1 : 0);
}

async function editInPlace(
  process: Process,
  script: ParsedScript,
  files: readonly string[],
  options: Options,
): Promise<number> {
  let status = 0;
  for (const file of files) {
    const path = resolvePath(process.cwd, file);
    const reader = new Lines(process, [file], script.usesLast, 0x0a);
    let text = '';
    const editor = new Editor(process, script, reader, {
      quiet: options.has('n') || script.quiet,
      ending: '\n',
      write: (more) => {
        text += more;
        return Promise.resolve();
      },
    });
    for (const command of script.commands) command.range.active = false;
    status ||= await editor.run();
    if (reader.failed) {
      status = 1;
      continue;
    }
    const suffix = options.value('i');
    if (suffix) process.fs.writeFile(`${path}${suffix}`, process.fs.readFile(path));
    process.fs.writeFile(path, encodeText(text));
  }
  return status;
}

/** Lines of all files, with the one after in sight where the script asks for the last. */
class Lines {
  readonly #process: Process;
  readonly #names: string[];
  readonly #looksAhead: boolean;
  readonly #separator: number;
  #blocks: AsyncGenerator<Line[]> | undefined;
  #ready: Line[] = [];
  failed = false;
  number = 0;

  constructor(process: Process, names: readonly string[], looksAhead: boolean, separator: number) {
    this.#process = process;
    this.#names = [...names];
    this.#looksAhead = looksAhead;
    this.#separator = separator;
  }

  /** Nothing is at hand: what was printed so far is to be shown before waiting. */
  get mustWait(): boolean {
    return this.#ready.length <= (this.#looksAhead ? 1 : 0);
  }

  async next(): Promise<Line | undefined> {
    await this.#fill(this.#looksAhead ? 2 : 1);
    const line = this.#ready.shift();
    if (line) this.number++;
    return line;
  }

  /** Whether the line taken last was the last one. Reads on to know. */
  async atEnd(): Promise<boolean> {
    await this.#fill(1);
    return this.#ready.length === 0;
  }

  async #fill(wanted: number): Promise<void> {
    while (this.#ready.length < wanted) {
      if (!this.#blocks && !(await this.#open())) return;
      const block = await this.#blocks?.next();
      if (!block || block.done) this.#blocks = undefined;
      else this.#ready.push(...block.value);
    }
  }

  async #open(): Promise<boolean> {
    for (let name = this.#names.shift(); name !== undefined; name = this.#names.shift()) {
      try {
        this.#blocks = lineBlocks(openInput(this.#process, name), this.#separator);
        return true;
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        this.failed = true;
        await complain(
          this.#process,
          `${name}: ${error.code === 'EISDIR' ? 'Is a directory' : describe(error)}`,
        );
      }
    }
    return false;
  }
}

interface EditorOptions {
  quiet: boolean;
  ending: string;
  write(text: string): Promise<void>;
}

type Flow = 'next' | 'delete' | 'restart' | 'quit' | 'quit-silently' | { branch: string };

class Editor {
  readonly #process: Process;
  readonly #lines: Lines;
  readonly #options: EditorOptions;
  readonly #labels: ReadonlyMap<string, number>;
  readonly #flat: (Command | { close: true })[] = [];
  /** For each `{`, the place behind its `}`. */
  readonly #closes = new Map<number, number>();
  #pattern = '';
  #hold = '';
  #out = '';
  /** What a, r and the like add after the line. */
  #after = '';
  #substituted = false;
  #status = 0;
  #lastRegex: RegExp | undefined;
  #ended = true;

  constructor(process: Process, script: ParsedScript, lines: Lines, options: EditorOptions) {
    this.#process = process;
    this.#lines = lines;
    this.#options = options;
    this.#flatten(script.commands);
    const labels = new Map<string, number>();
    for (const [index, one] of this.#flat.entries())
      if (!('close' in one) && one.action.name === ':') labels.set(one.action.label, index);
    this.#labels = labels;
  }

  #flatten(commands: readonly Command[]): void {
    for (const command of commands) {
      const at = this.#flat.push(command) - 1;
      if (command.action.name !== '{') continue;
      this.#flatten(command.action.body);
      this.#flat.push({ close: true });
      this.#closes.set(at, this.#flat.length);
    }
  }

  async run(): Promise<number> {
    for (const one of this.#flat)
      if (
        !('close' in one) &&
        (one.action.name === 'b' || one.action.name === 't' || one.action.name === 'T') &&
        one.action.label !== '' &&
        !this.#labels.has(one.action.label)
      ) {
        await complain(this.#process, `can't find label for jump to '${one.action.label}'`);
        return 1;
      }
    let keeps = false;
    for (;;) {
      if (!keeps && !(await this.#read())) break;
      keeps = false;
      const flow = await this.#cycle();
      if (flow === 'restart') {
        keeps = true;
        continue;
      }
      if (flow !== 'delete' && flow !== 'quit-silently' && !this.#options.quiet)
        this.#print(this.#pattern);
      this.#flushAfter();
      if (flow === 'quit' || flow === 'quit-silently') break;
      if (this.#lines.mustWait || this.#out.length > 16_384) await this.#flush();
    }
    await this.#flush();
    return this.#status;
  }

  async #read(): Promise<boolean> {
    const line = await this.#lines.next();
    if (!line) return false;
    this.#pattern = line.text;
    this.#ended = line.ended;
    return true;
  }

  #print(text: string): void {
    this.#out += text + (this.#ended ? this.#options.ending : '');
  }

  #flushAfter(): void {
    this.#out += this.#after;
    this.#after = '';
  }

  async #flush(): Promise<void> {
    if (this.#out === '') return;
    const text = this.#out;
    this.#out = '';
    await this.#options.write(text);
  }

  async #cycle(): Promise<Flow> {
    this.#substituted = false;
    for (let at = 0, steps = 0; at < this.#flat.length; at++) {
      if (++steps > MAX_STEPS) throw new Error('sed: a line takes more than a million commands');
      const one = this.#flat[at];
      if (!one || 'close' in one) continue;
      if ((await this.#selects(one)) === one.negated) {
        const after = this.#closes.get(at);
        if (after !== undefined) at = after - 1;
        continue;
      }
      const flow = await this.#perform(one.action, one);
      if (flow === 'next') continue;
      if (typeof flow !== 'object') return flow;
      if (flow.branch === '') return 'next';
      at = this.#labels.get(flow.branch) ?? this.#flat.length;
      await this.#process.yield();
    }
    return 'next';
  }

  async #selects(command: Command): Promise<boolean> {
    const { from, to, range } = command;
    const { number } = this.#lines;
    if (!from) return true;
    if (!to) return this.#matches(from);
    if (range.active) {
      if (to.type === 'line' || to.type === 'plus' || to.type === 'multiple') {
        if (number >= range.end) range.active = false;
        return number <= range.end;
      }
      if (await this.#matches(to)) range.active = false;
      return true;
    }
    const startsBefore = from.type === 'line' && from.line === 0 && number === 1;
    if (!startsBefore && !(await this.#matches(from))) return false;
    range.active = true;
    if (to.type === 'line') range.end = to.line;
    else if (to.type === 'plus') range.end = number + to.lines;
    else if (to.type === 'multiple')
      range.end = to.of === 0 ? number : Math.ceil(number / to.of) * to.of;
    else {
      if (startsBefore && (await this.#matches(to))) range.active = false;
      return true;
    }
    if (number >= range.end) range.active = false;
    return true;
  }

  async #matches(address: Address): Promise<boolean> {
    const { number } = this.#lines;
    switch (address.type) {
      case 'line':
        return number === address.line;
      case 'last':
        return this.#lines.atEnd();
      case 'step':
        return address.step <= 0
          ? number === address.first
          : number >= address.first && (number - address.first) % address.step === 0;
      case 'regex': {
        const regex = this.#used(address.regex);
        regex.lastIndex = 0;
        return regex.test(this.#pattern);
      }
    }
  }

  #used(regex: RegExp | undefined): RegExp {
    this.#lastRegex = regex ?? this.#lastRegex;
    if (!this.#lastRegex) throw new Error('sed: no previous regexp');
    return this.#lastRegex;
  }

  async #perform(action: Action, command: Command): Promise<Flow> {
    if (isSimple(action)) return this.#simple(action.name);
    switch (action.name) {
      case '{':
      case ':':
        return 'next';
      case 's':
        this.#substitute(action);
        return 'next';
      case 'y':
        this.#pattern = Array.from(this.#pattern, (char) => action.map.get(char) ?? char).join('');
        return 'next';
      case 'a':
        this.#after += action.text;
        return 'next';
      case 'i':
        this.#out += action.text;
        return 'next';
      case 'c':
        if (!command.to || !command.range.active || command.negated) this.#out += action.text;
        return 'delete';
      case 'b':
        return { branch: action.label };
      case 't':
      case 'T': {
        const jumps = this.#substituted === (action.name === 't');
        this.#substituted = false;
        return jumps ? { branch: action.label } : 'next';
      }
      case 'r':
        this.#after += this.#contents(action.file);
        return 'next';
      case 'w':
        this.#writeTo(action.file, this.#pattern);
        return 'next';
      case 'q':
      case 'Q':
        this.#status = action.status;
        return action.name === 'q' ? 'quit' : 'quit-silently';
    }
  }

  async #simple(name: SimpleAction): Promise<Flow> {
    switch (name) {
      case 'd':
        return 'delete';
      case 'D': {
        const newline = this.#pattern.indexOf('\n');
        if (newline < 0) return 'delete';
        this.#pattern = this.#pattern.slice(newline + 1);
        return 'restart';
      }
      case 'p':
        this.#print(this.#pattern);
        return 'next';
      case 'P':
        this.#out += `${this.#pattern.split('\n')[0]}\n`;
        return 'next';
      case 'n':
        if (!this.#options.quiet) this.#print(this.#pattern);
        this.#flushAfter();
        await this.#flush();
        return (await this.#read()) ? 'next' : 'quit-silently';
      case 'N': {
        const before = this.#pattern;
        const wasEnded = this.#ended;
        if (await this.#read()) {
          this.#pattern = `${before}\n${this.#pattern}`;
          return 'next';
        }
        // GNU prints what it has; POSIX would drop it.
        this.#pattern = before;
        this.#ended = wasEnded;
        return 'quit';
      }
      case 'g':
        this.#pattern = this.#hold;
        return 'next';
      case 'G':
        this.#pattern += `\n${this.#hold}`;
        return 'next';
      case 'h':
        this.#hold = this.#pattern;
        return 'next';
      case 'H':
        this.#hold += `\n${this.#pattern}`;
        return 'next';
      case 'x':
        [this.#pattern, this.#hold] = [this.#hold, this.#pattern];
        return 'next';
      case '=':
        this.#out += `${this.#lines.number}\n`;
        return 'next';
      case 'l':
        this.#out += `${visible(this.#pattern)}$\n`;
        return 'next';
      case 'z':
        this.#pattern = '';
        return 'next';
    }
  }

  #substitute(action: Action & { name: 's' }): void {
    const regex = this.#used(action.regex);
    regex.lastIndex = 0;
    let out = '';
    let at = 0;
    let count = 0;
    let end = -1;
    for (let found = regex.exec(this.#pattern); found; found = regex.exec(this.#pattern)) {
      // Right behind a match there is no empty one: `s/a*/x/g` makes `xbxcx` of `baaac`.
      const counts = found[0] !== '' || found.index !== end;
      end = found.index + found[0].length;
      if (counts && ++count >= action.occurrence) {
        out += this.#pattern.slice(at, found.index) + replaced(action.replacement, found);
        at = end;
        this.#substituted = true;
        if (!action.global) break;
      }
      if (found[0] === '' && ++regex.lastIndex > this.#pattern.length) break;
    }
    if (count < action.occurrence) return;
    this.#pattern = out + this.#pattern.slice(at);
    if (action.print) this.#print(this.#pattern);
    if (action.file !== undefined) this.#writeTo(action.file, this.#pattern);
  }

  #contents(file: string): string {
    const path = resolvePath(this.#process.cwd, file);
    return this.#process.fs.stat(path)?.type === 'file'
      ? decodeText(this.#process.fs.readFile(path))
      : '';
  }

  readonly #opened = new Set<string>();

  #writeTo(file: string, text: string): void {
    if (file === '/dev/stdout') {
      this.#out += `${text}\n`;
      return;
    }
    const path = resolvePath(this.#process.cwd, file);
    if (!this.#opened.has(path)) fileWriter(this.#process.fs, path, 'truncate');
    this.#opened.add(path);
    this.#process.fs.appendFile(path, encodeText(`${text}\n`));
  }
}

function replaced(parts: readonly ReplacementPart[], found: RegExpExecArray): string {
  let out = '';
  let change: 'U' | 'L' | undefined;
  let once: 'u' | 'l' | undefined;
  for (const part of parts) {
    if (part.type === 'case') {
      if (part.to === 'U' || part.to === 'L') change = part.to;
      else if (part.to === 'E') change = undefined;
      else once = part.to;
      continue;
    }
    let text = part.type === 'text' ? part.text : (found[part.group] ?? '');
    if (change) text = change === 'U' ? text.toUpperCase() : text.toLowerCase();
    if (once && text !== '') {
      text =
        (once === 'u' ? text.slice(0, 1).toUpperCase() : text.slice(0, 1).toLowerCase()) +
        text.slice(1);
      once = undefined;
    }
    out += text;
  }
  return out;
}

function visible(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '\\': '\\\\',
    '\n': '\\n',
    '\t': '\\t',
    '\r': '\\r',
    '\x07': '\\a',
    '\b': '\\b',
  };
  return text.replace(
    // oxlint-disable-next-line no-control-regex -- control characters are what is shown
    /[\\\x00-\x1f\x7f]/g,
    (char) => names[char] ?? `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
}
