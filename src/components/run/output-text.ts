// What a command's output looks like once it has been printed: escape sequences obeyed as far as a page of text can, the
// rest left out. A receipt shows this, as text. Pure.
// Source: ECMA-48 for the sequences; what xterm does with them for the rest.

const [ESC, BEL] = ['\u001b', '\u0007'];
const END_OF_STRING = `${ESC}\\\\`;
/** OSC, and DCS with its like, each with its end; CSI; character sets, single shifts and the other short ones. */
const SEQUENCE = new RegExp(
  `${ESC}(?:` +
    [
      `\\][^${BEL}${ESC}]*(?:${BEL}|${END_OF_STRING}|$)`,
      `[PX^_][^${ESC}]*(?:${END_OF_STRING}|$)`,
      '\\[([0-?]*)[ -/]*([@-~])',
      '[ -/]*[0-~]',
    ].join('|') +
    ')',
  'y',
);
/** A program that took the whole screen and gave it back has left nothing to read. */
const WHOLE_SCREEN = `${ESC}\\[\\?(?:1049|1047|47)`;
const FULL_SCREEN = new RegExp(`${WHOLE_SCREEN}h[^]*?(?:${WHOLE_SCREEN}l|$)`, 'g');
const PLAIN = /\P{Cc}+/uy;

/** A column is at most this, whatever a sequence asks for. */
const WIDEST = 2_000;
const TAB_STOPS = 8;

export function outputText(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes).replaceAll(FULL_SCREEN, '');
  const lines: string[] = [];
  let line: string[] = [];
  let column = 0;
  let at = 0;
  while (at < text.length) {
    PLAIN.lastIndex = at;
    const plain = PLAIN.exec(text);
    if (plain) {
      for (const letter of plain[0]) {
        while (line.length < column) line.push(' ');
        line[column++] = letter;
      }
      at = PLAIN.lastIndex;
      continue;
    }
    SEQUENCE.lastIndex = at;
    const sequence = SEQUENCE.exec(text);
    if (sequence) {
      at = SEQUENCE.lastIndex;
      const [, parameters = '', final] = sequence;
      const count = Math.min(WIDEST, Math.max(1, Number.parseInt(parameters, 10) || 1));
      if (final === 'K') line = erased(line, column, parameters);
      else if (final === 'G') column = count - 1;
      else if (final === 'C') column = Math.min(WIDEST, column + count);
      else if (final === 'D') column = Math.max(0, column - count);
      continue;
    }
    const control = text[at++];
    if (control === '\n') {
      lines.push(line.join('').trimEnd());
      line = [];
      column = 0;
    } else if (control === '\r') column = 0;
    else if (control === '\b') column = Math.max(0, column - 1);
    else if (control === '\t') column += TAB_STOPS - (column % TAB_STOPS);
  }
  lines.push(line.join('').trimEnd());
  return lines.join('\n').trimEnd();
}

/** EL: to the end, to the beginning, or all of it. */
function erased(line: string[], column: number, parameters: string): string[] {
  if (parameters === '2') return [];
  if (parameters === '1') return line.map((letter, at) => (at <= column ? ' ' : letter));
  return line.slice(0, column);
}
