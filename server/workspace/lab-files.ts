// Gives a learner their own copy of the labs and keeps it up to date, without ever touching what they have changed.
// Remembers the digest of each file it gave: a file that still has it is ours to update, any other is the learner's.

import { createHash } from 'node:crypto';
import { copyFile, lstat, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** Path below the labs → sha256 of what was given there. */
type Given = Record<string, string>;

export interface LabFilesOptions {
  /** The labs as they are shipped. */
  from: string;
  /** The learner's copy. */
  to: string;
  /** Where the digests are kept. */
  record: string;
}

export async function giveLabFiles({ from, to, record }: LabFilesOptions): Promise<void> {
  const given = await readGiven(record);
  const next: Given = {};
  const shipped = await filesBelow(from);
  for (const path of shipped) {
    const source = join(from, path);
    const target = join(to, path);
    const digest = await digestOf(source);
    const present = await presentAt(to, path);
    if (present === 'theirs') continue;
    if (present !== 'nothing' && present !== digest) {
      // Neither what we ship now nor what we gave: the learner's work, or a file of theirs with this name.
      if (present !== given[path]) {
        if (given[path] !== undefined) next[path] = given[path];
        continue;
      }
    }
    if (present !== digest) await copyWhole(source, target);
    next[path] = digest;
  }
  // What is no longer shipped goes too, where it is still as we gave it.
  for (const [path, digest] of Object.entries(given)) {
    if (!shipped.includes(path) && (await presentAt(to, path)) === digest)
      await rm(join(to, path), { force: true });
  }
  await mkdir(dirname(record), { recursive: true });
  await writeWhole(record, JSON.stringify(next, null, 1));
}

/** The digest of a regular file, `nothing`, or `theirs` for anything we would never have put there. */
async function presentAt(to: string, path: string): Promise<string> {
  // A link on the way would lead our copy out of the workspace.
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    const kind = await kindOf(join(to, parent));
    if (kind !== 'directory' && kind !== 'nothing') return 'theirs';
  }
  const kind = await kindOf(join(to, path));
  if (kind === 'file') return digestOf(join(to, path));
  return kind === 'nothing' ? 'nothing' : 'theirs';
}

async function kindOf(path: string): Promise<'file' | 'directory' | 'nothing' | 'other'> {
  try {
    const info = await lstat(path);
    return info.isFile() ? 'file' : info.isDirectory() ? 'directory' : 'other';
  } catch (error) {
    if (isMissing(error)) return 'nothing';
    throw error;
  }
}

async function readGiven(record: string): Promise<Given> {
  let text: string;
  try {
    text = await readFile(record, 'utf8');
  } catch (error) {
    if (isMissing(error)) return {};
    throw error;
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return {}; // A damaged record: then every file that differs counts as the learner's.
  }
  if (typeof parsed !== 'object' || parsed === null) return {};
  return Object.fromEntries(
    Object.entries(parsed).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
}

async function digestOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

/** In one step: a start that is cut off leaves the old file or the new one. */
async function copyWhole(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const temporary = `${target}.meshproof-new`;
  await copyFile(source, temporary);
  await rename(temporary, target);
}

async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ENOENT' || error.code === 'ENOTDIR')
  );
}
