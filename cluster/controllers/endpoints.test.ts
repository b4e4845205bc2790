import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEndpointsController } from './endpoints.ts';
import { startEndpointSliceMirroring } from './endpointslice-mirroring.ts';
import { startEndpointSliceController } from './endpointslice.ts';
import type { DraftOf, EndpointSlice, Endpoints, Pod, Service } from './kinds.ts';
import { podDraft } from './testing/objects.ts';
import { type TestWorld, testWorld } from './testing/world.ts';

function cluster(): TestWorld {
  const world = testWorld();
  startEndpointsController(world);
  startEndpointSliceController(world);
  startEndpointSliceMirroring(world);
  return world;
}

function serviceDraft(spec: Partial<Service['spec']> = {}): DraftOf<Service> {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
    spec: {
      clusterIP: '10.96.0.7',
      selector: { app: 'web' },
      ports: [{ port: 80, protocol: 'TCP', targetPort: 8080 }],
      type: 'ClusterIP',
      ...spec,
    },
  };
}

async function addPod(
  world: TestWorld,
  name: string,
  ip: string,
  ready: boolean,
  spec: Partial<Pod['spec']> = {},
): Promise<Pod> {
  const pod = await world.kinds.create(
    'pods',
    podDraft(name, { nodeName: 'n', ...spec }, { labels: { app: 'web' } }),
  );
  return world.kinds.updateStatus('pods', {
    ...pod,
    status: {
      phase: 'Running',
      podIP: ip,
      conditions: [
        {
          type: 'Ready',
          status: ready ? 'True' : 'False',
          lastTransitionTime: '2026-11-22T10:53:46Z',
        },
      ],
    },
  });
}

function endpointsOf(world: TestWorld): Endpoints | undefined {
  return world.kinds.get('endpoints', 'default', 'web');
}

function sliceOf(world: TestWorld): EndpointSlice {
  const [slice, ...others] = world.kinds.list('endpointslices.discovery.k8s.io');
  assert.ok(slice);
  assert.deepEqual(others, []);
  return slice;
}

test('ready pods are addresses, others are not ready, and the slice has both', async () => {
  const world = cluster();
  await world.kinds.create('services', serviceDraft());
  const a = await addPod(world, 'a', '10.244.0.6', true);
  await addPod(world, 'b', '10.244.0.5', false);
  await world.clock.step(100);

  const endpoints = endpointsOf(world);
  assert.deepEqual(endpoints?.metadata.labels, {
    app: 'web',
    'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
  });
  assert.deepEqual(endpoints?.subsets, [
    {
      addresses: [
        {
          ip: '10.244.0.6',
          nodeName: 'n',
          targetRef: { kind: 'Pod', namespace: 'default', name: 'a', uid: a.metadata.uid },
        },
      ],
      notReadyAddresses: [
        {
          ip: '10.244.0.5',
          nodeName: 'n',
          targetRef: {
            kind: 'Pod',
            namespace: 'default',
            name: 'b',
            uid: world.kinds.get('pods', 'default', 'b')?.metadata.uid,
          },
        },
      ],
      ports: [{ port: 8080, protocol: 'TCP' }],
    },
  ]);

  const slice = sliceOf(world);
  assert.match(slice.metadata.name, /^web-[a-z0-9]{5}$/);
  assert.deepEqual(slice.metadata.labels, {
    app: 'web',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    'kubernetes.io/service-name': 'web',
  });
  assert.equal(
    slice.metadata.annotations?.['endpoints.kubernetes.io/last-change-trigger-time'],
    '2026-11-22T10:53:44Z',
  );
  assert.deepEqual(slice.ports, [{ name: '', protocol: 'TCP', port: 8080 }]);
  assert.deepEqual(
    slice.endpoints?.map(({ addresses, conditions }) => [addresses[0], conditions]),
    [
      ['10.244.0.6', { ready: true, serving: true, terminating: false }],
      ['10.244.0.5', { ready: false, serving: false, terminating: false }],
    ],
  );
});

