// bash's history: `!!` and its like, and how lines of one command are joined into one entry.

import type { Shell } from './shell.ts';

/** Entries kept: bash's default HISTSIZE. */
const MAX_ENTRIES = 500;

export function remember(shell: Shell, text: string): void {
  const entry = text.replace(/\n+$/, '');
  if (entry.trim() === '') return;
  // busybox keeps no repetition.
  if (!shell.isBash && shell.history.at(-1) === entry) return;
  shell.history.push(entry);
  if (shell.history.length > MAX_ENTRIES) shell.history.shift();
}

/** One more line of a command that is not whole yet, as bash's cmdhist joins it. */
export function joinLines(before: string, line: string, insideQuotes: boolean): string {
  if (insideQuotes) return `${before}\n${line}`;
  return /(?:\b(?:do|then|else|in)|[{(;|]|&&)\s*$/.test(before)
    ? `${before} ${line}`
    : `${before}; ${line}`;
}

export type Expanded = { text: string; changed: boolean } | { missing: string };

/** `!!`, `!n`, `!-n`, `!text`, `!?text?`, `!$`, `!^`, `!*`, and `^old^new`. */
export function expandHistory(history: readonly string[], text: string): Expanded {
  const quick = /^\^([^^]+)\^([^^]*)\^?$/.exec(text);
  if (quick) {
    const last = history.at(-1);
    if (!last?.includes(quick[1] as string)) return { missing: `:s${text}` };
    return { text: last.replace(quick[1] as string, () => quick[2] ?? ''), changed: true };
  }
  if (!text.includes('!')) return { text, changed: false };
  let out = '';
  let changed = false;
  let single = false;
  let double = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '\\' && !single) {
      out += char + (text[++at] ?? '');
      continue;
    }
    if (char === "'" && !double) single = !single;
    if (char === '"' && !single) double = !double;
    const found = char === '!' && !single ? EVENT.exec(text.slice(at)) : null;
    if (!found || (double && found[0] === '!"')) {
      out += char;
      continue;
    }
    const value = eventText(history, found);
    if (value === undefined) return { missing: found[0] };
    out += value;
    changed = true;
    at += found[0].length - 1;
  }
  return { text: out, changed };
}

const EVENT =
  /^!(?:(!)|(-?\d+)|([$^*])|\?([^?]+)\??|([A-Za-z./_][^\s;&|()<>"':!]*))(?::?([$^*])|:(\d+))?/;

function eventText(history: readonly string[], found: RegExpExecArray): string | undefined {
  const [, last, number, word, inside, prefix, designator, index] = found;
  const event =
    last !== undefined || word !== undefined
      ? history.at(-1)
      : number !== undefined
        ? Number(number) < 0
          ? history.at(Number(number))
          : history[Number(number) - 1]
        : inside !== undefined
          ? history.findLast((line) => line.includes(inside))
          : history.findLast((line) => line.startsWith(prefix ?? ''));
  if (event === undefined) return undefined;
  const words = event.trim().split(/\s+/);
  const wanted = word ?? designator;
  if (wanted === '$') return words.at(-1) ?? '';
  if (wanted === '^') return words[1] ?? '';
  if (wanted === '*') return words.slice(1).join(' ');
  return index === undefined ? event : (words[Number(index)] ?? '');
}
