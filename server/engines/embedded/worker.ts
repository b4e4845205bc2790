// A worker thread: loads all that a cluster needs, says so, and then hosts the clusters it is given.

import { parentPort, workerData } from 'node:worker_threads';
import { schemaBundle } from '../../apiserver/schema-bundle.ts';
import { createCluster } from './cluster.ts';
import { Host, SnapshotError } from './host.ts';
import type { FromWorker, StartCluster, ToWorker, WorkerData } from './messages.ts';

const { running } = workerData as WorkerData;
const hosts = new Map<number, Host>();

function say(message: FromWorker): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'ping':
      return say({ kind: 'pong' });
    case 'start':
      return void start(message.start);
    case 'stop':
      return void stop(message.cluster, message.keep);
    case 'save':
      return void save(message.cluster, message.file);
  }
});

async function start({
  cluster,
  clockSpeed,
  freezeAfterMs,
  ...options
}: StartCluster): Promise<void> {
  try {
    const host = await Host.start({
      ...options,
      ...(freezeAfterMs !== undefined && { bounds: { freezeAfterMs } }),
      create: (init) => createCluster(init, { clockSpeed }),
      log: (level, message) => say({ kind: 'log', level, message }),
      onStage: (stage) => say({ kind: 'stage', cluster, stage }),
      onEnter: () => {
        running[0] = cluster;
      },
      onUnattended: tidyUp,
      onSleep: () => {
        tidyUp();
        sayIfResting();
      },
      onWake: () => say({ kind: 'awake' }),
    });
    hosts.set(cluster, host);
    say({ kind: 'started', cluster, started: host.started });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (!code && !(error instanceof SnapshotError))
      say({ kind: 'log', level: 'error', message: `a cluster did not start: ${describe(error)}` });
    say({ kind: 'not started', cluster, reason: messageOf(error), ...(code && { code }) });
    sayIfResting();
  }
}

async function stop(cluster: number, keep: boolean): Promise<void> {
  let revision = 0;
  try {
    revision = (await hosts.get(cluster)?.stop(keep)) ?? 0;
  } catch (error) {
    say({
      kind: 'log',
      level: 'error',
      message: `a cluster did not stop well: ${messageOf(error)}`,
    });
  }
  hosts.delete(cluster);
  say({ kind: 'stopped', cluster, revision });
  sayIfResting();
}

async function save(cluster: number, file: string): Promise<void> {
  try {
    const host = hosts.get(cluster);
    if (!host) throw new Error('there is no such cluster here');
    await host.save(file);
    say({ kind: 'saved', cluster });
  } catch (error) {
    say({ kind: 'saved', cluster, error: messageOf(error) });
  }
  sayIfResting();
}

/** Where nobody waits for this thread, it gives back what it no longer needs; see `clustersFlags`. Takes tenths of a second. */
function tidyUp(): void {
  if ([...hosts.values()].every((host) => !host.attended)) globalThis.gc?.();
}

function sayIfResting(): void {
  if ([...hosts.values()].every((host) => host.frozen)) say({ kind: 'resting' });
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

schemaBundle();
say({ kind: 'warm' });