test('a terminating pod leaves the endpoints, and serves on in the slice', async () => {
  const world = cluster();
  await world.kinds.create('services', serviceDraft());
  await addPod(world, 'a', '10.244.0.6', true);
  await world.clock.step(100);
  await world.kinds.delete('pods', 'default', 'a');
  await world.clock.step(100);
  assert.equal(endpointsOf(world)?.subsets, undefined);
  assert.deepEqual(sliceOf(world).endpoints?.[0]?.conditions, {
    ready: false,
    serving: true,
    terminating: true,
  });
});

test('publishNotReadyAddresses makes every address a ready one', async () => {
  const world = cluster();
  await world.kinds.create('services', serviceDraft({ publishNotReadyAddresses: true }));
  await addPod(world, 'b', '10.244.0.5', false);
  await world.clock.step(100);
  assert.equal(endpointsOf(world)?.subsets?.[0]?.addresses?.length, 1);
  assert.equal(sliceOf(world).endpoints?.[0]?.conditions?.ready, true);
});

test('a named target port is looked up in each pod; a pod without it is left out', async () => {
  const world = cluster();
  await world.kinds.create(
    'services',
    serviceDraft({ ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'web' }] }),
  );
  const ports = [{ name: 'web', containerPort: 3000, protocol: 'TCP' as const }];
  await addPod(world, 'a', '10.244.0.6', true, {
    containers: [{ name: 'c', image: 'i', ports }],
  });
  await addPod(world, 'b', '10.244.0.7', true);
  await world.clock.step(100);
  assert.deepEqual(endpointsOf(world)?.subsets?.[0]?.ports, [
    { name: 'http', port: 3000, protocol: 'TCP' },
  ]);
  assert.equal(endpointsOf(world)?.subsets?.[0]?.addresses?.length, 1);
});

test('a service without pods has one empty slice, and endpoints without subsets', async () => {
  const world = cluster();
  await world.kinds.create('services', serviceDraft());
  await world.clock.step(100);
  assert.deepEqual(sliceOf(world).endpoints, []);
  assert.equal(endpointsOf(world)?.subsets, undefined);
});

test('endpoints stay in their slice, and more than a hundred take a second one', async () => {
  const world = cluster();
  await world.kinds.create('services', serviceDraft());
  for (let at = 0; at < 103; at++) await addPod(world, `p${at}`, `10.244.0.${at}`, true);
  await world.clock.step(100);
  const sizes = world.kinds
    .list('endpointslices.discovery.k8s.io')
    .map(({ endpoints }) => endpoints?.length ?? 0);
  assert.deepEqual(
    sizes.toSorted((a, b) => b - a),
    [100, 3],
  );
});

test('a service without a selector keeps the endpoints that people gave it', async () => {
  const world = cluster();
  const { selector: _none, ...spec } = serviceDraft().spec;
  await world.kinds.create('services', { ...serviceDraft(), spec });
  await world.kinds.create('endpoints', {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'web', namespace: 'default' },
    subsets: [{ addresses: [{ ip: '192.0.2.1' }] }],
  });
  await world.clock.step(100);
  assert.deepEqual(endpointsOf(world)?.subsets, [{ addresses: [{ ip: '192.0.2.1' }] }]);
  const slice = sliceOf(world);
  assert.deepEqual(slice.endpoints, [{ addresses: ['192.0.2.1'], conditions: { ready: true } }]);
  assert.equal(
    slice.metadata.labels?.['endpointslice.kubernetes.io/managed-by'],
    'endpointslicemirroring-controller.k8s.io',
  );
  await world.kinds.delete('services', 'default', 'web');
  await world.clock.step(100);
  assert.ok(endpointsOf(world));
});

test('nothing is written while nothing changes', async () => {
  const world = cluster();
  await world.kinds.create('services', serviceDraft());
  await addPod(world, 'a', '10.244.0.6', true);
  await world.clock.step(1000);
  const writes = world.api.writes;
  await world.clock.step(600_000);
  assert.equal(world.api.writes, writes);
});
