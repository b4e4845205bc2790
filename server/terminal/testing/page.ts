// A page as tests play it: speaks lab.term.v1 over a real socket, draws into a string, acknowledges or does not.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import {
  decodeServerFrame,
  encodeClientFrame,
  TERMINAL_PATH,
  TERMINAL_PROTOCOL,
} from '../../../protocol/terminal.ts';
import type { ClientFrame, Hello, ServerFrame } from '../../../protocol/terminal.ts';

export interface PageOptions {
  /** Ends output before it is acknowledged, when false. */
  acknowledge?: boolean;
  hello?: Partial<Hello>;
  socket?: ClientOptions;
}

type Kind = ServerFrame['kind'];
type Frame<K extends Kind> = Extract<ServerFrame, { kind: K }>;

export class Page {
  readonly socket: WebSocket;
  readonly frames: ServerFrame[] = [];
  /** Output and screens, in the order in which they came. */
  output: Buffer[] = [];
  /** Offset behind the last byte received. */
  offset = 0;
  acknowledge: boolean;
  closed: { code: number; reason: string } | undefined;
  /** Bytes that the server has said are missing before the next output. */
  #gap = 0;
  #looks = new Set<() => void>();

  constructor(url: string, { acknowledge = true, socket }: PageOptions = {}) {
    this.acknowledge = acknowledge;
    this.socket = new WebSocket(new URL(TERMINAL_PATH, url), TERMINAL_PROTOCOL, {
      perMessageDeflate: false,
      ...socket,
    });
    this.socket.on('message', (data: Buffer) => this.#receive(data));
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#look();
    });
    this.socket.on('error', (error) => {
      this.closed ??= { code: 1006, reason: error.message };
      this.#look();
    });
  }

  async opened(): Promise<this> {
    if (this.socket.readyState !== WebSocket.OPEN) await once(this.socket, 'open');
    return this;
  }

  send(frame: ClientFrame): void {
    this.socket.send(encodeClientFrame(frame));
  }

  hello(hello: Partial<Hello> & { ticket: string; session: string }): void {
    this.offset = Math.max(0, hello.resume ?? 0);
    this.send({
      kind: 'hello',
      hello: {
        resume: -1,
        epoch: '',
        columns: 80,
        rows: 24,
        page: 'page',
        takeOver: false,
        ...hello,
      },
    });
  }

  type(text: string): void {
    this.send({ kind: 'input', bytes: Buffer.from(text) });
  }

  /** Everything this page was given to draw. */
  get text(): string {
    return Buffer.concat(this.output).toString('utf8');
  }

  /** Resolves with the text once it matches; fails when the line ends before. */
  until(pattern: RegExp, ms = 30_000): Promise<string> {
    return this.#wait(() => (pattern.test(this.text) ? this.text : undefined), String(pattern), ms);
  }

  /** The first frame of this kind from the `after`th of them on. */
  frame<K extends Kind>(kind: K, after = 0, ms = 30_000): Promise<Frame<K>> {
    return this.#wait(() => this.all(kind)[after], `${kind} frame`, ms);
  }

  all<K extends Kind>(kind: K): Frame<K>[] {
    return this.frames.filter((frame): frame is Frame<K> => frame.kind === kind);
  }

  end(ms = 30_000): Promise<{ code: number; reason: string }> {
    return this.#wait(() => this.closed, 'the end of the line', ms, true);
  }

  /** Cuts the line without a word, as a lost network does. */
  cut(): void {
    this.socket.terminate();
  }

  #receive(data: Buffer): void {
    const frame = decodeServerFrame(data);
    assert.notEqual(frame.kind, 'wrong', `the server sent ${data.subarray(0, 20).toString('hex')}`);
    if (frame.kind === 'wrong') return;
    this.frames.push(frame);
    if (frame.kind === 'notice' && frame.notice.kind === 'gap') this.#gap = frame.notice.bytes;
    if (frame.kind === 'output') {
      this.offset += this.#gap;
      this.#gap = 0;
      if (this.offset !== 0)
        assert.equal(frame.offset, this.offset, 'nothing is missing or repeated');
      this.output.push(Buffer.from(frame.bytes));
      this.offset = frame.offset + frame.bytes.length;
    } else if (frame.kind === 'snapshot') {
      this.output.push(Buffer.from(frame.screen));
      this.offset = frame.offset;
    }
    if (this.acknowledge && frame.kind === 'output')
      this.send({ kind: 'ack', offset: this.offset });
    this.#look();
  }

  #look(): void {
    for (const look of this.#looks) look();
  }

  #wait<T>(get: () => T | undefined, what: string, ms: number, ended = false): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        this.#looks.delete(look);
        clearTimeout(timer);
        settle();
      };
      const look = () => {
        const value = get();
        if (value !== undefined) finish(() => resolve(value));
        else if (this.closed && !ended) {
          const { code, reason } = this.closed;
          finish(() => reject(new Error(`the line ended (${code} ${reason}) before ${what}`)));
        }
      };
      const timer = setTimeout(
        () =>
          finish(() =>
            reject(new Error(`no ${what} within ${ms} ms; so far: ${this.text.slice(-500)}`)),
          ),
        ms,
      );
      this.#looks.add(look);
      look();
    });
  }
}
