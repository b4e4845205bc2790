import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object.ts';
import { parseTimestamp } from '../../time.ts';
import { definitionOf } from '../testing/objects.ts';

const pods = definitionOf('', 'pods');
const NOW = parseTimestamp('2026-11-22T10:10:00Z') ?? 0;

function row(
  spec: Record<string, unknown>,
  status: Record<string, unknown>,
  metadata: Record<string, unknown> = {},
) {
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: '1',
      resourceVersion: '1',
      creationTimestamp: '2026-11-22T10:00:00Z',
      ...metadata,
    },
    spec: { containers: [{ name: 'a' }], ...spec },
    status,
  };
  return pods.table.cells(pod, NOW).slice(1, 4);
}

const running = { name: 'a', ready: true, restartCount: 0, state: { running: {} } };
const waiting = (reason: string) => ({
  name: 'a',
  ready: false,
  restartCount: 0,
  state: { waiting: { reason } },
});
const ended = (exitCode: number, more: Record<string, unknown> = {}) => ({
  name: 'a',
  ready: false,
  restartCount: 0,
  state: { terminated: { exitCode, ...more } },
});

test('STATUS tells the first thing worth knowing', () => {
  assert.deepEqual(row({}, { phase: 'Pending' }), ['0/1', 'Pending', '0']);
  assert.deepEqual(
    row({}, { phase: 'Pending', containerStatuses: [waiting('ContainerCreating')] }),
    ['0/1', 'ContainerCreating', '0'],
  );
  assert.deepEqual(row({}, { phase: 'Running', containerStatuses: [running] }), [
    '1/1',
    'Running',
    '0',
  ]);
  assert.deepEqual(
    row({}, { phase: 'Running', containerStatuses: [waiting('CrashLoopBackOff')] }),
    ['0/1', 'CrashLoopBackOff', '0'],
  );
  assert.deepEqual(
    row({}, { phase: 'Succeeded', containerStatuses: [ended(0, { reason: 'Completed' })] }),
    ['0/1', 'Completed', '0'],
  );
  assert.deepEqual(
    row({}, { phase: 'Failed', containerStatuses: [ended(1, { reason: 'Error' })] }),
    ['0/1', 'Error', '0'],
  );
  assert.deepEqual(row({}, { phase: 'Failed', containerStatuses: [ended(3)] }), [
    '0/1',
    'ExitCode:3',
    '0',
  ]);
  assert.deepEqual(row({}, { phase: 'Failed', containerStatuses: [ended(137, { signal: 9 })] }), [
    '0/1',
    'Signal:9',
    '0',
  ]);
  assert.deepEqual(row({}, { phase: 'Failed', reason: 'Evicted' }), ['0/1', 'Evicted', '0']);
  assert.deepEqual(
    row(
      {},
      { phase: 'Running', containerStatuses: [running] },
      { deletionTimestamp: '2026-11-22T10:09:00Z' },
    ),
    ['1/1', 'Terminating', '0'],
  );
  assert.deepEqual(row({}, { phase: 'Succeeded' }, { deletionTimestamp: '2026-11-22T10:09:00Z' }), [
    '0/1',
    'Succeeded',
    '0',
  ]);
  assert.deepEqual(
    row(
      {},
      {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
      },
    ),
    ['0/1', 'SchedulingGated', '0'],
  );
});

test('a pod of which one container has ended still runs, or is not ready', () => {
  const two = { containers: [{ name: 'a' }, { name: 'b' }] };
  const statuses = [ended(0, { reason: 'Completed' }), { ...running, name: 'b' }];
  assert.deepEqual(
    row(two, {
      phase: 'Running',
      containerStatuses: statuses,
      conditions: [{ type: 'Ready', status: 'True' }],
    }),
    ['1/2', 'Running', '0'],
  );
  assert.deepEqual(row(two, { phase: 'Running', containerStatuses: statuses }), [
    '1/2',
    'NotReady',
    '0',
  ]);
});

test('init containers are counted until they are done', () => {
  const spec = { initContainers: [{ name: 'i' }, { name: 'j' }] };
  const done = { name: 'i', restartCount: 0, state: { terminated: { exitCode: 0 } } };
  const status = (...initContainerStatuses: unknown[]) => ({
    phase: 'Pending',
    initContainerStatuses,
    containerStatuses: [waiting('PodInitializing')],
  });
  assert.deepEqual(row(spec, status({ name: 'i', restartCount: 0, state: { running: {} } })), [
    '0/1',
    'Init:0/2',
    '0',
  ]);
  assert.deepEqual(
    row(
      spec,
      status(done, {
        name: 'j',
        restartCount: 0,
        state: { waiting: { reason: 'PodInitializing' } },
      }),
    ),
    ['0/1', 'Init:1/2', '0'],
  );
  assert.deepEqual(
    row(
      spec,
      status({ name: 'i', restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff' } } }),
    ),
    ['0/1', 'Init:CrashLoopBackOff', '2'],
  );
  assert.deepEqual(
    row(
      spec,
      status({
        name: 'i',
        restartCount: 0,
        state: { terminated: { exitCode: 1, reason: 'Error' } },
      }),
    ),
    ['0/1', 'Init:Error', '0'],
  );
  assert.deepEqual(
    row(spec, status({ name: 'i', restartCount: 0, state: { terminated: { exitCode: 3 } } })),
    ['0/1', 'Init:ExitCode:3', '0'],
  );
});

test('native sidecars count as containers', () => {
  const spec = { initContainers: [{ name: 'istio-proxy', restartPolicy: 'Always' }] };
  const sidecar = {
    name: 'istio-proxy',
    ready: true,
    started: true,
    restartCount: 1,
    state: { running: {} },
  };
  assert.deepEqual(
    row(spec, { phase: 'Running', initContainerStatuses: [sidecar], containerStatuses: [running] }),
    ['2/2', 'Running', '1'],
  );
  assert.deepEqual(
    row(spec, {
      phase: 'Pending',
      initContainerStatuses: [{ ...sidecar, started: false, ready: false, restartCount: 0 }],
      containerStatuses: [waiting('PodInitializing')],
    }),
    ['0/2', 'Init:0/1', '0'],
  );
});

test('RESTARTS tells when the last one was', () => {
  const restarted = {
    ...running,
    restartCount: 3,
    lastState: { terminated: { finishedAt: '2026-11-22T10:05:00Z' } },
  };
  assert.deepEqual(row({}, { phase: 'Running', containerStatuses: [restarted] }), [
    '1/1',
    'Running',
    '3 (5m ago)',
  ]);
});

test('wide columns name addresses, nodes and gates', () => {
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: '1',
      resourceVersion: '1',
      creationTimestamp: '2026-11-22T10:00:00Z',
    },
    spec: {
      containers: [],
      nodeName: 'lab',
      readinessGates: [{ conditionType: 'x' }, { conditionType: 'y' }],
    },
    status: {
      phase: 'Succeeded',
      podIPs: [{ ip: '10.244.0.7' }],
      conditions: [{ type: 'x', status: 'True' }],
    },
  };
  assert.deepEqual(pods.table.cells(pod, NOW).slice(4), [
    '10m',
    '10.244.0.7',
    'lab',
    '<none>',
    '1/2',
  ]);
  assert.deepEqual(pods.table.conditions?.(pod), [
    {
      type: 'Completed',
      status: 'True',
      reason: 'Succeeded',
      message: 'The pod has completed successfully.',
    },
  ]);
});
