// Paths that are no resources: discovery, OpenAPI, health, version, the keys of tokens. All of them are only read.

import { otherPaths, probe, VERSION } from './health.ts';
import type { Discovery } from './discovery.ts';
import type { ApiRequest } from './http.ts';
import { OpenApiRoutes } from './openapi-routes.ts';
import { type Reply, jsonReply, pageNotFound, textReply } from './reply.ts';
import { methodNotAllowed } from './status.ts';
import { ISSUER, type Tokens } from './tokens.ts';
import type { World } from './world.ts';

export interface NonResourceParts {
  world: World;
  discovery: Discovery;
  tokens: Tokens;
  serverAddress: string;
  isReady: () => boolean;
}

export class NonResourceRoutes {
  readonly #parts: NonResourceParts;
  readonly #openApi: OpenApiRoutes;

  constructor(parts: NonResourceParts) {
    this.#parts = parts;
    this.#openApi = new OpenApiRoutes(parts.world, parts.discovery);
  }

  answer(request: ApiRequest): Reply {
    const { path, query, method } = request;
    const reply = this.#read(path, query, request);
    if (method === 'GET' || method === 'HEAD') return reply;
    if (reply.status === 404) return reply;
    throw methodNotAllowed();
  }

  #read(path: string, query: URLSearchParams, request: ApiRequest): Reply {
    switch (path) {
      case '/':
        return jsonReply(JSON.stringify({ paths: this.#paths() }));
      case '/version':
      case '/version/':
        return jsonReply(JSON.stringify(VERSION));
      case '/.well-known/openid-configuration':
        return jsonReply(JSON.stringify(this.#openIdConfiguration()), 200, CACHED);
      case '/openid/v1/jwks':
        // Tokens are signed with a key that nobody else may have, so there is none to publish.
        return jsonReply(JSON.stringify({ keys: [] }), 200, { ...CACHED, 'Content-Type': JWKS });
      case '/metrics':
        return textReply('');
    }
    const health = probe(path, query, this.#parts.isReady());
    if (health) return textReply(health.body, health.status);
    if (path === '/openapi/v2' || path.startsWith('/openapi/v3'))
      return this.#openApi.answer(request);
    if (/^\/apis?(\/|$)/.test(path)) return this.#discovery(path, request);
    return pageNotFound();
  }

  #discovery(path: string, { headers }: ApiRequest): Reply {
    const answer = this.#parts.discovery.answer(path, headers['accept']);
    if (!answer) return pageNotFound();
    const { contentType, body, etag } = answer;
    const found: Reply = { status: 200, headers: { 'Content-Type': contentType }, body };
    if (etag === undefined) return found;
    const kept = { ...found.headers, 'Cache-Control': 'public', Etag: etag, Vary: 'Accept' };
    if (headers['if-none-match'] === etag) return { status: 304, headers: kept, body: '' };
    return { ...found, headers: kept };
  }

  #openIdConfiguration(): unknown {
    return {
      issuer: ISSUER,
      jwks_uri: `https://${this.#parts.serverAddress}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['HS256'],
    };
  }

  #paths(): string[] {
    const groups = this.#parts.discovery.groups();
    return [
      '/api',
      '/api/v1',
      '/apis',
      '/apis/',
      ...groups.flatMap(({ group, versions }) => [
        `/apis/${group}`,
        ...versions.map((version) => `/apis/${group}/${version}`),
      ]),
      ...otherPaths(),
    ].sort();
  }
}

const CACHED = { 'Cache-Control': 'public, max-age=3600' };
const JWKS = 'application/jwk-set+json';
