// The API as a program in a pod reads it: by its service account's token, with that account's rights, and without HTTP, TLS
// and JSON in between, which a simulated pod has no way for. What may not be read is refused in the API's words.

import type { KubeObject } from '../object.ts';
import type { GroupResource } from '../schema/resource.ts';
import type { Authorization } from './authorization/authorization.ts';
import type { ApiClient } from './client.ts';
import { StatusError, unauthorized } from './status.ts';
import type { Tokens } from './tokens.ts';
import { ANONYMOUS } from './world.ts';

export interface ObjectReader {
  /** Without a namespace: of all. Empty for a kind that is not served. Throws StatusError: 401, 403. */
  list(resource: GroupResource, namespace?: string): readonly KubeObject[];
  get(resource: GroupResource, namespace: string | undefined, name: string): KubeObject | undefined;
}

export class TokenReader implements ObjectReader {
  readonly #client: ApiClient;
  readonly #tokens: Tokens;
  readonly #authorization: Authorization;
  readonly #token: () => string | undefined;

  /** @param token asked for each time: the kubelet renews it. */
  constructor(parts: {
    client: ApiClient;
    tokens: Tokens;
    authorization: Authorization;
    token: () => string | undefined;
  }) {
    this.#client = parts.client;
    this.#tokens = parts.tokens;
    this.#authorization = parts.authorization;
    this.#token = parts.token;
  }

  list(resource: GroupResource, namespace?: string): readonly KubeObject[] {
    this.#require('list', resource, namespace ?? '', '');
    try {
      return this.#client.list(resource, namespace);
    } catch (error) {
      if (error instanceof StatusError && error.status.code === 400) return [];
      throw error;
    }
  }

  get(
    resource: GroupResource,
    namespace: string | undefined,
    name: string,
  ): KubeObject | undefined {
    this.#require('get', resource, namespace ?? '', name);
    return this.#client.get(resource, namespace, name);
  }

  #require(verb: string, groupResource: GroupResource, namespace: string, name: string): void {
    const token = this.#token();
    const user = token === undefined ? ANONYMOUS : this.#tokens.authenticate(token)?.user;
    if (!user) throw unauthorized();
    const dot = groupResource.indexOf('.');
    const resource = dot === -1 ? groupResource : groupResource.slice(0, dot);
    const group = dot === -1 ? '' : groupResource.slice(dot + 1);
    const action = { verb, group, resource, subresource: '', namespace, name };
    this.#authorization.require(user, action);
  }
}
