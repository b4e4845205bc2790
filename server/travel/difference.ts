// How a lab differs from where a step would leave it, in words a learner can act on: objects that people write, and files. What
// controllers, defaults and the node fill in is left out, so that a real cluster and a simulated one are compared alike.

import type { Difference } from '../../protocol/travel.ts';
import { type ApiServer, ApiStatusError } from '../checks/api-server.ts';
import type { ClusterFile } from './pack.ts';
import type { FileAt } from './route.ts';

interface KubeObject {
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    ownerReferences?: unknown[];
  };
  [field: string]: unknown;
}

/** What lessons ask people to write: its kind, where it is listed, what the store calls it, and the fields that are theirs. */
const KINDS: readonly { kind: string; path: string; stored: string; fields: readonly string[] }[] =
  [
    {
      kind: 'Namespace',
      path: '/api/v1/namespaces',
      stored: 'namespaces',
      fields: ['metadata.labels'],
    },
    {
      kind: 'Deployment',
      path: '/apis/apps/v1/deployments',
      stored: 'deployments.apps',
      fields: ['spec'],
    },
    { kind: 'Service', path: '/api/v1/services', stored: 'services', fields: ['spec'] },
    { kind: 'ConfigMap', path: '/api/v1/configmaps', stored: 'configmaps', fields: ['data'] },
    { kind: 'Secret', path: '/api/v1/secrets', stored: 'secrets', fields: [] },
    { kind: 'Pod', path: '/api/v1/pods', stored: 'pods', fields: [] },
    ...['VirtualService', 'DestinationRule', 'Gateway', 'ServiceEntry', 'Sidecar'].map((kind) =>
      ofIstio(kind, 'networking.istio.io'),
    ),
    ...['PeerAuthentication', 'AuthorizationPolicy'].map((kind) =>
      ofIstio(kind, 'security.istio.io'),
    ),
  ];

function ofIstio(kind: string, group: string) {
  const plural = kind.toLowerCase().replace(/y$/, 'ie').replace(/$/, 's');
  return {
    kind,
    path: `/apis/${group}/v1/${plural}`,
    stored: `${plural}.${group}`,
    fields: ['spec'],
  };
}

/** Kubernetes' own, and Istio's: what installations fill is not the learner's. */
const SYSTEM = ['kube-system', 'kube-public', 'kube-node-lease', 'istio-system'];
/** Filled in for each object by somebody else than its author. */
const FILLED_IN = [
  'clusterIP',
  'clusterIPs',
  'nodePort',
  'healthCheckNodePort',
  'kubernetes.io/metadata.name',
  'kubectl.kubernetes.io/restartedAt',
];
const OF_EVERYBODY = ['kube-root-ca.crt', 'istio-ca-root-cert', 'kubernetes'];

/** More would be a list of everything: then the lab is somewhere else altogether, and the first ones say so. */
const MOST = 20;
/** A whole configuration is no sentence. */
const LONGEST_VALUE = 60;
const ANSWER_MS = 5_000;

/** `api` is undefined while there is no cluster. */
export async function differences(
  recorded: ClusterFile | undefined,
  api: ApiServer | undefined,
): Promise<Difference[]> {
  if (!recorded) return api ? [{ what: 'The cluster', is: 'extra' }] : [];
  if (!api) return [{ what: 'The cluster', is: 'missing' }];
  const found: Difference[] = [];
  for (const { kind, path, stored, fields } of KINDS) {
    const should = byName(
      recorded.snapshot.store.objects[stored] as KubeObject[] | undefined,
      kind,
    );
    const yours = byName(await listed(api, path), kind);
    for (const [what, object] of should) {
      const other = yours.get(what);
      if (!other) found.push({ what, is: 'missing' });
      else
        for (const field of fields)
          found.push(...fieldDifferences(what, field, at(other, field), at(object, field)));
    }
    for (const what of yours.keys()) if (!should.has(what)) found.push({ what, is: 'extra' });
  }
  return found.slice(0, MOST);
}

/** Files of the steps so far that are missing or read otherwise. */
export function fileDifferences(files: readonly FileAt[], end: number): Difference[] {
  return files
    .filter(({ have, want, changedBy }) => have !== want && changedBy.some((step) => step <= end))
    .map(({ path, have, want }) => ({
      what: path,
      is: have === null ? 'missing' : want === null ? 'extra' : 'other',
    }));
}

function byName(objects: readonly KubeObject[] | undefined, kind: string): Map<string, KubeObject> {
  const theirs = (objects ?? []).filter(
    ({ metadata: { name, namespace, ownerReferences } }) =>
      !ownerReferences?.length &&
      !OF_EVERYBODY.includes(name) &&
      !SYSTEM.includes(namespace ?? name),
  );
  return new Map(
    theirs.map((object) => {
      const { name, namespace } = object.metadata;
      return [`${kind} ${name}${namespace ? ` in ${namespace}` : ''}`, object];
    }),
  );
}

async function listed(api: ApiServer, path: string): Promise<KubeObject[]> {
  try {
    return (await api.json<{ items: KubeObject[] }>(path, AbortSignal.timeout(ANSWER_MS))).items;
  } catch (error) {
    // No mesh yet, so no such kind.
    if (error instanceof ApiStatusError && error.status === 404) return [];
    throw error;
  }
}

/** The smallest fields that differ: `spec.replicas`, not `spec`. */
function fieldDifferences(
  what: string,
  where: string,
  yours: unknown,
  should: unknown,
): Difference[] {
  if (isMap(yours) && isMap(should)) {
    const keys = [...new Set([...Object.keys(yours), ...Object.keys(should)])];
    return keys
      .filter((key) => !FILLED_IN.includes(key))
      .flatMap((key) => fieldDifferences(what, `${where}.${key}`, yours[key], should[key]));
  }
  if (Array.isArray(yours) && Array.isArray(should) && yours.length === should.length)
    return yours.flatMap((one, index) =>
      fieldDifferences(what, `${where}[${index}]`, one, should[index]),
    );
  if (isEmpty(yours) && isEmpty(should)) return [];
  if (JSON.stringify(yours) === JSON.stringify(should)) return [];
  return [{ what, is: 'other', where, yours: inWords(yours), should: inWords(should) }];
}

function at(object: KubeObject, field: string): unknown {
  return field
    .split('.')
    .reduce<unknown>((value, key) => (isMap(value) ? value[key] : undefined), object);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A map whose every entry is filled in is as good as none. */
function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    (isMap(value) && Object.keys(value).every((key) => FILLED_IN.includes(key)))
  );
}

function inWords(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}
