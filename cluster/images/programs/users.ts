// Names of users and groups, from the container's own /etc/passwd and /etc/group.

import type { Process } from '../../node/process.ts';
import { decodeText } from './text.ts';

export interface User {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

function records(process: Process, path: string): string[][] {
  if (process.fs.stat(path)?.type !== 'file') return [];
  return decodeText(process.fs.readFile(path))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'));
}

export function users(process: Process): User[] {
  const listed = records(process, '/etc/passwd').map(([name = '', , uid, gid, , home = '/']) => ({
    name,
    uid: Number(uid),
    gid: Number(gid),
    home,
  }));
  const { user } = process;
  return listed.some(({ uid }) => uid === user.uid) || user.name === ''
    ? listed
    : [...listed, user];
}

export function userName(process: Process, uid: number): string {
  return users(process).find((user) => user.uid === uid)?.name ?? String(uid);
}

export function groupName(process: Process, gid: number): string {
  const listed = records(process, '/etc/group').find(([, , id]) => Number(id) === gid);
  return listed?.[0] ?? (gid === 0 ? 'root' : String(gid));
}

/** Groups a user is named in, besides his own. */
export function groupsOf(process: Process, user: User): { gid: number; name: string }[] {
  return records(process, '/etc/group')
    .filter(
      ([, , id, members = '']) => Number(id) !== user.gid && members.split(',').includes(user.name),
    )
    .map(([name = '', , id]) => ({ gid: Number(id), name }));
}

/** `0`, `root`; undefined when there is no such user. */
export function findUser(process: Process, text: string): User | undefined {
  return users(process).find((user) => user.name === text || String(user.uid) === text);
}
