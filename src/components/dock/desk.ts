// What the rest of the page may ask of the terminal beside it. The dock puts itself here; pages without one have none.

import type { ShellLine } from './shell-line.ts';

export type Typed =
  | { as: 'typed'; shell: ShellLine }
  /** Another program has the terminal: it has to end first. */
  | { as: 'waits'; program: string; shell: ShellLine }
  /** Nothing was typed, and why. */
  | { as: 'not typed'; because: string };

export interface Desk {
  /** Types a block into the terminal in front. Opens one, and the drawer, where need be. */
  type(text: string, shell: 'lab' | 'pod'): Promise<Typed>;
  /** Ctrl+C. */
  interrupt(): void;
  /** What the drawer's bar says of the last run. */
  tell(news: string): void;
}

let present: Desk | undefined;

export const desk = (): Desk | undefined => present;
export const setDesk = (it: Desk): void => void (present = it);
