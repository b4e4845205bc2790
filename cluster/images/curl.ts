// The image curlimages/curl: curl on Alpine, run by a user of its own. Its entrypoint lets `curl` be left out.

import type { Image } from '../node/image.ts';
import { type ImageFamily, imageFamily } from './family.ts';
import { curlProgram } from './programs/curl/curl.ts';
import { alpinePrograms, releaseFiles } from './userland.ts';

/** Minor releases of curl 8 and their last patch. Source: curl.se's table of releases. */
const BRANCHES: Readonly<Record<string, number>> = {
  '8.0': 1,
  '8.1': 2,
  '8.2': 1,
  '8.3': 0,
  '8.4': 0,
  '8.5': 0,
  '8.6': 0,
  '8.7': 1,
  '8.8': 0,
  '8.9': 1,
  '8.10': 1,
  '8.11': 1,
  '8.12': 1,
  '8.13': 0,
  '8.14': 1,
  '8.15': 0,
  '8.16': 0,
  '8.17': 0,
  '8.18': 0,
  '8.19': 0,
  '8.20': 0,
  '8.21': 0,
};
const LATEST = '8.21.0';

const USER = { uid: 100, gid: 101, name: 'curl_user', home: '/home/curl_user' };

/** An option, or a word that is no command, is meant for curl. */
const ENTRYPOINT = `#!/bin/sh
set -e
case "$1" in
  -*) exec curl "$@" ;;
esac
if ! command -v "$1" >/dev/null; then
  exec curl "$@"
fi
exec "$@"
`;

function versionOf(tag: string): string | undefined {
  if (tag === 'latest') return LATEST;
  const [, minor = '', patch] = /^(\d+\.\d+)\.(\d+)$/.exec(tag) ?? [];
  const last = BRANCHES[minor];
  return last !== undefined && Number(patch) <= last ? tag : undefined;
}

function curlImage(tag: string): Image | undefined {
  const version = versionOf(tag);
  if (version === undefined) return undefined;
  return {
    repository: 'curlimages/curl',
    tags: [tag],
    entrypoint: ['/entrypoint.sh'],
    cmd: ['curl'],
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      CURL_CA_BUNDLE: '/cacert.pem',
    },
    workingDir: '/home/curl_user',
    user: USER,
    stopSignal: 'SIGTERM',
    size: 10_300_000,
    files: {
      ...releaseFiles('alpine', [USER]),
      '/entrypoint.sh': ENTRYPOINT,
      '/home/curl_user': { directory: true, uid: USER.uid, gid: USER.gid },
      '/tmp': { directory: true, mode: 0o1777 },
    },
    programs: { ...alpinePrograms(), '/usr/bin/curl': curlProgram({ version }) },
  };
}

export const curl: ImageFamily = imageFamily(
  'curlimages/curl',
  ['latest', LATEST, '8.11.1'],
  curlImage,
);
