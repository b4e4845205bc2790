// A lab shell in a sandbox of bubblewrap (Linux): the system read-only, the workspace its own, an empty home, processes of its own.
// It keeps a slip of the fingers away from the rest of the machine. It keeps nothing from the network: kubectl needs it.
// Knows directories and bubblewrap's options; nothing of sessions.

import { execFile } from 'node:child_process';
import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, sep } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from './descriptors.ts';

export interface SandboxPlace {
  /** What its programs may write, besides /tmp and their home, which are forgotten at the end. */
  writable: readonly string[];
  /** What they may read outside of the system: the course, its Node, its tools. */
  readable: readonly string[];
  /** Their environment: directories of PATH are readable, HOME is empty. */
  env: Readonly<Record<string, string>>;
}

/** Links into /usr on most systems, directories on some. */
const SYSTEM = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/opt'];

/** Of /etc what programs need to find names, certificates, languages and terminals. No passwords, no keys. */
const SETTINGS =
  `alternatives bash.bashrc bash_completion.d ca-certificates ca-certificates.conf crypto-policies group host.conf hosts inputrc
  ld.so.cache ld.so.conf ld.so.conf.d locale.alias localtime mime.types nsswitch.conf passwd pki protocols resolv.conf services ssl
  terminfo timezone vim`.split(/\s+/);

const ISOLATION =
  `--unshare-user --unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try --disable-userns --cap-drop ALL
  --die-with-parent`.split(/\s+/);

/** Places that are its own, and empty. */
const FRESH = '--proc /proc --dev /dev --tmpfs /tmp --tmpfs /run'.split(' ');

/** `command` in the sandbox. Without a terminal session of its own, which would cost job control: the terminal is nobody else's anyway. */
export function sandboxed({ file, args }: Command, place: SandboxPlace): Command {
  const { HOME: home, PATH: path = '' } = place.env;
  const programs = path
    .split(delimiter)
    .filter((directory) => isAbsolute(directory) && !isOfTheSystem(directory));
  return {
    file: 'bwrap',
    args: [
      ...ISOLATION,
      '--ro-bind',
      '/usr',
      '/usr',
      ...SYSTEM.flatMap(systemDirectory),
      ...SETTINGS.flatMap(setting),
      ...FRESH,
      // What lies inside of the home is put back into the empty one.
      ...(home ? ['--tmpfs', home] : []),
      ...[...programs, ...place.readable].flatMap((directory) => bound('--ro-bind-try', directory)),
      ...place.writable.flatMap((directory) => bound('--bind-try', directory)),
      '--',
      file,
      ...args,
    ],
  };
}

/** Why there is no sandbox here and what to do, in a sentence; undefined where there is one. */
export async function whyNoSandbox(
  env: Record<string, string | undefined>,
): Promise<string | undefined> {
  const without = 'or start without MESHPROOF_SHELL: then terminals are your own shell';
  if (process.platform !== 'linux') {
    return `MESHPROOF_SHELL=sandbox needs bubblewrap, which there is for Linux alone. Start without MESHPROOF_SHELL: then terminals are your own shell.`;
  }
  try {
    const probe = [...ISOLATION, '--ro-bind', '/', '/', '--proc', '/proc', '--', 'true'];
    await promisify(execFile)('bwrap', probe, { env: { PATH: env['PATH'] } });
    return undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return `MESHPROOF_SHELL=sandbox needs bubblewrap, and there is none on this machine. Install it (Debian, Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap), ${without}.`;
    }
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    return `MESHPROOF_SHELL=sandbox: bubblewrap cannot make a sandbox on this machine (${said.split('\n').at(-1) || String(error)}). It needs version 0.8 and user namespaces, which some systems forbid; allow them, ${without}.`;
  }
}

function systemDirectory(path: string): string[] {
  if (!existsSync(path)) return [];
  return lstatSync(path).isSymbolicLink()
    ? ['--symlink', readlinkSync(path), path]
    : ['--ro-bind', path, path];
}

/** Links of /etc lead to where a sandbox has nothing. */
function setting(name: string): string[] {
  const path = join('/etc', name);
  return existsSync(path) ? ['--ro-bind', realpathSync(path), path] : [];
}

function bound(how: '--ro-bind-try' | '--bind-try', path: string): string[] {
  return [how, path, path];
}

function isOfTheSystem(directory: string): boolean {
  return ['/usr', ...SYSTEM].some(
    (system) => directory === system || directory.startsWith(system + sep),
  );
}

/** Where a program's own files are: `bin/node` beside `lib/`. */
export function installationOf(program: string): string {
  return dirname(dirname(program));
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
