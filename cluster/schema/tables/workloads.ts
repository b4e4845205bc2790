// How controllers of pods are listed: deployments, replica sets, jobs and their kin.
// Source: the columns of `kubectl get … -o wide` for each kind.

import type { KubeObject } from '../../object.ts';
import { parseTimestamp } from '../../time.ts';
import { at, type Fields, fieldsOf, isSet, listOf, numberOf, stringOf } from '../fields.ts';
import { ageOf, humanDuration } from '../human-duration.ts';
import { formatLabelSelector, labelSelectorOf } from '../label-selector.ts';
import {
  age,
  ageColumn,
  boolText,
  column,
  containerCells,
  containersColumn,
  hasCondition,
  imagesColumn,
  labelsText,
  nameColumn,
  NONE,
  type Printer,
  wide,
} from './columns.ts';

const count = (object: KubeObject, ...path: string[]) => numberOf(at(object, ...path)) ?? 0;

const templateOf = (object: KubeObject) => at(object, 'spec', 'template');

function selectorText(object: KubeObject): string {
  return formatLabelSelector(labelSelectorOf(at(object, 'spec', 'selector')));
}

export const deployments: Printer = {
  columns: [
    nameColumn,
    column('Ready', 'string', 'Number of the pod with ready state'),
    column('Up-to-date', 'string', '@apps.v1.DeploymentStatus.updatedReplicas'),
    column('Available', 'string', '@apps.v1.DeploymentStatus.availableReplicas'),
    ageColumn,
    containersColumn,
    imagesColumn,
    wide('Selector', '@apps.v1.DeploymentSpec.selector'),
  ],
  cells: (object, now) => [
    object.metadata.name,
    `${count(object, 'status', 'readyReplicas')}/${count(object, 'spec', 'replicas')}`,
    count(object, 'status', 'updatedReplicas'),
    count(object, 'status', 'availableReplicas'),
    age(object, now),
    ...containerCells(templateOf(object)),
    selectorText(object),
  ],
};

function replicaTable(
  spec: string,
  status: string,
  selector: (object: KubeObject) => string,
): Printer {
  return {
    columns: [
      nameColumn,
      column('Desired', 'integer', `@${spec}.replicas`),
      column('Current', 'integer', `@${status}.replicas`),
      column('Ready', 'integer', `@${status}.readyReplicas`),
      ageColumn,
      containersColumn,
      imagesColumn,
      wide('Selector', `@${spec}.selector`),
    ],
    cells: (object, now) => [
      object.metadata.name,
      count(object, 'spec', 'replicas'),
      count(object, 'status', 'replicas'),
      count(object, 'status', 'readyReplicas'),
      age(object, now),
      ...containerCells(templateOf(object)),
      selector(object),
    ],
  };
}

export const replicaSets = replicaTable(
  'apps.v1.ReplicaSetSpec',
  'apps.v1.ReplicaSetStatus',
  selectorText,
);

export const replicationControllers = replicaTable(
  'core.v1.ReplicationControllerSpec',
  'core.v1.ReplicationControllerStatus',
  (object) => labelsText(at(object, 'spec', 'selector')),
);

export const statefulSets: Printer = {
  columns: [
    nameColumn,
    column('Ready', 'string', 'Number of the pod with ready state'),
    ageColumn,
    containersColumn,
    imagesColumn,
  ],
  cells: (object, now) => [
    object.metadata.name,
    `${count(object, 'status', 'readyReplicas')}/${count(object, 'spec', 'replicas')}`,
    age(object, now),
    ...containerCells(templateOf(object)),
  ],
};

