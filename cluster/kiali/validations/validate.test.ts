import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Inventory } from '../inventory.ts';
import { type KialiSettings, readSettings } from '../settings.ts';
import {
  type TestObject,
  deployment,
  destinationRule,
  namespace,
  readerOver,
  rule,
  service,
  virtualService,
} from '../testing/objects.ts';
import { validate } from './validate.ts';

const settings = readSettings('') as KialiSettings;

const base: TestObject[] = [
  namespace('app'),
  namespace('other'),
  namespace('istio-system'),
  service('backend'),
  ...deployment('backend-v1', { labels: { app: 'backend', version: 'v1' } }),
  ...deployment('backend-v2', { labels: { app: 'backend', version: 'v2' } }),
];

const subsets = {
  host: 'backend',
  subsets: [
    { name: 'v1', labels: { version: 'v1' } },
    { name: 'v2', labels: { version: 'v2' } },
  ],
};

const to = (subset: string, weight?: number) => ({
  destination: { host: 'backend', subset },
  ...(weight === undefined ? {} : { weight }),
});

function found(...objects: TestObject[]) {
  return validate(new Inventory(readerOver([...base, ...objects])), settings);
}

/** `KIA1106 warning spec/hosts` for each check of an object. */
function checksOf(kind: string, name: string, ...objects: TestObject[]): string[] {
  return found(...objects)
    .list()
    .filter((each) => each.objectGVK.Kind === kind && each.name === name)
    .flatMap(({ checks }) => checks)
    .map(({ code, severity, path }) => `${code} ${severity} ${path}`);
}

const mesh = (mode: string): TestObject => ({
  ...rule('configmaps', 'ConfigMap', 'istio', undefined, 'istio-system'),
  data: { mesh: `outboundTrafficPolicy: {mode: ${mode}}` },
});

test('sound rules have nothing against them', () => {
  const sound = found(
    destinationRule('backend', subsets),
    virtualService('backend', {
      hosts: ['backend'],
      http: [{ route: [to('v1', 90), to('v2', 10)] }],
    }),
  );
  const rules = sound.list().filter(({ objectGVK }) => objectGVK.Group !== '');
  assert.deepEqual(
    rules.map(({ checks }) => checks),
    [[], []],
  );
  assert.deepEqual(sound.summary('app'), {
    errors: 0,
    objectCount: 3,
    warnings: 0,
    namespace: 'app',
    cluster: 'Kubernetes',
  });
});

test('two VirtualServices for one host refer to each other, in whatever notation', () => {
  const both = [
    virtualService('canary', { hosts: ['backend'], http: [{ route: [to('v1')] }] }),
    virtualService('demo', {
      hosts: ['backend.app.svc.cluster.local'],
      http: [{ route: [to('v1', 90), to('v2', 10)] }],
    }),
  ];
  for (const [name, other] of [
    ['canary', 'demo'],
    ['demo', 'canary'],
  ] as const) {
    const objects = [destinationRule('backend', subsets), ...both];
    assert.deepEqual(checksOf('VirtualService', name, ...objects), ['KIA1106 warning spec/hosts']);
    const references = found(...objects)
      .list()
      .find((each) => each.name === name)?.references;
    assert.deepEqual(
      references?.map((each) => each.name),
      [other],
    );
  }
});

test('rules of different gateways and of different namespaces do not share a host', () => {
  const one = virtualService('one', { hosts: ['backend'], http: [] });
  const gateway = virtualService('two', { hosts: ['backend'], gateways: ['edge'], http: [] });
  const elsewhere = virtualService('three', { hosts: ['backend'], http: [] }, 'other');
  assert.deepEqual(checksOf('VirtualService', 'one', one, gateway, elsewhere), []);
});

test('a subset that no rule defines is told at its route', () => {
  const rules = [
    destinationRule('backend', subsets),
    virtualService('backend', {
      hosts: ['backend'],
      http: [{ route: [to('v1')] }, { route: [to('v1', 50), to('v3', 50)] }],
    }),
  ];
  assert.deepEqual(checksOf('VirtualService', 'backend', ...rules), [
    'KIA1107 warning spec/http[1]/route[1]/destination',
  ]);
});

