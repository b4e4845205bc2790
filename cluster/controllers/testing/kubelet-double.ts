// A kubelet for unit tests of controllers: makes scheduled pods Running and ready, and lets deleted ones go. No containers.

import type { Cancel } from '../../platform.ts';
import { timestamp } from '../../time.ts';
import type { Pod, PodStatus } from '../kinds.ts';
import { watchKinds } from '../watch.ts';
import type { World } from '../world.ts';
import type { TestWorld } from './world.ts';

interface Habits {
  /** From binding to ready. */
  startMs?: number;
  /** From deletion to gone. */
  stopMs?: number;
  /** Pods that never become ready. */
  broken?: (pod: Pod) => boolean;
}

export function startKubeletDouble(
  world: World & Pick<TestWorld, 'kinds'>,
  habits: Habits = {},
): Cancel {
  const { startMs = 1000, stopMs = 1000, broken = () => false } = habits;
  const seen = new Set<string>();
  const leaving = new Set<string>();
  let nextIp = 5;
  return watchKinds(world.store, {
    pods: ({ type, object: pod }) => {
      const { uid, namespace, name } = pod.metadata;
      if (type === 'DELETED' || !pod.spec.nodeName) return;
      if (pod.metadata.deletionTimestamp && !leaving.has(uid)) {
        leaving.add(uid);
        world.clock.after(stopMs, () => {
          if (world.store.get('pods', namespace, name)?.metadata.uid === uid)
            void world.kinds.delete('pods', namespace, name, { gracePeriodSeconds: 0 });
        });
      }
      if (seen.has(uid)) return;
      seen.add(uid);
      const ip = `10.244.0.${nextIp++}`;
      world.clock.after(startMs, () => {
        if (leaving.has(uid) || !world.store.get('pods', namespace, name)) return;
        void world.kinds.modify(
          'pods',
          namespace,
          name,
          (draft) => {
            draft.status = runningStatus(draft, ip, !broken(pod), timestamp(world.clock.now()));
          },
          'status',
        );
      });
    },
  });
}

function runningStatus(pod: Pod, ip: string, ready: boolean, now: string): PodStatus {
  const condition = (type: string, status: string) => ({
    type,
    status,
    lastProbeTime: null,
    lastTransitionTime: now,
  });
  return {
    ...pod.status,
    phase: 'Running',
    podIP: ip,
    podIPs: [{ ip }],
    conditions: [
      condition('Ready', ready ? 'True' : 'False'),
      ...(pod.status?.conditions ?? []).filter(({ type }) => type === 'PodScheduled'),
    ],
  };
}
