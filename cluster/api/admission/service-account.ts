// Every pod runs as an account of its namespace, and finds the account's token, the cluster's certificate and its namespace
// in a volume. Source: ServiceAccount in "Admission Control in Kubernetes" and "Configure Service Accounts for Pods".

import { copyOf } from '../../copy.ts';
import type { KubeObject } from '../../object.ts';
import { type Fields, ensured, listOf, stringOf } from '../../schema/fields.ts';
import { randomSuffix } from '../identity.ts';
import { forbidden } from '../status.ts';
import type { World } from '../world.ts';
import type { Plugin } from './admission.ts';

const DEFAULT_ACCOUNT = 'default';
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const VOLUME_PREFIX = 'kube-api-access-';
/** An hour and seven seconds: the kubelet refreshes it at four fifths of that. */
const TOKEN_SECONDS = 3_607;
const MIRROR = 'kubernetes.io/config.mirror';

export const serviceAccount: Plugin = {
  name: 'ServiceAccount',
  mutate({ operation, kind, subresource, object, namespace = '', name }, world) {
    if (operation !== 'CREATE' || kind.definition.storedAs !== 'pods' || subresource || !object)
      return;
    // A mirror of a static pod speaks for itself.
    if (object.metadata.annotations?.[MIRROR] !== undefined) return;
    const spec = ensured(object, 'spec');
    if (!stringOf(spec['serviceAccountName'])) spec['serviceAccountName'] = DEFAULT_ACCOUNT;
    const accountName = stringOf(spec['serviceAccountName']);
    spec['serviceAccount'] = accountName;
    const account = world.store.get('serviceaccounts', namespace, accountName);
    if (!account)
      throw forbidden(
        kind.definition,
        name,
        `error looking up service account ${namespace}/${accountName}: serviceaccount ${JSON.stringify(accountName)} not found`,
      );
    if (mountsToken(spec, account)) mountToken(spec, world);
    const pullSecrets = listOf(account['imagePullSecrets']);
    if (listOf(spec['imagePullSecrets']).length === 0 && pullSecrets.length > 0)
      spec['imagePullSecrets'] = copyOf(pullSecrets);
  },
};

/** The pod decides, and where it does not its account. */
function mountsToken(spec: Fields, account: KubeObject): boolean {
  const wanted = spec['automountServiceAccountToken'];
  if (typeof wanted === 'boolean') return wanted;
  return account['automountServiceAccountToken'] !== false;
}

function mountToken(spec: Fields, world: World): void {
  const volumes = listOf(spec['volumes']);
  const containers = [...listOf(spec['initContainers']), ...listOf(spec['containers'])];
  const needing = containers.filter(
    (container) =>
      !listOf(container['volumeMounts']).some((mount) => mount['mountPath'] === MOUNT_PATH),
  );
  if (needing.length === 0) return;
  let volume = volumes.find((each) => stringOf(each['name']).startsWith(VOLUME_PREFIX));
  if (!volume) {
    volume = tokenVolume(VOLUME_PREFIX + randomSuffix(world.random));
    spec['volumes'] = [...volumes, volume];
  }
  for (const container of needing)
    container['volumeMounts'] = [
      ...listOf(container['volumeMounts']),
      { mountPath: MOUNT_PATH, name: volume['name'], readOnly: true },
    ];
}

function tokenVolume(name: string): Fields {
  return {
    name,
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        {
          configMap: { items: [{ key: 'ca.crt', path: 'ca.crt' }], name: 'kube-root-ca.crt' },
        },
        {
          downwardAPI: {
            items: [
              {
                fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' },
                path: 'namespace',
              },
            ],
          },
        },
      ],
    },
  };
}
