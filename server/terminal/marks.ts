// Shell integration: finds OSC 133 and OSC 633 in pty output and reads them as marks. Changes nothing of the output itself.
//
//   OSC 133 ; A  prompt begins      OSC 133 ; B  the learner's input begins
//   OSC 133 ; C ; prev=N            a command begins to print; N is the status of the one before in the same block
//   OSC 133 ; D ; N                 all is done, with status N
//   OSC 633 ; E ; text              the command line, with \xNN for what OSC cannot carry
//   OSC 633 ; P ; Cwd=path          where the shell stands
//
// A parameter `nonce=…`, or the bare nonce in last place, tells the session's own rc file from anybody else who prints these.

import type { Mark } from '../../protocol/terminal.ts';
import { limits } from '../config.ts';

const ESC = 0x1b;
const BEL = 0x07;
const CLOSE_BRACKET = 0x5d;
const BACKSLASH = 0x5c;

type State = 'ground' | 'escape' | 'osc' | 'osc escape';

/** A mark without the time, which the session adds. */
type Read = Mark extends infer M ? (M extends Mark ? Omit<M, 'at'> : never) : never;

export class MarkReader {
  readonly #nonce: string;
  readonly #found: (mark: Read) => void;
  #state: State = 'ground';
  #text: number[] = [];

  constructor(nonce: string, found: (mark: Read) => void) {
    this.#nonce = nonce;
    this.#found = found;
  }

  /** `offset` is that of the first byte. */
  scan(bytes: Uint8Array, offset: number): void {
    for (let at = 0; at < bytes.length; at++) {
      if (this.#state === 'ground') {
        at = bytes.indexOf(ESC, at);
        if (at === -1) return;
        this.#state = 'escape';
      } else {
        this.#step(bytes[at] ?? 0, offset + at + 1);
      }
    }
  }

  #step(byte: number, offset: number): void {
    switch (this.#state) {
      case 'escape':
        this.#text = [];
        if (byte !== ESC) this.#state = byte === CLOSE_BRACKET ? 'osc' : 'ground';
        return;
      case 'osc':
        if (byte === BEL) this.#end(offset);
        else if (byte === ESC) this.#state = 'osc escape';
        else this.#collect(byte);
        return;
      case 'osc escape':
        if (byte === BACKSLASH) this.#end(offset);
        else {
          this.#state = 'escape';
          this.#step(byte, offset);
        }
        return;
      case 'ground':
        return;
    }
  }

  /** Anything but `133;` and `633;` is somebody else's sequence. */
  #collect(byte: number): void {
    const at = this.#text.length;
    const fits =
      at === 0 ? byte === 0x31 || byte === 0x36 : at < 3 ? byte === 0x33 : at > 3 || byte === 0x3b;
    if (!fits || at >= limits.markBytes) {
      this.#state = 'ground';
      this.#text = [];
      return;
    }
    this.#text.push(byte);
  }

  #end(offset: number): void {
    this.#state = 'ground';
    const text = Buffer.from(this.#text).toString('utf8');
    this.#text = [];
    const mark = readMark(text.slice(4), this.#nonce, offset);
    if (mark) this.#found(mark);
  }
}

function readMark(text: string, nonce: string, offset: number): Read | undefined {
  const [letter, ...all] = text.split(';');
  const isNonce = (part: string) => nonce !== '' && (part === `nonce=${nonce}` || part === nonce);
  const own = all.some(isNonce);
  const parts = all.filter((part) => !isNonce(part));
  const common = { offset, own };
  switch (letter) {
    case 'A':
      return { ...common, mark: 'prompt' };
    case 'B':
      return { ...common, mark: 'input' };
    case 'C': {
      const previous = status(valueOf(parts, 'prev'));
      return { ...common, mark: 'command', ...(previous !== undefined && { previous }) };
    }
    case 'D': {
      const exit = status(parts[0]);
      return { ...common, mark: 'done', ...(exit !== undefined && { exit }) };
    }
    case 'E':
      return { ...common, mark: 'line', text: unescape(parts[0] ?? '') };
    case 'P': {
      const path = valueOf(parts, 'Cwd');
      return path === undefined ? undefined : { ...common, mark: 'cwd', path: unescape(path) };
    }
    case undefined:
    default:
      return undefined; // one of the many others that terminals know
  }
}

function valueOf(parts: string[], key: string): string | undefined {
  return parts.find((part) => part.startsWith(`${key}=`))?.slice(key.length + 1);
}

function status(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,3}$/.test(text) ? Number(text) : undefined;
}

function unescape(text: string): string {
  return text.replaceAll(/\\(?:x([0-9a-fA-F]{2})|\\)/g, (_, hex: string | undefined) =>
    hex === undefined ? '\\' : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
