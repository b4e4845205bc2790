// expr's `text : expression`: a match from the start, as its first group or its length.

import { UsageFault } from './program.ts';
import { patternToRegExp } from './regex.ts';

export function matchesFrom(text: string, pattern: string): string {
  const expression = patternToRegExp(pattern.startsWith('^') ? pattern : `^${pattern}`, {
    extended: false,
  });
  if (!expression) throw new UsageFault('bad regex');
  const found = expression.exec(text);
  if (/\\\(/.test(pattern)) return found?.[1] ?? '';
  return String(found ? Array.from(found[0]).length : 0);
}
