// The files of a learner's business case that pages write: a few names of our own in a folder of their own, whole or not at all. Knows
// nothing of what is in them. A page chooses no path, and a link that somebody put in the way is not followed.

import { constants } from 'node:fs';
import { lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { limits } from '../config.ts';

/** Beside the reports that the learner writes in the same lab. */
const FOLDER = 'business-case';
const NAMES = ['workbook.json', 'workbook.csv', 'board-memo.md', 'board-deck.md'] as const;
export type CaseFile = (typeof NAMES)[number];

export const isCaseFile = (name: string): name is CaseFile => NAMES.some((one) => one === name);

export class BusinessCase {
  readonly #labDirectory: string;

  /** @param labDirectory the lab's folder in the learner's workspace */
  constructor(labDirectory: string) {
    this.#labDirectory = labDirectory;
  }

  /** Null while it does not exist, or is nothing a page could have written. */
  async read(name: CaseFile): Promise<string | null> {
    try {
      if (!(await this.#isOurs())) return null;
      const file = await open(this.#path(name), constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        const { size } = await file.stat();
        return size <= limits.caseFileBytes ? await file.readFile('utf8') : null;
      } finally {
        await file.close();
      }
    } catch (error) {
      if (isMissing(error) || isLink(error)) return null;
      throw error;
    }
  }

  /** Where it is, from the workspace's labs on; undefined when the folder is somebody else's. */
  async write(name: CaseFile, text: string): Promise<string | undefined> {
    const folder = join(this.#labDirectory, FOLDER);
    await mkdir(folder, { recursive: true });
    if (!(await this.#isOurs())) return undefined;
    const temporary = join(folder, `.${name}.new`);
    await rm(temporary, { force: true });
    const file = await open(
      temporary,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    await rename(temporary, this.#path(name));
    return `${FOLDER}/${name}`;
  }

  #path(name: CaseFile): string {
    return join(this.#labDirectory, FOLDER, name);
  }

  /** A folder, and no link to one. */
  async #isOurs(): Promise<boolean> {
    return (await lstat(join(this.#labDirectory, FOLDER))).isDirectory();
  }
}

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error ? error.code : undefined;
const isMissing = (error: unknown) => codeOf(error) === 'ENOENT';
const isLink = (error: unknown) => codeOf(error) === 'ELOOP';
