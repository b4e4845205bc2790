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

/** What peers said of themselves: few texts that come with every request. The oldest goes first. */
const decoded = new Map<string, Workload | undefined>();
const DECODED = 500;

/** Undefined for what no proxy of this mesh sent. Equal texts give one and the same workload. */
export function decodeWorkload(text: string): Workload | undefined {
  if (decoded.has(text)) return decoded.get(text);
  const bytes = decodeBase64(text);
  const workload = bytes instanceof Uint8Array ? readWorkload(parseJson(textOf(bytes))) : undefined;
  for (const oldest of decoded.keys()) {
    if (decoded.size < DECODED) break;
    decoded.delete(oldest);
  }
  decoded.set(text, workload);
  return workload;
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
