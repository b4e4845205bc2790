// Figures in a learner's reports, as named conditions read them: amounts, shares and counts in plain text. Pure.
// Whatever is no text has none.

import type { Json } from './json.ts';

/** `$1,200`, `-5.5%`, `$1.8M`, `300k`: between it and its label stand at most blanks, colons and Markdown's stars. */
const NUMBER = /^[\s:*]*([-−]?)\$?([-−]?)(\d[\d,]*(?:\.\d+)?)(?:([kM])\b)?/;
const SCALE: Record<string, number> = { k: 1e3, M: 1e6 };

/** The number behind the first mention of the label in each line that has one. */
export function figures(text: Json, label: Json): number[] {
  if (typeof text !== 'string' || typeof label !== 'string') return [];
  return text.split('\n').flatMap((line) => {
    const at = line.indexOf(label);
    const match = at === -1 ? null : NUMBER.exec(line.slice(at + label.length));
    return match ? [valueOf(match)] : [];
  });
}

/** The first of them; NaN, which fails every comparison, when there is none. */
export function figure(text: Json, label: Json): number {
  return figures(text, label)[0] ?? NaN;
}

function valueOf([, before = '', behind = '', digits = '', scale = '']: RegExpExecArray): number {
  const size = Number(digits.replaceAll(',', '')) * (SCALE[scale] ?? 1);
  return before || behind ? -size : size;
}