export const daemonSets: Printer = {
  columns: [
    nameColumn,
    column('Desired', 'integer', '@apps.v1.DaemonSetStatus.desiredNumberScheduled'),
    column('Current', 'integer', '@apps.v1.DaemonSetStatus.currentNumberScheduled'),
    column('Ready', 'integer', '@apps.v1.DaemonSetStatus.numberReady'),
    column('Up-to-date', 'integer', '@apps.v1.DaemonSetStatus.updatedNumberScheduled'),
    column('Available', 'integer', '@apps.v1.DaemonSetStatus.numberAvailable'),
    column('Node Selector', 'string', '@core.v1.PodSpec.nodeSelector'),
    ageColumn,
    containersColumn,
    imagesColumn,
    wide('Selector', '@apps.v1.DaemonSetSpec.selector'),
  ],
  cells: (object, now) => [
    object.metadata.name,
    count(object, 'status', 'desiredNumberScheduled'),
    count(object, 'status', 'currentNumberScheduled'),
    count(object, 'status', 'numberReady'),
    count(object, 'status', 'updatedNumberScheduled'),
    count(object, 'status', 'numberAvailable'),
    labelsText(at(object, 'spec', 'template', 'spec', 'nodeSelector')),
    age(object, now),
    ...containerCells(templateOf(object)),
    selectorText(object),
  ],
};

export const jobs: Printer = {
  columns: [
    nameColumn,
    column('Status', 'string', 'Status of the job.'),
    column('Completions', 'string', '@batch.v1.JobStatus.succeeded'),
    column('Duration', 'string', 'Time required to complete the job.'),
    ageColumn,
    containersColumn,
    imagesColumn,
    wide('Selector', '@batch.v1.JobSpec.selector'),
  ],
  cells: (object, now) => [
    object.metadata.name,
    jobStatus(object),
    completionsText(object),
    jobDuration(object, now),
    age(object, now),
    ...containerCells(templateOf(object)),
    selectorText(object),
  ],
};

