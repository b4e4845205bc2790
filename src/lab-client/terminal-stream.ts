// A page's line to one terminal: comes back by its offset when it is lost, acknowledges what was drawn, types again
// what was lost on its way, and never queues a key.
// Knows frames and a sink to draw into; nothing of the screen.

import { isLabErrorCode, labError } from '../../protocol/errors.ts';
import { BRACKETED_PASTE, PrivateModes } from '../../protocol/private-modes.ts';
import {
  ACK_BYTES,
  decodeServerFrame,
  encodeClientFrame,
  frameLimits,
  TERMINAL_PATH,
  TERMINAL_PROTOCOL,
} from '../../protocol/terminal.ts';
import type { ClientFrame, Notice, Ready, Role, ServerFrame } from '../../protocol/terminal.ts';
import { isAnswer } from './answers.ts';
import { behindGap } from './gap.ts';
import type { TerminalSink, TerminalState, TerminalStream } from './lab.ts';
import type { Page } from './page.ts';
import { pasted, pastedByHand } from './paste.ts';
import { LabRefusal } from './requests.ts';
import type { Requests } from './requests.ts';
import { Retry } from './retry.ts';
import { type Printed, Tape } from './tape.ts';
import { Unheard } from './unheard.ts';

/** A page that has caught up says so after this long, so that not every key costs a frame. */
const IDLE_ACK_MS = 100;
const PING_MS = 5_000;
/** An answer that takes longer will not come. After waking, when the line is in doubt, we wait less. */
const PONG_MS = 5_000;
const WAKING_PONG_MS = 2_000;
/** As much as waits on the server; a larger paste would be refused there, half of it typed. */
const LARGEST_INPUT_BYTES = 64 * 1024;

const LOST = 'What you typed last was lost with the line. Type or run it again.';

export class LabTerminalStream implements TerminalStream {
  readonly #page: Page;
  readonly #requests: Requests;
  readonly #session: string;
  /** For the life of this stream: its own lost socket is replaced without asking. */
  readonly #id: string;
  readonly #retry: Retry;
  readonly #ends: (() => void)[] = [];

  #sink: TerminalSink | undefined;
  #socket: WebSocket | undefined;
  #connecting = false;
  #state: TerminalState = 'connecting';
  #role: Role = 'watch';
  #columns = 80;
  #rows = 24;
  #takeOver = false;
  /** A ticket was refused: one new one is asked for at once. */
  #ticketRefused = false;

  #epoch = '';
  /** Offset behind the last byte received, -1 before the first; and behind the last one drawn, and acknowledged. */
  #received = -1;
  /** Where the output stood when the line was made. */
  #stood = Infinity;
  #drawn = 0;
  #acked = 0;
  #cancelAck: (() => void) | undefined;
  #lastMark = -1;
  /** A HELLO was sent, and READY has not come: what was on its way then came by another line, or will not. */
  #greeted = false;
  readonly #unheard = new Unheard();
  #modes = new PrivateModes();
  readonly #tape = new Tape();
  /** Screens being drawn: what the terminal answers meanwhile must not reach the shell. */
  #drawing = 0;
  /** Output before this offset was printed while this page was away: answers to it would come too late. */
  #lateUntil = 0;

  #pingedAt: number | undefined;
  #cancelPing: (() => void) | undefined;
  #pings = 0;

  constructor(page: Page, requests: Requests, session: string) {
    this.#page = page;
    this.#requests = requests;
    this.#session = session;
    this.#id = page.id();
    this.#retry = new Retry(page, () => void this.#connect());
  }

