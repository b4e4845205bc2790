// Where awk reads from and prints to: its files, `getline`, `> file`, `| command`, `close`.

import type { Child, Process } from '../../../node/process.ts';
import { FileError } from '../../../node/file-system.ts';
import { Pipe } from '../../../streams.ts';
import type { ByteReader, ByteWriter } from '../../../streams.ts';
import { describe, fileWriter, resolvePath } from '../files.ts';
import { openInput } from '../inputs.ts';
import { complain } from '../program.ts';
import { decodeText, encodeText } from '../text.ts';
import { patternToRegExp } from '../regex.ts';

/** What streams ask of the interpreter. */
export interface AwkState {
  get(name: string): string;
  set(name: string, value: string | number): void;
  assign(name: string, text: string): void;
  /** ARGV[index]. */
  argument(index: number): string | undefined;
  argumentCount(): number;
}

interface Printing {
  writer: ByteWriter;
  child: Child | undefined;
}

export class AwkStreams {
  readonly #process: Process;
  readonly #state: AwkState;
  #argument = 1;
  #main: RecordReader | undefined;
  #usedArgument = false;
  #ended = false;
  readonly #printing = new Map<string, Printing>();
  readonly #reading = new Map<string, { reader: RecordReader; child: Child | undefined }>();
  #held = '';
  failed = false;

  constructor(process: Process, state: AwkState) {
    this.#process = process;
    this.#state = state;
  }

  /** The next record of the program's input; undefined at its end. */
  async nextRecord(): Promise<string | undefined> {
    for (;;) {
      if (!this.#main && !(await this.#open())) return undefined;
      if (this.#main?.mustWait) await this.flush();
      const record = await this.#main?.next(this.#state.get('RS'));
      if (record !== undefined) return record;
      this.#main = undefined;
    }
  }

  skipFile(): void {
    this.#main = undefined;
  }

  async #open(): Promise<boolean> {
    for (; this.#argument < this.#state.argumentCount(); this.#argument++) {
      const argument = this.#state.argument(this.#argument);
      if (argument === undefined || argument === '') continue;
      const assignment = /^([A-Za-z_]\w*)=(.*)$/s.exec(argument);
      if (assignment) {
        this.#state.assign(assignment[1] as string, assignment[2] ?? '');
        continue;
      }
      this.#usedArgument = true;
      try {
        this.#main = new RecordReader(openInput(this.#process, argument));
        this.#state.set('FILENAME', argument);
        this.#state.set('FNR', 0);
        this.#argument++;
        return true;
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        this.failed = true;
        await complain(this.#process, `${argument}: ${describe(error)}`);
      }
    }
    if (this.#usedArgument || this.#ended) return false;
    this.#ended = true;
    this.#main = new RecordReader(this.#process.stdin);
    return true;
  }

  async getline(from: {
    type: 'file' | 'command';
    name: string;
  }): Promise<{ text: string } | 'failed' | undefined> {
    let reading = this.#reading.get(from.name);
    if (!reading) {
      await this.flush();
      try {
        reading =
          from.type === 'file'
            ? { reader: new RecordReader(openInput(this.#process, from.name)), child: undefined }
            : this.#runFor(from.name);
      } catch (error) {
        if (error instanceof FileError) return 'failed';
        throw error;
      }
      this.#reading.set(from.name, reading);
    }
    const record = await reading.reader.next(this.#state.get('RS'));
    return record === undefined ? undefined : { text: record };
  }

  #runFor(command: string) {
    const pipe = new Pipe();
    const child = this.#process.spawn(['sh', '-c', command], { stdout: pipe });
    void child.exited.then(() => pipe.end());
    return { reader: new RecordReader(pipe), child };
  }

  async print(
    text: string,
    to: { operator: '>' | '>>' | '|'; target: string } | undefined,
  ): Promise<void> {
    if (!to || to.target === '/dev/stdout' || to.target === '-') {
      this.#held += text;
      if (this.#held.length > 16_384) await this.flush();
      return;
    }
    await this.flush();
    if (to.target === '/dev/stderr') return this.#process.stderr.write(encodeText(text));
    let printing = this.#printing.get(to.target);
    if (!printing) {
      printing =
        to.operator === '|'
          ? this.#pipeTo(to.target)
          : {
              writer: fileWriter(
                this.#process.fs,
                resolvePath(this.#process.cwd, to.target),
                to.operator === '>' ? 'truncate' : 'append',
              ),
              child: undefined,
            };
      this.#printing.set(to.target, printing);
    }
    await printing.writer.write(encodeText(text));
  }

  #pipeTo(command: string): Printing {
    const pipe = new Pipe();
    const child = this.#process.spawn(['sh', '-c', command], { stdin: pipe });
    void child.exited.then(() => pipe.cancel());
    return { writer: pipe, child };
  }

  async flush(): Promise<void> {
    if (this.#held === '') return;
    const text = this.#held;
    this.#held = '';
    await this.#process.stdout.write(encodeText(text));
  }

  /** The status of the command, or 0; -1 when nothing of that name is open. */
  async close(name: string): Promise<number> {
    const printing = this.#printing.get(name);
    const reading = this.#reading.get(name);
    if (!printing && !reading) return -1;
    let status = 0;
    if (printing) {
      printing.writer.end();
      status = (await printing.child?.exited) ?? 0;
      this.#printing.delete(name);
    }
    if (reading) {
      reading.reader.cancel();
      status = (await reading.child?.exited) ?? status;
      this.#reading.delete(name);
    }
    return status;
  }

  async closeAll(): Promise<void> {
    await this.flush();
    for (const name of Array.from(this.#printing.keys())) await this.close(name);
    for (const { reader } of this.#reading.values()) reader.cancel();
  }

  async system(command: string): Promise<number> {
    await this.flush();
    return this.#process.spawn(['sh', '-c', command]).exited;
  }
}

/** Cuts a stream into records at RS. */
class RecordReader {
  readonly #reader: ByteReader;
  #text = '';
  #ended = false;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  /** No whole record is at hand. */
  get mustWait(): boolean {
    return !this.#text.includes('\n');
  }

  cancel(): void {
    this.#reader.cancel();
  }

  async next(separator: string): Promise<string | undefined> {
    for (;;) {
      const found = this.#cut(separator);
      if (found !== undefined) return found;
      if (this.#ended) return this.#rest(separator);
      const chunk = await this.#reader.read();
      if (chunk) this.#text += decodeText(chunk);
      else this.#ended = true;
    }
  }

  #cut(separator: string): string | undefined {
    if (separator === '') return this.#paragraph();
    if (separator.length === 1) return this.#take(this.#text.indexOf(separator), 1);
    const regex = patternToRegExp(separator, { extended: true });
    const found = regex?.exec(this.#text);
    // A match at the very end may grow with what comes.
    if (!found || (found.index + found[0].length === this.#text.length && !this.#ended))
      return undefined;
    return this.#take(found.index, found[0].length);
  }

  #paragraph(): string | undefined {
    this.#text = this.#text.replace(/^\n+/, '');
    const found = /\n\n+/.exec(this.#text);
    if (!found || (found.index + found[0].length === this.#text.length && !this.#ended))
      return undefined;
    return this.#take(found.index, found[0].length);
  }

  #take(end: number, length: number): string | undefined {
    if (end < 0) return undefined;
    const record = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + length);
    return record;
  }

  #rest(separator: string): string | undefined {
    if (this.#text === '') return undefined;
    const record = separator === '' ? this.#text.replace(/\n+$/, '') : this.#text;
    this.#text = '';
    return separator === '' && record === '' ? undefined : record;
  }
}
