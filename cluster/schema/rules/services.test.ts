import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../fields.ts';
import { changed, created, definitionOf, problemsOf } from '../testing/objects.ts';

const services = definitionOf('', 'services');
const specOf = (object: { [field: string]: unknown }) => object['spec'] as Fields;

test('a service of one port is stored with every documented default', () => {
  const service = created(services, { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } });
  assert.deepEqual(service['spec'], {
    internalTrafficPolicy: 'Cluster',
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    selector: { app: 'web' },
    sessionAffinity: 'None',
    type: 'ClusterIP',
  });
  assert.deepEqual(service['status'], { loadBalancer: {} });
  assert.equal(service.metadata.generation, undefined);
});

test('the type decides about traffic policies and node ports', () => {
  const balancer = specOf(
    created(services, { spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } }),
  );
  assert.equal(balancer['externalTrafficPolicy'], 'Cluster');
  assert.equal(balancer['allocateLoadBalancerNodePorts'], true);
  const external = specOf(
    created(services, { spec: { type: 'ExternalName', externalName: 'example.com' } }),
  );
  assert.equal(external['internalTrafficPolicy'], undefined);
});

test('what is wrong with a service is said in the real words and order', () => {
  assert.deepEqual(problemsOf(services, { spec: { selector: { a: 'b' } } }), [
    'spec.ports: Required value',
  ]);
  assert.deepEqual(problemsOf(services, { spec: { ports: [{ port: 99999 }] } }), [
    'spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive',
    'spec.ports[0].targetPort: Invalid value: 99999: must be between 1 and 65535, inclusive',
  ]);
  assert.deepEqual(problemsOf(services, { spec: { ports: [{ port: 80 }, { port: 81 }] } }), [
    'spec.ports[0].name: Required value',
    'spec.ports[1].name: Required value',
  ]);
  assert.deepEqual(
    problemsOf(services, {
      spec: {
        ports: [
          { name: 'a', port: 80 },
          { name: 'a', port: 80 },
        ],
      },
    }),
    [
      'spec.ports[1].name: Duplicate value: "a"',
      'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
    ],
  );
  assert.deepEqual(
    problemsOf(services, {
      spec: { type: 'Nope', ports: [{ port: 80, nodePort: 30000 }], sessionAffinity: 'Sticky' },
    }),
    [
      'spec.sessionAffinity: Unsupported value: "Sticky": supported values: "ClientIP", "None"',
      'spec.type: Unsupported value: "Nope": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
  );
  assert.deepEqual(problemsOf(services, { spec: { ports: [{ port: 80, nodePort: 30000 }] } }), [
    "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
  ]);
  assert.deepEqual(problemsOf(services, { spec: { type: 'ExternalName' } }), [
    'spec.externalName: Required value',
  ]);
});

test('a service keeps its address, and says so when a client changes it', () => {
  const body = { spec: { clusterIP: '10.96.0.9', ports: [{ port: 80 }] } };
  const kept = changed(services, body, (draft) => {
    delete specOf(draft)['clusterIP'];
    delete specOf(draft)['clusterIPs'];
  });
  assert.equal(specOf(kept.object)['clusterIP'], '10.96.0.9');
  assert.deepEqual(kept.problems, []);
  const moved = changed(services, body, (draft) => {
    specOf(draft)['clusterIP'] = '10.96.9.9';
  });
  assert.deepEqual(moved.problems, [
    'spec.clusterIPs[0]: Invalid value: ["10.96.9.9"]: may not change once set',
  ]);
});

test('node ports go with the type that needs them, and stay with their port', () => {
  const body = { spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] } };
  const plain = changed(services, body, (draft) => {
    specOf(draft)['type'] = 'ClusterIP';
  });
  assert.deepEqual(plain.problems, []);
  assert.deepEqual(specOf(plain.object)['ports'], [{ port: 80, protocol: 'TCP', targetPort: 80 }]);
  assert.equal(specOf(plain.object)['externalTrafficPolicy'], undefined);
  const replaced = changed(services, body, (draft) => {
    specOf(draft)['ports'] = [{ port: 80, targetPort: 8080 }];
  });
  assert.deepEqual(specOf(replaced.object)['ports'], [
    { nodePort: 30080, port: 80, protocol: 'TCP', targetPort: 8080 },
  ]);
});

test('endpoints and slices hold addresses, ports with names, and their type for life', () => {
  const slices = definitionOf('discovery.k8s.io', 'endpointslices');
  const body = {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.244.0.1'] }],
    ports: [{ port: 80 }],
  };
  const slice = created(slices, body);
  assert.deepEqual(slice['ports'], [{ name: '', port: 80, protocol: 'TCP' }]);
  assert.equal(slice.metadata.generation, 1);
  assert.deepEqual(
    problemsOf(slices, { ...body, endpoints: [{ addresses: [] }, { addresses: ['::1'] }] }),
    [
      'endpoints[0].addresses: Required value: must contain at least 1 address',
      'endpoints[1].addresses[0]: Invalid value: "::1": must be an IPv4 address',
    ],
  );
  const moved = changed(slices, body, (draft) => {
    draft['endpoints'] = [];
  });
  assert.equal(moved.object.metadata.generation, 2);
  const endpoints = definitionOf('', 'endpoints');
  const sorted = created(endpoints, {
    subsets: [{ addresses: [{ ip: '10.244.0.9' }, { ip: '10.244.0.1' }], ports: [{ port: 80 }] }],
  });
  assert.deepEqual(sorted['subsets'], [
    {
      addresses: [{ ip: '10.244.0.1' }, { ip: '10.244.0.9' }],
      ports: [{ port: 80, protocol: 'TCP' }],
    },
  ]);
  assert.deepEqual(problemsOf(endpoints, { subsets: [{ ports: [{ port: 80 }] }] }), [
    'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
  ]);
});

test('policies and ingresses have their defaults and bounds', () => {
  const policies = definitionOf('networking.k8s.io', 'networkpolicies');
  assert.deepEqual(
    specOf(created(policies, { spec: { podSelector: {}, egress: [{}] } }))['policyTypes'],
    ['Ingress', 'Egress'],
  );
  const ingresses = definitionOf('networking.k8s.io', 'ingresses');
  assert.deepEqual(problemsOf(ingresses, { spec: {} }), [
    'spec: Invalid value: null: either `defaultBackend` or `rules` must be specified',
  ]);
  assert.deepEqual(
    problemsOf(ingresses, {
      spec: {
        rules: [
          {
            http: {
              paths: [
                { pathType: 'Prefix', path: 'x', backend: {} },
                { backend: {}, pathType: '' },
              ],
            },
          },
        ],
      },
    }),
    [
      'spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path',
      'spec.rules[0].http.paths[1].pathType: Required value: pathType must be specified',
    ],
  );
});
