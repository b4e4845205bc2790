// All terminals of all learners: opens and closes them, issues tickets, and lets a socket in once its first frame shows a good one.
// Knows nothing of cookies or HTTP: who the learner is, was checked before a socket comes here.

import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import { labError } from '../../protocol/errors.ts';
import type { LabErrorCode } from '../../protocol/errors.ts';
import type { TerminalFacts } from '../../protocol/processes.ts';
import type { Receipt } from '../../protocol/receipt.ts';
import { ACK_BYTES, decodeClientFrame } from '../../protocol/terminal.ts';
import type { Hello } from '../../protocol/terminal.ts';
import { limits, windowHolds } from '../config.ts';
import { endProcesses } from './processes.ts';
import { Session } from './session.ts';
import type { Shell, Unseen } from './session.ts';
import { Snapshots } from './snapshot.ts';
import { Tickets } from './tickets.ts';

export interface TerminalsOptions {
  /** How a learner's shell is started, for a terminal of this id. */
  shell: (learner: string, id: string) => Promise<Shell>;
  unseen?: Unseen;
  log: (message: string) => void;
  /** A shell of the learner has ended a command. */
  ran?: (learner: string, receipt: Receipt) => void;
}

/** Who is at the other end of a socket, as the gate found out. */
export interface Visitor {
  learner: string;
  browser: string;
}

export class Terminals {
  readonly #options: TerminalsOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #tickets = new Tickets();
  readonly #snapshots: Snapshots;
  /** Sockets of each learner, those before their first frame included. */
  readonly #sockets = new Map<string, Set<WebSocket>>();
  /** Terminals that are being opened, by learner: they count, too. */
  readonly #opening = new Map<string, number>();
  readonly #heart: NodeJS.Timeout;
  #draining = false;

  constructor(options: TerminalsOptions) {
    if (!windowHolds(ACK_BYTES)) {
      throw new Error('server/config.ts: ACK_BYTES, window and ring do not fit together.');
    }
    this.#options = options;
    this.#snapshots = new Snapshots(options.log);
    this.#heart = setInterval(() => this.#beat(), limits.heartbeatMs);
    this.#heart.unref();
  }

  /** Oldest first. */
  list(learner: string): TerminalFacts[] {
    return this.#of(learner).map(facts);
  }

