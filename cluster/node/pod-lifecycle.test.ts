import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod } from '../controllers/kinds.ts';
import { podDraft } from '../controllers/testing/objects.ts';
import { type NodeWorld, nodeWorld } from './testing/node-world.ts';

function container(name: string, extra: Partial<Container> = {}): Container {
  return { name, image: 'nginx', imagePullPolicy: 'IfNotPresent', ...extra };
}

async function world(): Promise<NodeWorld> {
  const made = nodeWorld();
  await made.clock.step(100);
  return made;
}

/** `name: state reason` of every container. */
function states(pod: Pod): string[] {
  const all = [
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.containerStatuses ?? []),
  ];
  return all.map(({ name, state }) => {
    const [kind, detail] = Object.entries(state ?? {})[0] ?? ['none', {}];
    const reason = (detail as { reason?: string }).reason;
    return `${name}: ${kind}${reason ? ` ${reason}` : ''}`;
  });
}

function condition(pod: Pod, type: string): string {
  const found = pod.status?.conditions?.find((each) => each.type === type);
  return [found?.status, found?.reason, found?.message].filter(Boolean).join(' ');
}

test('a new pod waits in ContainerCreating, with every condition there', async () => {
  const { clock, create, pod } = await world();
  await create(podDraft('web'));
  await clock.step(50);
  assert.equal(pod('web').status?.phase, 'Pending');
  assert.deepEqual(states(pod('web')), ['nginx: waiting ContainerCreating']);
  assert.equal(condition(pod('web'), 'PodReadyToStartContainers'), 'False');
  assert.equal(
    condition(pod('web'), 'Ready'),
    'False ContainersNotReady containers with unready status: [nginx]',
  );
});

test('a crashed container starts again at once, then after 10 s, 20 s …', async () => {
  const { clock, create, pod, runtime, events } = await world();
  await create(podDraft('web'));
  await clock.step(1000);
  runtime.last('nginx').exit(1);
  await clock.step(10);
  assert.deepEqual(states(pod('web')), ['nginx: terminated Error']);
  await clock.step(1500);
  assert.deepEqual(states(pod('web')), ['nginx: running']);
  assert.equal(pod('web').status?.containerStatuses?.[0]?.restartCount, 1);

  runtime.last('nginx').exit(1);
  await clock.step(1000);
  const [status] = pod('web').status?.containerStatuses ?? [];
  const uid = pod('web').metadata.uid;
  assert.deepEqual(status?.state?.waiting, {
    reason: 'CrashLoopBackOff',
    message: `back-off 10s restarting failed container=nginx pod=web_default(${uid})`,
  });
  assert.equal(status?.lastState?.terminated?.exitCode, 1);
  assert.equal(pod('web').status?.phase, 'Running');
  await clock.step(8000);
  assert.equal(runtime.started.length, 2);
  await clock.step(3000);
  assert.equal(runtime.started.length, 3);
  runtime.last('nginx').exit(1);
  await clock.step(1000);
  assert.match(
    pod('web').status?.containerStatuses?.[0]?.state?.waiting?.message ?? '',
    /^back-off 20s restarting/,
  );
  assert.ok(
    events('web').includes(
      `BackOff x2: Back-off restarting failed container nginx in pod web_default(${uid})`,
    ),
    events('web').join('\n'),
  );
});

test('the back-off is forgotten when a container has run for more than ten minutes', async () => {
  const { clock, create, runtime } = await world();
  await create(podDraft('web'));
  await clock.step(1000);
  for (let crash = 0; crash < 3; crash++) {
    runtime.last('nginx').exit(1);
    await clock.step(60_000);
  }
  assert.equal(runtime.started.length, 4);
  await clock.step(700_000);
  runtime.last('nginx').exit(1);
  await clock.step(1500);
  assert.equal(runtime.started.length, 5);
});

test('with restartPolicy Never a pod ends as its container does', async () => {
  for (const [exitCode, phase, reason] of [
    [0, 'Succeeded', 'PodCompleted'],
    [3, 'Failed', 'PodFailed'],
  ] as const) {
    const { clock, create, pod, runtime } = await world();
    await create(podDraft('task', { restartPolicy: 'Never' }));
    await clock.step(1000);
    runtime.last('nginx').exit(exitCode);
    await clock.step(2000);
    assert.equal(pod('task').status?.phase, phase);
    assert.equal(condition(pod('task'), 'Ready'), `False ${reason}`);
    assert.equal(runtime.started.length, 1);
    const terminated = pod('task').status?.containerStatuses?.[0]?.state?.terminated;
    assert.equal(terminated?.reason, exitCode === 0 ? 'Completed' : 'Error');
    assert.equal(terminated?.exitCode, exitCode);
  }
});

