// All images this cluster can run, found by the names people give them.
// There is no registry behind it: a name it does not know is answered as containerd answers, with what it does know.

import type { Image, ImageRegistry, ResolvedImage } from '../node/image.ts';
import { busybox } from './busybox.ts';
import { curl } from './curl.ts';
import { type ImageFamily } from './family.ts';
import { fortio } from './fortio.ts';
import { httpEcho } from './http-echo.ts';
import { httpd } from './httpd.ts';
import { netshoot } from './netshoot.ts';
import { nginx } from './nginx.ts';
import { nginxHello } from './nginx-hello.ts';
import { postgres } from './postgres.ts';
import { type Reference, parseReference } from './reference.ts';

/** To add an image, write its file and add it here: see docs/adding-an-image.md. */
const families: readonly ImageFamily[] = [
  nginx,
  nginxHello,
  httpd,
  postgres,
  busybox,
  curl,
  netshoot,
  fortio,
  httpEcho,
];

export const imageRegistry: ImageRegistry = registryOf(families);

/** Those, and images that belong to one cluster: a mesh's. */
export function imageRegistryWith(more: readonly ImageFamily[]): ImageRegistry {
  return registryOf([...families, ...more]);
}

export function registryOf(known: readonly ImageFamily[]): ImageRegistry {
  const byName = new Map<string, ImageFamily>();
  for (const family of known) {
    byName.set(`docker.io/${pathOf(family.repository)}`, family);
    for (const alias of family.aliases ?? []) byName.set(alias, family);
  }
  return {
    resolve(text: string): ResolvedImage | { error: string; invalidName: boolean } {
      const reference = parseReference(text);
      if ('error' in reference) return { error: reference.error, invalidName: true };
      const family = byName.get(`${reference.registry}/${reference.path}`);
      const found = family && imageOf(family, reference);
      if (found) return resolved(found.image, found.tag, reference);
      return { error: pullError(reference, family, known), invalidName: false };
    },
  };
}

function pathOf(repository: string): string {
  return repository.includes('/') ? repository : `library/${repository}`;
}

/** By tag; a digest alone names the tag it was made from. */
function imageOf(
  family: ImageFamily,
  { registry, path, tag, digest }: Reference,
): { image: Image; tag: string } | undefined {
  const tags = tag === undefined ? family.examples : [tag];
  for (const candidate of tags) {
    if (digest !== undefined && digest !== digestOf(`${registry}/${path}:${candidate}`)) continue;
    const image = family.image(candidate);
    if (image) return { image, tag: candidate };
  }
  return undefined;
}

function resolved(image: Image, tag: string, { registry, path, digest }: Reference): ResolvedImage {
  const name = `${registry}/${path}`;
  const own = digestOf(`${name}:${tag}`);
  return {
    image,
    tag,
    reference: digest === undefined ? `${name}:${tag}` : `${name}@${own}`,
    imageId: `${name}@${own}`,
  };
}

/**
 * containerd's words for an image that is not there, then what is. Of a repository that is known the tags are named, else
 * the repositories.
 */
function pullError(
  { registry, path, tag, digest }: Reference,
  family: ImageFamily | undefined,
  known: readonly ImageFamily[],
): string {
  const name = `${registry}/${path}${digest === undefined ? `:${tag ?? 'latest'}` : `@${digest}`}`;
  const failed = `failed to pull and unpack image "${name}": failed to resolve reference "${name}"`;
  if (family)
    return `rpc error: code = NotFound desc = ${failed}: ${name}: not found (of ${family.repository} this embedded cluster runs the tags ${listed(family.examples)} and their like)`;
  const runs = `(this embedded cluster runs ${listed(known.map(({ repository }) => repository))})`;
  if (registry !== 'docker.io')
    return `${failed}: failed to do request: Head "https://${registry}/v2/${path}/manifests/${digest ?? tag ?? 'latest'}": dial tcp: lookup ${registry.replace(/:\d+$/, '')}: no such host ${runs}`;
  return `${failed}: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed ${runs}`;
}

function listed(words: readonly string[]): string {
  const sorted = [...words];
  const last = sorted.pop() ?? '';
  return sorted.length === 0 ? last : `${sorted.join(', ')} and ${last}`;
}

/**
 * A digest made from the name: the same in every cluster and every run, as a real image's is. It is no hash of any bytes,
 * for there are none; 256 bits of a simple mixing are enough to tell images apart.
 */
export function digestOf(name: string): string {
  let hex = '';
  for (let part = 0; part < 8; part++) {
    let hash = 0x811c9dc5 ^ (part * 0x9e3779b9);
    for (let at = 0; at < name.length; at++)
      hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193) ^ (hash >>> 15);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hex += ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, '0');
  }
  return `sha256:${hex}`;
}
