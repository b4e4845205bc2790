// The page's one line to a lab: who is there, the feed of engine and checks, and a stream for each terminal.
// Knows nothing of the DOM's layout, xterm or Astro.

import type { Evidence } from '../../protocol/evidence.ts';
import type { GraphAnswer, GraphQuestion } from '../../protocol/graph.ts';
import type { Receipt } from '../../protocol/receipt.ts';
import type { CheckState } from '../../protocol/verdict.ts';
import type { EngineFacts } from '../../protocol/lab.ts';
import type { Mark, Notice } from '../../protocol/terminal.ts';
import type { Journeys } from './journeys.ts';
import type { Printed } from './tape.ts';

/** Ways to the known states of steps. */
export type JourneyLine = Pick<Journeys, 'plan' | 'go' | 'arrived' | 'back' | 'differences'>;

export type { Printed };

/**
 * absent: pages without a server (any static host). locked: a server, but this browser has not opened the printed link.
 * offline: the line is lost and being tried again.
 */
export type LabState = 'absent' | 'locked' | 'connecting' | 'open' | 'offline';

export interface LabEvents {
  state: (state: LabState) => void;
  engine: (engine: EngineFacts) => void;
  /** Each verdict, the present ones first. */
  check: (check: CheckState) => void;
  notice: (text: string) => void;
  /** All that was measured so far. */
  evidence: (evidence: readonly Evidence[]) => void;
}

export interface Lab {
  readonly state: LabState;
  readonly engine: EngineFacts | undefined;
  readonly checks: ReadonlyMap<string, CheckState>;
  readonly evidence: readonly Evidence[];
  on<E extends keyof LabEvents>(event: E, listener: LabEvents[E]): () => void;
  /** The learner's terminals, oldest first. */
  terminals(): Promise<{ session: string; name: string }[]>;
  openTerminal(name: string): Promise<{ session: string; name: string }>;
  /** Answers the name as the lab keeps it. */
  renameTerminal(session: string, name: string): Promise<{ session: string; name: string }>;
  closeTerminal(session: string): Promise<void>;
  /** What one terminal's commands came to, from an offset of its output on: also those that ended while no page was there. */
  receipts(session: string, from: number): Promise<Receipt[]>;
  /** Who calls whom, as the cluster's Kiali tells it now, or told it at a moment of the past. */
  graph(question: GraphQuestion): Promise<GraphAnswer>;
  /** The address of the whole Kiali, good once. Rejects with the lab's sentence where it cannot be reached. */
  kiali(): Promise<string>;
  /** Forgets a measurement; the list without it comes as an event. */
  forgetEvidence(measure: string): Promise<void>;
  /** A file of the learner's business case; undefined while it does not exist. */
  readDocument(name: string): Promise<string | undefined>;
  /** Writes it into the workspace, and says where it is. Rejects with the lab's sentence when that cannot be. */
  writeDocument(name: string, text: string): Promise<string>;
  /** Ways to the known states of steps. */
  journeys(): Promise<JourneyLine>;
  /** A line to one terminal. Nothing is sent before `attach`. */
  terminal(session: string): TerminalStream;
}

export type TerminalState = 'connecting' | 'open' | 'offline' | 'exited' | 'taken over';

export interface TerminalSink {
  columns: number;
  rows: number;
  /** Draws bytes of pty output and calls `drawn` when the screen shows them: that is the acknowledgement. */
  output(bytes: Uint8Array, drawn: () => void): void;
  /** Replaces the screen. What the terminal answers while it draws this must not be sent. */
  snapshot(screen: Uint8Array, columns: number, rows: number, drawn: () => void): void;
  state(state: TerminalState, detail: string): void;
  /** Round trip in milliseconds, while the line is open and the page visible. */
  latency(ms: number): void;
  /** What the shell says of its command line: a hint for run blocks, never evidence. */
  mark?(mark: Mark): void;
  /** Output that is no longer kept, other pages that watch, input that was dropped. */
  notice?(notice: Notice): void;
}

export interface TerminalStream {
  /** All that was printed before this line was there has come. Until then the last marks may be of long ago. */
  readonly isCaughtUp: boolean;
  attach(sink: TerminalSink): void;
  /** False when it could not be sent: keys are never queued while offline. */
  input(bytes: Uint8Array): boolean;
  /** Types a block's text: by bracketed paste where the shell has it on, and then Enter. */
  run(text: string): boolean;
  /** Types what a learner pastes: as it stands, without an Enter of its own. */
  paste(text: string): boolean;
  /** What was printed between two offsets, as those of marks, as far as this page still has it. */
  printed(from: number, to: number): Printed;
  resize(columns: number, rows: number): void;
  /** Takes the keys from the page that has them: after `taken over`. */
  takeOver(): void;
  /** A new shell in the same place: after `exited`, or instead of one that hangs. */
  restart(): void;
  /** Forgets what was printed, on every page; the prompt stays. */
  clear(): void;
  detach(): void;
}
