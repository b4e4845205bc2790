// One page's line to a session, from its HELLO on: frames in, checked one by one; output, marks and the end out, within the window.
// Knows its session and its socket; not who opened either.

import type { WebSocket } from 'ws';
import { labError } from '../../protocol/errors.ts';
import type { LabErrorCode } from '../../protocol/errors.ts';
import {
  decodeClientFrame,
  encodeServerFrame,
  frameLimits,
  OUTPUT_HEAD,
  writeOutputHead,
} from '../../protocol/terminal.ts';
import type { ClientFrame, Hello, Mark, Notice, Role } from '../../protocol/terminal.ts';
import { limits } from '../config.ts';
import { Rate } from './rate.ts';
import type { Session } from './session.ts';

/** The page went away on purpose: it closed its socket, or navigated. */
const DELIBERATE_CLOSES: readonly number[] = [1000, 1001];

/** A page that comes back gets marks from this far before its offset again: their frames may have been lost with the line. */
const MARKS_AGAIN_BYTES = frameLimits.outputBytes;

const SLOW_DOWN_MS = 100;

/** A page that only watches a flood gets a screen no more often than this. */
const WATCHER_SCREEN_MS = 1_000;

export class Line {
  readonly #session: Session;
  readonly #socket: WebSocket;
  readonly #log: (message: string) => void;
  readonly page: string;
  #role: Role;

  /** Offset behind the last byte sent, and behind the last one the page has drawn. */
  #sent = 0;
  #acked = 0;
  /** When `acked` last moved, or output began to wait for it. */
  #ackedAt = performance.now();
  #nextMark = 0;
  #exitSent = false;
  /** A screen is being drawn for this page: nothing else may go before it. */
  #drawing = false;
  /** Behind this offset a page that lacks the beginning has what there is: a full-screen program draws itself again. */
  #nudgeAt = Infinity;
  #open = true;

  #drawnAt = -Infinity;
  #redrawTimer: NodeJS.Timeout | undefined;

  readonly #frames = new Rate(limits.framesPerSecond);
  readonly #sizes = new Rate(limits.resizesPerSecond);
  readonly #controls = new Rate(limits.controlsPerSecond);
  #pendingSize: NodeJS.Timeout | undefined;
  #missedBeats = 0;

