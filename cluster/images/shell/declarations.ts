// Variables as bash writes them: `declare -p`, `export -p`, `${x@A}`, `set`.

import { quoteDouble, quoteWhereNeeded } from './quoting.ts';
import type { Variable } from './variables.ts';

/** The letters of `declare`: `aAilnrux`. */
export function describeAttributes(variable: Variable): string {
  let letters = '';
  if (variable.elements) letters += 'a';
  if (variable.table) letters += 'A';
  if (variable.integer) letters += 'i';
  if (variable.letterCase === 'lower') letters += 'l';
  if (variable.reference) letters += 'n';
  if (variable.readonly) letters += 'r';
  if (variable.letterCase === 'upper') letters += 'u';
  if (variable.exported) letters += 'x';
  return letters;
}

/** `declare -x HOME="/root"`, or `x='a b'` for `${x@A}` of a plain variable. */
export function declarationOf(
  name: string,
  variable: Variable,
  style: 'declare' | 'transform' = 'declare',
): string {
  const letters = describeAttributes(variable);
  const value = valueText(variable, style);
  const assignment = value === undefined ? name : `${name}=${value}`;
  if (style === 'transform' && letters === '') return assignment;
  return `declare -${letters || '-'} ${assignment}`;
}

/** `name=value` as `set` prints it. */
export function assignmentOf(name: string, variable: Variable): string | undefined {
  if (variable.elements || variable.table)
    return `${name}=${valueText(variable, 'declare') ?? '()'}`;
  return variable.value === undefined ? undefined : `${name}=${quoteWhereNeeded(variable.value)}`;
}

function valueText(variable: Variable, style: 'declare' | 'transform'): string | undefined {
  if (variable.elements)
    return `(${[...variable.elements].map(([index, one]) => `[${index}]=${quoteDouble(one)}`).join(' ')})`;
  if (variable.table)
    return `(${[...variable.table].map(([key, one]) => `[${quoteKey(key)}]=${quoteDouble(one)} `).join('')})`;
  if (variable.value === undefined) return undefined;
  return style === 'declare'
    ? quoteDouble(variable.value)
    : `'${variable.value.replaceAll("'", "'\\''")}'`;
}

function quoteKey(key: string): string {
  return /^[A-Za-z0-9_.-]+$/.test(key) ? key : quoteDouble(key);
}
