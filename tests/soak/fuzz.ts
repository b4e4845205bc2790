// Requests nobody would think of, from one source of chance: right ones, almost right ones, and noise. Names come from short
// lists, so that requests meet each other's objects and the cluster stays small.

import { seedOf, seededRandom } from '../../cluster/random.ts';

export interface FuzzedRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array | undefined;
}

/** Every object of the soak is in one of these. */
export const NAMESPACES = ['soak-0', 'soak-1', 'soak-2'];

export class Chance {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seedOf(seed, () => new Uint8Array(12)));
  }

  below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  of<T>(items: readonly [T, ...T[]] | readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  text(length: number): string {
    return Array.from({ length }, () => String.fromCodePoint(32 + this.below(400))).join('');
  }
}

interface FuzzedKind {
  /** `/api/v1`, `/apis/apps/v1` */
  root: string;
  plural: string;
  make: (name: string, chance: Chance) => Record<string, unknown>;
  subresources: readonly string[];
}

const template = (name: string, chance: Chance) => ({
  metadata: { labels: { app: name } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'main',
        image: chance.of(['nginx', 'busybox', 'curlimages/curl', 'no/such', 'nginx:', 'UPPER']),
        ...(chance.once(2) && { command: ['sh', '-c', 'while true; do echo tick; sleep 1; done'] }),
        ...(chance.once(4) && { resources: { requests: { cpu: chance.of(['1m', '64', 'x']) } } }),
      },
    ],
  },
});

const KINDS: readonly FuzzedKind[] = [
  {
    root: '/api/v1',
    plural: 'configmaps',
    make: (_name, chance) => ({ data: { a: chance.text(chance.below(200)) } }),
    subresources: [],
  },
  {
    root: '/api/v1',
    plural: 'secrets',
    make: (_name, chance) => ({
      type: chance.of(['Opaque', 'kubernetes.io/tls', 'kubernetes.io/dockerconfigjson']),
      data: { a: chance.of(['YQ==', 'no base64', '']) },
    }),
    subresources: [],
  },
  {
    root: '/api/v1',
    plural: 'services',
    make: (name, chance) => ({
      spec: {
        selector: { app: name },
        type: chance.of(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName', 'None']),
        ports: [{ port: chance.of([80, 0, 70_000]), targetPort: chance.of([80, 'http', '']) }],
        ...(chance.once(4) && { clusterIP: chance.of(['None', '10.96.0.1', '1.2.3.4', 'x']) }),
      },
    }),
    subresources: ['status', 'proxy'],
  },
  {
    root: '/api/v1',
    plural: 'pods',
    make: (name, chance) => ({ spec: template(name, chance).spec }),
    subresources: ['status', 'log', 'eviction', 'binding', 'proxy', 'exec', 'ephemeralcontainers'],
  },
  {
    root: '/apis/apps/v1',
    plural: 'deployments',
    make: (name, chance) => ({
      spec: {
        replicas: chance.of([0, 1, 2, 3, -1]),
        selector: { matchLabels: { app: chance.once(8) ? 'other' : name } },
        strategy: chance.of([{}, { type: 'Recreate' }, { rollingUpdate: { maxSurge: '300%' } }]),
        template: template(name, chance),
      },
    }),
    subresources: ['status', 'scale'],
  },
  {
    root: '/apis/batch/v1',
    plural: 'jobs',
    make: (name, chance) => ({
      spec: {
        completions: chance.of([1, 2]),
        template: {
          ...template(name, chance),
          spec: { ...template(name, chance).spec, restartPolicy: chance.of(['Never', 'Always']) },
        },
      },
    }),
    subresources: ['status'],
  },
  {
    root: '/apis/rbac.authorization.k8s.io/v1',
    plural: 'roles',
    make: (_name, chance) => ({
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: chance.of([['get'], [], ['*']]) }],
    }),
    subresources: [],
  },
];

