// istiod's own certificate authority: made when the first istiod starts, kept in the Secret `istio-ca-secret`, where every
// later istiod finds it. Nothing is signed with it: between simulated proxies nothing is encrypted.
// Source: istio/istio security/pkg/pki/ca/selfsignedca.go, k8s/secret.

import type { ApiClient } from '../api/client.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import type { Platform } from '../platform.ts';
import { decodeBase64, encodeBase64 } from '../schema/base64.ts';
import { at, stringOf } from '../schema/fields.ts';
import type { Store } from '../store/store.ts';
import { bytesOf, textOf } from '../streams.ts';

const NAMESPACE = 'istio-system';
const NAME = 'istio-ca-secret';
const CERTIFICATE = 'ca-cert.pem';
const KEY = 'ca-key.pem';
/** Whom Istio's own authority names: the default trust domain. */
const ORGANIZATION = 'cluster.local';

export interface AuthorityOptions {
  store: Store;
  client: ApiClient;
  platform: Platform;
  /** PEM: stands in where the platform makes no certificates. */
  otherwise: string;
}

/** The authority's certificate as PEM. */
export async function meshAuthority(options: AuthorityOptions): Promise<string> {
  const { client, platform, otherwise } = options;
  const kept = keptCertificate(options);
  if (kept !== undefined) return kept;
  const made = await platform.authority?.(ORGANIZATION);
  if (!made) return otherwise;
  const text = (value: string) => encodeBase64(bytesOf(value));
  try {
    await client.create('secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: NAME, namespace: NAMESPACE },
      type: 'istio.io/ca-root',
      data: {
        [CERTIFICATE]: text(made.certificate),
        [KEY]: text(made.key),
        'cert-chain.pem': '',
        'key.pem': '',
        'root-cert.pem': '',
      },
    });
  } catch (error) {
    // Another istiod was faster, or the namespace is on its way out.
    if (!isAlreadyExists(error) && !isNotFound(error)) throw error;
    return keptCertificate(options) ?? made.certificate;
  }
  return made.certificate;
}

function keptCertificate({ store }: AuthorityOptions): string | undefined {
  const data = at(store.get('secrets', NAMESPACE, NAME), 'data', CERTIFICATE);
  const bytes = decodeBase64(stringOf(data));
  return bytes instanceof Uint8Array && bytes.length > 0 ? textOf(bytes) : undefined;
}
