// All OpenAPI documents of one cluster, as the bytes that go out: built-in ones are written once a process and shared, those of
// CRDs once for each change of the registry.
// Knows what documents there are; knows nothing of HTTP.

import { bytesOf, concatBytes } from '../../streams.ts';
import type { SchemaBundle } from '../bundle.ts';
import { apiVersionOf, type Registry, type ResourceDefinition } from '../resource.ts';
import { v2Json, v2Part, v2Protobuf } from './v2.ts';
import { v3Document } from './v3.ts';

export interface OpenApiDocuments {
  /** The JSON of `/openapi/v3`: every document with its `hash`, by which clients cache it. */
  index(): string;
  /** The document at `api/v1`, `apis/apps/v1` …; undefined where there is none. */
  v3(path: string): OpenApiDocument | undefined;
  /** `application/com.github.proto-openapi.spec.v2@v1.0+protobuf` */
  v2Protobuf(): Uint8Array;
  v2Json(): Uint8Array;
}

export interface OpenApiDocument {
  hash: string;
  /** Written when first asked for. */
  body(): Uint8Array;
}

interface GroupVersion {
  path: string;
  group: string;
  version: string;
  definitions: ResourceDefinition[];
}

/** Documents of built-in kinds, by bundle: path → bytes. */
interface Shared {
  v3: Map<string, Uint8Array>;
  v2: Uint8Array | undefined;
}

const sharedOf = new WeakMap<SchemaBundle, Shared>();

function shared(bundle: SchemaBundle): Shared {
  let found = sharedOf.get(bundle);
  if (!found) sharedOf.set(bundle, (found = { v3: new Map(), v2: undefined }));
  return found;
}

/** `hash` makes any text a short name for it; it never needs to be undone. */
export function openApiDocuments(
  registry: Registry,
  bundle: SchemaBundle,
  hash: (text: string) => string,
): OpenApiDocuments {
  return new Documents(registry, bundle, hash);
}

class Documents implements OpenApiDocuments {
  readonly #registry: Registry;
  readonly #bundle: SchemaBundle;
  readonly #hash: (text: string) => string;
  #generation = -1;
  #custom = new Map<string, Uint8Array>();
  #hashes = new Map<string, string>();
  #v2: Uint8Array | undefined;

  constructor(registry: Registry, bundle: SchemaBundle, hash: (text: string) => string) {
    this.#registry = registry;
    this.#bundle = bundle;
    this.#hash = hash;
  }

  index(): string {
    this.#refresh();
    const paths = Object.fromEntries(
      this.#groupVersions().map((each) => [
        each.path,
        { serverRelativeURL: `/openapi/v3/${each.path}?hash=${this.#hashOf(each)}` },
      ]),
    );
    return JSON.stringify({ paths });
  }

  v3(path: string): OpenApiDocument | undefined {
    this.#refresh();
    const found = this.#groupVersions().find((each) => each.path === path);
    return found && { hash: this.#hashOf(found), body: () => this.#body(found) };
  }

  v2Protobuf(): Uint8Array {
    this.#refresh();
    const cache = shared(this.#bundle);
    cache.v2 ??= v2Protobuf(v2Part(this.#builtIn(), this.#bundle), true);
    const custom = this.#customDefinitions();
    if (custom.length === 0) return cache.v2;
    this.#v2 ??= concatBytes([cache.v2, v2Protobuf(v2Part(custom, this.#bundle), false)]);
    return this.#v2;
  }

  v2Json(): Uint8Array {
    const parts = [v2Part(this.#builtIn(), this.#bundle)];
    const custom = this.#customDefinitions();
    if (custom.length > 0) parts.push(v2Part(custom, this.#bundle));
    return bytesOf(JSON.stringify(v2Json(parts)));
  }

  /** CRDs may have come or gone since. */
  #refresh(): void {
    if (this.#generation === this.#registry.generation) return;
    this.#generation = this.#registry.generation;
    this.#custom.clear();
    this.#hashes.clear();
    this.#v2 = undefined;
  }

  #builtIn(): ResourceDefinition[] {
    return this.#registry.all().filter((each) => !each.custom && hasTypes(each, this.#bundle));
  }

  #customDefinitions(): ResourceDefinition[] {
    return this.#registry.all().filter((each) => each.custom);
  }

  /** In order of their paths, as the index lists them. */
  #groupVersions(): GroupVersion[] {
    const found = new Map<string, GroupVersion>();
    for (const definition of [...this.#builtIn(), ...this.#customDefinitions()])
      for (const { version, served } of definition.versions) {
        if (!served) continue;
        const { group } = definition;
        const path = group === '' ? 'api/v1' : `apis/${apiVersionOf(group, version)}`;
        const known = found.get(path);
        if (known) known.definitions.push(definition);
        else found.set(path, { path, group, version, definitions: [definition] });
      }
    return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Built-in documents are named by the API's version, custom ones by their schemas. */
  #hashOf(each: GroupVersion): string {
    let known = this.#hashes.get(each.path);
    if (known === undefined) {
      const schemas = each.definitions
        .filter((definition) => definition.custom)
        .map((definition) => [
          definition.kind,
          definition.versions.find((v) => v.version === each.version)?.schema.root,
        ]);
      known = this.#hash(`${each.path} 1.36 ${JSON.stringify(schemas)}`);
      this.#hashes.set(each.path, known);
    }
    return known;
  }

  #body(each: GroupVersion): Uint8Array {
    const isCustom = each.definitions.some((definition) => definition.custom);
    const cache = isCustom ? this.#custom : shared(this.#bundle).v3;
    let body = cache.get(each.path);
    if (!body) {
      body = bytesOf(
        JSON.stringify(v3Document(each.group, each.version, each.definitions, this.#bundle)),
      );
      cache.set(each.path, body);
    }
    return body;
  }
}

/** Metrics have no described types. */
function hasTypes(definition: ResourceDefinition, bundle: SchemaBundle): boolean {
  return definition.versions.some(
    ({ schema }) => schema.typeName !== undefined && schema.typeName in bundle.types,
  );
}