test('OnFailure restarts a failure and lets a success be', async () => {
  const { clock, create, pod, runtime } = await world();
  await create(podDraft('task', { restartPolicy: 'OnFailure' }));
  await clock.step(1000);
  runtime.last('nginx').exit(1);
  await clock.step(2000);
  assert.equal(runtime.started.length, 2);
  runtime.last('nginx').exit(0);
  await clock.step(2000);
  assert.equal(pod('task').status?.phase, 'Succeeded');
});

test('init containers run one after another before the others', async () => {
  const { clock, create, pod, runtime } = await world();
  await create(
    podDraft('web', {
      initContainers: [container('first'), container('second')],
      containers: [container('main')],
    }),
  );
  await clock.step(1000);
  assert.deepEqual(states(pod('web')), [
    'first: running',
    'second: waiting PodInitializing',
    'main: waiting PodInitializing',
  ]);
  assert.equal(
    condition(pod('web'), 'Initialized'),
    'False ContainersNotInitialized containers with incomplete status: [first second]',
  );
  runtime.last('first').exit(0);
  await clock.step(1000);
  assert.deepEqual(states(pod('web')), [
    'first: terminated Completed',
    'second: running',
    'main: waiting PodInitializing',
  ]);
  runtime.last('second').exit(0);
  await clock.step(1000);
  assert.equal(states(pod('web'))[2], 'main: running');
  assert.equal(condition(pod('web'), 'Initialized'), 'True');
  assert.equal(pod('web').status?.phase, 'Running');
});

test('a failing init container is tried again; with restartPolicy Never it fails the pod', async () => {
  const always = await world();
  const spec = { initContainers: [container('first')], containers: [container('main')] };
  await always.create(podDraft('web', spec));
  await always.clock.step(1000);
  always.runtime.last('first').exit(1);
  await always.clock.step(1500);
  assert.equal(always.pod('web').status?.initContainerStatuses?.[0]?.restartCount, 1);
  assert.equal(always.pod('web').status?.phase, 'Pending');

  const never = await world();
  await never.create(podDraft('web', { ...spec, restartPolicy: 'Never' }));
  await never.clock.step(1000);
  never.runtime.last('first').exit(1);
  await never.clock.step(2000);
  assert.equal(never.pod('web').status?.phase, 'Failed');
  assert.equal(never.runtime.started.length, 1);
});

test('a sidecar holds the others back until it has started, and outlives them at the end', async () => {
  const { clock, create, pod, runtime } = await world();
  await create(
    podDraft('web', {
      restartPolicy: 'Never',
      initContainers: [
        container('proxy', {
          restartPolicy: 'Always',
          startupProbe: { exec: { command: ['ready'] }, periodSeconds: 1, failureThreshold: 600 },
        }),
        container('setup'),
      ],
      containers: [container('app')],
    }),
  );
  runtime.onStart = (started) => {
    if (started.config.name.endsWith('/proxy')) started.commandResult = { exitCode: 1, output: '' };
  };
  await clock.step(5000);
  assert.deepEqual(states(pod('web')), [
    'proxy: running',
    'setup: waiting PodInitializing',
    'app: waiting PodInitializing',
  ]);
  assert.equal(pod('web').status?.initContainerStatuses?.[0]?.started, false);
  runtime.last('proxy').commandResult = { exitCode: 0, output: '' };
  await clock.step(2500);
  runtime.last('setup').exit(0);
  await clock.step(1500);
  assert.deepEqual(states(pod('web')), [
    'proxy: running',
    'setup: terminated Completed',
    'app: running',
  ]);
  runtime.last('app').exit(0);
  await clock.step(2000);
  assert.deepEqual(runtime.last('proxy').signals, ['SIGTERM']);
  assert.equal(pod('web').status?.phase, 'Succeeded');
});

test('a sidecar that crashes comes back while the others run on', async () => {
  const { clock, create, pod, runtime } = await world();
  await create(
    podDraft('web', {
      initContainers: [container('proxy', { restartPolicy: 'Always' })],
      containers: [container('app')],
    }),
  );
  await clock.step(2000);
  runtime.last('proxy').exit(1);
  await clock.step(100);
  assert.equal(condition(pod('web'), 'Ready').slice(0, 5), 'False');
  await clock.step(2000);
  assert.equal(pod('web').status?.initContainerStatuses?.[0]?.restartCount, 1);
  assert.equal(condition(pod('web'), 'Ready'), 'True');
  assert.equal(runtime.started.length, 3);
});

