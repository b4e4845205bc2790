// Acting as somebody else: the headers that ask for it, and whether the asker may.
// Source: "User impersonation" of the Kubernetes documentation.

import type { ApiRequest, UserInfo } from '../http.ts';
import { internalError } from '../status.ts';
import type { Authorization } from './authorization.ts';

const USER = 'impersonate-user';
const GROUP = 'impersonate-group';
const UID = 'impersonate-uid';
const EXTRA = 'impersonate-extra-';
const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** Who the request is made as. Throws 403. */
export function impersonated(
  user: UserInfo,
  headers: ApiRequest['headers'],
  authorization: Authorization,
): UserInfo {
  const name = headers[USER];
  const groups = listed(headers[GROUP]);
  const extras = Object.entries(headers).filter(([header]) => header.startsWith(EXTRA));
  const uid = headers[UID];
  if (name === undefined || name === '') {
    if (groups.length > 0 || extras.length > 0 || uid !== undefined)
      throw internalError('requested impersonation without impersonating a user name');
    return user;
  }
  const require = (resource: string, asked: string, group = '', namespace = '', subresource = '') =>
    authorization.require(user, {
      verb: 'impersonate',
      group,
      resource,
      subresource,
      namespace,
      name: asked,
    });
  const account = SERVICE_ACCOUNT.exec(name);
  if (account) require('serviceaccounts', account[2] ?? '', '', account[1]);
  else require('users', name);
  for (const group of groups) require('groups', group);
  if (uid !== undefined) require('uids', uid, 'authentication.k8s.io');
  const extra: Record<string, string[]> = {};
  for (const [header, value] of extras) {
    const key = decodeURIComponentSafely(header.slice(EXTRA.length));
    for (const each of listed(value)) {
      require('userextras', each, 'authentication.k8s.io', '', key);
      (extra[key] ??= []).push(each);
    }
  }
  return {
    name,
    ...(uid === undefined ? {} : { uid }),
    groups: withImpliedGroups(name, groups, account?.[1]),
    ...(extras.length > 0 ? { extra } : {}),
  };
}

function withImpliedGroups(
  name: string,
  groups: readonly string[],
  accountNamespace: string | undefined,
): string[] {
  const given =
    groups.length === 0 && accountNamespace !== undefined
      ? ['system:serviceaccounts', `system:serviceaccounts:${accountNamespace}`]
      : [...groups];
  if (name === 'system:anonymous')
    return given.includes('system:unauthenticated') ? given : [...given, 'system:unauthenticated'];
  if (given.includes('system:authenticated') || given.includes('system:unauthenticated'))
    return given;
  return [...given, 'system:authenticated'];
}

/** Repeated headers come joined by commas. */
function listed(header: string | undefined): string[] {
  return header === undefined
    ? []
    : header
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== '');
}

/** Keys of extras are percent-encoded where headers could not carry them. */
function decodeURIComponentSafely(key: string): string {
  return key.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
