// Secrets that hold a token of a service account: filled when they are made, gone when the account is.
// Source: "Manually create a long-lived API token for a ServiceAccount" in the Kubernetes documentation.

import { objectKey } from '../object.ts';
import type { Cancel } from '../platform.ts';
import { encodeBase64 } from '../schema/base64.ts';
import { bytesOf } from '../streams.ts';
import { type KindsClient, type Secret, type ServiceAccount, ofKinds } from './kinds.ts';
import { isNotFound } from './refusals.ts';
import { watchKinds } from './watch.ts';
import { WorkQueue } from './work-queue.ts';
import { CONTROLLER_MANAGER, type World } from './world.ts';

const TOKEN_TYPE = 'kubernetes.io/service-account-token';
const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
const ACCOUNT_UID = 'kubernetes.io/service-account.uid';
/** Such tokens do not expire; a hundred years come to the same. */
const LIFETIME_SECONDS = 100 * 365 * 24 * 3_600;

export function startTokenController(world: World): Cancel {
  const { clock, log, store } = world;
  const client = ofKinds(world.client(CONTROLLER_MANAGER));
  const queue = new WorkQueue({
    name: 'token',
    clock,
    log,
    sync: async (key) => {
      const [namespace, name] = key.split('/') as [string, string];
      const secret = client.get('secrets', namespace, name);
      if (!secret || secret.type !== TOKEN_TYPE) return;
      const account = accountOf(client, secret);
      if (!account) await remove(client, secret);
      else await fill(world, client, secret, account);
    },
  });
  const add = (secret: Secret) => {
    if (secret.type === TOKEN_TYPE)
      queue.add(objectKey(secret.metadata.namespace, secret.metadata.name));
  };
  const unwatch = watchKinds(store, {
    serviceaccounts: ({ type, object }) => {
      if (type === 'DELETED') client.list('secrets', object.metadata.namespace).forEach(add);
    },
    secrets: ({ type, object }) => {
      if (type !== 'DELETED') add(object);
    },
  });
  return () => {
    unwatch();
    queue.close();
  };
}

/** The account it was made for; undefined when that is gone, or another of the same name. */
function accountOf(client: KindsClient, { metadata }: Secret): ServiceAccount | undefined {
  const { namespace, annotations } = metadata;
  const account = client.get('serviceaccounts', namespace, annotations?.[ACCOUNT_NAME] ?? '');
  const uid = annotations?.[ACCOUNT_UID];
  return uid === undefined || uid === account?.metadata.uid ? account : undefined;
}

async function fill(
  world: World,
  client: KindsClient,
  secret: Secret,
  account: ServiceAccount,
): Promise<void> {
  const { namespace = '', name, uid, annotations } = secret.metadata;
  const { tokens, rootCertificate } = world;
  if (secret.data?.['token'] && annotations?.[ACCOUNT_UID] === account.metadata.uid) return;
  if (!tokens) return;
  const { token } = tokens.issue(
    { namespace, name: account.metadata.name, uid: account.metadata.uid },
    { seconds: LIFETIME_SECONDS, bound: { kind: 'Secret', name, uid } },
  );
  const entry = (text: string) => encodeBase64(bytesOf(text));
  await client.update('secrets', {
    ...secret,
    metadata: {
      ...secret.metadata,
      annotations: { ...annotations, [ACCOUNT_UID]: account.metadata.uid },
    },
    data: {
      ...secret.data,
      'ca.crt': entry(rootCertificate ?? ''),
      namespace: entry(namespace),
      token: entry(token),
    },
  });
}

async function remove(client: KindsClient, secret: Secret): Promise<void> {
  const { namespace, name, uid } = secret.metadata;
  try {
    await client.delete('secrets', namespace, name, { preconditions: { uid } });
  } catch (error) {
    if (!isNotFound(error)) throw error; // somebody else was quicker
  }
}
