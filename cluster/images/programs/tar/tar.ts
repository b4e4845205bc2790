// tar, as busybox has it: packs files into a stream and unpacks them again. `kubectl cp` needs nothing else in a container.
// Compression is not simulated.

import { FileError } from '../../../node/file-system.ts';
import type { Process, Program } from '../../../node/process.ts';
import { type ByteReader, type ByteWriter, concatBytes, textOf } from '../../../streams.ts';
import { applet } from '../applet.ts';
import { strftime } from '../calendar.ts';
import { describe, fileWriter, resolvePath } from '../files.ts';
import { openInput } from '../inputs.ts';
import { modeText } from '../listing.ts';
import { type Options, UsageFault, complain, print, printError } from '../program.ts';
import { groupName, userName } from '../users.ts';
import {
  BLOCK_BYTES,
  type Entry,
  NoArchive,
  headerBytes,
  padded,
  paxRecords,
  readHeader,
} from './archive.ts';

/** Archives are filled up to this, as tape blocks once were. */
const RECORD_BYTES = 20 * BLOCK_BYTES;

export const tar: Program = applet(
  {
    letters: 'cxtvf:C:zjJhmpokON',
    usage: 'c|x|t [-vhmpkO] [-f TARFILE] [-C DIR] [FILE]...',
    long: {
      create: 'c',
      extract: 'x',
      list: 't',
      verbose: 'v',
      file: 'f',
      directory: 'C',
      gzip: 'z',
      bzip2: 'j',
      xz: 'J',
      dereference: 'h',
      touch: 'm',
      'same-permissions': 'p',
      'no-same-permissions': 'N',
      'no-same-owner': 'o',
      'keep-old': 'k',
      'to-stdout': 'O',
    },
    rewrite: withDash,
  },
  async (process, options) => {
    const modes = ['c', 'x', 't'].filter((letter) => options.has(letter));
    if (modes.length !== 1) throw new UsageFault('');
    if (['z', 'j', 'J'].some((letter) => options.has(letter))) {
      await complain(process, 'compression is not simulated in the embedded cluster');
      return 1;
    }
    const directory = resolvePath(process.cwd, options.value('C') ?? '.');
    if (process.fs.stat(directory)?.type !== 'directory') {
      await complain(
        process,
        `can't change directory to '${options.value('C')}': No such file or directory`,
      );
      return 1;
    }
    try {
      if (options.has('c')) return await new Packer(process, options, directory).run();
      return await new Unpacker(process, options, directory).run();
    } catch (error) {
      if (!(error instanceof NoArchive)) throw error;
      await complain(process, error.message);
      return 1;
    }
  },
);

/** `tar xf -` is `tar -x -f -`: the letters' values follow in their order. */
function withDash(argv: readonly string[]): readonly string[] {
  const [name = '', letters = '', ...rest] = argv;
  if (letters === '' || letters.startsWith('-')) return argv;
  const options: string[] = [];
  for (const letter of letters) {
    options.push(`-${letter}`);
    if (letter !== 'f' && letter !== 'C') continue;
    const value = rest.shift();
    if (value !== undefined) options.push(value);
  }
  return [name, ...options, ...rest];
}

class Packer {
  readonly #process: Process;
  readonly #options: Options;
  readonly #directory: string;
  #written = 0;
  #failed = false;
  #stripped = false;

  constructor(process: Process, options: Options, directory: string) {
    this.#process = process;
    this.#options = options;
    this.#directory = directory;
  }

