// Shell marks, OSC 133: where a prompt, its input and a command's output begin, and how the command ended. Terminals show
// nothing for them; the page cuts receipts by them. The same marks as the course's own rc file for real shells.

const mark = (text: string) => `\x1b]133;${text}\x07`;

export const promptStarts = mark('A');
export const inputStarts = mark('B');

/** A command is about to run. `previous` is `$?` before it: a pasted block has one prompt and many commands. */
export function commandStarts(previous: number): string {
  return mark(`C;prev=${previous}`);
}

export function commandEnded(status: number): string {
  return mark(`D;${status}`);
}
