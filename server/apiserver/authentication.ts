// Who sends a request, by their client certificate or bearer token, as the API server's own flags would have it.

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { UserInfo } from '../../cluster/api/http.ts';

export type TokenCheck = (token: string) => UserInfo | undefined | Promise<UserInfo | undefined>;

/** Credentials were shown and are not good: 401, whatever was asked for. */
export const rejected = Symbol('rejected');

/** The user; undefined when nobody showed credentials; or `rejected`. */
export async function authenticate(
  request: IncomingMessage,
  checkToken: TokenCheck,
): Promise<UserInfo | undefined | typeof rejected> {
  const { socket } = request;
  const certified = socket instanceof TLSSocket ? certificateUser(socket) : undefined;
  if (certified) return certified;
  const token = bearerToken(request.headers.authorization);
  if (token === undefined) return undefined;
  return (await checkToken(token)) ?? rejected;
}

const certified = new WeakMap<TLSSocket, UserInfo | typeof rejected | 'none'>();

/** Worked out once a connection. A certificate of another CA is shown in vain. */
function certificateUser(socket: TLSSocket): UserInfo | typeof rejected | undefined {
  let user = certified.get(socket);
  if (user === undefined) certified.set(socket, (user = readCertificate(socket)));
  return user === 'none' ? undefined : user;
}

function readCertificate(socket: TLSSocket): UserInfo | typeof rejected | 'none' {
  const { subject, raw } = socket.getPeerCertificate();
  if (!subject) return 'none';
  if (!socket.authorized) return rejected;
  const groups = subject.O === undefined ? [] : [subject.O].flat();
  const fingerprint = createHash('sha256').update(raw).digest('hex');
  return {
    name: String(subject.CN),
    groups: [...groups, 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
  };
}

function bearerToken(header: string | undefined): string | undefined {
  const [scheme, token] = header?.trim().split(/\s+/) ?? [];
  return scheme?.toLowerCase() === 'bearer' && token ? token : undefined;
}
