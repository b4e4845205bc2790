// The image busybox: one binary under all its names, and a shell that ends at once without a terminal or input.

import type { Image } from '../node/image.ts';
import { type ImageFamily, imageFamily } from './family.ts';
import { alpinePrograms } from './userland.ts';

/** Minor releases and their last patch. Source: busybox.net's news; the images carry the same numbers. */
const BRANCHES: Readonly<Record<string, number>> = {
  '1.28': 4,
  '1.29': 3,
  '1.30': 1,
  '1.31': 1,
  '1.32': 1,
  '1.33': 1,
  '1.34': 1,
  '1.35': 0,
  '1.36': 1,
  '1.37': 0,
};
const NAMED = ['latest', 'stable', 'unstable', '1'];
const LIBRARY = /^(uclibc|glibc|musl)$/;

/** `1.36.1-musl`, `stable`, `glibc`: whether the repository has the tag. */
function isReleased(tag: string): boolean {
  const dash = tag.lastIndexOf('-');
  if (LIBRARY.test(tag)) return true;
  if (dash >= 0 && !LIBRARY.test(tag.slice(dash + 1))) return false;
  const version = dash < 0 ? tag : tag.slice(0, dash);
  if (NAMED.includes(version)) return true;
  const [, minor = '', patch] = /^(1\.\d+)(?:\.(\d+))?$/.exec(version) ?? [];
  const last = BRANCHES[minor];
  return last !== undefined && Number(patch ?? last) <= last;
}

function busyboxImage(tag: string): Image | undefined {
  if (!isReleased(tag)) return undefined;
  return {
    repository: 'busybox',
    tags: [tag],
    entrypoint: [],
    cmd: ['sh'],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    workingDir: '/',
    user: { uid: 0, gid: 0, name: 'root', home: '/root' },
    stopSignal: 'SIGTERM',
    size: 2_220_000,
    memory: 512 * 1024,
    files: {
      '/etc/passwd':
        'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n',
      '/etc/group': 'root:x:0:\ndaemon:x:1:\nnobody:x:65534:\n',
      '/home': { directory: true },
      '/root': { directory: true, mode: 0o700 },
      '/tmp': { directory: true, mode: 0o1777 },
      '/var/www': { directory: true },
      '/usr/bin/env': { link: '../../bin/env' },
    },
    programs: alpinePrograms(),
  };
}

export const busybox: ImageFamily = imageFamily(
  'busybox',
  ['latest', 'stable', '1.37', '1.36', 'musl'],
  busyboxImage,
);
