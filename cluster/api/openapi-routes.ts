// OpenAPI documents by path, with the caching that clients rely on. The documents themselves are the schema's.
// Source: "OpenAPI V2" and "OpenAPI V3" in "The Kubernetes API"; headers as recorded.

import type { Clock } from '../clock.ts';
import { type OpenApiDocuments, openApiDocuments } from '../schema/openapi/documents.ts';
import type { Registry } from '../schema/resource.ts';
import { bytesOf } from '../streams.ts';
import { hexOf } from './digests.ts';
import type { Discovery } from './discovery.ts';
import type { ApiRequest } from './http.ts';
import { httpDate } from './http-date.ts';
import { parseAccept } from './negotiation.ts';
import type { Headers, Reply } from './reply.ts';
import { notAcceptable } from './status.ts';
import type { World } from './world.ts';

const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
/** How the type is written in the answer: a real server's slip, which clients know. */
const V2_PROTOBUF_ANSWER = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
/** A document asked for by its hash never changes: clients may keep it this long. */
const IMMUTABLE_MS = 365 * 86_400_000;

/** Paths with documents of their own that are no group and version. */
const OTHERS = ['.well-known/openid-configuration', 'api', 'apis', 'openid/v1/jwks', 'version'];

export class OpenApiRoutes {
  readonly #documents: OpenApiDocuments;
  readonly #registry: Registry;
  readonly #discovery: Discovery;
  readonly #clock: Clock;
  readonly #hash: (text: string) => string;
  #generation = -1;
  #index = '';
  #modified = 0;

  constructor({ registry, bundle, clock, platform }: World, discovery: Discovery) {
    this.#hash = (text) => hexOf(platform.sha256(bytesOf(text))).toUpperCase();
    this.#documents = openApiDocuments(registry, bundle, this.#hash);
    this.#registry = registry;
    this.#discovery = discovery;
    this.#clock = clock;
  }

  answer(request: ApiRequest): Reply {
    this.#refresh();
    const { path } = request;
    if (path === '/openapi/v2') return this.#v2(request);
    const document = path.slice('/openapi/v3/'.length);
    return document === '' ? this.#list(request) : this.#v3(document, request);
  }

  #refresh(): void {
    if (this.#generation === this.#registry.generation) return;
    this.#generation = this.#registry.generation;
    // Dates have seconds: two states within one must not look alike to a client's cache.
    this.#modified = Math.max(this.#clock.now(), this.#modified + 1_000);
    this.#index = this.#makeIndex();
  }

  /** Every document with the hash by which clients keep it. */
  #makeIndex(): string {
    const { paths } = JSON.parse(this.#documents.index()) as { paths: Record<string, unknown> };
    const groups = this.#discovery
      .groups()
      .filter(({ group }) =>
        this.#registry.all().some((each) => each.group === group && !each.custom),
      )
      .filter(({ group, versions }) => `apis/${group}/${versions[0]}` in paths);
    for (const path of [...OTHERS, ...groups.map(({ group }) => `apis/${group}`)])
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${this.#hash(path)}` };
    const sorted = Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify({ paths: Object.fromEntries(sorted) });
  }

  #list({ headers }: ApiRequest): Reply {
    const modified = httpDate(this.#modified);
    if (headers['if-modified-since'] === modified)
      return { status: 304, headers: { 'Last-Modified': modified }, body: '' };
    return {
      status: 200,
      headers: {
        'Accept-Ranges': 'bytes',
        'Content-Type': 'text/plain; charset=utf-8',
        'Last-Modified': modified,
      },
      body: this.#index,
    };
  }

  #v3(path: string, { headers, query }: ApiRequest): Reply {
    const found = this.#documents.v3(path) ?? this.#other(path);
    if (!found) return { status: 404, headers: {}, body: '' };
    const { hash } = found;
    const asked = query.get('hash');
    if (asked !== null && asked !== hash)
      return {
        status: 301,
        headers: { Location: `/openapi/v3/${path}?hash=${hash}` },
        body: '',
      };
    const kept: Headers = {
      Etag: `"${hash}"`,
      'Last-Modified': httpDate(this.#modified),
      Vary: 'Accept',
    };
    if (asked !== null) {
      kept['Cache-Control'] = 'public, immutable';
      kept['Expires'] = httpDate(this.#clock.now() + IMMUTABLE_MS).replace('GMT', 'UTC');
    }
    if (headers['if-none-match'] === `"${hash}"`) return { status: 304, headers: kept, body: '' };
    return {
      status: 200,
      headers: { 'Accept-Ranges': 'bytes', 'Content-Type': 'application/json', ...kept },
      body: found.body(),
    };
  }

  /** A group, or one of the paths beside the groups: one operation that reads it. */
  #other(path: string): { hash: string; body: () => Uint8Array } | undefined {
    if (!this.#index.includes(`"/openapi/v3/${path}?`)) return undefined;
    const body = () =>
      bytesOf(
        JSON.stringify({
          openapi: '3.0.0',
          info: { title: 'Kubernetes', version: '1.36' },
          paths: {
            [`/${path}/`]: {
              get: {
                description: `get /${path}`,
                responses: { '200': { description: 'OK' }, '401': { description: 'Unauthorized' } },
              },
            },
          },
        }),
      );
    return { hash: this.#hash(path), body };
  }

  #v2({ headers }: ApiRequest): Reply {
    const type = parseAccept(headers['accept']).find(
      (each) =>
        each.type === V2_PROTOBUF ||
        ['application/json', '*/*', 'application/*'].includes(each.type),
    );
    if (!type) throw notAcceptable(['application/json', V2_PROTOBUF]);
    const etag = `"${this.#hash(`v2 ${this.#index}`)}"`;
    const kept: Headers = {
      Etag: etag,
      'Last-Modified': httpDate(this.#modified),
      Vary: 'Accept',
    };
    if (headers['if-none-match'] === etag) return { status: 304, headers: kept, body: '' };
    const binary = type.type === V2_PROTOBUF;
    return {
      status: 200,
      headers: {
        'Accept-Ranges': 'bytes',
        'Content-Type': binary ? V2_PROTOBUF_ANSWER : 'application/json',
        ...kept,
      },
      body: binary ? this.#documents.v2Protobuf() : this.#documents.v2Json(),
    };
  }
}
