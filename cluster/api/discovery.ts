// What a server can do, as clients ask for it: aggregated and plain discovery, one text for each state of the registry.
// Knows the formats apidiscovery.k8s.io v2 and v2beta1 and meta/v1 APIGroupList; ignores what the kinds mean.

import type {
  Registry,
  ResourceDefinition,
  SubresourceDefinition,
  VersionDefinition,
} from '../schema/resource.ts';
import { apiVersionOf } from '../schema/resource.ts';
import type { Platform } from '../platform.ts';
import { bytesOf } from '../streams.ts';
import { encodeBase64 } from '../schema/base64.ts';
import { compareVersions } from '../schema/crd/versions.ts';
import { hexOf } from './digests.ts';
import { parseAccept } from './negotiation.ts';

export interface DiscoveryAnswer {
  contentType: string;
  body: string;
  /** Aggregated documents may be kept by clients and asked for again with If-None-Match. */
  etag?: string;
}

/** Where clients of any network reach the server. */
const ADDRESSES = (address: string) => [{ clientCIDR: '0.0.0.0/0', serverAddress: address }];

interface GroupVersion {
  group: string;
  version: string;
  kinds: { definition: ResourceDefinition; version: VersionDefinition }[];
}

export class Discovery {
  readonly #registry: Registry;
  readonly #sha256: Platform['sha256'];
  readonly #serverAddress: string;
  #generation = -1;
  #groups = new Map<string, GroupVersion[]>();
  readonly #texts = new Map<string, string>();

  constructor(registry: Registry, sha256: Platform['sha256'], serverAddress: string) {
    this.#registry = registry;
    this.#sha256 = sha256;
    this.#serverAddress = serverAddress;
  }

  /** Groups in order of priority, the core group aside; each with its versions, the preferred one first. */
  groups(): { group: string; versions: string[] }[] {
    return [...this.#grouped()]
      .filter(([group]) => group !== '')
      .map(([group, versions]) => ({ group, versions: versions.map(({ version }) => version) }));
  }

  /** The answer to GET of `/api`, `/apis`, `/apis/G`, `/api/V` or `/apis/G/V`; undefined where nothing is served. */
  answer(path: string, accept: string | undefined): DiscoveryAnswer | undefined {
    const parts = path.split('/').filter((part) => part !== '');
    const [prefix, ...rest] = parts;
    if (rest.length === 0) return this.#root(prefix === 'api', accept);
    const body = this.#text(path.replace(/\/$/, ''), () => {
      if (prefix === 'api')
        return rest.length === 1 ? this.#resources('', rest[0] ?? '') : undefined;
      if (rest.length === 1) return this.#group(rest[0] ?? '');
      return rest.length === 2 ? this.#resources(rest[0] ?? '', rest[1] ?? '') : undefined;
    });
    return body === undefined ? undefined : { contentType: 'application/json', body };
  }

  #root(core: boolean, accept: string | undefined): DiscoveryAnswer {
    const version = aggregatedVersion(accept);
    const prefix = core ? '/api' : '/apis';
    if (version === undefined) {
      const body = this.#text(prefix, () => (core ? this.#apiVersions() : this.#groupList()));
      return { contentType: 'application/json', body: body ?? '' };
    }
    const body = this.#text(`${prefix};${version}`, () => this.#aggregated(core, version)) ?? '';
    const etag =
      this.#text(
        `${prefix};${version};etag`,
        () => `"${hexOf(this.#sha256(bytesOf(body))).toUpperCase()}"`,
      ) ?? '';
    const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    return { contentType, body, etag };
  }

  /** The text kept for this state of the registry. */
  #text(key: string, make: () => unknown): string | undefined {
    this.#grouped();
    let text = this.#texts.get(key);
    if (text === undefined) {
      const made = make();
      if (made === undefined) return undefined;
      text = typeof made === 'string' ? made : `${JSON.stringify(made)}\n`;
      this.#texts.set(key, text);
    }
    return text;
  }

  #grouped(): Map<string, GroupVersion[]> {
    if (this.#generation === this.#registry.generation) return this.#groups;
    this.#generation = this.#registry.generation;
    this.#texts.clear();
    this.#groups = new Map();
    for (const definition of this.#registry.all()) {
      for (const version of definition.versions) {
        if (!version.served) continue;
        let versions = this.#groups.get(definition.group);
        if (!versions) this.#groups.set(definition.group, (versions = []));
        let found = versions.find((each) => each.version === version.version);
        if (!found)
          versions.push((found = { group: definition.group, version: version.version, kinds: [] }));
        found.kinds.push({ definition, version });
      }
    }
    for (const versions of this.#groups.values())
      versions.sort((a, b) => compareVersions(a.version, b.version));
    return this.#groups;
  }

  #apiVersions(): unknown {
    return {
      kind: 'APIVersions',
      versions: this.#groups.get('')?.map(({ version }) => version) ?? [],
      serverAddressByClientCIDRs: ADDRESSES(this.#serverAddress),
    };
  }

  #groupList(): unknown {
    const groups = [...this.#groups].filter(([group]) => group !== '').sort(byApiService);
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: groups.map(([group, versions]) => groupOf(group, versions)),
    };
  }

  #group(group: string): unknown {
    const versions = this.#groups.get(group);
    return versions && group !== ''
      ? { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group, versions) }
      : undefined;
  }

  #resources(group: string, version: string): unknown {
    const found = this.#groups.get(group)?.find((each) => each.version === version);
    if (!found) return undefined;
    return {
      kind: 'APIResourceList',
      ...(group === '' ? {} : { apiVersion: 'v1' }),
      groupVersion: apiVersionOf(group, version),
      resources: found.kinds.flatMap(({ definition }) => this.#apiResources(definition)),
    };
  }

  #apiResources(definition: ResourceDefinition): unknown[] {
    const { resource, singular, namespaced, kind, verbs, shortNames, categories } = definition;
    const stored = !definition.virtual;
    return [
      {
        name: resource,
        singularName: singular,
        namespaced,
        kind,
        verbs,
        ...(shortNames.length > 0 ? { shortNames } : {}),
        ...(categories.length > 0 ? { categories } : {}),
        ...(stored ? { storageVersionHash: this.#storageVersionHash(definition) } : {}),
      },
      ...definition.subresources.map((sub) => ({
        name: `${resource}/${sub.name}`,
        singularName: '',
        namespaced,
        ...(sub.group === undefined ? {} : { group: sub.group, version: sub.version }),
        kind: sub.kind,
        verbs: sub.verbs,
      })),
    ];
  }

  /** Eight bytes of a hash over what is stored: clients watch it to learn of migrations. */
  #storageVersionHash({ group, storageVersion, kind }: ResourceDefinition): string {
    return encodeBase64(this.#sha256(bytesOf(`${group}/${storageVersion}/${kind}`)).subarray(0, 8));
  }

  #aggregated(core: boolean, version: string): unknown {
    const groups = [...this.#groups].filter(([group]) => (group === '') === core);
    return {
      kind: 'APIGroupDiscoveryList',
      apiVersion: `apidiscovery.k8s.io/${version}`,
      metadata: {},
      items: groups.map(([group, versions]) => ({
        metadata: group === '' ? {} : { name: group },
        versions: versions.map((each) => ({
          version: each.version,
          resources: each.kinds.map(({ definition }) =>
            aggregatedResource(definition, each.version),
          ),
          freshness: 'Current',
        })),
      })),
    };
  }
}