  constructor(
    session: Session,
    socket: WebSocket,
    hello: Hello,
    role: Role,
    log: (message: string) => void,
  ) {
    this.#session = session;
    this.#socket = socket;
    this.#log = log;
    this.page = hello.page;
    this.#role = role;
    socket.on('message', (data: Buffer, isBinary: boolean) =>
      this.#guard(() => (isBinary ? this.#receive(data) : this.close('LAB_FRAME_TEXT'))),
    );
    socket.on('error', (error) =>
      log(`terminal ${session.id}: a page's line broke: ${error.message}`),
    );
    socket.on('pong', () => (this.#missedBeats = 0));
    socket.on('close', (code: number) => this.#closed(DELIBERATE_CLOSES.includes(code)));
  }

  get role(): Role {
    return this.#role;
  }

  get acked(): number {
    return this.#acked;
  }

  get sent(): number {
    return this.#sent;
  }

  /** Bytes that the socket has not taken yet. */
  get backlog(): number {
    return this.#socket.bufferedAmount;
  }

  get drawing(): boolean {
    return this.#drawing;
  }

  /** Greets the page, and continues where it stopped or with the screen. */
  begin(hello: Hello): void {
    this.greet();
    const { history, epoch } = this.#session;
    const known = hello.epoch === epoch && hello.resume >= 0 && hello.resume <= history.end;
    if (known && hello.resume >= history.start) {
      this.#continueAt(hello.resume);
      this.#nextMark = this.#session.markAfter(hello.resume - MARKS_AGAIN_BYTES);
    } else if (known) {
      this.#continueBehindGap(hello.resume);
    } else if (this.#session.unseen && history.start === 0) {
      this.#continueAt(0); // the first page ever: what was printed until now is live
    } else {
      this.#drawScreen();
      return;
    }
    this.pump();
  }

  greet(): void {
    const { id, epoch, history, columns, rows } = this.#session;
    this.#exitSent = false;
    this.#send(
      encodeServerFrame({
        kind: 'ready',
        ready: {
          session: id,
          epoch,
          offset: history.end,
          heard: this.#session.tellHeard(this.page),
          columns,
          rows,
          role: this.#role,
        },
      }),
    );
  }

  become(role: Role): void {
    if (this.#role === role) return;
    this.#role = role;
    this.notify({ kind: 'role', role });
  }

  notify(notice: Notice): void {
    this.#send(encodeServerFrame({ kind: 'notice', notice }));
  }

  /** Sends what was flushed, as far as this page's window and socket take it; then marks, then the end. */
  pump(): void {
    this.#guard(() => this.#pump());
  }

  #pump(): void {
    if (!this.#open || this.#drawing || this.#redrawTimer) return;
    const { history, flushed } = this.#session;
    if (this.#sent < history.start || (this.#role === 'watch' && this.#lags())) {
      this.redraw();
      return;
    }
    while (this.#sent < flushed && this.#mayGo()) this.#sendOutput(flushed);
    this.#sendMarks();
    if (this.#session.exit && !this.#exitSent && this.#sent === history.end) {
      this.#exitSent = true;
      this.#send(encodeServerFrame({ kind: 'exit', exit: this.#session.exit }));
    }
  }

  /** Sends the screen instead of what led to it. */
  redraw(): void {
    if (!this.#open || this.#drawing || this.#redrawTimer) return;
    const wait = this.#drawnAt + WATCHER_SCREEN_MS - performance.now();
    if (this.#role === 'write' || wait <= 0) {
      this.#drawScreen();
      return;
    }
    this.#redrawTimer = setTimeout(() => {
      this.#redrawTimer = undefined;
      this.redraw();
    }, wait);
  }

  /** Once a heartbeat: a page that does not answer, or draws nothing, is given up. */
  beat(now: number): void {
    if (this.#missedBeats >= limits.heartbeatMisses) {
      this.#log(`terminal ${this.#session.id}: ${labError('LAB_SILENT').say}`);
      this.#socket.terminate(); // it would not hear a close either
      return;
    }
    if (this.#sent > this.#acked && now - this.#ackedAt > limits.ackTimeoutMs) {
      this.close('LAB_HUNG');
      return;
    }
    this.#missedBeats++;
    this.#socket.ping();
  }

  close(code: LabErrorCode | 'exit'): void {
    if (code === 'exit') this.#socket.close(1000, code);
    else this.#socket.close(labError(code).close ?? 1011, code);
    this.#closed(true);
  }

  #receive(data: Buffer): void {
    if (!this.#open) return;
    if (!this.#frames.allows()) this.#slowDown();
    const frame = decodeClientFrame(data);
    switch (frame.kind) {
      case 'wrong':
        this.close(frame.code);
        return;
      case 'hello':
        this.close('LAB_HELLO_TWICE');
        return;
      case 'input':
        if (this.#role !== 'write') this.close('LAB_READ_ONLY');
        else if (!this.#session.input(frame.bytes, this.page)) this.close('LAB_PASTE_TOO_LARGE');
        return;
      case 'resize':
        if (this.#role === 'write') this.#resize(frame);
        return;
      case 'ack':
        this.#acknowledge(frame.offset);
        return;
      case 'ping':
        // A page that asks faster than it reads gets no answer, rather than a queue of them.
        if (this.backlog < limits.windowHighBytes) {
          this.#send(encodeServerFrame({ kind: 'pong', token: frame.token }));
        }
        return;
      case 'control':
        if (this.#controls.allows()) this.#control(frame);
        return;
    }
  }

  /** Reads no further for a moment: a flood of frames waits in the sender's own memory. */
  #slowDown(): void {
    this.#socket.pause();
    setTimeout(() => this.#socket.resume(), SLOW_DOWN_MS);
  }

  #control({ control }: Extract<ClientFrame, { kind: 'control' }>): void {
    if (control === 'takeover') this.#session.takeOver(this);
    else if (this.#role !== 'write') this.close('LAB_READ_ONLY');
    else if (control === 'restart') this.#session.restart();
    else this.#session.clear();
  }

  /** The last size wins, however many come. */
  #resize({ columns, rows }: { columns: number; rows: number }): void {
    clearTimeout(this.#pendingSize);
    this.#pendingSize = undefined;
    if (this.#sizes.allows()) {
      this.#session.resize(columns, rows);
      return;
    }
    this.#pendingSize = setTimeout(
      () => this.#resize({ columns, rows }),
      1_000 / limits.resizesPerSecond,
    );
  }

  /** Trusts no number: what was never sent cannot have been drawn, and nothing is drawn backwards. */
  #acknowledge(offset: number): void {
    if (offset <= this.#acked || offset > this.#sent) return;
    const waited = !this.#mayGo();
    this.#acked = offset;
    this.#ackedAt = performance.now();
    if (waited) this.pump();
    if (offset >= this.#nudgeAt) {
      this.#nudgeAt = Infinity;
      this.#session.nudge();
    }
    this.#session.regulate();
  }

  #mayGo(): boolean {
    return (
      this.#sent - this.#acked < limits.windowHighBytes && this.backlog < limits.windowHighBytes
    );
  }

  #lags(): boolean {
    return this.#session.history.end - this.#sent > limits.watcherLagBytes;
  }

  #sendOutput(until: number): void {
    if (this.#sent === this.#acked) this.#ackedAt = performance.now();
    const length = Math.min(until - this.#sent, frameLimits.outputBytes);
    const frame = Buffer.allocUnsafe(OUTPUT_HEAD + length);
    writeOutputHead(frame, this.#sent);
    const copied = this.#session.history.copy(this.#sent, frame, OUTPUT_HEAD);
    this.#sent += copied;
    this.#send(frame.subarray(0, OUTPUT_HEAD + copied));
  }

  #sendMarks(): void {
    let mark: Mark | undefined;
    while ((mark = this.#session.mark(this.#nextMark)) && mark.offset <= this.#sent) {
      this.#nextMark++;
      this.#send(encodeServerFrame({ kind: 'mark', mark }));
    }
  }

  #continueAt(offset: number): void {
    this.#sent = offset;
    this.#acked = offset;
    this.#ackedAt = performance.now();
    this.#nextMark = this.#session.markAfter(-1);
  }

  /** From the oldest byte that is kept: what the page had before it stays above. */
  #continueBehindGap(resume: number): void {
    const { offset, modes } = this.#session.history.beginning();
    this.notify({ kind: 'gap', bytes: offset - resume, modes });
    this.#continueAt(offset);
    this.#nudgeAt = this.#session.history.end;
  }

  #drawScreen(): void {
    this.#drawing = true;
    this.#continueAt(this.#session.history.end);
    this.#session.regulate();
    const { columns, rows } = this.#session;
    void this.#session.screen().then((screen) =>
      this.#guard(() => {
        this.#drawing = false;
        this.#drawnAt = performance.now();
        if (!this.#open) return;
        const offset = this.#sent;
        this.#send(encodeServerFrame({ kind: 'snapshot', offset, columns, rows, screen }));
        if (this.#role === 'write') this.#session.nudge();
        this.pump();
        this.#session.regulate();
      }),
    );
  }

  #send(frame: Uint8Array): void {
    if (!this.#open) return;
    this.#socket.send(frame, { binary: true, compress: false }, this.#drained);
  }

  /** The socket took a frame: a page that was held by its backlog may go on. */
  readonly #drained = (error?: Error | null): void => {
    if (error || !this.#open) return; // 'close' comes, and tells
    if (this.#sent < this.#session.flushed && this.backlog < limits.windowLowBytes) this.pump();
    this.#session.regulate();
  };

  #closed(deliberate: boolean): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#pendingSize);
    clearTimeout(this.#redrawTimer);
    this.#session.left(this, deliberate);
  }

  /** A mistake of ours ends this line, and nobody else's. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#log(
        `terminal ${this.#session.id}: ${String(error instanceof Error ? error.stack : error)}`,
      );
      this.close('LAB_INTERNAL');
    }
  }
}
