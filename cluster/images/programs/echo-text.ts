// What echo prints. The shells' builtins and the program share it.

import { echoEscapes } from '../shell/escapes.ts';

/** Options are `-n`, `-e` and `-E` in any mix; a word with any other letter is text. */
export function echoText(words: readonly string[], unicode: boolean): string {
  let newline = true;
  let escapes = false;
  let at = 0;
  for (; /^-[neE]+$/.test(words[at] ?? ''); at++)
    for (const letter of (words[at] ?? '').slice(1)) {
      if (letter === 'n') newline = false;
      else escapes = letter === 'e';
    }
  const text = words.slice(at).join(' ');
  if (!escapes) return newline ? `${text}\n` : text;
  const escaped = echoEscapes(text, { bareOctal: false, unicode });
  return newline && !escaped.stop ? `${escaped.text}\n` : escaped.text;
}