/** Custom groups stand in the order of their APIServices' names, which begin with the version; the others stay. */
function byApiService(
  [a, aVersions]: readonly [string, readonly GroupVersion[]],
  [b, bVersions]: readonly [string, readonly GroupVersion[]],
): number {
  const isCustom = (versions: readonly GroupVersion[]) =>
    versions[0]?.kinds[0]?.definition.custom === true;
  if (!isCustom(aVersions) || !isCustom(bVersions)) return 0;
  const [left, right] = [`${aVersions[0]?.version}.${a}`, `${bVersions[0]?.version}.${b}`];
  return left < right ? -1 : 1;
}

function groupOf(group: string, versions: readonly GroupVersion[]): object {
  const named = versions.map(({ version }) => ({
    groupVersion: apiVersionOf(group, version),
    version,
  }));
  return { name: group, versions: named, preferredVersion: named[0] };
}

function aggregatedResource(definition: ResourceDefinition, version: string): unknown {
  const { resource, singular, namespaced, kind, verbs, shortNames, categories } = definition;
  return {
    resource,
    responseKind: responseKind(definition, version, { kind }),
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(definition.subresources.length > 0
      ? {
          subresources: definition.subresources.map((sub) => ({
            subresource: sub.name,
            responseKind: responseKind(definition, version, sub),
            verbs: sub.verbs,
          })),
        }
      : {}),
  };
}

/** Built-in kinds leave group and version empty where they are those of the document around them. */
function responseKind(
  definition: ResourceDefinition,
  version: string,
  sub: Pick<SubresourceDefinition, 'kind' | 'group' | 'version'>,
): unknown {
  if (sub.group !== undefined)
    return { group: sub.group, version: sub.version ?? '', kind: sub.kind };
  return definition.custom
    ? { group: definition.group, version, kind: sub.kind }
    : { group: '', version: '', kind: sub.kind };
}

/** The version of apidiscovery.k8s.io that the client would rather have than plain JSON. */
function aggregatedVersion(accept: string | undefined): string | undefined {
  for (const { type, parameters } of parseAccept(accept)) {
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue;
    const { as, g, v } = parameters;
    if (as === undefined) return undefined;
    if (as === 'APIGroupDiscoveryList' && g === 'apidiscovery.k8s.io')
      if (v === 'v2' || v === 'v2beta1') return v;
  }
  return undefined;
}
