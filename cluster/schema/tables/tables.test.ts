import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTimestamp } from '../../time.ts';
import { definitionOf, registry } from '../testing/objects.ts';

const NOW = parseTimestamp('2026-11-22T10:10:00Z') ?? 0;

function cells(group: string, resource: string, body: Record<string, unknown>) {
  const metadata = {
    name: 'web',
    uid: '1',
    resourceVersion: '1',
    creationTimestamp: '2026-11-22T10:00:00Z',
    ...(body['metadata'] as object | undefined),
  };
  return definitionOf(group, resource).table.cells(
    { apiVersion: 'v1', kind: 'X', ...body, metadata },
    NOW,
  );
}

test('every kind has as many cells as columns, even for an empty object', () => {
  for (const { table, resource } of registry.all()) {
    const row = table.cells(
      {
        apiVersion: 'v1',
        kind: 'X',
        metadata: {
          name: 'a',
          uid: '1',
          resourceVersion: '1',
          creationTimestamp: '2026-11-22T10:00:00Z',
        },
      },
      NOW,
    );
    assert.equal(row.length, table.columns.length, resource);
    for (const column of table.columns)
      assert.notEqual(column.description, '', `${resource} ${column.name}`);
  }
});

test('services show addresses, ports and what selects their pods', () => {
  const ports = [
    { port: 80, protocol: 'TCP' },
    { port: 443, nodePort: 30443, protocol: 'TCP' },
  ];
  assert.deepEqual(
    cells('', 'services', {
      spec: { type: 'NodePort', clusterIP: '10.96.0.9', ports, selector: { b: '2', a: '1' } },
    }),
    ['web', 'NodePort', '10.96.0.9', '<none>', '80/TCP,443:30443/TCP', '10m', 'a=1,b=2'],
  );
  assert.deepEqual(
    cells('', 'services', { spec: { type: 'LoadBalancer', clusterIP: '10.96.0.9' } }).slice(1, 5),
    ['LoadBalancer', '10.96.0.9', '<pending>', '<none>'],
  );
  assert.deepEqual(
    cells('', 'services', {
      spec: { type: 'LoadBalancer', externalIPs: ['2.2.2.2'] },
      status: { loadBalancer: { ingress: [{ ip: '1.1.1.1' }] } },
    })[3],
    '1.1.1.1,2.2.2.2',
  );
  assert.deepEqual(
    cells('', 'services', { spec: { type: 'ExternalName', externalName: 'example.com' } }).slice(
      1,
      5,
    ),
    ['ExternalName', '<none>', 'example.com', '<none>'],
  );
});

test('endpoints are listed up to three', () => {
  const subsets = [
    { addresses: ['1', '2', '3', '4'].map((n) => ({ ip: `10.0.0.${n}` })), ports: [{ port: 80 }] },
  ];
  assert.equal(
    cells('', 'endpoints', { subsets })[1],
    '10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...',
  );
  assert.equal(cells('', 'endpoints', {})[1], '<none>');
  assert.deepEqual(
    cells('discovery.k8s.io', 'endpointslices', {
      addressType: 'IPv4',
      ports: [],
      endpoints: [],
    }).slice(1, 4),
    ['IPv4', '<unset>', '<unset>'],
  );
});

test('nodes show readiness, roles and what they run', () => {
  const node = (status: string, unschedulable = false) =>
    cells('', 'nodes', {
      metadata: {
        labels: { 'node-role.kubernetes.io/control-plane': '', 'kubernetes.io/role': 'lab' },
      },
      spec: { unschedulable },
      status: {
        conditions: [{ type: 'Ready', status }],
        addresses: [{ type: 'InternalIP', address: '172.18.0.2' }],
        nodeInfo: {
          kubeletVersion: 'v1.36.2',
          osImage: 'Debian',
          kernelVersion: '6.1',
          architecture: 'amd64',
          containerRuntimeVersion: 'containerd://2',
        },
      },
    });
  assert.deepEqual(node('True'), [
    'web',
    'Ready',
    'control-plane,lab',
    '10m',
    'v1.36.2',
    '172.18.0.2',
    '<none>',
    'Debian',
    '6.1 (amd64)',
    'containerd://2',
  ]);
  assert.equal(node('Unknown', true)[1], 'NotReady,SchedulingDisabled');
  assert.equal(cells('', 'nodes', {})[1], 'Unknown');
});

test('controllers show counts, containers and selectors', () => {
  const spec = {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: {
      spec: {
        containers: [
          { name: 'a', image: 'x' },
          { name: 'b', image: 'y' },
        ],
      },
    },
  };
  assert.deepEqual(
    cells('apps', 'deployments', {
      spec,
      status: { readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 },
    }),
    ['web', '2/3', 1, 2, '10m', 'a,b', 'x,y', 'app=web'],
  );
  assert.deepEqual(
    cells('apps', 'replicasets', { spec, status: { replicas: 3 } }).slice(1, 4),
    [3, 3, 0],
  );
});

test('jobs show how far they are', () => {
  const job = (
    status: Record<string, unknown>,
    spec: Record<string, unknown> = { completions: 3 },
  ) => cells('batch', 'jobs', { spec, status }).slice(1, 4);
  assert.deepEqual(job({ startTime: '2026-11-22T10:09:00Z', succeeded: 1 }), [
    'Running',
    '1/3',
    '60s',
  ]);
  assert.deepEqual(
    job({
      startTime: '2026-11-22T10:00:00Z',
      completionTime: '2026-11-22T10:00:05Z',
      succeeded: 3,
      conditions: [{ type: 'Complete', status: 'True' }],
    }),
    ['Complete', '3/3', '5s'],
  );
  assert.deepEqual(
    job({ conditions: [{ type: 'Suspended', status: 'True' }] }, { parallelism: 4 }),
    ['Suspended', '0/1 of 4', ''],
  );
});

test('events show when they were last seen, and by whom', () => {
  const event = {
    involvedObject: { kind: 'Pod', name: 'web' },
    type: 'Normal',
    reason: 'Pulled',
    message: 'Pulled ',
    source: { component: 'kubelet', host: 'lab' },
    firstTimestamp: '2026-11-22T10:00:00Z',
    lastTimestamp: '2026-11-22T10:09:00Z',
    count: 4,
  };
  assert.deepEqual(cells('', 'events', event), [
    '60s',
    'Normal',
    'Pulled',
    'pod/web',
    '',
    'kubelet, lab',
    'Pulled',
    '10m',
    4,
    'web',
  ]);
  const series = {
    ...event,
    source: {},
    reportingComponent: 'x',
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: '2026-11-22T10:00:00.000000Z',
    series: { count: 9, lastObservedTime: '2026-11-22T10:08:00.000000Z' },
  };
  assert.deepEqual(
    cells('events.k8s.io', 'events', series)
      .slice(0, 1)
      .concat(cells('', 'events', series).slice(5, 9)),
    ['2m', 'x', 'Pulled', '10m', 9],
  );
});

test('autoscalers show what they have measured against what they want', () => {
  const spec = {
    scaleTargetRef: { kind: 'Deployment', name: 'web' },
    maxReplicas: 5,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 80 } } }],
  };
  assert.deepEqual(cells('autoscaling', 'horizontalpodautoscalers', { spec }).slice(1, 6), [
    'Deployment/web',
    'cpu: <unknown>/80%',
    '<unset>',
    5,
    0,
  ]);
});

test('kinds without a printer show when they were created', () => {
  assert.deepEqual(cells('rbac.authorization.k8s.io', 'clusterroles', {}), [
    'web',
    '2026-11-22T10:00:00Z',
  ]);
});