const PATHS = [
  '/',
  '/api',
  '/apis',
  '/api/v1',
  '/apis/apps/v1',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/api/v1',
  '/version',
  '/metrics',
  '/livez?verbose',
  '/api/v1/nodes',
  '/api/v1/events',
  '/apis/metrics.k8s.io/v1beta1/nodes',
  '/apis/metrics.k8s.io/v1beta1/pods',
  '/apis/nobody/v9/things',
  '/api/v1/namespaces/%zz/pods',
  '/api/v1/namespaces/%00/pods/%2e%2e%2f',
  '//api//v1//pods',
  '/.well-known/openid-configuration',
];

const ACCEPTS = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json',
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  'text/html',
  '*/*',
  ';;;,=',
];

const QUERIES = [
  'limit=2',
  'limit=-1',
  'limit=x',
  'continue=junk',
  'continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ',
  'resourceVersion=0',
  'resourceVersion=99999999',
  'resourceVersion=abc',
  'resourceVersionMatch=Exact&resourceVersion=5',
  'labelSelector=app%20in%20(',
  'labelSelector=app%3Da-0',
  'fieldSelector=metadata.name%3Da-0',
  'fieldSelector=spec.nothing%3D1',
  'dryRun=All',
  'dryRun=Some',
  'fieldValidation=Strict',
  'fieldManager=soak&force=true',
  'propagationPolicy=Foreground',
  'propagationPolicy=Orphan',
  'gracePeriodSeconds=0',
  'gracePeriodSeconds=-5',
  'pretty=true',
  'follow=true&tailLines=1',
  'container=none&previous=true',
  'sinceTime=yesterday',
  'timeoutSeconds=1',
  'sendInitialEvents=true',
];

const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

const BODY_TYPES = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'text/plain',
  '',
];

export function pathOf({ root, plural }: FuzzedKind, chance: Chance): string {
  return `${root}/namespaces/${chance.of(NAMESPACES)}/${plural}`;
}

/** Where a watch, a log or a shell may be opened. */
export function fuzzedCollection(chance: Chance): string {
  return pathOf(chance.of(KINDS), chance);
}

export function fuzzedName(chance: Chance): string {
  return chance.once(30)
    ? encodeURIComponent(chance.text(12))
    : `${chance.of(['a', 'b'])}-${chance.below(4)}`;
}

export function fuzzedRequest(chance: Chance): FuzzedRequest {
  const headers: Record<string, string> = {
    accept: chance.once(3) ? chance.of(ACCEPTS) : 'application/json',
  };
  addJunkHeaders(headers, chance);
  if (chance.once(8)) return { method: 'GET', path: chance.of(PATHS), headers, body: undefined };
  const kind = chance.of(KINDS);
  const name = fuzzedName(chance);
  const collection = pathOf(kind, chance);
  const subresource =
    kind.subresources.length > 0 && chance.once(5) ? `/${chance.of(kind.subresources)}` : '';
  const query = chance.once(3) ? `?${chance.of(QUERIES)}` : '';
  const object = `${collection}/${name}${subresource}${query}`;
  switch (chance.below(10)) {
    case 0:
    case 1:
      return { method: 'GET', path: object, headers, body: undefined };
    case 2:
      return { method: 'GET', path: `${collection}${query}`, headers, body: undefined };
    case 3:
    case 4:
      return {
        method: 'POST',
        path: `${collection}${query}`,
        ...fuzzedBody(kind, name, headers, chance),
      };
    case 5:
      return { method: 'PUT', path: object, ...fuzzedBody(kind, name, headers, chance) };
    case 6:
    case 7:
      return { method: 'PATCH', path: object, ...fuzzedPatch(kind, name, headers, chance) };
    case 8:
      return {
        method: 'DELETE',
        path: object,
        headers,
        body: chance.once(4) ? chance.text(20) : undefined,
      };
    default:
      return {
        method: chance.of(['DELETE', 'OPTIONS', 'HEAD', 'TRACE', 'POST', 'BREW', 'PUT']),
        path: chance.once(20) ? `${collection}${query}` : object,
        headers,
        body: undefined,
      };
  }
}

