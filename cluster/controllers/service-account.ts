// Gives every namespace what its pods rely on: the service account `default` and the certificate of the API server.

import type { Cancel } from '../platform.ts';
import { type KindsClient, type Namespace, ofKinds } from './kinds.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from './refusals.ts';
import { watchKinds } from './watch.ts';
import { WorkQueue } from './work-queue.ts';
import { CONTROLLER_MANAGER, type World } from './world.ts';

const DEFAULT_ACCOUNT = 'default';
const ROOT_CA = 'kube-root-ca.crt';
const ROOT_CA_KEY = 'ca.crt';
const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Each in its own controller in Kubernetes; here both look at the same thing. */
export function startServiceAccountController(world: World): Cancel {
  return startPerNamespace(world, 'serviceaccount', async (client, namespace) => {
    if (client.get('serviceaccounts', namespace, DEFAULT_ACCOUNT)) return;
    await client.create('serviceaccounts', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: DEFAULT_ACCOUNT, namespace },
    });
  });
}

export function startRootCaPublisher(world: World): Cancel {
  const data = { [ROOT_CA_KEY]: world.rootCertificate ?? '' };
  return startPerNamespace(world, 'root-ca-cert-publisher', async (client, namespace) => {
    const present = client.get('configmaps', namespace, ROOT_CA);
    if (!present) {
      await client.create('configmaps', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: ROOT_CA,
          namespace,
          annotations: { 'kubernetes.io/description': DESCRIPTION },
        },
        data,
      });
    } else if (present.data?.[ROOT_CA_KEY] !== data[ROOT_CA_KEY]) {
      await client.update('configmaps', { ...present, data });
    }
  });
}

/** Calls `ensure` for each active namespace, and again whenever its account or ConfigMap changes. */
function startPerNamespace(
  world: World,
  name: string,
  ensure: (client: KindsClient, namespace: string) => Promise<void>,
): Cancel {
  const client = ofKinds(world.client(CONTROLLER_MANAGER));
  const queue = new WorkQueue({
    name,
    clock: world.clock,
    log: world.log,
    sync: async (key) => {
      if (!isActive(client.get('namespaces', undefined, key))) return;
      try {
        await ensure(client, key);
      } catch (error) {
        // Somebody else was quicker, or the namespace is going.
        if (!isAlreadyExists(error) && !isNamespaceTerminating(error) && !isNotFound(error))
          throw error;
      }
    },
  });
  const again = ({ object }: { object: { metadata: { name: string; namespace?: string } } }) => {
    const { namespace } = object.metadata;
    if (namespace && [DEFAULT_ACCOUNT, ROOT_CA].includes(object.metadata.name))
      queue.add(namespace);
  };
  const unwatch = watchKinds(world.store, {
    namespaces: ({ type, object }) => {
      if (type !== 'DELETED') queue.add(object.metadata.name);
    },
    serviceaccounts: again,
    configmaps: again,
  });
  return () => {
    unwatch();
    queue.close();
  };
}

function isActive(namespace: Namespace | undefined): boolean {
  return namespace !== undefined && !namespace.metadata.deletionTimestamp;
}
