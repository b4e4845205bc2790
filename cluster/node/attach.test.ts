import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podDraft } from '../controllers/testing/objects.ts';
import { startScheduler } from '../controllers/scheduler.ts';
import { testWorld } from '../controllers/testing/world.ts';
import { defaultLimits } from '../limits.ts';
import { ClusterNetwork } from '../network/cluster-network.ts';
import { Pipe, bytesOf, concatBytes, textOf } from '../streams.ts';
import type { Image, ImageRegistry } from './image.ts';
import { Node } from './node.ts';
import { createContainerRuntime } from './runtime/runtime.ts';

/** An image whose one program answers each line in capitals, and ends with its input. */
const loud: Image = {
  repository: 'loud',
  tags: () => true,
  entrypoint: ['/loud'],
  cmd: [],
  env: {},
  workingDir: '/',
  user: { uid: 0, gid: 0, name: 'root', home: '/root' },
  stopSignal: 'SIGTERM',
  size: 1_000_000,
  files: {},
  programs: {
    '/loud': async ({ stdin, stdout }) => {
      await stdout.write(bytesOf('ready> '));
      for (let bytes = await stdin.read(); bytes; bytes = await stdin.read())
        await stdout.write(bytesOf(textOf(bytes).toUpperCase()));
      return 0;
    },
  },
};

const images: ImageRegistry = {
  resolve: () => ({
    image: loud,
    tag: 'latest',
    reference: 'docker.io/library/loud:latest',
    imageId: 'docker.io/library/loud@sha256:0',
  }),
};

test('what an attached terminal shows is in the log of the container, once its lines end', async () => {
  const world = testWorld();
  const { store, clock, random, kinds, log } = world;
  const limits = defaultLimits;
  const node = new Node({
    store,
    client: world.client('kubelet'),
    clock,
    network: new ClusterNetwork({ store, clock, limits, random }),
    runtime: createContainerRuntime({ clock, random, limits }),
    images,
    limits,
    random,
    log,
  });
  startScheduler(world);
  node.start();
  await clock.step(100);
  const containers = [{ name: 'debug', image: 'loud', tty: true, stdin: true, stdinOnce: true }];
  await kinds.create('pods', podDraft('debug', { containers, restartPolicy: 'Never' }));
  await clock.step(2000);

  const stdin = new Pipe();
  const screen = new Pipe(Infinity);
  const attached = node.attach(
    'default',
    'debug',
    { container: 'debug', tty: true },
    {
      stdin,
      stdout: screen,
      onResize: (listener) => listener(80, 24),
      signal: new AbortController().signal,
    },
  );
  await clock.step(10);
  await stdin.write(bytesOf('hello\r'));
  await clock.step(10);
  await stdin.write(bytesOf('\u0004')); // Ctrl-D
  await clock.step(2000);
  assert.deepEqual(await attached, { exitCode: 0 });

  const chunks: Uint8Array[] = [];
  const options = { container: 'debug', follow: false, previous: false, timestamps: false };
  const read = await node.logs('default', 'debug', options, new AbortController().signal);
  for await (const chunk of read) chunks.push(chunk);
  assert.equal(textOf(concatBytes(chunks)), 'ready> hello\r\nHELLO\r\n');
  assert.equal(kinds.get('pods', 'default', 'debug')?.status?.phase, 'Succeeded');
  assert.deepEqual(world.logged, []);
});
