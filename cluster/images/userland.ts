// What the server images have beside their server: a shell and the small tools of their distribution.
// Knows nothing of the servers.

import type { ImageFile } from '../node/image.ts';
import type { Program } from '../node/process.ts';
import { busyboxApplets } from './programs/table.ts';
import { shellProgram } from './shell/program.ts';

export type Distribution = 'alpine' | 'bookworm' | 'trixie';

/** Tools of a slim Debian image. Those for processes and networks (ps, ip, ping, wget) are not among them, as in life. */
const DEBIAN_TOOLS =
  `[ arch awk base64 basename cat chgrp chmod chown cmp cp cut date dd df diff dirname du echo
  egrep env expand expr false fgrep find fold grep groups gunzip gzip head hostname id join kill ln ls md5sum mkdir mktemp mv
  nl nohup nproc od paste printenv printf pwd readlink realpath rev rm rmdir sed seq sha256sum sleep sort split stat stty sync tac
  tail tar tee test timeout touch tr true truncate tty uname uniq unlink wc which whoami xargs yes`.split(
    /\s+/,
  );

/** Debian's shells and tools, of those this cluster has. `/bin` is a link to `/usr/bin`: see releaseFiles. */
export function debianPrograms(): Record<string, Program> {
  const programs: Record<string, Program> = {
    '/usr/bin/sh': shellProgram({ flavour: 'ash' }),
    '/usr/bin/bash': shellProgram({ flavour: 'bash' }),
  };
  for (const name of DEBIAN_TOOLS) {
    const program = busyboxApplets[name];
    if (program) programs[`/usr/bin/${name}`] = program;
  }
  return programs;
}

/** Alpine's: busybox under all its names. */
export function alpinePrograms(): Record<string, Program> {
  return Object.fromEntries(
    Object.entries(busyboxApplets).map(([name, program]) => [`/bin/${name}`, program]),
  );
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
    ...(distribution === 'alpine'
      ? {}
      : {
          '/bin': { link: 'usr/bin' },
          '/sbin': { link: 'usr/sbin' },
          '/etc/bash.bashrc': "PS1='\\u@\\h:\\w\\$ '\n",
        }),
    '/etc/os-release': releases[distribution],
    '/etc/passwd': `${lines.join('\n')}\n`,
    '/etc/group': `${groups.join('\n')}\n`,
    '/usr/share/doc': { directory: true },
    '/home': { directory: true },
    '/var/tmp': { directory: true, mode: 0o1777 },
  };
}
