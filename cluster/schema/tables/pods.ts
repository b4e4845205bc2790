// How pods are listed: READY counts native sidecars, STATUS tells the first thing worth knowing, RESTARTS when the last one was.
// Source: "Pod Lifecycle" of the Kubernetes documentation and the columns of `kubectl get pods -o wide`.

import type { KubeObject } from '../../object.ts';
import { parseTimestamp } from '../../time.ts';
import { type Fields, fieldsOf, isFields, listOf, numberOf, stringOf } from '../fields.ts';
import { humanDuration } from '../human-duration.ts';
import {
  age,
  ageColumn,
  column,
  hasCondition,
  nameColumn,
  NONE,
  orNone,
  type Printer,
  wide,
} from './columns.ts';

export const pods: Printer = {
  columns: [
    nameColumn,
    column('Ready', 'string', 'The aggregate readiness state of this pod for accepting traffic.'),
    column('Status', 'string', 'The aggregate status of the containers in this pod.'),
    column(
      'Restarts',
      'string',
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    ),
    ageColumn,
    wide('IP', '@core.v1.PodStatus.podIP'),
    wide('Node', '@core.v1.PodSpec.nodeName'),
    wide('Nominated Node', '@core.v1.PodStatus.nominatedNodeName'),
    wide('Readiness Gates', '@core.v1.PodSpec.readinessGates'),
  ],
  cells(pod, now) {
    const summary = podSummary(pod);
    const status = fieldsOf(pod['status']);
    return [
      pod.metadata.name,
      `${summary.ready}/${summary.total}`,
      summary.reason,
      restartsText(summary, now),
      age(pod, now),
      orNone(stringOf(listOf(status['podIPs'])[0]?.['ip']) || stringOf(status['podIP'])),
      orNone(stringOf(fieldsOf(pod['spec'])['nodeName'])),
      orNone(stringOf(status['nominatedNodeName'])),
      readinessGates(pod),
    ];
  },
  conditions(pod) {
    const phase = fieldsOf(pod['status'])['phase'];
    if (phase === 'Succeeded')
      return [completed('Succeeded', 'The pod has completed successfully.')];
    return phase === 'Failed' ? [completed('Failed', 'The pod failed.')] : [];
  },
};

function completed(reason: string, message: string) {
  return { type: 'Completed', status: 'True', reason, message };
}

export interface PodSummary {
  ready: number;
  total: number;
  restarts: number;
  /** Milliseconds since the epoch; undefined if nothing has restarted. */
  lastRestart: number | undefined;
  reason: string;
}

/** What is being counted while the containers are looked at. */
interface Count {
  restarts: number;
  lastRestart: number | undefined;
}

export function podSummary(pod: KubeObject): PodSummary {
  const spec = fieldsOf(pod['spec']);
  const status = fieldsOf(pod['status']);
  const initContainers = listOf(spec['initContainers']);
  const sidecars = new Set(
    initContainers.filter((each) => each['restartPolicy'] === 'Always').map((each) => each['name']),
  );
  const summary: PodSummary = {
    ready: 0,
    total: listOf(spec['containers']).length + sidecars.size,
    restarts: 0,
    lastRestart: undefined,
    reason: stringOf(status['reason']) || stringOf(status['phase']),
  };
  if (isGated(pod)) summary.reason = 'SchedulingGated';
  const sidecarCount: Count = { restarts: 0, lastRestart: undefined };
  const initializing = lookAtInitContainers(
    pod,
    sidecars,
    initContainers.length,
    summary,
    sidecarCount,
  );
  if (!initializing || hasCondition(pod, 'Initialized')) {
    summary.restarts = sidecarCount.restarts;
    summary.lastRestart = sidecarCount.lastRestart;
    lookAtContainers(pod, summary);
  }
  lookAtDeletion(pod, summary);
  return summary;
}

