// What a server says of itself: /version, /healthz, /livez, /readyz and the list of paths. Nothing here can fail while the
// cluster runs, for there are no parts that could be down alone; the checks' names are those of a real server.

export const VERSION = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.2',
  gitCommit: '8e16b12fda5b1dccc41a6de48b3e356cc7d5048b',
  gitTreeState: 'clean',
  buildDate: '2026-08-21T11:29:11Z',
  goVersion: 'go1.26.10',
  compiler: 'gc',
  platform: 'linux/amd64',
};

/** Hooks that run once after start, in their order. */
const START_HOOKS = [
  'start-apiserver-admission-initializer',
  'generic-apiserver-start-informers',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-filter',
  'storage-object-count-tracker-hook',
  'start-apiextensions-informers',
  'start-apiextensions-controllers',
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'peer-endpoint-reconciler-controller',
  'start-cluster-authentication-info-controller',
  'start-kube-apiserver-identity-lease-controller',
  'start-kube-apiserver-identity-lease-garbage-collector',
  'storage-readiness',
  'start-legacy-token-tracking-controller',
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-kubernetes-service-cidr-controller',
  'aggregator-reload-proxy-client-cert',
  'start-kube-aggregator-informers',
  'apiservice-status-local-available-controller',
  'apiservice-status-remote-available-controller',
  'apiservice-registration-controller',
  'apiservice-wait-for-first-sync',
  'apiservice-discovery-controller',
  'kube-apiserver-autoregistration',
].map((name) => `poststarthook/${name}`);

const OPENAPI_HOOKS = ['apiservice-openapi-controller', 'apiservice-openapiv3-controller'].map(
  (name) => `poststarthook/${name}`,
);

const HOOKS = [...START_HOOKS, 'autoregister-completion', ...OPENAPI_HOOKS];

export type Probe = 'healthz' | 'livez' | 'readyz';

const CHECKS: Readonly<Record<Probe, readonly string[]>> = {
  healthz: ['ping', 'log', 'loopback-serving-certificate', 'etcd', ...HOOKS],
  livez: ['ping', 'log', 'loopback-serving-certificate', 'etcd', ...HOOKS],
  readyz: ['ping', 'log', 'etcd', 'etcd-readiness', 'informer-sync', ...HOOKS, 'shutdown'],
};

export interface ProbeAnswer {
  status: number;
  body: string;
}

/** `/readyz?verbose`, `/livez/etcd` and the like; undefined for a path that is no check. */
export function probe(
  path: string,
  query: URLSearchParams,
  ready: boolean,
): ProbeAnswer | undefined {
  const [name = '', ...rest] = path.split('/').filter((part) => part !== '');
  if (name !== 'healthz' && name !== 'livez' && name !== 'readyz') return undefined;
  const single = rest.join('/');
  if (single !== '') return CHECKS[name].includes(single) ? { status: 200, body: 'ok' } : undefined;
  const excluded = new Set(query.getAll('exclude'));
  const failing = name === 'readyz' && !ready ? 'poststarthook/rbac/bootstrap-roles' : undefined;
  if (failing === undefined && !query.has('verbose')) return { status: 200, body: 'ok' };
  const lines = CHECKS[name].map((check) => {
    if (excluded.has(check)) return `[+]${check} excluded: ok\n`;
    return check === failing ? `[-]${check} failed: reason withheld\n` : `[+]${check} ok\n`;
  });
  const end = failing === undefined ? `${name} check passed\n` : `${name} check failed\n`;
  return { status: failing === undefined ? 200 : 500, body: lines.join('') + end };
}

/** Paths beside those of the API groups, as GET / lists them. */
export function otherPaths(): string[] {
  const below = (name: Probe) => [`/${name}`, ...CHECKS[name].map((check) => `/${name}/${check}`)];
  return [
    '/.well-known/openid-configuration',
    ...below('healthz'),
    ...below('livez'),
    '/metrics',
    '/metrics/slis',
    '/openapi/v2',
    '/openapi/v3',
    '/openapi/v3/',
    '/openid/v1/jwks',
    ...below('readyz'),
    '/statusz',
    '/flagz',
    '/version',
  ];
}
