// What became of a command that a learner typed into one of their terminals, as far as its shell tells.

export interface Receipt {
  /** As it was typed; its first 2 000 characters. */
  command: string;
  exit: number;
  /** What the terminal showed of it, without escape sequences. */
  output: string;
}