function isGated(pod: KubeObject): boolean {
  return listOf(fieldsOf(pod['status'])['conditions']).some(
    (condition) =>
      condition['type'] === 'PodScheduled' && condition['reason'] === 'SchedulingGated',
  );
}

/** Goes through the init containers up to the first that is not done. True if there is one. */
function lookAtInitContainers(
  pod: KubeObject,
  sidecars: ReadonlySet<unknown>,
  total: number,
  summary: PodSummary,
  sidecarCount: Count,
): boolean {
  const statuses = listOf(fieldsOf(pod['status'])['initContainerStatuses']);
  for (const [index, container] of statuses.entries()) {
    addRestarts(summary, container);
    const isSidecar = sidecars.has(container['name']);
    if (isSidecar) addRestarts(sidecarCount, container);
    const terminated = stateOf(container, 'terminated');
    if (terminated && numberOf(terminated['exitCode']) === 0) continue;
    if (isSidecar && container['started'] === true) {
      if (container['ready'] === true) summary.ready++;
      continue;
    }
    const waiting = stringOf(stateOf(container, 'waiting')?.['reason']);
    if (terminated) summary.reason = `Init:${endOf(terminated)}`;
    else if (waiting !== '' && waiting !== 'PodInitializing') summary.reason = `Init:${waiting}`;
    else summary.reason = `Init:${index}/${total}`;
    return true;
  }
  return false;
}

/** From the last container to the first: the first one's trouble is the one shown. */
function lookAtContainers(pod: KubeObject, summary: PodSummary): void {
  let running = false;
  const statuses = listOf(fieldsOf(pod['status'])['containerStatuses']);
  for (const container of statuses.toReversed()) {
    addRestarts(summary, container);
    const waiting = stringOf(stateOf(container, 'waiting')?.['reason']);
    const terminated = stateOf(container, 'terminated');
    if (waiting !== '') summary.reason = waiting;
    else if (terminated) summary.reason = endOf(terminated);
    else if (container['ready'] === true && stateOf(container, 'running')) {
      running = true;
      summary.ready++;
    }
  }
  if (summary.reason === 'Completed' && running)
    summary.reason = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
}

function lookAtDeletion(pod: KubeObject, summary: PodSummary): void {
  if (pod.metadata.deletionTimestamp === undefined) return;
  const status = fieldsOf(pod['status']);
  const ended = status['phase'] === 'Succeeded' || status['phase'] === 'Failed';
  if (status['reason'] === 'NodeLost') summary.reason = 'Unknown';
  else if (!ended) summary.reason = 'Terminating';
}

function stateOf(
  container: Fields,
  name: 'waiting' | 'running' | 'terminated',
): Fields | undefined {
  const state = fieldsOf(container['state'])[name];
  return isFields(state) ? state : undefined;
}

function endOf(terminated: Fields): string {
  const reason = stringOf(terminated['reason']);
  if (reason !== '') return reason;
  const signal = numberOf(terminated['signal']) ?? 0;
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${numberOf(terminated['exitCode']) ?? 0}`;
}

function addRestarts(count: Count, container: Fields): void {
  count.restarts += numberOf(container['restartCount']) ?? 0;
  const last = fieldsOf(fieldsOf(container['lastState'])['terminated'])['finishedAt'];
  const when = typeof last === 'string' ? parseTimestamp(last) : undefined;
  if (when !== undefined && when > (count.lastRestart ?? -Infinity)) count.lastRestart = when;
}

function restartsText({ restarts, lastRestart }: Count, now: number): string {
  return restarts === 0 || lastRestart === undefined
    ? `${restarts}`
    : `${restarts} (${humanDuration(now - lastRestart)} ago)`;
}

function readinessGates(pod: KubeObject): string {
  const gates = listOf(fieldsOf(pod['spec'])['readinessGates']);
  if (gates.length === 0) return NONE;
  const met = gates.filter((gate) => hasCondition(pod, stringOf(gate['conditionType']))).length;
  return `${met}/${gates.length}`;
}