test('a deleted pod gets SIGTERM, its grace period, SIGKILL, and is then gone', async () => {
  const { clock, create, kinds, node, pod, runtime, store, events } = await world();
  await create(podDraft('web', { terminationGracePeriodSeconds: 5 }));
  await clock.step(1000);
  runtime.last('nginx').polite = false;
  await kinds.delete('pods', 'default', 'web');
  await clock.step(4000);
  assert.deepEqual(runtime.last('nginx').signals, ['SIGTERM']);
  assert.ok(pod('web').metadata.deletionTimestamp);
  await clock.step(1500);
  assert.deepEqual(runtime.last('nginx').signals, ['SIGTERM', 'SIGKILL']);
  assert.equal(store.get('pods', 'default', 'web'), undefined);
  assert.ok(events('web').includes('Killing: Stopping container nginx'));
  assert.deepEqual(node.snapshot().pods, []);
});

test('at the end sidecars go after the main containers, the last one first', async () => {
  const { clock, create, kinds, runtime } = await world();
  const order: string[] = [];
  runtime.onStart = (started) => {
    void started.exited.then(() => order.push(started.config.name.split('/')[2] ?? ''));
  };
  await create(
    podDraft('web', {
      initContainers: [
        container('one', { restartPolicy: 'Always' }),
        container('two', { restartPolicy: 'Always' }),
      ],
      containers: [container('app')],
    }),
  );
  await clock.step(2000);
  await kinds.delete('pods', 'default', 'web');
  await clock.step(2000);
  assert.deepEqual(order, ['app', 'two', 'one']);
});

test('a forced deletion kills at once', async () => {
  const { clock, create, kinds, node, runtime, store } = await world();
  await create(podDraft('web'));
  await clock.step(1000);
  runtime.last('nginx').polite = false;
  store.remove('pods', 'default', 'web'); // what the API does for --grace-period=0 --force
  await clock.step(100);
  assert.deepEqual(runtime.last('nginx').signals, ['SIGKILL']);
  await clock.step(500);
  assert.deepEqual(node.snapshot().pods, []);
  assert.deepEqual(kinds.list('pods'), []);
});

test('a pod deleted while its image is still being pulled goes without having run', async () => {
  const { clock, create, kinds, runtime, store } = await world();
  await create(podDraft('web'));
  await clock.step(300);
  await kinds.delete('pods', 'default', 'web');
  await clock.step(1000);
  assert.equal(store.get('pods', 'default', 'web'), undefined);
  assert.deepEqual(runtime.started, []);
});

test('a pod past its active deadline fails with the reason', async () => {
  const { clock, create, pod, runtime } = await world();
  await create(podDraft('web', { activeDeadlineSeconds: 10 }));
  await clock.step(12_000);
  assert.equal(pod('web').status?.phase, 'Failed');
  assert.equal(pod('web').status?.reason, 'DeadlineExceeded');
  assert.equal(
    pod('web').status?.message,
    'Pod was active on the node longer than the specified deadline',
  );
  assert.deepEqual(runtime.last('nginx').signals, ['SIGTERM']);
});

test('an unknown image is told in the words of the registry, with a back-off', async () => {
  const { clock, create, pod, events } = await world();
  await create(podDraft('web', { containers: [container('main', { image: 'nope:1' })] }));
  await clock.step(600);
  const why = 'this cluster cannot run nope:1: it knows nginx';
  assert.deepEqual(pod('web').status?.containerStatuses?.[0]?.state?.waiting, {
    reason: 'ErrImagePull',
    message: why,
  });
  await clock.step(1000);
  assert.deepEqual(pod('web').status?.containerStatuses?.[0]?.state?.waiting, {
    reason: 'ImagePullBackOff',
    message: `Back-off pulling image "nope:1": ErrImagePull: ${why}`,
  });
  assert.equal(pod('web').status?.phase, 'Pending');
  assert.deepEqual(events('web').slice(1), [
    'Pulling: Pulling image "nope:1"',
    `Failed: Failed to pull image "nope:1": ${why}`,
    'Failed: Error: ErrImagePull',
    'BackOff: Back-off pulling image "nope:1"',
    'Failed: Error: ImagePullBackOff',
  ]);
});

test('a malformed image name and an image that may not be pulled say so', async () => {
  const { clock, create, pod } = await world();
  await create(podDraft('bad', { containers: [container('main', { image: 'NGINX' })] }));
  await create(
    podDraft('never', { containers: [container('main', { imagePullPolicy: 'Never' })] }),
  );
  await clock.step(1000);
  assert.equal(
    pod('bad').status?.containerStatuses?.[0]?.state?.waiting?.reason,
    'InvalidImageName',
  );
  assert.deepEqual(pod('never').status?.containerStatuses?.[0]?.state?.waiting, {
    reason: 'ErrImageNeverPull',
    message: 'Container image "nginx" is not present with pull policy of Never',
  });
});

