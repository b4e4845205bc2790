// Who is on the other side of a connection, as two proxies tell each other.
// In life the metadata travels as protobuf in the headers named here; ours is JSON in the same place.
// Source: istio/proxy extensions, peer_metadata filter.

import { decodeBase64, encodeBase64 } from '../../schema/base64.ts';
import { bytesOf, textOf } from '../../streams.ts';
import type { Workload } from '../routing/workloads.ts';

export const PEER_METADATA = 'x-envoy-peer-metadata';
export const PEER_METADATA_ID = 'x-envoy-peer-metadata-id';

/** From the certificate: undefined for plaintext. */
export type Principal = string | undefined;

export function encodeWorkload(workload: Workload): string {
  return encodeBase64(bytesOf(JSON.stringify(workload)));
}

/** Undefined for what no proxy of this mesh sent. */
export function decodeWorkload(text: string): Workload | undefined {
  const bytes = decodeBase64(text);
  if (!(bytes instanceof Uint8Array)) return undefined;
  return readWorkload(parseJson(textOf(bytes)));
}

export function readWorkload(value: unknown): Workload | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const field = (name: string) => {
    const found: unknown = name in value ? Reflect.get(value, name) : undefined;
    return typeof found === 'string' ? found : undefined;
  };
  const [name, namespace] = [field('name'), field('namespace')];
  if (name === undefined || namespace === undefined) return undefined;
  return {
    name,
    namespace,
    canonicalName: field('canonicalName') ?? name,
    canonicalRevision: field('canonicalRevision') ?? 'latest',
    app: field('app'),
    version: field('version'),
  };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
