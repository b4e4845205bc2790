// Any valid VirtualServices and DestinationRules over two Services, for property tests.

import fc from 'fast-check';
import type {
  DestinationRuleSpec,
  HttpMatchRequest,
  HttpRoute,
  Resource,
  VirtualServiceSpec,
} from '../resources.ts';
import { validate } from '../validation/validation.ts';
import { rule, service, shopMesh, shopV1, shopV2 } from './mesh-lab.ts';

const HOSTS = [
  'shop',
  'trio',
  'shop.app.svc.cluster.local',
  '*.app.svc.cluster.local',
  'far.example',
];
const SUBSETS = ['v1', 'v2', 'v9'];
export const PATHS = ['/', '/a', '/a/b', '/cart'];

const match: fc.Arbitrary<HttpMatchRequest> = fc.record(
  {
    uri: fc.oneof(
      fc.constantFrom(...PATHS).map((prefix) => ({ prefix })),
      fc.constantFrom(...PATHS).map((exact) => ({ exact })),
      fc.constantFrom('/.*', '/[a-z]+').map((regex) => ({ regex })),
    ),
    headers: fc.constantFrom({ canary: { exact: 'true' } }, { canary: {} }),
    method: fc.constantFrom({ exact: 'GET' }, { exact: 'POST' }),
    port: fc.constantFrom(80, 8080),
    sourceLabels: fc.constantFrom({ app: 'client' }, { app: 'other' }),
  },
  { requiredKeys: [] },
);

const destination = fc.record({
  destination: fc.record(
    { host: fc.constantFrom('shop', 'trio'), subset: fc.constantFrom(...SUBSETS) },
    { requiredKeys: ['host'] },
  ),
  weight: fc.integer({ min: 0, max: 100 }),
});

const either = <Value>(...values: Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values);

const policies = {
  timeout: fc.constantFrom('0s', '2s'),
  retries: either<NonNullable<HttpRoute['retries']>>(
    { attempts: 0 },
    { attempts: 2, retryOn: '5xx,reset' },
  ),
  rewrite: either<NonNullable<HttpRoute['rewrite']>>({ uri: '/new' }, { authority: 'elsewhere' }),
  mirror: either<NonNullable<HttpRoute['mirror']>>(
    { host: 'trio' },
    { host: 'shop', subset: 'v9' },
  ),
  headers: either<NonNullable<HttpRoute['headers']>>({
    request: { set: { 'x-tag': 'a' } },
    response: { remove: ['server'] },
  }),
};

const httpRoute: fc.Arbitrary<HttpRoute> = fc.oneof(
  fc.record(
    {
      match: fc.array(match, { maxLength: 3 }),
      route: fc.array(destination, { minLength: 1, maxLength: 3 }),
      fault: fc.constantFrom({ abort: { percentage: { value: 50 }, httpStatus: 429 } }),
      ...policies,
    },
    { requiredKeys: ['route'] },
  ),
  fc.record(
    { match: fc.array(match, { maxLength: 2 }), redirect: fc.constant({ uri: '/new' }) },
    { requiredKeys: ['redirect'] },
  ),
  fc.record(
    { match: fc.array(match, { maxLength: 2 }), directResponse: fc.constant({ status: 418 }) },
    { requiredKeys: ['directResponse'] },
  ),
);

const virtualService: fc.Arbitrary<VirtualServiceSpec> = fc.record(
  {
    hosts: fc.uniqueArray(fc.constantFrom(...HOSTS), { minLength: 1, maxLength: 2 }),
    http: fc.array(httpRoute, { minLength: 1, maxLength: 4 }),
    exportTo: fc.constantFrom(['.'], ['*']),
  },
  { requiredKeys: ['hosts', 'http'] },
);

const destinationRule: fc.Arbitrary<DestinationRuleSpec> = fc.record(
  {
    host: fc.constantFrom(...HOSTS.slice(0, 4)),
    subsets: fc
      .uniqueArray(fc.constantFrom(...SUBSETS), { maxLength: 3 })
      .map((names) => names.map((name) => ({ name, labels: { version: name } }))),
    trafficPolicy: fc.constantFrom(
      { loadBalancer: { simple: 'RANDOM' as const } },
      { tls: { mode: 'DISABLE' as const } },
    ),
  },
  { requiredKeys: ['host'] },
);

function aged<Spec>(spec: fc.Arbitrary<Spec>) {
  return fc.array(fc.tuple(spec, fc.constantFrom('app', 'other'), fc.integer({ min: 0, max: 3 })), {
    maxLength: 5,
  });
}

/** The Services that the rules speak of: `shop` and `trio`. */
export const ruledMesh = {
  ...shopMesh,
  services: [
    ...shopMesh.services,
    service('trio', ['http:80'], [shopV1, shopV2], { ip: '10.96.0.40' }),
  ],
};

/** In two namespaces and of several ages, some of them the same. */
export const virtualServices = aged(virtualService).map((drafts) =>
  drafts
    .map(([spec, namespace, age], index) =>
      rule('VirtualService', `vs${index}`, spec, { namespace, age }),
    )
    .filter(isValid),
);

export const destinationRules = aged(destinationRule).map((drafts) =>
  drafts
    .map(([spec, namespace, age], index) =>
      rule('DestinationRule', `dr${index}`, spec, { namespace, age }),
    )
    .filter(isValid),
);

/** What istiod's webhook would let in. */
function isValid(object: Resource<unknown>): boolean {
  return validate({ ...object }).denial === undefined;
}
