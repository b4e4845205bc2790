// When a paste is asked about before it is typed: several lines, which a shell may run one by one. Pure.

import type { Question } from './ask.ts';

/** Lines that are shown of a long paste; of the rest, how many. */
const SHOWN_LINES = 200;

/** Undefined for one line: it waits for Enter, and can be read where it stands. */
export function pasteQuestion(text: string, name: string): Question | undefined {
  const lines = text.replaceAll(/\r\n?/g, '\n').split('\n');
  const last = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  if (lines.length < 2) return undefined;
  const count = last === 1 ? 'a line and Enter' : `${last} lines`;
  const more = last > SHOWN_LINES ? `\n… ${last - SHOWN_LINES} more lines` : '';
  return {
    title: `Paste ${count} into ${name}?`,
    text: lines.slice(0, Math.min(last, SHOWN_LINES)).map(visible).join('\n') + more,
    yes: 'Paste',
  };
}

/** Controls and signs that turn the reading order around are shown by name: a line must look like what it is. */
function visible(line: string): string {
  return line.replaceAll(/[^\P{C}\t]/gu, (sign) => {
    const code = sign.codePointAt(0) ?? 0;
    return code < 0x20
      ? String.fromCodePoint(0x2400 + code)
      : `‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›`;
  });
}
