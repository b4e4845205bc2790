// Puts the mesh's root certificate into each namespace, where sidecars mount it: a part of istiod.
// Source: istio/istio pilot/pkg/serviceregistry/kube/controller/namespacecontroller.go.

import type { ApiClient } from '../api/client.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import type { Cancel } from '../platform.ts';
import { at } from '../schema/fields.ts';
import type { Store } from '../store/store.ts';

export const ROOT_CERTIFICATE = 'istio-ca-root-cert';
const FILE = 'root-cert.pem';

export interface RootCertificatesOptions {
  store: Store;
  client: ApiClient;
  /** PEM. */
  certificate: string;
  /** Told of what could not be written and is no race. */
  fault: (error: unknown) => void;
}

/** Namespaces that Istio leaves alone. */
const SKIPPED: ReadonlySet<string> = new Set([
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'local-path-storage',
]);

/** As long as an istiod runs: for the namespaces there are, and for each that comes. */
export function distributeRootCertificate(options: RootCertificatesOptions): Cancel {
  const { store } = options;
  for (const { metadata } of store.list('namespaces')) put(options, metadata.name);
  return store.onChange(({ resource, type, object }) => {
    if (resource === 'namespaces' && type === 'ADDED') put(options, object.metadata.name);
    if (resource !== 'configmaps' || type === 'ADDED') return;
    const { name, namespace } = object.metadata;
    if (name === ROOT_CERTIFICATE && namespace !== undefined) put(options, namespace);
  });
}

function put(
  { store, client, certificate, fault }: RootCertificatesOptions,
  namespace: string,
): void {
  if (SKIPPED.has(namespace)) return;
  const known = store.get('configmaps', namespace, ROOT_CERTIFICATE);
  if (known) {
    if (at(known, 'data', FILE) === certificate) return;
    client
      .modify('configmaps', namespace, ROOT_CERTIFICATE, (draft) => {
        draft['data'] = { [FILE]: certificate };
      })
      .catch((error: unknown) => {
        if (!isNotFound(error)) fault(error);
      });
    return;
  }
  const draft = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: ROOT_CERTIFICATE,
      namespace,
      labels: { 'istio.io/config': 'true' },
    },
    data: { [FILE]: certificate },
  };
  client.create('configmaps', draft).catch((error: unknown) => {
    // Another istiod was faster, or the namespace is on its way out.
    const leaving = store.get('namespaces', undefined, namespace)?.metadata.deletionTimestamp;
    if (!isAlreadyExists(error) && !isNotFound(error) && !leaving) fault(error);
  });
}
