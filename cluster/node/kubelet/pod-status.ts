// A pod's status, worked out from what its containers are doing. Pure: the same facts give the same status.
// Source: the public documentation of the pod lifecycle: phases, conditions, container states, QoS.

import { withoutCondition } from '../../controllers/conditions.ts';
import type {
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
} from '../../controllers/kinds.ts';
import { isSidecar } from '../../controllers/pods.ts';
import { timestamp } from '../../time.ts';

export type RunState =
  | { is: 'waiting'; reason: string; message?: string }
  | { is: 'running'; startedAt: string }
  | Terminated;

export interface Terminated {
  is: 'terminated';
  exitCode: number;
  reason: string;
  message?: string;
  startedAt: string;
  finishedAt: string;
  containerID: string;
}

export interface ContainerFacts {
  spec: Container;
  state: RunState;
  last: Terminated | undefined;
  restartCount: number;
  /** Its startup probe and postStart hook are through. */
  started: boolean;
  ready: boolean;
  /** Of the present or last run. */
  containerID: string;
  /** As the runtime names the image; empty before the first run. */
  image: string;
  imageID: string;
  user: { uid: number; gid: number } | undefined;
}

export interface PodFacts {
  pod: Pod;
  hostIP: string;
  podIP: string | undefined;
  startTime: string;
  /** Sandbox, network and volumes are up. */
  sandboxReady: boolean;
  init: readonly ContainerFacts[];
  main: readonly ContainerFacts[];
  ephemeral: readonly ContainerFacts[];
  /** No container will run again. */
  ended: boolean;
  /** Why the node itself ended it: a deadline, too few resources. */
  verdict: { reason: string; message: string } | undefined;
}

/** Conditions that the kubelet writes; others it leaves as they are. */
const OWN_CONDITIONS = [
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
];

export function podStatusOf(facts: PodFacts, now: number): PodStatus {
  const { pod, verdict } = facts;
  const old = pod.status ?? {};
  const phase = verdict && facts.ended ? 'Failed' : phaseOf(facts);
  const status: PodStatus = {
    phase,
    conditions: conditionsOf(facts, phase, old, now),
    hostIP: facts.hostIP,
    hostIPs: [{ ip: facts.hostIP }],
    startTime: facts.startTime,
    qosClass: old.qosClass ?? qosOf(pod),
  };
  if (pod.metadata.generation !== undefined) status.observedGeneration = pod.metadata.generation;
  if (verdict) Object.assign(status, verdict);
  if (facts.podIP) {
    status.podIP = facts.podIP;
    status.podIPs = [{ ip: facts.podIP }];
  }
  if (old.nominatedNodeName !== undefined) status.nominatedNodeName = old.nominatedNodeName;
  if (facts.init.length > 0) status.initContainerStatuses = facts.init.map(containerStatusOf);
  if (facts.main.length > 0) status.containerStatuses = facts.main.map(containerStatusOf);
  if (facts.ephemeral.length > 0)
    status.ephemeralContainerStatuses = facts.ephemeral.map(containerStatusOf);
  return status;
}

type Phase = NonNullable<PodStatus['phase']>;

function phaseOf({ pod, init, main, ended }: PodFacts): Phase {
  const policy = pod.spec.restartPolicy ?? 'Always';
  const steps = init.filter(({ spec }) => !isSidecar(spec));
  if (policy === 'Never' && steps.some((step) => exitOf(step) !== undefined && exitOf(step) !== 0))
    return 'Failed';
  if (steps.some((step) => exitOf(step) !== 0)) return 'Pending';
  // A sidecar that has never started holds the others back.
  const unstarted = init.some(
    (each) => isSidecar(each.spec) && each.state.is === 'waiting' && !each.last && !ended,
  );
  if (unstarted && !main.some((each) => each.state.is !== 'waiting' || each.last)) return 'Pending';

  const stopped = main.filter((each) => exitOf(each) !== undefined);
  if (stopped.length < main.length - main.filter(({ state }) => state.is === 'running').length)
    return 'Pending';
  if (stopped.length < main.length) return 'Running';
  const succeeded = stopped.every((each) => exitOf(each) === 0);
  if (ended) return succeeded ? 'Succeeded' : 'Failed';
  return 'Running';
}

/** How its present or, while it waits to be started again, its last run ended. */
function exitOf({ state, last }: ContainerFacts): number | undefined {
  if (state.is === 'terminated') return state.exitCode;
  return state.is === 'waiting' ? last?.exitCode : undefined;
}