test('an image is pulled once for the whole node', async () => {
  const { clock, create, events } = await world();
  const spec = { containers: [container('main')] };
  await create(podDraft('first', spec));
  await clock.step(2000);
  await create(podDraft('second', spec));
  await clock.step(2000);
  assert.equal(
    events('second')[1],
    'Pulled: Container image "nginx" already present on machine and can be accessed by the pod',
  );
});

test('a command that is not in the image ends in RunContainerError, then CrashLoopBackOff', async () => {
  const { clock, create, pod } = await world();
  await create(podDraft('web', { containers: [container('main', { command: ['nope'] })] }));
  await clock.step(1000);
  const [status] = pod('web').status?.containerStatuses ?? [];
  assert.equal(status?.state?.waiting?.reason, 'RunContainerError');
  assert.match(status.state.waiting.message ?? '', /exec: "nope": executable file not found/);
  assert.equal(status.lastState?.terminated?.exitCode, 128);
  assert.equal(status.lastState.terminated.reason, 'StartError');
  await clock.step(3000);
  const again = pod('web').status?.containerStatuses?.[0];
  assert.equal(again?.state?.waiting?.reason, 'CrashLoopBackOff');
  assert.equal(again.restartCount, 1);
});

test('with restartPolicy Never a container that cannot start ends the pod', async () => {
  const { clock, create, pod } = await world();
  const containers = [container('main', { command: ['nope'] })];
  await create(podDraft('web', { containers, restartPolicy: 'Never' }));
  await clock.step(2000);
  assert.equal(pod('web').status?.phase, 'Failed');
  assert.deepEqual(states(pod('web')), ['main: terminated StartError']);
});

test('a pod bound to a full node without asking the scheduler is rejected', async () => {
  const { clock, create, pod } = await world();
  const nodeName = 'mesh-lab-control-plane';
  const resources = { requests: { cpu: '3' } };
  await create(podDraft('first', { nodeName, containers: [container('main', { resources })] }));
  await create(podDraft('second', { nodeName, containers: [container('main', { resources })] }));
  await clock.step(2000);
  assert.equal(pod('first').status?.phase, 'Running');
  assert.equal(pod('second').status?.phase, 'Failed');
  assert.equal(pod('second').status?.reason, 'OutOfcpu');
  assert.equal(
    pod('second').status?.message,
    "Pod was rejected: Node didn't have enough resource: cpu, requested: 3000, used: 3000, capacity: 4000",
  );
});

test('an ephemeral container joins a running pod', async () => {
  const { clock, create, kinds, pod, runtime } = await world();
  await create(podDraft('web'));
  await clock.step(1000);
  await kinds.modify('pods', 'default', 'web', (draft) => {
    draft.spec.ephemeralContainers = [{ name: 'debugger', image: 'busybox' }];
  });
  await clock.step(1000);
  assert.equal(runtime.last('debugger').config.name, 'default/web/debugger');
  assert.ok(pod('web').status?.ephemeralContainerStatuses?.[0]?.state?.running);
});

test('a readiness gate holds the pod back until somebody sets its condition', async () => {
  const { clock, create, kinds, pod } = await world();
  const conditionType = 'example.com/warm';
  await create(podDraft('web', { readinessGates: [{ conditionType }] }));
  await clock.step(1000);
  assert.equal(
    condition(pod('web'), 'Ready'),
    `False ReadinessGatesNotReady corresponding condition of pod readiness gate "${conditionType}" does not exist.`,
  );
  await kinds.modify(
    'pods',
    'default',
    'web',
    (draft) => {
      draft.status?.conditions?.push({ type: conditionType, status: 'True' });
    },
    'status',
  );
  await clock.step(100);
  assert.equal(condition(pod('web'), 'Ready'), 'True');
});

test('status is written only when something changed', async () => {
  const { api, clock, create } = await world();
  await create(podDraft('web'));
  // Until a moment after the node's beat: the next one is far.
  await clock.step(20_001 - (clock.now() % 10_000));
  const writes = api.writes;
  await clock.step(9_000);
  assert.equal(api.writes, writes);
});

test('a changed image starts the container again, whatever its restart policy', async () => {
  const { clock, create, kinds, pod, runtime, events } = await world();
  await create(podDraft('web', { restartPolicy: 'Never' }));
  await clock.step(1500);
  await kinds.modify('pods', 'default', 'web', (draft) => {
    const [main] = draft.spec.containers;
    if (main) main.image = 'httpd';
  });
  await clock.step(2500);
  assert.equal(runtime.last('nginx').config.image.repository, 'httpd');
  assert.equal(pod('web').status?.phase, 'Running');
  assert.equal(pod('web').status?.containerStatuses?.[0]?.image, 'docker.io/library/httpd:latest');
  assert.ok(
    events('web').includes('Killing: Container nginx definition changed, will be restarted'),
  );
});