  async run(): Promise<number> {
    const process = this.#process;
    const { operands } = this.#options;
    if (operands.length === 0) {
      await complain(process, 'empty archive');
      return 1;
    }
    const name = this.#options.value('f') ?? '-';
    const output =
      name === '-'
        ? process.stdout
        : fileWriter(process.fs, resolvePath(process.cwd, name), 'truncate');
    for (const operand of operands) await this.#add(operand, output);
    const end = 2 * BLOCK_BYTES;
    const total = Math.ceil((this.#written + end) / RECORD_BYTES) * RECORD_BYTES;
    await output.write(new Uint8Array(total - this.#written));
    if (!this.#failed) return 0;
    await complain(process, 'error exit delayed from previous errors');
    return 1;
  }

  async #add(name: string, output: ByteWriter): Promise<void> {
    const { fs } = this.#process;
    const path = resolvePath(this.#directory, name);
    const info = fs.stat(path, this.#options.has('h'));
    if (!info || info.type === 'device') {
      this.#failed = true;
      const why = info ? 'unknown file type' : 'No such file or directory';
      return complain(this.#process, `${name}: ${why}`);
    }
    const type = info.type;
    let bytes: Uint8Array = new Uint8Array();
    try {
      if (type === 'file') bytes = fs.readFile(path);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.#failed = true;
      return complain(this.#process, `can't open '${name}': ${describe(error)}`);
    }
    const stored = await this.#stored(name);
    if (stored !== '') {
      const entry: Entry = {
        name: type === 'directory' ? `${stored.replace(/\/$/, '')}/` : stored,
        type,
        size: bytes.length,
        mode: info.mode,
        uid: info.uid,
        gid: info.gid,
        modifiedAt: info.modifiedAt,
        target: info.target ?? '',
      };
      await this.#write(output, ...headerBytes(entry), padded(bytes));
      if (this.#options.has('v')) await printError(this.#process, `${entry.name}\n`);
    }
    if (type !== 'directory') return;
    for (const child of fs.list(path))
      await this.#add(`${name.replace(/\/$/, '')}/${child}`, output);
  }

  /** Names are stored without what would lead out of the place they are unpacked to. */
  async #stored(name: string): Promise<string> {
    const stored = name.replace(/^(?:.*\/)?\.\.(?=\/|$)/, '').replace(/^\/+/, '');
    const lost = name.slice(0, name.length - stored.length);
    if (lost !== '' && !this.#stripped) {
      this.#stripped = true;
      await complain(this.#process, `removing leading '${lost}' from member names`);
    }
    return stored;
  }

  async #write(output: ByteWriter, ...parts: Uint8Array[]): Promise<void> {
    for (const part of parts) {
      this.#written += part.length;
      await output.write(part);
    }
  }
}

class Unpacker {
  readonly #process: Process;
  readonly #options: Options;
  readonly #directory: string;
  readonly #wanted: readonly string[];
  readonly #found = new Set<string>();

  constructor(process: Process, options: Options, directory: string) {
    this.#process = process;
    this.#options = options;
    this.#directory = directory;
    this.#wanted = options.operands.map((name) => name.replace(/\/$/, ''));
  }

  async run(): Promise<number> {
    const process = this.#process;
    const name = this.#options.value('f') ?? '-';
    let reader: ByteReader;
    try {
      reader = openInput(process, name);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      await complain(process, `can't open '${name}': ${describe(error)}`);
      return 1;
    }
    const blocks = new Blocks(reader);
    const names = new Map<string, string>();
    for (
      let bytes = await blocks.take(BLOCK_BYTES);
      bytes;
      bytes = await blocks.take(BLOCK_BYTES)
    ) {
      const header = readHeader(bytes);
      if (!header) break;
      const { entry, type } = header;
      const body = await blocks.body(entry.size);
      if (type === 'L' || type === 'K')
        names.set(type === 'L' ? 'path' : 'linkpath', textOf(body).replace(/\0.*$/s, ''));
      else if (type === 'x') for (const [key, value] of paxRecords(body)) names.set(key, value);
      else if (type !== 'g') {
        const failed = await this.#one(named(entry, names), body);
        if (failed) return 1;
        names.clear();
      }
    }
    await blocks.drain();
    const missing = this.#wanted.filter((one) => !this.#found.has(one));
    for (const one of missing) await complain(process, `${one}: not found in archive`);
    return missing.length > 0 ? 1 : 0;
  }

  /** Resolves with true when it could not be done. */
  async #one(entry: Entry, body: Uint8Array): Promise<boolean> {
    const name = entry.name.replace(/\/$/, '');
    const asked = this.#wanted.find((one) => name === one || name.startsWith(`${one}/`));
    if (this.#wanted.length > 0 && asked === undefined) return false;
    if (asked !== undefined) this.#found.add(asked);
    if (this.#options.has('t') || this.#options.has('v')) await this.#tell(entry);
    if (this.#options.has('t')) return false;
    if (this.#options.has('O')) {
      if (entry.type === 'file') await this.#process.stdout.write(body);
      return false;
    }
    if (name.split('/').includes('..')) {
      await complain(this.#process, `name with '..' ignored: '${entry.name}'`);
      return false;
    }
    const path = resolvePath(this.#directory, name.replace(/^\/+/, '') || '.');
    try {
      this.#unpack(entry, path, body);
      return false;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      await complain(this.#process, `can't open '${entry.name}': ${describe(error)}`);
      return true;
    }
  }

  #unpack(entry: Entry, path: string, body: Uint8Array): void {
    const { fs, user, clock } = this.#process;
    const there = fs.stat(path, false);
    if (there && entry.type !== 'directory' && this.#options.has('k')) return;
    const parent = path.slice(0, path.lastIndexOf('/')) || '/';
    if (!fs.stat(parent)) fs.makeDirectory(parent, true);
    switch (entry.type) {
      case 'directory':
        if (fs.stat(path)?.type !== 'directory') fs.makeDirectory(path, true);
        break;
      case 'link':
        if (there) fs.remove(path);
        fs.link(entry.target, path);
        return;
      case 'hard link':
        // A second name for what was unpacked before; files here have one name, so it is a copy.
        fs.writeFile(path, fs.readFile(resolvePath(this.#directory, entry.target)));
        break;
      case 'file':
        if (there && there.type !== 'file') fs.remove(path, there.type === 'directory');
        fs.writeFile(path, body);
    }
    // What is not asked of a mounted volume cannot fail on it: mode and owner are root's to set.
    if (user.uid === 0 && !this.#options.has('o')) fs.setOwner(path, entry.uid, entry.gid);
    fs.setMode(path, this.#options.has('p') ? entry.mode : entry.mode & ~0o022);
    fs.setModified(path, this.#options.has('m') ? clock.now() : entry.modifiedAt);
  }

  async #tell(entry: Entry): Promise<void> {
    if (!this.#options.has('t') || !this.#options.has('v'))
      return print(this.#process, `${entry.name}\n`);
    const type = entry.type === 'hard link' ? 'file' : entry.type;
    const owner = `${userName(this.#process, entry.uid)}/${groupName(this.#process, entry.gid)}`;
    const at = strftime('%Y-%m-%d %H:%M:%S', entry.modifiedAt);
    const link = entry.target === '' ? '' : ` -> ${entry.target}`;
    return print(
      this.#process,
      `${modeText({ ...entry, type })} ${owner} ${String(entry.size).padStart(9)} ${at} ${entry.name}${link}\n`,
    );
  }
}

function named(entry: Entry, names: ReadonlyMap<string, string>): Entry {
  const name = names.get('path') ?? entry.name;
  return { ...entry, name, target: names.get('linkpath') ?? entry.target };
}

/** Reads whole blocks from a stream that comes in pieces of any length. */
class Blocks {
  readonly #reader: ByteReader;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  /** Undefined at the end. Throws NoArchive when that comes early. */
  async take(bytes: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let left = bytes;
    while (left > 0) {
      const part = await this.#reader.read(left);
      if (!part) {
        if (left === bytes) return undefined;
        throw new NoArchive('short read');
      }
      parts.push(part);
      left -= part.length;
    }
    return concatBytes(parts);
  }

  async body(bytes: number): Promise<Uint8Array> {
    const whole = Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
    const taken = whole === 0 ? new Uint8Array() : await this.take(whole);
    if (!taken) throw new NoArchive('short read');
    return taken.subarray(0, bytes);
  }

  /** What fills the last record, so that whoever writes it does not meet a closed pipe. */
  async drain(): Promise<void> {
    while (await this.#reader.read()) continue;
  }
}
