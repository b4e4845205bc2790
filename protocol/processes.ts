// What the holder, the web server and the clusters' process say to each other over their pipes. Plain data; a socket may
// travel beside an `upgrade`. They are one program in three processes: what one sends, the others believe.

import type { EngineFacts } from './lab.ts';
import type { LabErrorCode } from './errors.ts';
import type { Receipt } from './receipt.ts';

/** A learner's terminal, as lists of them show it. */
export interface TerminalFacts {
  session: string;
  name: string;
  /** False once its shell has ended. */
  running: boolean;
}

/** The clusters' process → holder → web server. */
export type FromEngines =
  | { kind: 'engine'; learner: string; engine: EngineFacts }
  /** A line for the learner that belongs to no check. */
  | { kind: 'notice'; learner: string; text: string };

/** Holder → web server. */
export type ToWeb =
  | {
      kind: 'start';
      /** 0 asks for a free one; after a restart it is the one that was printed. */
      port: number;
      /** What the printed link carries in its fragment. Lives as long as the holder. */
      launchSecret: string;
      /** Signs the cookies of this home's browsers. */
      cookieKey: string;
      learner: string;
    }
  /** A code that unlocks one browser, once and soon: a command line may show it, the launch secret never. */
  | { kind: 'one-time code'; code: string }
  | { kind: 'answer'; id: number; answer: Answer }
  /** A command has ended in one of the learner's terminals. */
  | { kind: 'receipt'; learner: string; receipt: Receipt }
  | FromEngines;

/** Web server → holder. */
export type FromWeb =
  | { kind: 'listening'; port: number }
  | { kind: 'cannot listen'; code: string }
  | { kind: 'ask'; id: number; ask: Ask }
  /** Goes with the socket itself: from here on the holder serves it. */
  | { kind: 'upgrade'; request: UpgradeRequest; head: Uint8Array };

export interface UpgradeRequest {
  method: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  learner: string;
  /** Which of the learner's browsers: tickets are bound to it. */
  browser: string;
}

export type Ask =
  | { ask: 'terminals'; learner: string }
  | { ask: 'open terminal'; learner: string; name: string }
  | { ask: 'rename terminal'; learner: string; session: string; name: string }
  | { ask: 'close terminal'; learner: string; session: string }
  | { ask: 'ticket'; learner: string; session: string; browser: string };

export type Answer =
  | { answer: 'terminals'; terminals: TerminalFacts[] }
  | { answer: 'terminal'; terminal: TerminalFacts }
  | { answer: 'closed' }
  | { answer: 'ticket'; ticket: string }
  | { answer: 'error'; code: LabErrorCode };