  attach(sink: TerminalSink): void {
    this.detach();
    this.#sink = sink;
    this.#columns = sink.columns;
    this.#rows = sink.rows;
    this.#received = -1;
    this.#stood = Infinity;
    this.#lastMark = -1;
    this.#modes = new PrivateModes();
    this.#drawing = 0;
    this.#ends.push(
      this.#page.on('leave', () => this.#leave()),
      this.#page.on('wake', () => this.#wake()),
    );
    this.#become('connecting');
    void this.#connect();
  }

  detach(): void {
    this.#retry.cancel();
    for (const end of this.#ends.splice(0)) end();
    this.#drop(1000);
    this.#sink = undefined;
  }

  input(bytes: Uint8Array): boolean {
    if (!this.#writes || this.#drawing > 0 || bytes.length > LARGEST_INPUT_BYTES) return false;
    // Nobody pressed these: the terminal answers a program that has stopped waiting, and the shell would read it.
    if (this.#drawn < this.#lateUntil && isAnswer(bytes)) return true;
    for (let at = 0; at < bytes.length; at += frameLimits.inputBytes) {
      this.#type(bytes.subarray(at, at + frameLimits.inputBytes));
    }
    return true;
  }

  run(text: string): boolean {
    return this.input(new TextEncoder().encode(pasted(text, this.#modes.has(BRACKETED_PASTE))));
  }

  paste(text: string): boolean {
    const whole = pastedByHand(text, this.#modes.has(BRACKETED_PASTE));
    return this.input(new TextEncoder().encode(whole));
  }

  #type(bytes: Uint8Array): void {
    this.#unheard.add(bytes, this.#page.now());
    this.#send({ kind: 'input', bytes });
  }

  resize(columns: number, rows: number): void {
    this.#columns = columns;
    this.#rows = rows;
    if (this.#writes) this.#send({ kind: 'resize', columns, rows });
  }

  takeOver(): void {
    if (this.#socket && this.#state === 'taken over') {
      this.#send({ kind: 'control', control: 'takeover' });
    } else {
      this.#takeOver = true;
      this.#retry.now();
    }
  }

  restart(): void {
    if (this.#socket) this.#send({ kind: 'control', control: 'restart' });
  }

  clear(): void {
    if (this.#writes) this.#send({ kind: 'control', control: 'clear' });
  }

  printed(from: number, to: number): Printed {
    return this.#tape.between(from, to);
  }

  get isCaughtUp(): boolean {
    return Math.max(0, this.#received) >= this.#stood;
  }

  get #writes(): boolean {
    return this.#state === 'open' && this.#role === 'write' && this.#socket?.readyState === 1;
  }

  async #connect(): Promise<void> {
    if (!this.#sink || this.#socket || this.#connecting) return;
    this.#connecting = true;
    try {
      const ticket = await this.#requests.ticket(this.#session);
      if (this.#sink) this.#open(ticket);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#connecting = false;
    }
  }

  #failed(error: unknown): void {
    if (error instanceof LabRefusal && error.code === 'LAB_SESSION_GONE') {
      this.#become('exited', error.message);
      return;
    }
    this.#become('offline', error instanceof LabRefusal ? error.message : '');
    this.#retry.later();
  }

  #open(ticket: string): void {
    const socket = this.#page.socket(TERMINAL_PATH, [TERMINAL_PROTOCOL]);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    socket.addEventListener('open', () => {
      if (socket === this.#socket) this.#greet(ticket);
    });
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (socket !== this.#socket || !(data instanceof ArrayBuffer)) return;
      const frame = decodeServerFrame(new Uint8Array(data));
      if (frame.kind === 'wrong') this.#lose(labError(frame.code).say);
      else this.#receive(frame);
    });
    socket.addEventListener('close', ({ code, reason }) => {
      if (socket !== this.#socket) return;
      this.#socket = undefined;
      this.#stopTimers();
      this.#closed(code, reason);
    });
  }

  #greet(ticket: string): void {
    this.#send({
      kind: 'hello',
      hello: {
        ticket,
        session: this.#session,
        resume: this.#received,
        epoch: this.#epoch,
        columns: this.#columns,
        rows: this.#rows,
        page: this.#id,
        takeOver: this.#takeOver,
      },
    });
    this.#takeOver = false;
    this.#greeted = true;
  }

  #receive(frame: ServerFrame): void {
    switch (frame.kind) {
      case 'ready':
        this.#ready(frame);
        return;
      case 'output':
        this.#output(frame);
        return;
      case 'snapshot':
        this.#snapshot(frame);
        return;
      case 'exit':
        this.#become('exited', frame.exit.reason);
        return;
      case 'pong':
        this.#pong(frame.token);
        return;
      case 'notice':
        this.#notice(frame.notice);
        return;
      case 'mark':
        // After a lost line the last ones come again.
        if (frame.mark.offset <= this.#lastMark) return;
        this.#lastMark = frame.mark.offset;
        this.#sink?.mark?.(frame.mark);
        return;
    }
  }

  #ready({ ready }: Extract<ServerFrame, { kind: 'ready' }>): void {
    this.#retry.succeeded();
    this.#ticketRefused = false;
    if (this.#greeted) this.#typeAgain(ready);
    this.#greeted = false;
    if (ready.epoch !== this.#epoch) {
      this.#epoch = ready.epoch;
      this.#lastMark = -1;
      this.#received = -1;
    }
    this.#stood = ready.offset;
    this.#lateUntil = this.#received >= 0 ? ready.offset : 0;
    this.#acked = Math.max(0, this.#received);
    this.#drawn = this.#acked;
    this.#takeRole(ready.role);
    this.#ping(PONG_MS);
  }

  /** What was lost with the line before, unless it would come too late or the keys are elsewhere now. */
  #typeAgain({ epoch, heard, role }: Ready): void {
    const { again, isLost } = this.#unheard.settle(heard, this.#page.now());
    const writes = role === 'write' && epoch === this.#epoch;
    // What the terminal answered is nobody's any more.
    const keys = again.filter((bytes) => !isAnswer(bytes));
    if (writes) for (const bytes of keys) this.#type(bytes);
    const isGone = isLost || (!writes && keys.length > 0);
    if (isGone) this.#sink?.notice?.({ kind: 'input', say: LOST });
  }

  #takeRole(role: Role): void {
    this.#role = role;
    if (role === 'watch') {
      this.#become(
        'taken over',
        'Open on another page. You see its screen; take over to type here.',
      );
      return;
    }
    this.#become('open');
    this.#send({ kind: 'resize', columns: this.#columns, rows: this.#rows });
  }

  #output({ offset, bytes }: Extract<ServerFrame, { kind: 'output' }>): void {
    const end = offset + bytes.length;
    this.#received = end;
    this.#modes.scan(bytes);
    this.#tape.append(offset, bytes);
    this.#sink?.output(bytes, () => this.#drew(end));
  }

  #snapshot({ offset, columns, rows, screen }: Extract<ServerFrame, { kind: 'snapshot' }>): void {
    this.#received = offset;
    this.#modes = new PrivateModes();
    this.#modes.scan(screen);
    this.#tape.reset(offset);
    this.#drawing++;
    this.#sink?.snapshot(screen, columns, rows, () => {
      this.#drawing--;
      this.#drew(offset);
    });
  }

  #drew(offset: number): void {
    this.#drawn = Math.max(this.#drawn, offset);
    if (this.#drawn - this.#acked >= ACK_BYTES) this.#acknowledge();
    else this.#cancelAck ??= this.#page.after(IDLE_ACK_MS, () => this.#acknowledge());
  }

  #acknowledge(): void {
    this.#cancelAck?.();
    this.#cancelAck = undefined;
    if (this.#drawn <= this.#acked) return;
    this.#acked = this.#drawn;
    this.#send({ kind: 'ack', offset: this.#acked });
  }

  #notice(notice: Notice): void {
    if (notice.kind === 'gap') this.#leap(notice);
    if (notice.kind === 'role') {
      // Without the keys nothing is on its way, and with them again the session counts anew.
      this.#unheard.settle(0, this.#page.now());
      this.#takeRole(notice.role);
    }
    this.#sink?.notice?.(notice);
  }

  /** What was printed is no longer all kept: what there is follows, behind a line that says how much is missing. */
  #leap({ bytes, modes }: Extract<Notice, { kind: 'gap' }>): void {
    const line = behindGap(bytes, modes);
    this.#modes = new PrivateModes();
    this.#modes.scan(line);
    this.#sink?.output(line, () => {});
  }

  /** Asks how far away the lab is; no answer in time means that the line is dead. */
  #ping(patience: number): void {
    this.#cancelPing?.();
    this.#pingedAt = this.#page.now();
    this.#send({ kind: 'ping', token: ++this.#pings });
    this.#cancelPing = this.#page.after(patience, () => this.#lose(''));
  }

  #pong(token: number): void {
    if (this.#pingedAt === undefined || token !== this.#pings) return;
    this.#sink?.latency(this.#page.now() - this.#pingedAt);
    this.#pingedAt = undefined;
    this.#cancelPing?.();
    this.#cancelPing = this.#page.after(PING_MS, () => {
      if (this.#page.visible()) this.#ping(PONG_MS);
    });
  }

  #wake(): void {
    if (this.#socket) this.#ping(WAKING_PONG_MS);
    else if (this.#state === 'connecting') void this.#connect(); // left, and restored
  }

  /** On purpose: the program goes on without us, and another page may come. */
  #leave(): void {
    this.#retry.cancel();
    this.#drop(1000);
    if (this.#state !== 'exited' && this.#state !== 'taken over') this.#become('connecting');
  }

  #lose(why: string): void {
    this.#drop(3000);
    this.#become('offline', why);
    this.#retry.later();
  }

  #drop(code: number): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#stopTimers();
    socket?.close(code);
  }

  #stopTimers(): void {
    this.#cancelAck?.();
    this.#cancelPing?.();
    this.#cancelAck = undefined;
    this.#cancelPing = undefined;
    this.#pingedAt = undefined;
  }

  #closed(code: number, reason: string): void {
    const why = isLabErrorCode(reason) ? labError(reason).say : '';
    switch (code) {
      case 1000:
        if (this.#state !== 'exited') this.#become('exited', 'This terminal was closed.');
        return;
      case 4404:
        this.#become('exited', why);
        return;
      case 4409:
        // The keys are elsewhere; what is shown here goes on, and the keys come back when that page goes.
        this.#become('taken over', why);
        this.#retry.later();
        return;
      case 4401:
        this.#become('offline', why);
        if (this.#ticketRefused) this.#retry.later();
        else this.#retry.now();
        this.#ticketRefused = true;
        return;
      case 4408:
        this.#become('offline', why);
        this.#retry.whenSeen();
        return;
      default:
        this.#become('offline', why);
        this.#retry.later();
    }
  }

  #become(state: TerminalState, detail = ''): void {
    this.#state = state;
    this.#sink?.state(state, detail);
  }

  #send(frame: ClientFrame): void {
    if (this.#socket?.readyState === 1) this.#socket.send(encodeClientFrame(frame).slice());
  }
}
