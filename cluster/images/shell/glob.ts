// Pathname expansion: the names in the file system that a pattern matches, in order.

import type { FileSystem } from '../../node/file-system.ts';
import { resolvePath } from '../programs/files.ts';
import { hasWildcards, patternRegExp, unescapePattern } from './pattern.ts';

export interface GlobOptions {
  extended: boolean;
  /** `shopt -s dotglob` */
  dots: boolean;
  ignoreCase: boolean;
  /** `shopt -s globstar`: `**` walks down. */
  deep: boolean;
}

/** Names one pattern may yield. */
const MAX_NAMES = 50_000;

export function glob(fs: FileSystem, cwd: string, pattern: string, options: GlobOptions): string[] {
  const absolute = pattern.startsWith('/');
  const steps = splitAtSlashes(absolute ? pattern.replace(/^\/+/, '') : pattern);
  let found: string[] = [absolute ? '/' : ''];
  for (const [index, step] of steps.entries()) {
    const last = index === steps.length - 1;
    const next: string[] = [];
    for (const prefix of found) {
      for (const name of namesOf(fs, cwd, prefix, step, options)) {
        const path = prefix + name;
        if (last || isDirectory(fs, cwd, path)) next.push(last || path === '' ? path : `${path}/`);
        if (next.length > MAX_NAMES) break;
      }
    }
    found = next;
  }
  return found.filter((path) => path !== '').sort(byName);
}

/** A pattern's steps; slashes inside brackets do not count in shells either. */
function splitAtSlashes(pattern: string): string[] {
  return pattern.split(/\/+/);
}

function namesOf(
  fs: FileSystem,
  cwd: string,
  prefix: string,
  step: string,
  options: GlobOptions,
): string[] {
  // `dir/` names the directory itself.
  if (step === '') return [''];
  const directory = resolvePath(cwd, prefix === '' ? '.' : prefix);
  if (options.deep && step === '**') return ['', ...below(fs, directory, '')];
  if (!hasWildcards(step, options.extended)) {
    const name = unescapePattern(step);
    return fs.stat(resolvePath(directory, name), false) ? [name] : [];
  }
  const info = fs.stat(directory);
  if (info?.type !== 'directory') return [];
  const expression = patternRegExp(step, {
    extended: options.extended,
    ignoreCase: options.ignoreCase,
  });
  const dotted = step.startsWith('.') || step.startsWith('\\.');
  const names = dotted ? ['.', '..', ...fs.list(directory)] : fs.list(directory);
  return names.filter(
    (name) => (dotted || options.dots || !name.startsWith('.')) && expression.test(name),
  );
}

function below(fs: FileSystem, directory: string, prefix: string): string[] {
  const found: string[] = [];
  for (const name of fs.list(directory)) {
    if (name.startsWith('.') || found.length > MAX_NAMES) continue;
    const path = resolvePath(directory, name);
    found.push(prefix + name);
    if (fs.stat(path, false)?.type === 'directory')
      found.push(...below(fs, path, `${prefix}${name}/`));
  }
  return found;
}

function isDirectory(fs: FileSystem, cwd: string, path: string): boolean {
  return fs.stat(resolvePath(cwd, path === '' ? '.' : path))?.type === 'directory';
}

/** In the order of bytes: images set no locale. */
function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
