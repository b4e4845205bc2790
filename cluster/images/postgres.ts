// The image postgres, in the major versions people still run.

import type { Image } from '../node/image.ts';
import { type ImageFamily, imageFamily } from './family.ts';
import { pgIsReadyProgram, psqlProgram } from './postgres/client.ts';
import { entrypointProgram } from './postgres/entrypoint.ts';
import { postgresProgram } from './postgres/server.ts';
import { alpinePrograms, debianPrograms, releaseFiles } from './userland.ts';

/** The minor release of each major version. Source: PostgreSQL's release announcements; 13 ended with 13.23. */
const MINORS: Readonly<Record<string, number>> = {
  '12': 22,
  '13': 23,
  '14': 20,
  '15': 15,
  '16': 11,
  '17': 7,
  '18': 1,
};
const LATEST = '18';

export function postgresRelease(tag: string): { version: string; alpine: boolean } | undefined {
  const match =
    /^(?:(latest|\d+)(?:\.(\d+))?)?-?(alpine(?:3\.\d+)?|bookworm|trixie|bullseye)?$/.exec(tag);
  if (!match || tag === '') return undefined;
  const [, first = 'latest', minor, variant = ''] = match;
  const major = first === 'latest' ? LATEST : first;
  const last = MINORS[major];
  if (last === undefined || Number(minor ?? last) > last) return undefined;
  return { version: `${major}.${minor ?? last}`, alpine: variant.startsWith('alpine') };
}

function postgresImage(tag: string): Image | undefined {
  const release = postgresRelease(tag);
  if (!release) return undefined;
  const { version, alpine } = release;
  const major = Number(version.split('.')[0]);
  const bin = alpine ? '/usr/local/bin' : `/usr/lib/postgresql/${major}/bin`;
  const uid = alpine ? 70 : 999;
  return {
    repository: 'postgres',
    tags: [tag],
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['postgres'],
    env: {
      PATH: `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${bin}`,
      GOSU_VERSION: '1.19',
      LANG: 'en_US.utf8',
      PG_MAJOR: String(major),
      PG_VERSION: `${version}-1.pgdg12+1`,
      PGDATA: major >= 18 ? `/var/lib/postgresql/${major}/docker` : '/var/lib/postgresql/data',
    },
    workingDir: '/',
    user: { uid: 0, gid: 0, name: 'root', home: '/root' },
    stopSignal: 'SIGINT',
    size: alpine ? 108_000_000 : 158_000_000,
    memory: 38 * 1024 * 1024,
    files: {
      ...releaseFiles(alpine ? 'alpine' : 'bookworm', [
        { name: 'postgres', uid, gid: uid, home: '/var/lib/postgresql' },
      ]),
      '/docker-entrypoint-initdb.d': { directory: true },
      '/var/lib/postgresql/data': { directory: true, mode: 0o1777, uid, gid: uid },
      '/var/run/postgresql': { directory: true, mode: 0o3777, uid, gid: uid },
    },
    programs: {
      ...(alpine ? alpinePrograms() : debianPrograms()),
      '/usr/local/bin/docker-entrypoint.sh': entrypointProgram(major),
      [`${bin}/postgres`]: postgresProgram(version),
      [`${bin}/psql`]: psqlProgram(version),
      [`${bin}/pg_isready`]: pgIsReadyProgram(version),
    },
  };
}

export const postgres: ImageFamily = imageFamily(
  'postgres',
  ['latest', '17', '16', '13', '17-alpine'],
  postgresImage,
);
