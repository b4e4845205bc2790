// Tokens of service accounts: JSON Web Tokens that this cluster signs and knows again. Knows accounts and pods by the store.
// The signature is HMAC-SHA256 with a key of the cluster's own, for there is no RSA here; the claims are a real server's.
// Source: "Service account tokens" of the Kubernetes documentation; RFC 7515 and RFC 2104.

import type { Clock } from '../clock.ts';
import type { Platform } from '../platform.ts';
import { fieldsOf, numberOf, stringOf, stringsOf } from '../schema/fields.ts';
import type { Store } from '../store/store.ts';
import { bytesOf, concatBytes, textOf } from '../streams.ts';
import { base64UrlBytes, base64UrlOf } from './digests.ts';
import type { UserInfo } from './http.ts';

export const ISSUER = 'https://kubernetes.default.svc.cluster.local';
/** Seconds. */
export const DEFAULT_EXPIRATION_S = 3_600;
export const MIN_EXPIRATION_S = 600;
const MAX_EXPIRATION_S = 2 ** 32;
/** SHA-256 works on blocks of this many bytes. */
const BLOCK_BYTES = 64;
export const KEY_BYTES = 32;

export interface TokenSubject {
  namespace: string;
  name: string;
  uid: string;
}

export interface BoundObject {
  kind: 'Pod' | 'Secret' | 'Node';
  name: string;
  uid: string;
}

export interface IssuedToken {
  token: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

export class Tokens {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #platform: Platform;
  readonly #newId: () => string;
  readonly key: Uint8Array;

  /** @param key as a snapshot kept it: tokens outlive a restart. */
  constructor(parts: {
    store: Store;
    clock: Clock;
    platform: Platform;
    newId: () => string;
    key?: Uint8Array | undefined;
  }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#platform = parts.platform;
    this.#newId = parts.newId;
    this.key = parts.key ?? parts.platform.randomBytes(KEY_BYTES);
  }

  issue(
    subject: TokenSubject,
    options: { audiences?: readonly string[]; seconds?: number; bound?: BoundObject | undefined },
  ): IssuedToken {
    const seconds = Math.min(options.seconds ?? DEFAULT_EXPIRATION_S, MAX_EXPIRATION_S);
    const now = Math.floor(this.#clock.now() / 1000);
    const { bound } = options;
    const node = bound?.kind === 'Pod' ? this.#nodeOf(subject.namespace, bound.name) : undefined;
    const claims = {
      aud: options.audiences?.length ? options.audiences : [ISSUER],
      exp: now + seconds,
      iat: now,
      iss: ISSUER,
      jti: this.#newId(),
      'kubernetes.io': {
        namespace: subject.namespace,
        ...(node ? { node } : {}),
        ...(bound ? { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } } : {}),
        serviceaccount: { name: subject.name, uid: subject.uid },
      },
      nbf: now,
      sub: `system:serviceaccount:${subject.namespace}:${subject.name}`,
    };
    const header = encoded({ alg: 'HS256', kid: base64UrlOf(this.key.subarray(0, 8)) });
    const signed = `${header}.${encoded(claims)}`;
    return { token: `${signed}.${this.#signature(signed)}`, expiresAt: (now + seconds) * 1000 };
  }

  #nodeOf(namespace: string, pod: string): { name: string; uid: string } | undefined {
    const spec = fieldsOf(this.#store.get('pods', namespace, pod)?.['spec']);
    const name = stringOf(spec['nodeName']);
    const node = name === '' ? undefined : this.#store.get('nodes', undefined, name);
    return node && { name, uid: node.metadata.uid };
  }

  /** Whose token it is; undefined when it is no good (any more). */
  authenticate(
    token: string,
    audiences: readonly string[] = [ISSUER],
  ): { user: UserInfo; audiences: string[] } | undefined {
    const parts = token.split('.');
    const [header, payload, signature] = parts;
    if (parts.length !== 3 || !header || !payload || !signature) return undefined;
    if (!sameText(this.#signature(`${header}.${payload}`), signature)) return undefined;
    const claims = fieldsOf(decoded(payload));
    const now = this.#clock.now() / 1000;
    if ((numberOf(claims['exp']) ?? 0) <= now || (numberOf(claims['nbf']) ?? 0) > now + 1)
      return undefined;
    const meant = stringsOf(claims['aud']).filter((audience) => audiences.includes(audience));
    if (meant.length === 0) return undefined;
    const user = this.#userOf(claims);
    return user && { user, audiences: meant };
  }

  /** The account must still be there, and so must what the token was bound to. */
  #userOf(claims: Readonly<Record<string, unknown>>): UserInfo | undefined {
    const kubernetes = fieldsOf(claims['kubernetes.io']);
    const namespace = stringOf(kubernetes['namespace']);
    const claimed = fieldsOf(kubernetes['serviceaccount']);
    const name = stringOf(claimed['name']);
    const account = this.#store.get('serviceaccounts', namespace, name);
    if (!account || account.metadata.uid !== claimed['uid']) return undefined;
    const extra: Record<string, string[]> = {
      'authentication.kubernetes.io/credential-id': [`JTI=${stringOf(claims['jti'])}`],
    };
    for (const [kind, resource] of [
      ['node', 'nodes'],
      ['pod', 'pods'],
      ['secret', 'secrets'],
    ] as const) {
      const bound = kubernetes[kind];
      if (bound === undefined) continue;
      const { name: boundName, uid } = fieldsOf(bound);
      const there = this.#store.get(
        resource,
        kind === 'node' ? undefined : namespace,
        stringOf(boundName),
      );
      if (!there || there.metadata.uid !== uid) return undefined;
      if (kind === 'secret') continue;
      extra[`authentication.kubernetes.io/${kind}-name`] = [stringOf(boundName)];
      extra[`authentication.kubernetes.io/${kind}-uid`] = [stringOf(uid)];
    }
    return {
      name: `system:serviceaccount:${namespace}:${name}`,
      uid: account.metadata.uid,
      groups: [
        'system:serviceaccounts',
        `system:serviceaccounts:${namespace}`,
        'system:authenticated',
      ],
      extra,
    };
  }

  #signature(text: string): string {
    const block = new Uint8Array(BLOCK_BYTES);
    block.set(this.key);
    const inner = concatBytes([block.map((byte) => byte ^ 0x36), bytesOf(text)]);
    const outer = concatBytes([block.map((byte) => byte ^ 0x5c), this.#platform.sha256(inner)]);
    return base64UrlOf(this.#platform.sha256(outer));
  }
}

function encoded(value: unknown): string {
  return base64UrlOf(bytesOf(JSON.stringify(value)));
}

function decoded(part: string): unknown {
  const bytes = base64UrlBytes(part);
  // It was signed by us, so it is JSON.
  return bytes ? (JSON.parse(textOf(bytes)) as unknown) : undefined;
}

/** Takes as long for wrong signatures as for right ones. */
function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let different = 0;
  for (let at = 0; at < a.length; at++) different |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return different === 0;
}
