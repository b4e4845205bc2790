// A small text file of the workspace, and each change of it. Knows nothing of checks.

import { type FSWatcher, mkdirSync, readFileSync, statSync, watch } from 'node:fs';
import { basename, dirname, join, normalize, sep } from 'node:path';

/** Bytes read of a file: reports and manifests are a tenth of it. */
const FILE_LIMIT_BYTES = 256 * 1024;

export class WatchedFile {
  readonly #path: string;
  readonly #watcher: FSWatcher;
  #text: string | null = null;

  /** Throws when `name` leads out of the workspace. */
  constructor(directory: string, name: string, changed: () => void) {
    const path = normalize(join(directory, name));
    if (!path.startsWith(directory.endsWith(sep) ? directory : directory + sep)) {
      throw new Error(`${name} is not inside the workspace`);
    }
    this.#path = path;
    this.#read();
    // The directory is watched, not the file: editors and `>` replace files, and it may not exist yet.
    mkdirSync(dirname(path), { recursive: true });
    this.#watcher = watch(dirname(path), { persistent: false }, (_event, changedName) => {
      if (changedName !== null && changedName !== basename(path)) return;
      const before = this.#text;
      this.#read();
      if (this.#text !== before) changed();
    });
  }

  /** Its text, or null while it does not exist or cannot be shown (a directory, too large). */
  get text(): string | null {
    return this.#text;
  }

  close(): void {
    this.#watcher.close();
  }

  #read(): void {
    try {
      this.#text =
        statSync(this.#path).size > FILE_LIMIT_BYTES ? null : readFileSync(this.#path, 'utf8');
    } catch (error) {
      if (!isAbsent(error)) throw error;
      this.#text = null;
    }
  }
}

function isAbsent(error: unknown): boolean {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR';
}