test('labels that no workload has are an error once somebody routes to them', () => {
  const rule = destinationRule('backend', {
    host: 'backend',
    subsets: [{ name: 'v3', labels: { version: 'v3' } }, { name: 'all' }],
  });
  assert.deepEqual(checksOf('DestinationRule', 'backend', rule), [
    'KIA0203 unknown spec/subsets[0]',
    'KIA0209 warning spec/subsets[1]',
  ]);
  const used = virtualService('backend', { hosts: ['backend'], http: [{ route: [to('v3')] }] });
  assert.deepEqual(checksOf('DestinationRule', 'backend', rule, used), [
    'KIA0203 error spec/subsets[0]',
    'KIA0209 warning spec/subsets[1]',
  ]);
});

test('a second DestinationRule for a host without subsets clashes with all of the first', () => {
  const second = destinationRule('breaker', {
    host: 'backend.app.svc.cluster.local',
    trafficPolicy: { outlierDetection: {} },
  });
  const first = destinationRule('versions', subsets);
  for (const name of ['versions', 'breaker'])
    assert.deepEqual(checksOf('DestinationRule', name, first, second), [
      'KIA0201 warning spec/host',
    ]);
  const other = destinationRule('more', {
    host: 'backend',
    subsets: [{ name: 'v9', labels: { app: 'backend' } }],
  });
  assert.deepEqual(checksOf('DestinationRule', 'more', first, other), []);
});

test('unknown hosts are errors only where nothing unknown is let out', () => {
  const rules = [
    virtualService('ghost', {
      hosts: ['ghost'],
      http: [{ route: [{ destination: { host: 'ghost' } }] }],
    }),
    destinationRule('ghost', { host: 'ghost.other' }),
  ];
  const paths = {
    VirtualService: 'spec/http[0]/route[0]/destination/host',
    DestinationRule: 'spec/host',
  };
  for (const [mode, severity] of [
    ['ALLOW_ANY', 'warning'],
    ['REGISTRY_ONLY', 'error'],
  ] as const) {
    assert.deepEqual(checksOf('VirtualService', 'ghost', mesh(mode), ...rules), [
      `KIA1101 ${severity} ${paths.VirtualService}`,
    ]);
    assert.deepEqual(checksOf('DestinationRule', 'ghost', mesh(mode), ...rules), [
      `KIA0202 ${severity} ${paths.DestinationRule}`,
    ]);
  }
  const entry = rule('serviceentries.networking.istio.io', 'ServiceEntry', 'partner', {
    hosts: ['*.example.org'],
  });
  const outside = virtualService('outside', {
    hosts: ['api.example.org'],
    http: [{ route: [{ destination: { host: 'api.example.org' } }] }],
  });
  assert.deepEqual(checksOf('VirtualService', 'outside', entry, outside), []);
});

test('weights of a single destination and repeated destinations are told', () => {
  const rules = [
    destinationRule('backend', subsets),
    virtualService('backend', {
      hosts: ['backend'],
      http: [{ route: [to('v1', 90)] }, { route: [to('v2', 50), to('v2', 50)] }],
    }),
  ];
  assert.deepEqual(checksOf('VirtualService', 'backend', ...rules), [
    'KIA1104 warning spec/http[0]/route[0]/weight',
    'KIA1105 warning spec/http[1]/route[0]/host',
    'KIA1105 warning spec/http[1]/route[1]/host',
  ]);
});

test('gateways that are not there are errors, old names of gateways are told', () => {
  const spec = { hosts: ['backend'], gateways: ['mesh', 'edge', 'edge.other'], http: [] };
  assert.deepEqual(
    checksOf(
      'VirtualService',
      'backend',
      virtualService('backend', spec),
      rule('gateways.networking.istio.io', 'Gateway', 'edge', {}, 'other'),
    ),
    ['KIA1102 error spec/gateways[1]', 'KIA1108 unknown spec/gateways[2]'],
  );
});

test('exports to namespaces that are not there are errors', () => {
  const exported = virtualService('backend', { hosts: ['backend'], exportTo: ['.', 'gone'] });
  assert.deepEqual(checksOf('VirtualService', 'backend', exported), [
    'KIA0005 error spec/exportTo[1]',
  ]);
});

