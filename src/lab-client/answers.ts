// Tells what a terminal answers to a program from what a person types. Both leave a terminal in the same way. Pure.

/** Sources: ECMA-48 (CPR, DSR), DEC's VT510 manual (DA, DECRPM, DECRQSS, DECSLPP reports), xterm's ctlseqs (OSC colours, XTVERSION). */
const ANSWER = new RegExp(
  [
    String.raw`\x1b\[[?>=]?[\d;]*\$?[cny]`, // attributes, status, modes
    String.raw`\x1b\[\??\d+;\d+(?:;\d+)?R`, // where the cursor is
    String.raw`\x1b\[[\d;]+t`, // the window
    String.raw`\x1b\[[IO]`, // the window has the focus, or has it no longer
    String.raw`\x1b\][\d;]*;?[^\x07\x1b]*(?:\x07|\x1b\\)`, // colours
    String.raw`\x1bP[^\x1b]*\x1b\\`, // settings, names
  ].join('|'),
  'y',
);

/** True when there is nothing in it but answers. A modified F3 looks like one, and a person presses it again. */
export function isAnswer(bytes: Uint8Array): boolean {
  const text = new TextDecoder('latin1').decode(bytes);
  let at = 0;
  while (at < text.length) {
    ANSWER.lastIndex = at;
    const found = ANSWER.exec(text);
    if (!found) return false;
    at += found[0].length;
  }
  return at > 0;
}
