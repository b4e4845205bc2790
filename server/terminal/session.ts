// A terminal as it lives on the server: a shell, what it printed, and the pages that look at it. It outlives every one of them.
//
//   starting ──first output──▶ running ──shell ends──▶ exited ──closed, or left alone──▶ reaped
//                                 ▲                      │
//                                 └───────restart────────┘
//
// Knows nothing of tickets, learners' rights or HTTP.

import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { Exit, Hello, Mark } from '../../protocol/terminal.ts';
import type { Receipt } from '../../protocol/receipt.ts';
import { frameLimits } from '../../protocol/terminal.ts';
import { limits } from '../config.ts';
import type { Command } from './descriptors.ts';
import { History } from './history.ts';
import { Line } from './line.ts';
import { MarkReader } from './marks.ts';
import { endProcesses, TERMINAL_VARIABLE } from './processes.ts';
import { Pty } from './pty.ts';
import { ReceiptReader } from './receipts.ts';
import type { Snapshots } from './snapshot.ts';

/** How a learner's shell is started. */
export interface Shell extends Command {
  directory: string;
  env: Record<string, string>;
  /** Where output is kept while nobody looks. */
  historyFile: string;
}

/** The shell's rc file takes it out of the environment at once, and signs its marks with it. */
export const NONCE_VARIABLE = 'MESHPROOF_NONCE';

/** Before a new shell prints into a screen that an old one left: modes off, cursor on, colours plain, a new line. */
const AFTERMATH =
  '\x1b[?1049l\x1b[?1000;1002;1003;1004;1005;1006;2004l\x1b[?1;66l\x1b[?7;25h\x1b[0m\r\n';

/** Between two sizes of a nudge: the program must see the first before it is taken back. */
const NUDGE_MS = 50;

/** How often a program that nobody watches gets a new share of what it may print. */
const UNSEEN_SHARE_MS = 100;

const UNSEEN: Unseen = {
  holdMs: limits.lostSocketHoldMs,
  bytesPerSecond: limits.unseenBytesPerSecond,
};

/** Codes with which the wrapper of a shell says that there is no such program, or that it cannot be run. */
const NOT_FOUND: readonly number[] = [126, 127];

export type Phase = 'starting' | 'running' | 'exited' | 'reaped';

/** What a program may do while no page looks; a test that waits half an hour has its own. */
export interface Unseen {
  /** Milliseconds a lost socket keeps its window. */
  holdMs: number;
  bytesPerSecond: number;
}

export interface SessionOptions {
  id: string;
  learner: string;
  name: string;
  shell: Shell;
  snapshots: Snapshots;
  unseen?: Unseen | undefined;
  log: (message: string) => void;
  /** Its shell has ended a command. */
  ran: (receipt: Receipt) => void;
  /** It is gone, and will not come back. */
  reaped: () => void;
}

export class Session {
  readonly id: string;
  readonly learner: string;
  /** As the learner calls it. */
  name: string;
  /** The life in which offsets count. */
  readonly epoch = randomBytes(8).toString('base64url');
  readonly history: History;

  readonly #options: SessionOptions;
  readonly #nonce = randomBytes(16).toString('base64url');
  readonly #markReader: MarkReader;
  readonly #receipts: ReceiptReader;
  #marks: Mark[] = [];
  /** How many marks are no longer kept. */
  #marksGone = 0;

  #phase: Phase = 'starting';
  #pty: Pty | undefined;
  #exit: Exit | undefined;
  #restarting = false;
  #closing: Promise<void> | undefined;
  #columns = 80;
  #rows = 24;

  readonly #lines = new Set<Line>();
  #writer: Line | undefined;
  /** The page that got the keys last, by whatever line, and how much it has typed since: -1 until it knows that it counts anew. */
  #typist = { page: '', bytes: 0 };
  #everSeen = false;
  #unseenSince = performance.now();
  /** The place of a writer whose socket was lost: the program waits for it for a while. */
  #hold: { acked: number; timer: NodeJS.Timeout } | undefined;

