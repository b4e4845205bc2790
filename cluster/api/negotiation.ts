// In which form a client wants its answer, and in which form it sends its body. Knows media types; knows no kinds.
// Source: "API Concepts" of the Kubernetes documentation (Accept with as, v and g); RFC 9110 for the grammar.

import { notAcceptable } from './status.ts';

export interface MediaType {
  /** `application/json`, lower case. */
  type: string;
  parameters: Readonly<Record<string, string>>;
}

/** `object` is the resource as it is; the others are views of it. */
export type View = 'object' | 'table' | 'metadata';

export interface Representation {
  view: View;
  /** Version of meta.k8s.io that the view is answered in. */
  metaVersion: 'v1' | 'v1beta1';
  encoding: 'json' | 'yaml';
}

/** What the API server says it can send. Protobuf is in the list because errors name it; it is never chosen. */
const AVAILABLE = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/json;stream=watch',
  'application/vnd.kubernetes.protobuf;stream=watch',
];

export const BODY_TYPES = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
];

export function parseMediaType(text: string): MediaType {
  const [type = '', ...rest] = text.split(';');
  const parameters: Record<string, string> = {};
  for (const each of rest) {
    const at = each.indexOf('=');
    if (at === -1) continue;
    parameters[each.slice(0, at).trim().toLowerCase()] = each
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1');
  }
  return { type: type.trim().toLowerCase(), parameters };
}

/** The types of an Accept header, best first: by q, and then in their order. */
export function parseAccept(header: string | undefined): MediaType[] {
  if (!header?.trim()) return [{ type: '*/*', parameters: {} }];
  const types = header.split(',').map(parseMediaType);
  return types
    .map((type, order) => ({ type, order, q: quality(type) }))
    .filter(({ q }) => q > 0)
    .sort((a, b) => b.q - a.q || a.order - b.order)
    .map(({ type }) => type);
}

function quality(type: MediaType): number {
  const q = Number(type.parameters['q'] ?? '1');
  return Number.isFinite(q) ? q : 1;
}

const PLAIN: Representation = { view: 'object', metaVersion: 'v1', encoding: 'json' };

/** Most clients send the same few headers over and over. */
const known = new Map<string, Representation>();
const KNOWN_HEADERS = 64;

/** Throws 406. */
export function negotiate(accept: string | undefined): Representation {
  if (accept === undefined || accept === 'application/json') return PLAIN;
  const cached = known.get(accept);
  if (cached) return cached;
  for (const type of parseAccept(accept)) {
    const chosen = representationOf(type);
    if (!chosen) continue;
    if (known.size >= KNOWN_HEADERS) known.clear();
    known.set(accept, chosen);
    return chosen;
  }
  throw notAcceptable(AVAILABLE);
}

function representationOf({ type, parameters }: MediaType): Representation | undefined {
  const encoding = encodingOf(type);
  if (!encoding) return undefined;
  const { as, g, v } = parameters;
  if (as === undefined) return { ...PLAIN, encoding };
  if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) return undefined;
  switch (as) {
    case 'Table':
      return { view: 'table', metaVersion: v, encoding };
    case 'PartialObjectMetadata':
    case 'PartialObjectMetadataList':
      return { view: 'metadata', metaVersion: v, encoding };
    default:
      return undefined;
  }
}

function encodingOf(type: string): 'json' | 'yaml' | undefined {
  switch (type) {
    case 'application/json':
    case 'application/*':
    case '*/*':
      return 'json';
    case 'application/yaml':
      return 'yaml';
    default:
      return undefined;
  }
}