function jobStatus(job: KubeObject): string {
  if (hasCondition(job, 'Complete')) return 'Complete';
  if (hasCondition(job, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  return (
    ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find((type) => hasCondition(job, type)) ??
    'Running'
  );
}

function completionsText(job: KubeObject): string {
  const succeeded = count(job, 'status', 'succeeded');
  const wanted = at(job, 'spec', 'completions');
  if (isSet(wanted)) return `${succeeded}/${numberOf(wanted) ?? 0}`;
  const parallelism = count(job, 'spec', 'parallelism');
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration(job: KubeObject, now: number): string {
  const started = parseTimestamp(stringOf(at(job, 'status', 'startTime')));
  if (started === undefined) return '';
  const ended = parseTimestamp(stringOf(at(job, 'status', 'completionTime')));
  return humanDuration((ended ?? now) - started);
}

export const cronJobs: Printer = {
  columns: [
    nameColumn,
    column('Schedule', 'string', '@batch.v1.CronJobSpec.schedule'),
    column('Timezone', 'string', '@batch.v1.CronJobSpec.timeZone'),
    column('Suspend', 'boolean', '@batch.v1.CronJobSpec.suspend'),
    column('Active', 'integer', '@batch.v1.CronJobStatus.active'),
    column('Last Schedule', 'string', '@batch.v1.CronJobStatus.lastScheduleTime'),
    ageColumn,
    containersColumn,
    imagesColumn,
    wide('Selector', '@batch.v1.JobSpec.selector'),
  ],
  cells(object, now) {
    const job = fieldsOf(at(object, 'spec', 'jobTemplate', 'spec'));
    const last = at(object, 'status', 'lastScheduleTime');
    return [
      object.metadata.name,
      stringOf(at(object, 'spec', 'schedule')),
      stringOf(at(object, 'spec', 'timeZone')) || NONE,
      boolText(at(object, 'spec', 'suspend')),
      listOf(at(object, 'status', 'active')).length,
      isSet(last) ? ageOf(last, now) : NONE,
      age(object, now),
      ...containerCells(job['template']),
      formatLabelSelector(labelSelectorOf(job['selector'])),
    ];
  },
};

export const podTemplates: Printer = {
  columns: [
    nameColumn,
    column('Containers', 'string', 'Names of each container in the template.'),
    column('Images', 'string', 'Images referenced by each container in the template.'),
    column('Pod Labels', 'string', 'The labels for the pod template.'),
  ],
  cells: (object) => [
    object.metadata.name,
    ...containerCells(object['template']),
    labelsText(at(object, 'template', 'metadata', 'labels')),
  ],
};

export const podDisruptionBudgets: Printer = {
  columns: [
    nameColumn,
    column('Min Available', 'string', 'The minimum number of pods that must be available.'),
    column('Max Unavailable', 'string', 'The maximum number of pods that may be unavailable.'),
    column(
      'Allowed Disruptions',
      'integer',
      'Calculated number of pods that may be disrupted at this time.',
    ),
    ageColumn,
  ],
  cells: (object, now) => [
    object.metadata.name,
    intOrStringText(at(object, 'spec', 'minAvailable')),
    intOrStringText(at(object, 'spec', 'maxUnavailable')),
    count(object, 'status', 'disruptionsAllowed'),
    age(object, now),
  ],
};

function intOrStringText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : 'N/A';
}

export const controllerRevisions: Printer = {
  columns: [
    nameColumn,
    column('Controller', 'string', 'Controller of the object'),
    column('Revision', 'string', '@apps.v1.ControllerRevision.revision'),
    ageColumn,
  ],
  cells: (object, now) => [
    object.metadata.name,
    controllerText(object),
    count(object, 'revision'),
    age(object, now),
  ],
};

function controllerText(object: KubeObject): string {
  const owner = object.metadata.ownerReferences?.find((each) => each.controller === true);
  if (!owner) return NONE;
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : '';
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}

export const horizontalPodAutoscalers: Printer = {
  columns: [
    nameColumn,
    column('Reference', 'string', '@autoscaling.v2.HorizontalPodAutoscalerSpec.scaleTargetRef'),
    column('Targets', 'string', '@autoscaling.v2.HorizontalPodAutoscalerSpec.metrics'),
    column('MinPods', 'string', '@autoscaling.v2.HorizontalPodAutoscalerSpec.minReplicas'),
    column('MaxPods', 'string', '@autoscaling.v2.HorizontalPodAutoscalerSpec.maxReplicas'),
    column('Replicas', 'string', '@autoscaling.v2.HorizontalPodAutoscalerStatus.currentReplicas'),
    ageColumn,
  ],
  cells(object, now) {
    const target = fieldsOf(at(object, 'spec', 'scaleTargetRef'));
    const least = at(object, 'spec', 'minReplicas');
    return [
      object.metadata.name,
      `${stringOf(target['kind'])}/${stringOf(target['name'])}`,
      targetsText(object),
      isSet(least) ? `${numberOf(least) ?? 0}` : '<unset>',
      count(object, 'spec', 'maxReplicas'),
      count(object, 'status', 'currentReplicas'),
      age(object, now),
    ];
  },
};

/** `cpu: 12%/80%`; what has not been measured yet is unknown. */
function targetsText(object: KubeObject): string {
  const metrics = listOf(at(object, 'spec', 'metrics'));
  if (metrics.length === 0) return NONE;
  const current = listOf(at(object, 'status', 'currentMetrics'));
  const texts = metrics.map((metric, index) => metricText(metric, current[index]));
  const shown = texts.slice(0, 2);
  return texts.length > 2 ? `${shown.join(', ')} + ${texts.length - 2} more...` : shown.join(', ');
}

/** Source type → the field of a metric that describes it. */
const METRIC_FIELDS: Readonly<Record<string, string>> = {
  Resource: 'resource',
  ContainerResource: 'containerResource',
  Pods: 'pods',
  Object: 'object',
  External: 'external',
};

function metricText(metric: Fields, current: Fields | undefined): string {
  const field = METRIC_FIELDS[stringOf(metric['type'])];
  if (field === undefined) return '<unknown type>';
  const source = fieldsOf(metric[field]);
  const target = fieldsOf(source['target']);
  const measured = fieldsOf(fieldsOf(current?.[field])['current']);
  const utilization = numberOf(target['averageUtilization']);
  const value =
    utilization === undefined
      ? quantityPair(target, measured)
      : `${percent(numberOf(measured['averageUtilization']))}/${utilization}%`;
  return field === 'resource' || field === 'containerResource'
    ? `${stringOf(source['name'])}: ${value}`
    : value;
}

function percent(value: number | undefined): string {
  return value === undefined ? '<unknown>' : `${value}%`;
}

function quantityPair(target: Fields, measured: Fields): string {
  const average = isSet(target['averageValue']);
  const field = average ? 'averageValue' : 'value';
  const suffix = average ? ' (avg)' : '';
  return `${stringOf(measured[field]) || '<unknown>'}/${stringOf(target[field])}${suffix}`;
}
