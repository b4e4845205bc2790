// Which program a command leads to: PATH, links, scripts and the marker that stands for a simulated program's machine code.
// A program is a file like any other: it can be listed, copied, linked and removed, and still runs by what it holds.

import { bytesOf, textOf } from '../../streams.ts';
import { FileError } from '../file-system.ts';
import type { Image, ImageFile } from '../image.ts';
import { type Program, ProgramNotFound } from '../process.ts';
import type { UserFiles } from './container-files.ts';
import { type DirectoryNode, treeOf } from './memory-files.ts';
import type { Executable } from './task.ts';

/** The first bytes of every program file: ELF's magic for 64 bits, little-endian, then the path it came with. */
const MAGIC = '\u007fELF\u0002\u0001\u0001\u0000meshproof-program:';
const magicBytes = bytesOf(MAGIC);

/** When images were built, as `ls -l` shows it: 2026-09-01T00:00:00Z. */
const IMAGE_BUILT_AT = 1_788_220_800_000;

/** Interpreters of interpreters: Linux follows four. */
const MAX_INTERPRETERS = 4;

/** What containerd sets when the image does not. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const trees = new WeakMap<Image, DirectoryNode>();

/** The image's files and programs, made once and shared by all its containers. */
export function imageTree(image: Image): DirectoryNode {
  let tree = trees.get(image);
  if (!tree) {
    const files: Record<string, ImageFile> = { ...standardFiles(image), ...image.files };
    for (const path of Object.keys(image.programs))
      files[path] = { content: MAGIC + path, mode: 0o755 };
    tree = treeOf(files, IMAGE_BUILT_AT);
    trees.set(image, tree);
  }
  return tree;
}

/** What every image has, unless it brings its own. */
function standardFiles({ user }: Image): Record<string, ImageFile> {
  const entry = (name: string, uid: number, gid: number, home: string) =>
    `${name}:x:${uid}:${gid}:${name}:${home}:/bin/sh\n`;
  const own = user.uid === 0 ? '' : entry(user.name, user.uid, user.gid, user.home);
  return {
    '/etc/passwd': `${entry('root', 0, 0, '/root')}${entry('nobody', 65534, 65534, '/nonexistent')}${own}`,
    '/etc/group': `root:x:0:\nnogroup:x:65534:\n${user.gid === 0 ? '' : `${user.name}:x:${user.gid}:\n`}`,
    '/root': { directory: true, mode: 0o700 },
    '/tmp': { directory: true, mode: 0o1777 },
    '/proc': { directory: true },
    '/sys': { directory: true },
    '/dev': { directory: true },
    '/run': { directory: true },
  };
}

export class Executables {
  readonly #programs: Readonly<Record<string, Program>>;

  constructor(image: Image) {
    this.#programs = image.programs;
  }

  /** As execvp(3). Throws ProgramNotFound with the reason. */
  resolve(
    argv: readonly string[],
    env: ReadonlyMap<string, string>,
    cwd: string,
    files: UserFiles,
  ): Executable {
    const command = argv[0] ?? '';
    let forbidden = false;
    for (const path of candidates(command, env, cwd)) {
      const found = executableAt(path, files);
      if (found === 'EACCES') forbidden = true;
      if (typeof found === 'object') return this.#executable(found.content, path, argv, files, 0);
    }
    throw new ProgramNotFound(command, forbidden ? 'EACCES' : 'ENOENT');
  }

  #executable(
    content: Uint8Array,
    path: string,
    argv: readonly string[],
    files: UserFiles,
    depth: number,
  ): Executable {
    if (startsWith(content, magicBytes)) {
      const program = this.#programs[textOf(content.subarray(magicBytes.length))];
      if (!program) throw new ProgramNotFound(argv[0] ?? path, 'EACCES');
      return { program, argv };
    }
    const interpreter = interpreterOf(content);
    const found = depth < MAX_INTERPRETERS ? executableAt(interpreter[0] ?? '', files) : 'EACCES';
    if (typeof found !== 'object') throw new ProgramNotFound(argv[0] ?? path);
    return this.#executable(
      found.content,
      interpreter[0] ?? '',
      [...interpreter, path, ...argv.slice(1)],
      files,
      depth + 1,
    );
  }
}

function candidates(command: string, env: ReadonlyMap<string, string>, cwd: string): string[] {
  if (command === '') return [];
  if (command.includes('/')) return [command.startsWith('/') ? command : `${cwd}/${command}`];
  const path = env.get('PATH') ?? DEFAULT_PATH;
  return path.split(':').map((directory) => `${directory || cwd}/${command}`);
}

/** The file at a path if this user may run it; why not otherwise. */
function executableAt(
  path: string,
  files: UserFiles,
): { content: Uint8Array } | 'ENOENT' | 'EACCES' {
  try {
    if (!files.mayExecute(path)) return 'EACCES';
    // execve(2) reads for the kernel: a program that may be run need not be readable.
    return { content: files.readForKernel(path) };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return error.code === 'EACCES' ? 'EACCES' : 'ENOENT';
  }
}

/** `#!/bin/sh -e` gives its words; a text without it is run by /bin/sh, as execvp does. */
function interpreterOf(content: Uint8Array): string[] {
  const line = textOf(content.subarray(0, 256)).split('\n')[0] ?? '';
  if (!line.startsWith('#!')) return ['/bin/sh'];
  const match = /^#!\s*(\S+)(?:\s+(.*\S))?\s*$/.exec(line);
  return match ? [match[1] ?? '', ...(match[2] === undefined ? [] : [match[2]])] : ['/bin/sh'];
}

function startsWith(bytes: Uint8Array, beginning: Uint8Array): boolean {
  return (
    bytes.length >= beginning.length && beginning.every((byte, index) => bytes[index] === byte)
  );
}
