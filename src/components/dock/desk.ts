// What the rest of the page may ask of the terminal beside it. The dock puts itself here; pages without one have none.

import type { ShellLine } from './shell-line.ts';

export type Typed =
  /** `after` is the offset of the last mark before it; the shell has marked it within `patienceMs`, or does not mark. */
  | { as: 'typed'; shell: ShellLine; after: number; patienceMs: number }
  /** Another program has the terminal: it has to end first. `leave`: it is a pod’s shell, which exit ends. */
  | { as: 'waits'; program: string; leave: boolean; shell: ShellLine }
  /** Nothing was typed, and why. */
  | { as: 'not typed'; because: string };

export interface Desk {
  /** Types a block into the terminal in front. Opens one, and the drawer, where need be. */
  type(text: string, shell: 'lab' | 'pod'): Promise<Typed>;
  /** The shell of a terminal, once it has told what it did while no page was there. Undefined when it is gone. */
  line(session: string): Promise<ShellLine | undefined>;
  /** Ctrl+C. */
  interrupt(): void;
  /** Types exit into a pod’s shell. */
  leave(): void;
  /** What the drawer's bar says of the last run. */
  tell(news: string): void;
}

let present: Desk | undefined;

export const desk = (): Desk | undefined => present;
export const setDesk = (it: Desk): void => void (present = it);
