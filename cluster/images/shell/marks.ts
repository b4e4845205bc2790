// Shell marks, OSC 133 and 633: where a prompt, its input and a command's output begin, what was typed, and how it ended. Terminals
// show nothing for them; receipts are cut by them. The same marks as the course's own rc file for real shells, unsigned.

const mark = (text: string) => `\x1b]133;${text}\x07`;

/** Characters of a command that its mark tells: as many as the rc file's. */
const LINE_LENGTH = 2_000;

export const promptStarts = mark('A');
export const inputStarts = mark('B');

/** What was typed. OSC takes no control characters and no bare ";". */
export function commandLine(text: string): string {
  const escaped = text
    .slice(0, LINE_LENGTH)
    .replaceAll('\\', '\\\\')
    .replaceAll(/[;\n\t]/g, (character) => `\\x${hexOf(character)}`)
    .replaceAll(/\p{Cc}/gu, '?');
  return `\x1b]633;E;${escaped}\x07`;
}

function hexOf(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, '0');
}

/** A command is about to run. `previous` is `$?` before it: a pasted block has one prompt and many commands. */
export function commandStarts(previous: number): string {
  return mark(`C;prev=${previous}`);
}

export function commandEnded(status: number): string {
  return mark(`D;${status}`);
}