const policy = (name: string, spec: unknown, place?: string) =>
  rule('authorizationpolicies.security.istio.io', 'AuthorizationPolicy', name, spec, place);
const peer = (name: string, spec: unknown, place?: string) =>
  rule('peerauthentications.security.istio.io', 'PeerAuthentication', name, spec, place);

test('policies name workloads, namespaces, methods, hosts and accounts that exist', () => {
  const wrong = policy('wrong', {
    selector: { matchLabels: { app: 'nobody' } },
    rules: [
      {
        from: [
          {
            source: {
              namespaces: ['app', 'gone'],
              principals: ['cluster.local/ns/app/sa/default', 'cluster.local/ns/app/sa/gone'],
            },
          },
        ],
        to: [{ operation: { methods: ['GET', 'FETCH'], hosts: ['backend', 'ghost'] } }],
      },
    ],
  });
  assert.deepEqual(checksOf('AuthorizationPolicy', 'wrong', wrong), [
    'KIA0004 warning spec/selector/matchLabels',
    'KIA0101 warning spec/rules[0]/from[0]/source/namespaces[1]',
    'KIA0102 warning spec/rules[0]/to[0]/operation/methods[1]',
    'KIA0104 warning spec/rules[0]/to[0]/operation/hosts[1]',
    'KIA0106 error spec/rules[0]/from[0]/source/principals[1]',
  ]);
});

test('a policy about who calls needs mutual TLS', () => {
  const callers = policy('callers', {
    rules: [{ from: [{ source: { namespaces: ['app'] } }] }],
  });
  assert.deepEqual(checksOf('AuthorizationPolicy', 'callers', callers), []);
  assert.deepEqual(
    checksOf('AuthorizationPolicy', 'callers', callers, peer('off', { mtls: { mode: 'DISABLE' } })),
    ['KIA0105 error spec/rules[0]/from[0]/source/namespaces'],
  );
});

test('two policies for all of a namespace, or for one workload, are errors', () => {
  const all = [peer('one', { mtls: { mode: 'STRICT' } }), peer('two', {})];
  assert.deepEqual(checksOf('PeerAuthentication', 'one', ...all), ['KIA0002 error spec/selector']);
  const selector = { matchLabels: { app: 'backend' } };
  const some = [peer('one', { selector }), peer('two', { selector })];
  assert.deepEqual(checksOf('PeerAuthentication', 'two', ...some), ['KIA0003 error spec/selector']);
});

test('rules and policies about TLS that do not fit are errors', () => {
  const strict = peer('strict', { mtls: { mode: 'STRICT' } });
  const off = destinationRule('plain', {
    host: '*.app.svc.cluster.local',
    trafficPolicy: { tls: { mode: 'DISABLE' } },
  });
  assert.deepEqual(checksOf('DestinationRule', 'plain', strict, off), [
    'KIA0207 error spec/trafficPolicy/tls/mode',
  ]);
  const wide = destinationRule('wide', {
    host: '*.local',
    trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } },
  });
  const disabled = peer('disabled', { mtls: { mode: 'DISABLE' } });
  assert.deepEqual(checksOf('DestinationRule', 'wide', wide), [
    'KIA0205 error spec/trafficPolicy/tls/mode',
  ]);
  assert.deepEqual(checksOf('PeerAuthentication', 'disabled', wide, disabled), [
    'KIA0505 error spec/mtls',
  ]);
});

test('ports tell their protocol, and somebody listens behind them', () => {
  const odd = service(
    'odd',
    { app: 'backend' },
    {
      ports: [
        { name: 'web', port: 80 },
        { name: 'http-more', port: 8080, targetPort: 8080 },
      ],
    },
  );
  assert.deepEqual(checksOf('service', 'odd', odd), [
    'KIA0601 error spec/ports[0]',
    'KIA0701 warning spec/ports[1]',
  ]);
});

test('a workload that no policy covers is told', () => {
  assert.deepEqual(checksOf('workload', 'backend-v1'), ['KIA1301 warning workload']);
  assert.deepEqual(checksOf('workload', 'backend-v1', policy('all', {}, 'istio-system')), []);
});