  async open(learner: string, name: string): Promise<TerminalFacts | LabErrorCode> {
    if (this.#draining) return 'LAB_DRAINING';
    const opening = this.#opening.get(learner) ?? 0;
    if (this.#of(learner).length + opening >= limits.terminalsPerLearner) {
      return 'LAB_TOO_MANY_TERMINALS';
    }
    this.#opening.set(learner, opening + 1);
    try {
      const id = randomBytes(16).toString('base64url');
      const shell = await this.#options.shell(learner, id);
      const session = new Session({
        id,
        learner,
        name: cleanName(name) || `Terminal ${this.#of(learner).length + 1}`,
        shell,
        snapshots: this.#snapshots,
        unseen: this.#options.unseen,
        log: this.#options.log,
        ran: (receipt) => this.#options.ran?.(learner, receipt),
        reaped: () => this.#sessions.delete(id),
      });
      this.#sessions.set(id, session);
      return facts(session);
    } catch (error) {
      this.#options.log(`no shell could be started: ${String(error)}`);
      return 'LAB_SHELL';
    } finally {
      this.#opening.set(learner, (this.#opening.get(learner) ?? 1) - 1);
    }
  }

  rename(learner: string, id: string, name: string): TerminalFacts | LabErrorCode {
    const session = this.#own(learner, id);
    if (!session) return 'LAB_SESSION_GONE';
    session.name = cleanName(name) || session.name;
    return facts(session);
  }

  async close(learner: string, id: string): Promise<LabErrorCode | undefined> {
    const session = this.#own(learner, id);
    if (!session) return 'LAB_SESSION_GONE';
    await session.close();
    return undefined;
  }

  /** A ticket for one line to one terminal, from one browser, soon. */
  ticket({ learner, browser }: Visitor, id: string): { ticket: string } | LabErrorCode {
    if (!this.#own(learner, id)) return 'LAB_SESSION_GONE';
    return { ticket: this.#tickets.issue({ learner, session: id, browser }) };
  }

  /** Why one more socket of this learner is refused, if it is. */
  refuses(learner: string): LabErrorCode | undefined {
    if (this.#draining) return 'LAB_DRAINING';
    const sockets = this.#sockets.get(learner)?.size ?? 0;
    return sockets >= limits.socketsPerLearner ? 'LAB_TOO_MANY_SOCKETS' : undefined;
  }

  /** Takes over an open socket. Nothing is done for it before its first frame has shown a good ticket. */
  serve(socket: WebSocket, visitor: Visitor): void {
    const sockets = this.#sockets.get(visitor.learner) ?? new Set();
    this.#sockets.set(visitor.learner, sockets.add(socket));
    const end = (code: LabErrorCode) => socket.close(labError(code).close ?? 1011, code);
    const late = setTimeout(() => end('LAB_HELLO_LATE'), limits.helloTimeoutMs);
    socket.once('message', (data: Buffer, isBinary: boolean) => {
      clearTimeout(late);
      const refused = isBinary ? this.#welcome(socket, data, visitor) : 'LAB_FRAME_TEXT';
      if (refused) end(refused);
    });
    socket.on('error', (error) => this.#options.log(`a terminal's line broke: ${error.message}`));
    socket.on('close', () => {
      clearTimeout(late);
      sockets.delete(socket);
      if (sockets.size === 0) this.#sockets.delete(visitor.learner);
    });
  }

  /** Ends everything that learners started, and resolves once nothing is left. */
  async end(): Promise<void> {
    this.#draining = true;
    clearInterval(this.#heart);
    const { close = 1001 } = labError('LAB_DRAINING');
    for (const sockets of this.#sockets.values()) {
      for (const socket of sockets) socket.close(close, 'LAB_DRAINING');
    }
    const sessions = [...this.#sessions.values()];
    const shells = new Map<number, string>();
    for (const { pid, id } of sessions) if (pid !== undefined) shells.set(pid, id);
    await endProcesses(shells); // all at once: one wait for those that are slow to leave
    await Promise.all(sessions.map((session) => session.close()));
    await this.#snapshots.close();
    for (const sockets of this.#sockets.values()) {
      for (const socket of sockets) socket.terminate();
    }
  }

  #welcome(socket: WebSocket, data: Buffer, visitor: Visitor): LabErrorCode | undefined {
    const frame = decodeClientFrame(data);
    if (frame.kind === 'wrong') return frame.code;
    if (frame.kind !== 'hello') return 'LAB_HELLO_FIRST';
    const { ticket, session: id } = frame.hello;
    if (!this.#tickets.redeem(ticket, { ...visitor, session: id })) return 'LAB_TICKET';
    const session = this.#own(visitor.learner, id);
    if (!session) return 'LAB_SESSION_GONE';
    return this.#attach(session, socket, frame.hello);
  }

  #attach(session: Session, socket: WebSocket, hello: Hello): LabErrorCode | undefined {
    try {
      session.attach(socket, hello);
      return undefined;
    } catch (error) {
      this.#options.log(`terminal ${session.id}: ${String(error)}`);
      return 'LAB_INTERNAL';
    }
  }

  #beat(): void {
    const now = performance.now();
    for (const session of this.#sessions.values()) session.beat(now);
  }

  #of(learner: string): Session[] {
    return [...this.#sessions.values()].filter((session) => session.learner === learner);
  }

  /** Somebody else's terminal does not exist. */
  #own(learner: string, id: string): Session | undefined {
    const session = this.#sessions.get(id);
    return session?.learner === learner ? session : undefined;
  }
}

function facts({ id, name, phase }: Session): TerminalFacts {
  return { session: id, name, running: phase === 'starting' || phase === 'running' };
}

/** A name is shown, never run: one line of visible characters. */
function cleanName(name: string): string {
  return name
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, limits.terminalNameLength);
}
