// A learner's files beside the labs as shipped: which differ, and putting single ones into a wanted state. Knows paths and text; nothing
// of lessons or clusters.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Folders of a workspace in which learners write. */
const FOLDERS = ['labs', 'reports'];
/** A file of a lesson has a few kilobytes; what is larger is something else, and is left alone. */
const LARGEST_BYTES = 256 * 1024;

/** The text as shipped, or null for a file that the course does not bring. */
export function shipped(path: string, root = ROOT): Promise<string | null> {
  return path.startsWith('labs/') ? textAt(join(root, path)) : Promise.resolve(null);
}

/** By path in the workspace, as `labs/…` or `reports/…`: the text of each file that differs from what is shipped; null when it is gone. */
export async function changedFiles(
  workspace: string,
  root = ROOT,
): Promise<Record<string, string | null>> {
  const changed: Record<string, string | null> = {};
  for (const path of await filesIn(workspace)) {
    const text = await textAt(join(workspace, path));
    if (text !== null && text !== (await shipped(path, root))) changed[path] = text;
  }
  const present = new Set(await filesIn(workspace));
  for (const path of await filesIn(root, ['labs'])) if (!present.has(path)) changed[path] = null;
  return changed;
}

export function fileOf(workspace: string, path: string): Promise<string | null> {
  return textAt(inside(workspace, path));
}

/** Writes a file whole, or removes it. */
export async function put(workspace: string, path: string, text: string | null): Promise<void> {
  const file = inside(workspace, path);
  if (text === null) return rm(file, { force: true });
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** Recorded paths are ours; this keeps it so. */
function inside(workspace: string, path: string): string {
  const file = join(workspace, path);
  if (!FOLDERS.some((folder) => file.startsWith(join(workspace, folder, sep))))
    throw new Error(`${path} is no file that a lesson may write`);
  return file;
}

async function filesIn(directory: string, folders = FOLDERS): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    try {
      const entries = await readdir(join(directory, folder), {
        recursive: true,
        withFileTypes: true,
      });
      for (const entry of entries)
        if (entry.isFile())
          found.push(relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'));
    } catch (error) {
      if (!isMissing(error)) throw error; // `reports` comes with the first report
    }
  }
  return found.sort();
}

/** Null when there is none, or something that is no text of a lesson. */
async function textAt(file: string): Promise<string | null> {
  try {
    const bytes = await readFile(file);
    return bytes.length > LARGEST_BYTES ? null : bytes.toString('utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EISDIR')
  );
}