function addJunkHeaders(headers: Record<string, string>, chance: Chance): void {
  if (chance.once(10)) headers['impersonate-user'] = chance.of(['jane', 'system:admin', '']);
  if (chance.once(80)) headers['impersonate-group'] = 'nobody';
  if (chance.once(10)) headers['user-agent'] = chance.of(['', '/', 'kubectl/v1', 'x'.repeat(300)]);
  if (chance.once(20)) headers['authorization'] = chance.of(['Bearer junk', 'Basic eDp5', 'x']);
  if (chance.once(10)) headers[`x-junk-${chance.below(9)}`] = 'y'.repeat(chance.below(4_000));
  if (chance.once(20)) headers['accept-encoding'] = chance.of(['gzip', 'br', 'gzip;q=0', '*']);
}

function fuzzedObject(kind: FuzzedKind, name: string, chance: Chance): Record<string, unknown> {
  return {
    metadata: {
      name: decodeURIComponent(name),
      ...(chance.once(6) && { labels: { app: chance.of(['x', '', '-bad-', 'a'.repeat(70)]) } }),
      ...(chance.once(10) && { finalizers: chance.of([['soak/none'], ['bad'], []]) }),
      ...(chance.once(10) && { resourceVersion: chance.of(['1', 'x', '']) }),
      ...(chance.once(12) && {
        ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'a-0', uid: 'gone' }],
      }),
    },
    ...kind.make(name, chance),
  };
}

function fuzzedBody(
  kind: FuzzedKind,
  name: string,
  headers: Record<string, string>,
  chance: Chance,
): { headers: Record<string, string>; body: string | Uint8Array } {
  const type = chance.once(8) ? chance.of(BODY_TYPES) : 'application/json';
  const text = JSON.stringify(fuzzedObject(kind, name, chance));
  return { headers: { ...headers, 'content-type': type }, body: spoiled(text, chance) };
}

function fuzzedPatch(
  kind: FuzzedKind,
  name: string,
  headers: Record<string, string>,
  chance: Chance,
): { headers: Record<string, string>; body: string | Uint8Array } {
  const type = chance.once(12) ? chance.of(BODY_TYPES) : chance.of(PATCH_TYPES);
  const isList = type === 'application/json-patch+json' && !chance.once(6);
  const patch = isList
    ? Array.from({ length: chance.below(4) }, () => ({
        op: chance.of(['add', 'replace', 'remove', 'test', 'move', 'copy', 'nothing']),
        path: chance.of([
          '/metadata/labels',
          '/metadata/labels/a',
          '/spec/replicas',
          '/data/-',
          '',
          'x',
          '/~2',
        ]),
        value: chance.of([{}, 'text', 3, null, [1]]),
        from: '/metadata',
      }))
    : {
        ...(type === 'application/apply-patch+yaml' && {
          apiVersion: kind.root.replace(/^\/apis?\//, ''),
          kind: kind.plural.replace(/s$/, ''),
        }),
        ...fuzzedObject(kind, name, chance),
        ...(chance.once(5) && { $patch: chance.of(['delete', 'replace', 'nothing']) }),
      };
  return {
    headers: { ...headers, 'content-type': type },
    body: spoiled(JSON.stringify(patch), chance),
  };
}

/** Mostly left as it is. */
function spoiled(text: string, chance: Chance): string | Uint8Array {
  switch (chance.below(24)) {
    case 0:
      return text.slice(0, chance.below(text.length));
    case 1:
      return chance.bytes(chance.below(300));
    case 2:
      // The mark of protobuf bodies, and noise behind it.
      return new Uint8Array([0x6b, 0x38, 0x73, 0, ...chance.bytes(chance.below(100))]);
    case 3:
      return '['.repeat(1 + chance.below(20_000));
    case 4:
      return text.replace(/"[a-z]+":/i, '"kind":');
    case 5:
      return chance.once(20) ? 'x'.repeat(4 * 1024 * 1024) : 'null';
    case 6:
      return text.replace(
        /:("[^"]*"|\d+)/,
        `:${chance.of(['null', '{}', '[]', '1e999', '-0', '"\\ud800"'])}`,
      );
    default:
      return text;
  }
}