  #flushed = 0;
  /** When the present burst of output began, and how many pieces of it went at once. */
  #burstAt = -Infinity;
  #burst = 0;
  #flushTimer: NodeJS.Timeout | undefined;
  readonly #unseen: Unseen;
  #unseenShare = 0;
  #unseenTimer: NodeJS.Timeout | undefined;
  #nudgeTimer: NodeJS.Timeout | undefined;
  #exitedAt = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.id = options.id;
    this.learner = options.learner;
    this.name = options.name;
    this.#unseen = options.unseen ?? UNSEEN;
    this.history = new History(options.shell.historyFile, (error) =>
      options.log(`terminal ${this.id}: its past is not kept on disk: ${String(error)}`),
    );
    this.#receipts = new ReceiptReader(
      (from, to) => this.#printed(from, to),
      (receipt) => options.ran({ session: this.id, ...receipt }),
    );
    this.#markReader = new MarkReader(this.#nonce, (read) => {
      const mark = { ...read, at: Date.now() };
      this.#addMark(mark);
      this.#receipts.mark(mark);
    });
    this.#start();
  }

  get phase(): Phase {
    return this.#phase;
  }

  get columns(): number {
    return this.#columns;
  }

  get rows(): number {
    return this.#rows;
  }

  /** How its shell ended, unless it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Output before this offset may go to pages. */
  get flushed(): number {
    return this.#flushed;
  }

  /** No page has ever looked at it. */
  get unseen(): boolean {
    return !this.#everSeen;
  }

  get lines(): ReadonlySet<Line> {
    return this.#lines;
  }

  /** Pid of its shell while that runs. */
  get pid(): number | undefined {
    return this.#pty?.pid;
  }

  /** A page whose ticket was good. */
  attach(socket: WebSocket, hello: Hello): void {
    const before = this.#writer;
    const takes = !before || before.page === hello.page || hello.takeOver;
    const line = new Line(this, socket, hello, takes ? 'write' : 'watch', this.#options.log);
    this.#lines.add(line);
    if (takes) this.#give(line);
    if (before && takes) before.close('LAB_TAKEN_OVER');
    if (takes) this.resize(hello.columns, hello.rows);
    line.begin(hello);
    this.#everSeen = true;
    this.#tellWatchers();
    this.#settle();
    this.regulate();
  }

  /** A line has ended. One that was lost keeps its place for a while, unless somebody else is there to look. */
  left(line: Line, deliberate: boolean): void {
    this.#lines.delete(line);
    if (this.#lines.size === 0) this.#unseenSince = performance.now();
    if (line === this.#writer) {
      this.#writer = undefined;
      const [next] = this.#lines;
      if (next) {
        this.#give(next);
      } else if (!deliberate && this.#phase === 'running') {
        const timer = setTimeout(() => this.#release(), this.#unseen.holdMs);
        this.#hold = { acked: line.acked, timer };
      }
    }
    this.#tellWatchers();
    this.#settle();
    this.regulate();
  }

  takeOver(line: Line): void {
    const before = this.#writer;
    if (before === line || !this.#lines.has(line)) return;
    this.#give(line);
    before?.close('LAB_TAKEN_OVER');
    this.regulate();
  }

  /** False when the program does not read and too much waits. Input for an ended shell goes nowhere. */
  input(bytes: Uint8Array, page: string): boolean {
    // What is refused is heard, too: it would only be refused again.
    if (page === this.#typist.page)
      this.#typist.bytes = Math.max(0, this.#typist.bytes) + bytes.length;
    return this.#pty ? this.#pty.write(bytes) : true;
  }

  /** What READY tells a page: bytes of input it has typed since it got the keys; -1 when it counts from now on. */
  tellHeard(page: string): number {
    if (this.#typist.page !== page) return -1;
    const { bytes } = this.#typist;
    this.#typist.bytes = Math.max(0, bytes);
    return bytes;
  }

  resize(columns: number, rows: number): void {
    clearTimeout(this.#nudgeTimer);
    if (columns === this.#columns && rows === this.#rows) return;
    this.#columns = columns;
    this.#rows = rows;
    this.#pty?.resize(columns, rows);
  }

  /** Makes a full-screen program draw itself again, by a size that is taken back at once. */
  nudge(): void {
    if (!this.history.alternateScreen) return;
    clearTimeout(this.#nudgeTimer);
    const other = this.#rows < frameLimits.maxRows ? this.#rows + 1 : this.#rows - 1;
    this.#pty?.resize(this.#columns, other);
    this.#nudgeTimer = setTimeout(() => this.#pty?.resize(this.#columns, this.#rows), NUDGE_MS);
  }

  /** The screen now, as sequences for a fresh terminal. */
  async screen(): Promise<Uint8Array> {
    const { modes, bytes, after } = this.history.everything();
    const empty = this.history.modes;
    const [columns, rows] = [this.#columns, this.#rows];
    const drawn = await this.#options.snapshots.draw({ modes, bytes, columns, rows });
    return drawn ? Buffer.concat([drawn, Buffer.from(after)]) : Buffer.from(empty);
  }

  /** Forgets what was printed, for every page. A full-screen program keeps its screen. */
  clear(): void {
    if (this.history.alternateScreen) return;
    this.#flush();
    this.history.clear();
    for (const line of this.#lines) line.redraw();
  }

  /** A new shell in the same place, once nothing of the old one is left. */
  restart(): void {
    if (this.#restarting || this.#closing || this.#phase === 'reaped') return;
    this.#restarting = true;
    this.#safely(
      this.#endShell().then(() => {
        this.#restarting = false;
        if (!this.#closing) this.#startAgain();
      }),
    );
  }

  /** Ends the shell and everything it started; resolves once nothing is left. */
  close(): Promise<void> {
    this.#closing ??= this.#endShell().then(() => this.#reap());
    return this.#closing;
  }

  /** Once a heartbeat. */
  beat(now: number): void {
    for (const line of this.#lines) line.beat(now);
    if (this.#lines.size > 0) return;
    const unseenFor = now - this.#unseenSince;
    const over = this.#phase === 'exited' && now - this.#exitedAt > limits.exitedKeptMs;
    if (unseenFor > limits.unseenTerminalMs || (over && unseenFor > limits.exitedKeptMs)) {
      this.#options.log(`terminal ${this.id}: nobody has looked at it for long; it ends`);
      this.#safely(this.close());
    }
  }

  /** The mark of this number since the session began, or undefined; see `markAfter`. */
  mark(number: number): Mark | undefined {
    return this.#marks[number - this.#marksGone];
  }

  /** The number of the first kept mark behind an offset. */
  markAfter(offset: number): number {
    const index = this.#marks.findIndex((mark) => mark.offset > offset);
    return this.#marksGone + (index === -1 ? this.#marks.length : index);
  }

  /** Lets the program print, or makes it wait for the page that has the keys. */
  regulate(): void {
    if (!this.#pty) return;
    const place = this.#writer ?? this.#hold;
    if (!place) {
      this.#regulateUnseen();
      return;
    }
    this.#endUnseenShare();
    const undrawn = this.history.end - place.acked;
    const backlog = this.#writer?.backlog ?? 0;
    if (this.#writer?.drawing) this.#pty.pause();
    else if (undrawn > limits.windowHighBytes || backlog > limits.windowHighBytes) {
      this.#pty.pause();
      // Nothing more will join what waits to be sent.
      if (this.#flushed < this.history.end) this.#flush();
    } else if (undrawn < limits.windowLowBytes && backlog < limits.windowLowBytes) {
      this.#pty.resume();
    }
  }

  #start(): void {
    const { file, args, directory, env } = this.#options.shell;
    this.#phase = 'starting';
    const pty = new Pty({
      file,
      args,
      directory,
      env: { ...env, [TERMINAL_VARIABLE]: this.id, [NONCE_VARIABLE]: this.#nonce },
      columns: this.#columns,
      rows: this.#rows,
      output: (bytes) => this.#print(bytes),
      ended: (code, signal) => this.#ended(pty, code, signal),
    });
    this.#pty = pty;
  }

  #startAgain(): void {
    this.#print(Buffer.from(AFTERMATH));
    this.#exit = undefined;
    try {
      this.#start();
    } catch (error) {
      this.#phase = 'exited';
      this.#exit = { code: 1, signal: 0, reason: `No shell could be started: ${String(error)}` };
    }
    for (const line of this.#lines) line.greet();
    this.#flush();
  }

  #print(bytes: Uint8Array): void {
    if (this.#phase === 'starting') this.#phase = 'running';
    const offset = this.history.end;
    const place = this.#writer ?? this.#hold;
    this.history.append(bytes, place?.acked ?? Infinity);
    this.#markReader.scan(bytes, offset);
    this.#receipts.output(bytes, offset);
    this.#unseenShare -= bytes.length;
    this.#schedule();
    this.regulate();
  }

  /**
   * Output goes at once after a quiet moment, and so do a few small pieces after it: echoes of keys. What comes faster goes together,
   * in fewer and larger frames.
   */
  #schedule(): void {
    const pending = this.history.end - this.#flushed;
    if (pending >= frameLimits.outputBytes) {
      this.#flush();
      return;
    }
    if (this.#flushTimer) return;
    const now = performance.now();
    if (now - this.#burstAt > limits.coalesceMs) {
      this.#burstAt = now;
      this.#burst = 0;
    }
    const isEcho = this.#burst < limits.framesAtOnce && pending <= limits.smallOutputBytes;
    if (this.#burst++ === 0 || isEcho) this.#flush();
    else this.#flushTimer = setTimeout(() => this.#flush(), limits.coalesceMs);
  }

  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#flushed = this.history.end;
    for (const line of this.#lines) line.pump();
    this.#settle();
  }

  #printed(from: number, to: number): Uint8Array {
    const start = Math.max(from, this.history.start);
    return this.history.read(start, Math.max(0, to - start));
  }

  #addMark(mark: Mark): void {
    this.#marks.push(mark);
    // In halves, so that a program that prints nothing but marks costs no copy for each.
    if (this.#marks.length < limits.marksKept * 2) return;
    this.#marksGone += limits.marksKept;
    this.#marks = this.#marks.slice(limits.marksKept);
  }

  #ended(pty: Pty, code: number, signal: number): void {
    if (pty !== this.#pty) return;
    const started = this.#phase === 'running' && !NOT_FOUND.includes(code);
    this.#pty = undefined;
    this.#release();
    this.#exit = { code, signal, reason: reasonOf(code, signal, started) };
    this.#receipts.ended(statusOf(code, signal), { offset: this.history.end, at: Date.now() });
    this.#phase = 'exited';
    clearTimeout(this.#nudgeTimer);
    this.#endUnseenShare();
    this.#flush();
    if (this.#restarting || this.#closing) return;
    this.#safely(this.#sweep(pty)); // what the shell leaves behind has no terminal any more
    this.#exitedAt = performance.now();
  }

  async #endShell(): Promise<void> {
    const pty = this.#pty;
    if (!pty) return;
    pty.resume(); // its last words
    await this.#sweep(pty);
    const until = performance.now() + limits.hangUpGraceMs;
    while (this.#pty === pty && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async #sweep(pty: Pty): Promise<void> {
    const left = await endProcesses(new Map([[pty.pid, this.id]]));
    if (left.length > 0) {
      this.#options.log(
        `terminal ${this.id}: these processes could not be ended: ${left.join(' ')}`,
      );
    }
  }

  /** For what goes on by itself: a failure is a line in the log, not the end of everybody's terminals. */
  #safely(doing: Promise<unknown>): void {
    doing.catch((error: unknown) =>
      this.#options.log(
        `terminal ${this.id}: ${String(error instanceof Error ? error.stack : error)}`,
      ),
    );
  }

  #reap(): void {
    this.#phase = 'reaped';
    this.#release();
    clearTimeout(this.#flushTimer);
    for (const line of this.#lines) line.close('exit');
    this.history.close();
    this.#options.reaped();
  }

  #give(line: Line): void {
    this.#release();
    this.#writer = line;
    if (line.page !== this.#typist.page) {
      // Who watches hears of it by a notice, and a new line by READY.
      this.#typist = { page: line.page, bytes: line.role === 'watch' ? 0 : -1 };
    }
    line.become('write');
  }

  /** Nobody's place is held any longer. */
  #release(): void {
    if (!this.#hold) return;
    clearTimeout(this.#hold.timer);
    this.#hold = undefined;
    this.#settle();
    this.regulate();
  }

  /** While nobody has the keys, more of the past is kept than memory holds; no longer than somebody still reads it. */
  #settle(): void {
    if (this.#phase === 'exited' || this.#phase === 'reaped') return;
    if (!this.#writer && !this.#hold) {
      if (this.#everSeen) this.history.keepFile();
    } else if (this.history.keepsFile) {
      const behind = [...this.#lines].some((line) => line.sent < this.history.memoryStart);
      if (!behind) this.history.dropFile();
    }
  }

  /** Nobody waits for what is printed, so the only bound is what it may cost. */
  #regulateUnseen(): void {
    if (this.#unseenShare > 0) {
      this.#pty?.resume();
      return;
    }
    this.#pty?.pause();
    this.#unseenTimer ??= setTimeout(() => {
      this.#unseenTimer = undefined;
      this.#unseenShare = (this.#unseen.bytesPerSecond * UNSEEN_SHARE_MS) / 1_000;
      this.regulate();
    }, UNSEEN_SHARE_MS);
  }

  #endUnseenShare(): void {
    clearTimeout(this.#unseenTimer);
    this.#unseenTimer = undefined;
  }

  #tellWatchers(): void {
    const watchers = [...this.#lines].filter((line) => line.role === 'watch').length;
    this.#writer?.notify({ kind: 'watched', watchers });
  }
}

/** As a shell would tell it of another program. */
function statusOf(code: number, signal: number): number {
  return signal === 0 ? code : 128 + signal;
}

function reasonOf(code: number, signal: number, started: boolean): string {
  if (signal !== 0) return `The shell was ended by signal ${signal}.`;
  const ended = `The shell ended with code ${code}.`;
  return started ? ended : `${ended} Is bash installed, and does the workspace still exist?`;
}
