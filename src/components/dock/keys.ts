// What the key bar and the sticky Ctrl send. Pure.

const ESCAPE = '\x1b';

/** A key of the bar as a terminal sends it. Programs that take the whole screen ask for other arrows. */
export function keyBytes(key: string, applicationArrows: boolean): string {
  const arrow = { '↑': 'A', '↓': 'B', '→': 'C', '←': 'D' }[key];
  if (arrow) return `${ESCAPE}${applicationArrows ? 'O' : '['}${arrow}`;
  if (key === 'Esc') return ESCAPE;
  if (key === 'Tab') return '\t';
  return '';
}

/** What was typed, with Ctrl held: letters and @ [ \ ] ^ _ have a control character, other keys stay themselves. */
export function withControl(typed: string): string {
  if (typed.length !== 1) return typed;
  const code = typed.toUpperCase().charCodeAt(0);
  return code >= 0x40 && code <= 0x5f ? String.fromCharCode(code & 0x1f) : typed;
}
