// What Tab offers: commands where a command stands, variables behind `$`, else paths.

import { resolvePath } from '../programs/files.ts';
import type { Completion } from './line-editor.ts';
import type { Shell } from './shell.ts';

/** Candidates for the end of a text. */
export function completionsOf(
  shell: Shell,
  builtins: readonly string[],
  before: string,
): Completion {
  const { typed, written, isCommand } = lastWord(before);
  if (typed.startsWith('$') && !typed.includes('/')) {
    const names = shell.variables.names().filter((name) => name.startsWith(typed.slice(1)));
    return {
      length: Array.from(written).length,
      candidates: names.map((name) => ({ text: `$${name} `, shown: `$${name}` })),
    };
  }
  if (isCommand && !typed.includes('/')) {
    const names = commandsOf(shell, builtins).filter(
      (name) => name.startsWith(typed) && typed !== '',
    );
    return {
      length: Array.from(written).length,
      candidates: names.map((name) => ({ text: `${name} `, shown: name })),
    };
  }
  const onlyDirectories = /(?:^|[;&|]\s*)(?:cd|pushd|rmdir)\s+\S*$/.test(before);
  return { length: Array.from(written).length, candidates: pathsOf(shell, typed, onlyDirectories) };
}

/** The word under completion, as it means and as it was written, and whether a command stands there. */
function lastWord(before: string): { typed: string; written: string; isCommand: boolean } {
  let typed = '';
  let start = 0;
  let quote = '';
  for (let at = 0; at < before.length; at++) {
    const char = before[at] ?? '';
    if (quote !== '') {
      if (char === quote) quote = '';
      else typed += char;
    } else if (char === '\\') typed += before[++at] ?? '';
    else if (char === '"' || char === "'") quote = char;
    else if (/[\s;&|()<>=]/.test(char)) {
      typed = '';
      start = at + 1;
    } else typed += char;
  }
  const ahead = before.slice(0, start);
  const isCommand = /(?:^|[;&|(]|\b(?:do|then|else|sudo|time|exec|xargs)\s)\s*$/.test(ahead);
  return { typed, written: before.slice(start), isCommand };
}

function commandsOf(shell: Shell, builtins: readonly string[]): string[] {
  const names = new Set([...builtins, ...shell.functions.keys(), ...shell.aliases.keys()]);
  for (const directory of (shell.variables.get('PATH') ?? '').split(':')) {
    const path = resolvePath(shell.cwd, directory);
    if (shell.fs.stat(path)?.type !== 'directory') continue;
    for (const name of shell.fs.list(path)) names.add(name);
  }
  return [...names].filter((name) => /^[\w[.-]/.test(name)).sort();
}

function pathsOf(shell: Shell, typed: string, onlyDirectories: boolean): Completion['candidates'] {
  const slash = typed.lastIndexOf('/');
  const prefix = typed.slice(0, slash + 1);
  const start = typed.slice(slash + 1);
  const home = shell.variables.get('HOME') ?? '/';
  const directory = resolvePath(shell.cwd, prefix === '' ? '.' : prefix.replace(/^~(?=\/)/, home));
  if (shell.fs.stat(directory)?.type !== 'directory') return [];
  const found: { text: string; shown: string }[] = [];
  for (const name of shell.fs.list(directory)) {
    if (!name.startsWith(start) || (name.startsWith('.') && !start.startsWith('.'))) continue;
    const isDirectory = shell.fs.stat(resolvePath(directory, name))?.type === 'directory';
    if (onlyDirectories && !isDirectory) continue;
    const quoted = name.replace(/[\s\\"'$`&|;<>()*?[\]{}!#]/g, '\\$&');
    found.push({
      text: `${prefix}${quoted}${isDirectory ? '/' : ' '}`,
      shown: isDirectory ? `${name}/` : name,
    });
  }
  return found;
}
