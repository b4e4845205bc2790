// What the server images have beside their server: a shell and the small tools of their distribution.
// Knows nothing of the servers.

import type { ImageFile } from '../node/image.ts';
import type { Program } from '../node/process.ts';

export type Distribution = 'alpine' | 'bookworm' | 'trixie';

/** Debian's shell and tools. */
export function debianPrograms(): Record<string, Program> {
  return {};
}

/** Alpine's: busybox, and curl where the image has it. */
export function alpinePrograms(): Record<string, Program> {
  return {};
}

const releases: Readonly<Record<Distribution, string>> = {
  alpine:
    'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.22.1\nPRETTY_NAME="Alpine Linux v3.22"\nHOME_URL="https://alpinelinux.org/"\n',
  bookworm:
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\nHOME_URL="https://www.debian.org/"\n',
  trixie:
    'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nVERSION="13 (trixie)"\nVERSION_CODENAME=trixie\nID=debian\nHOME_URL="https://www.debian.org/"\n',
};

/** /etc/os-release and the accounts of an image. */
export function releaseFiles(
  distribution: Distribution,
  accounts: readonly { name: string; uid: number; gid: number; home: string }[],
): Record<string, ImageFile> {
  const shell = distribution === 'alpine' ? '/bin/sh' : '/bin/bash';
  const lines = [
    `root:x:0:0:root:/root:${shell}`,
    'daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin',
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
    ...accounts.map(
      ({ name, uid, gid, home }) => `${name}:x:${uid}:${gid}:${name}:${home}:/usr/sbin/nologin`,
    ),
  ];
  const groups = [
    'root:x:0:',
    'daemon:x:1:',
    'nogroup:x:65534:',
    ...accounts.map(({ name, gid }) => `${name}:x:${gid}:`),
  ];
  return {
    '/etc/os-release': releases[distribution],
    '/etc/passwd': `${lines.join('\n')}\n`,
    '/etc/group': `${groups.join('\n')}\n`,
    '/usr/share/doc': { directory: true },
    '/home': { directory: true },
    '/var/tmp': { directory: true, mode: 0o1777 },
  };
}