function conditionsOf(facts: PodFacts, phase: Phase, old: PodStatus, now: number): PodCondition[] {
  const { pod, main, init } = facts;
  const generation = pod.metadata.generation;
  const condition = (
    type: string,
    value: boolean,
    why?: { reason: string; message?: string },
  ): PodCondition => {
    const status = value ? 'True' : 'False';
    const present = old.conditions?.find((each) => each.type === type);
    return {
      type,
      status,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      lastProbeTime: null,
      lastTransitionTime:
        present?.status === status && present.lastTransitionTime
          ? present.lastTransitionTime
          : timestamp(now),
      ...why,
    };
  };
  const sidecars = init.filter(({ spec }) => isSidecar(spec));
  const completed =
    phase === 'Succeeded'
      ? { reason: 'PodCompleted' }
      : phase === 'Failed'
        ? { reason: 'PodFailed' }
        : undefined;
  const unready = [...sidecars, ...main].filter((each) => !each.ready).map(({ spec }) => spec.name);
  const notReady = completed ?? {
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  };
  const containersReady = completed === undefined && unready.length === 0;
  const gates = (pod.spec.readinessGates ?? [])
    .map(({ conditionType }) => conditionType)
    .filter((type) => old.conditions?.find((each) => each.type === type)?.status !== 'True');
  const gated = gates.map(
    (type) =>
      `corresponding condition of pod readiness gate "${type}" ${
        old.conditions?.some((each) => each.type === type) ? 'is not "True"' : 'does not exist'
      }.`,
  );
  const incomplete = init
    .filter((each) => (isSidecar(each.spec) ? !each.started : exitOf(each) !== 0))
    .map(({ spec }) => spec.name);
  const others = OWN_CONDITIONS.reduce(
    (rest, type) => withoutCondition(rest, type),
    old.conditions ?? [],
  );
  return [
    ...others,
    condition('PodReadyToStartContainers', facts.sandboxReady && !facts.ended),
    phase === 'Succeeded' || incomplete.length === 0
      ? condition('Initialized', true, phase === 'Succeeded' ? completed : undefined)
      : condition('Initialized', false, {
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: [${incomplete.join(' ')}]`,
        }),
    containersReady
      ? condition(
          'Ready',
          gates.length === 0,
          gates.length === 0
            ? undefined
            : { reason: 'ReadinessGatesNotReady', message: gated.join(', ') },
        )
      : condition('Ready', false, notReady),
    condition('ContainersReady', containersReady, containersReady ? undefined : notReady),
    condition('PodScheduled', true),
  ];
}

function containerStatusOf(facts: ContainerFacts): ContainerStatus {
  const { spec, state, last, user } = facts;
  const ran = facts.containerID !== '';
  const { requests, limits } = spec.resources ?? {};
  return {
    name: spec.name,
    state: apiState(state),
    lastState: last ? apiState(last) : {},
    ready: facts.ready,
    restartCount: facts.restartCount,
    image: facts.image || (spec.image ?? ''),
    imageID: facts.imageID,
    ...(ran ? { containerID: facts.containerID } : {}),
    started: facts.started,
    ...(ran && requests ? { allocatedResources: requests } : {}),
    ...(ran
      ? { resources: { ...(limits ? { limits } : {}), ...(requests ? { requests } : {}) } }
      : {}),
    ...mountsOf(spec),
    ...(user
      ? { user: { linux: { uid: user.uid, gid: user.gid, supplementalGroups: [user.gid] } } }
      : {}),
  };
}

function mountsOf(spec: Container): Pick<ContainerStatus, 'volumeMounts'> {
  const mounts = spec.volumeMounts ?? [];
  if (mounts.length === 0) return {};
  return {
    volumeMounts: mounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
    })),
  };
}

function apiState(state: RunState): ContainerState {
  switch (state.is) {
    case 'waiting': {
      const { reason, message } = state;
      return { waiting: message === undefined ? { reason } : { message, reason } };
    }
    case 'running':
      return { running: { startedAt: state.startedAt } };
    case 'terminated': {
      const { exitCode, reason, message, startedAt, finishedAt, containerID } = state;
      return {
        terminated: {
          exitCode,
          reason,
          ...(message === undefined ? {} : { message }),
          startedAt,
          finishedAt,
          ...(containerID === '' ? {} : { containerID }),
        },
      };
    }
  }
}

/** Source: "Pod Quality of Service Classes". */
export function qosOf(pod: Pod): NonNullable<PodStatus['qosClass']> {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const bounded = ['cpu', 'memory'] as const;
  const asks = containers.some(({ resources }) =>
    bounded.some((name) => resources?.requests?.[name] ?? resources?.limits?.[name]),
  );
  if (!asks) return 'BestEffort';
  const guaranteed = containers.every(({ resources }) =>
    bounded.every((name) => {
      const limit = resources?.limits?.[name];
      return limit !== undefined && String(resources?.requests?.[name] ?? limit) === String(limit);
    }),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
