// OpenAPI documents by path. The documents themselves are the schema's; here they are found, hashed and kept.

import type { Discovery } from './discovery.ts';
import type { ApiRequest } from './http.ts';
import { type Reply, jsonReply, pageNotFound } from './reply.ts';
import type { World } from './world.ts';

export class OpenApiRoutes {
  readonly #world: World;
  readonly #discovery: Discovery;

  constructor(world: World, discovery: Discovery) {
    this.#world = world;
    this.#discovery = discovery;
  }

  answer({ path }: ApiRequest): Reply {
    if (path === '/openapi/v3' || path === '/openapi/v3/') return this.#index();
    return pageNotFound();
  }

  #index(): Reply {
    void this.#world;
    const paths: Record<string, unknown> = {};
    for (const { group, versions } of this.#discovery.groups())
      for (const version of versions)
        paths[`apis/${group}/${version}`] = {
          serverRelativeURL: `/openapi/v3/apis/${group}/${version}`,
        };
    return jsonReply(JSON.stringify({ paths }));
  }
}
