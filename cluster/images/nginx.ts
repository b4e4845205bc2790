// The image nginx, in its tags from 1.7 to today: which version a tag means and what that version does differently.

import type { Image } from '../node/image.ts';
import { type ImageFamily, imageFamily } from './family.ts';
import { entrypoint, entrypointScripts } from './nginx/entrypoint.ts';
import { nginxFiles } from './nginx/files.ts';
import { nginxProgram } from './nginx/program.ts';
import { curlProgram } from './programs/curl/curl.ts';
import { alpinePrograms, debianPrograms, releaseFiles } from './userland.ts';

/** The last release of each branch, as its patch number. Source: nginx' change log; the newest are of mid-2026. */
const BRANCHES: Readonly<Record<string, number>> = {
  '1.7': 12,
  '1.8': 1,
  '1.9': 15,
  '1.10': 3,
  '1.11': 13,
  '1.12': 2,
  '1.13': 12,
  '1.14': 2,
  '1.15': 12,
  '1.16': 1,
  '1.17': 10,
  '1.18': 0,
  '1.19': 10,
  '1.20': 2,
  '1.21': 6,
  '1.22': 1,
  '1.23': 4,
  '1.24': 0,
  '1.25': 5,
  '1.26': 3,
  '1.27': 5,
  '1.28': 3,
  '1.29': 8,
  '1.30': 3,
  '1.31': 1,
};
const STABLE = '1.30';
const MAINLINE = '1.31';

/** What may follow a version. */
const VARIANT =
  /^(alpine(\d\.\d+)?(-slim|-perl|-otel)?|perl|otel|bookworm|bullseye|buster|trixie)(-perl|-otel)?$/;

/** `1.25.3-alpine` → its version and whether it is Alpine; undefined for a tag that was never released. */
export function nginxRelease(tag: string): { version: string; alpine: boolean } | undefined {
  const [first = '', ...rest] = tag.split('-');
  const named = ['latest', 'mainline', 'stable'].includes(first) || /^\d/.test(first);
  const variant = named ? rest.join('-') : tag;
  if (variant !== '' && !VARIANT.test(variant)) return undefined;
  const alpine = variant.startsWith('alpine');
  const branch =
    !named || first === 'latest' || first === 'mainline' || first === '1'
      ? MAINLINE
      : first === 'stable'
        ? STABLE
        : undefined;
  if (branch) return { version: `${branch}.${BRANCHES[branch] ?? 0}`, alpine };
  const [, minor = '', patch] = /^(1\.\d+)(?:\.(\d+))?$/.exec(first) ?? [];
  const last = BRANCHES[minor];
  if (last === undefined || Number(patch ?? last) > last) return undefined;
  return { version: `${minor}.${patch ?? last}`, alpine };
}

export function nginxImage(tag: string): Image | undefined {
  const release = nginxRelease(tag);
  if (!release) return undefined;
  const { version, alpine } = release;
  const minor = Number(version.split('.')[1]);
  // The image has its entrypoint since 1.19; before, it ran nginx and nothing else.
  const prepares = minor >= 19;
  const nginx = nginxProgram({ version, compiler: compilerOf(minor, alpine) });
  return {
    repository: 'nginx',
    tags: [tag],
    entrypoint: prepares ? ['/docker-entrypoint.sh'] : [],
    cmd: ['nginx', '-g', 'daemon off;'],
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      NGINX_VERSION: version,
      PKG_RELEASE: alpine ? '1' : minor >= 29 ? '1~trixie' : '1~bookworm',
    },
    workingDir: '/',
    user: { uid: 0, gid: 0, name: 'root', home: '/root' },
    stopSignal: minor >= 17 ? 'SIGQUIT' : 'SIGTERM',
    size: alpine ? 22_100_000 : 72_200_000,
    memory: 7 * 1024 * 1024,
    files: {
      ...releaseFiles(alpine ? 'alpine' : minor >= 29 ? 'trixie' : 'bookworm', [
        { name: 'nginx', uid: 101, gid: 101, home: '/nonexistent' },
      ]),
      ...nginxFiles({ newWelcome: minor >= 29, errorLevel: minor >= 21 ? 'notice' : 'warn' }),
    },
    programs: {
      ...(alpine ? alpinePrograms() : debianPrograms()),
      '/usr/sbin/nginx': nginx,
      // There since the entrypoint is, but for the images called slim. Source: docker-nginx, its Dockerfile templates.
      ...(prepares && !tag.includes('slim')
        ? { '/usr/bin/curl': curlProgram({ version: curlOf(minor, alpine) }) }
        : {}),
      ...(prepares ? { '/docker-entrypoint.sh': entrypoint, ...entrypointScripts } : {}),
    },
  };
}

function compilerOf(minor: number, alpine: boolean): string {
  if (alpine)
    return minor >= 29
      ? 'gcc 14.2.0 (Alpine 14.2.0) '
      : 'gcc 13.2.1 20240309 (Alpine 13.2.1_git20240309) ';
  if (minor >= 29) return 'gcc 14.2.0 (Debian 14.2.0-19) ';
  return minor >= 25 ? 'gcc 12.2.0 (Debian 12.2.0-14) ' : 'gcc 10.2.1 20210110 (Debian 10.2.1-6) ';
}

/** The curl of the distribution an image stands on: Debian's bullseye, bookworm and trixie; Alpine's 3.22. */
function curlOf(minor: number, alpine: boolean): string {
  if (alpine || minor >= 29) return '8.14.1';
  return minor >= 25 ? '7.88.1' : '7.74.0';
}

export const nginx: ImageFamily = imageFamily(
  'nginx',
  ['latest', STABLE, MAINLINE, 'alpine', '1.27', '1.25'],
  nginxImage,
);
