// Controllers of pods: deployments, replica sets, stateful and daemon sets, jobs, cron jobs.
// Source: their sections of the Kubernetes API reference; words and order of problems as Status objects show them.

import type { KubeObject } from '../../object.ts';
import { forbidden, invalid, notSupported, required } from '../field-errors.ts';
import {
  ensured,
  type Fields,
  fieldsOf,
  isFields,
  isSet,
  listOf,
  numberOf,
  same,
  setDefault,
  setDefaultString,
  stringMapOf,
  stringOf,
} from '../fields.ts';
import { labelSelectorOf, matchesLabels } from '../label-selector.ts';
import { unchanged, validateLabels } from '../metadata.ts';
import type { FieldError } from '../resource.ts';
import type { KindRules } from '../strategy.ts';
import {
  isEmptySelector,
  isUsable,
  isZero,
  notMoreThanAll,
  notNegative,
  oneOf,
  positiveIntOrPercent,
  validateLabelSelector,
} from './checks.ts';
import { podWarnings, validatePodTemplate } from './pod.ts';
import { defaultPodTemplate } from './pod-defaults.ts';

const HISTORY = 10;
const PROGRESS_SECONDS = 600;

const specOf = (object: KubeObject) => fieldsOf(object['spec']);
const templateOf = (object: KubeObject) => fieldsOf(specOf(object)['template']);

function defaultTemplate(spec: Fields): void {
  if (isFields(spec['template'])) defaultPodTemplate(spec['template']);
}

const templateWarnings = (object: KubeObject) =>
  podWarnings(fieldsOf(templateOf(object)['spec']), 'spec.template.spec');

/** Labels are the owner's to set, not a status writer's. */
function keepLabels(draft: KubeObject, old: KubeObject): void {
  if (old.metadata.labels === undefined) delete draft.metadata.labels;
  else draft.metadata.labels = old.metadata.labels;
}

export const deployment: KindRules = {
  default(draft) {
    const spec = ensured(draft, 'spec');
    setDefault(spec, 'replicas', 1);
    const strategy = ensured(spec, 'strategy');
    setDefaultString(strategy, 'type', 'RollingUpdate');
    if (strategy['type'] === 'RollingUpdate') {
      const rolling = ensured(strategy, 'rollingUpdate');
      setDefault(rolling, 'maxUnavailable', '25%');
      setDefault(rolling, 'maxSurge', '25%');
    }
    setDefault(spec, 'revisionHistoryLimit', HISTORY);
    setDefault(spec, 'progressDeadlineSeconds', PROGRESS_SECONDS);
    defaultTemplate(spec);
  },
  prepareForStatusUpdate: keepLabels,
  validateCreate: (object) => validateDeploymentSpec(specOf(object)),
  validateUpdate: (object, old) => [
    ...validateDeploymentSpec(specOf(object)),
    ...unchanged(specOf(object)['selector'], specOf(old)['selector'], 'spec.selector'),
  ],
  validateStatusUpdate: (object) => validateReplicaCounts(fieldsOf(object['status'])),
  warnings: templateWarnings,
  // The revision annotation counts too: a change of annotations alone is a new generation.
  wants: (object) => [object['spec'], object.metadata.annotations ?? {}],
};

function validateDeploymentSpec(spec: Fields): FieldError[] {
  const errors = notNegative(spec['replicas'], 'spec.replicas');
  errors.push(...validateSelector(spec['selector'], 'deployment'));
  errors.push(...validateReplicaTemplateOf(spec));
  errors.push(...validateStrategy(fieldsOf(spec['strategy']), 'spec.strategy'));
  errors.push(...notNegative(spec['minReadySeconds'], 'spec.minReadySeconds'));
  errors.push(...notNegative(spec['revisionHistoryLimit'], 'spec.revisionHistoryLimit'));
  const deadline = numberOf(spec['progressDeadlineSeconds']);
  if (deadline !== undefined) {
    const path = 'spec.progressDeadlineSeconds';
    errors.push(...notNegative(deadline, path));
    if (deadline <= (numberOf(spec['minReadySeconds']) ?? 0))
      errors.push(invalid(path, deadline, 'must be greater than minReadySeconds'));
  }
  return errors;
}

function validateSelector(selector: unknown, kind: string): FieldError[] {
  if (!isSet(selector)) return [required('spec.selector')];
  const errors = validateLabelSelector(selector, 'spec.selector');
  if (isEmptySelector(selector))
    errors.push(invalid('spec.selector', selector, `empty selector is invalid for ${kind}`));
  return errors;
}

/** Where the selector selects nothing that makes sense, the template is not looked at. */
function validateReplicaTemplateOf(spec: Fields): FieldError[] {
  return isUsable(spec['selector'])
    ? validateReplicaTemplate(spec)
    : [invalid('spec.selector', spec['selector'], 'invalid label selector')];
}

/** A template whose pods a ReplicaSet keeps running: its labels must match, its pods must restart. */
function validateReplicaTemplate(spec: Fields): FieldError[] {
  const template = fieldsOf(spec['template']);
  const path = 'spec.template';
  const errors: FieldError[] = [];
  const labels = fieldsOf(template['metadata'])['labels'];
  const selector = labelSelectorOf(spec['selector']);
  const matches =
    selector !== undefined &&
    (selector.length === 0 || matchesLabels(selector, stringMapOf(labels)));
  if (!matches)
    errors.push(
      invalid(
        `${path}.metadata.labels`,
        isFields(labels) ? labels : null,
        '`selector` does not match template `labels`',
      ),
    );
  errors.push(...validatePodTemplate(template, path));
  errors.push(...alwaysRestarts(fieldsOf(template['spec']), path, 'ReplicaSet'));
  return errors;
}

function alwaysRestarts(spec: Fields, path: string, kind: string): FieldError[] {
  const errors: FieldError[] = [];
  if (spec['restartPolicy'] !== 'Always')
    errors.push(
      notSupported(`${path}.spec.restartPolicy`, stringOf(spec['restartPolicy']), ['Always']),
    );
  if (isSet(spec['activeDeadlineSeconds']))
    errors.push(
      forbidden(
        `${path}.spec.activeDeadlineSeconds`,
        `activeDeadlineSeconds in ${kind} is not Supported`,
      ),
    );
  return errors;
}

function validateStrategy(strategy: Fields, path: string): FieldError[] {
  const rolling = strategy['rollingUpdate'];
  switch (strategy['type']) {
    case 'Recreate':
      return isSet(rolling)
        ? [
            forbidden(
              `${path}.rollingUpdate`,
              "may not be specified when strategy `type` is 'Recreate'",
            ),
          ]
        : [];
    case 'RollingUpdate':
      return isSet(rolling)
        ? validateRolling(fieldsOf(rolling), `${path}.rollingUpdate`)
        : [required(`${path}.rollingUpdate`, 'this should be defaulted and never be nil')];
    default:
      return [
        {
          type: 'FieldValueNotSupported',
          field: path,
          message: `Unsupported value: ${internalStrategy(strategy)}: supported values: "Recreate", "RollingUpdate"`,
        },
      ];
  }
}

/** A strategy as a real server's own type has it: refused as a whole, in the names and the order of Go's fields. */
function internalStrategy({ type, rollingUpdate }: Fields): string {
  const { maxUnavailable = 0, maxSurge = 0 } = fieldsOf(rollingUpdate);
  return JSON.stringify({
    Type: stringOf(type),
    RollingUpdate: isSet(rollingUpdate)
      ? { MaxUnavailable: maxUnavailable, MaxSurge: maxSurge }
      : null,
  });
}

function validateRolling(rolling: Fields, path: string): FieldError[] {
  const { maxUnavailable, maxSurge } = rolling;
  const errors = [
    ...positiveIntOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...positiveIntOrPercent(maxSurge, `${path}.maxSurge`),
  ];
  if (isZero(maxUnavailable) && isZero(maxSurge))
    errors.push(
      invalid(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'),
    );
  return [...errors, ...notMoreThanAll(maxUnavailable, `${path}.maxUnavailable`)];
}

/** Counts in a status are not negative, and parts are not more than the whole. */
function validateReplicaCounts(status: Fields): FieldError[] {
  const errors: FieldError[] = [];
  const total = numberOf(status['replicas']) ?? 0;
  for (const field of [
    'observedGeneration',
    'replicas',
    'fullyLabeledReplicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
    'unavailableReplicas',
  ])
    errors.push(...notNegative(status[field], `status.${field}`));
  const most = 'cannot be greater than status.replicas';
  for (const field of [
    'fullyLabeledReplicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
  ]) {
    const count = numberOf(status[field]) ?? 0;
    if (count > total) errors.push(invalid(`status.${field}`, count, most));
  }
  const ready = numberOf(status['readyReplicas']) ?? 0;
  const available = numberOf(status['availableReplicas']) ?? 0;
  if (available > ready)
    errors.push(
      invalid('status.availableReplicas', available, 'cannot be greater than readyReplicas'),
    );
  return errors;
}

export const replicaSet: KindRules = {
  default(draft) {
    const spec = ensured(draft, 'spec');
    setDefault(spec, 'replicas', 1);
    defaultTemplate(spec);
  },
  prepareForStatusUpdate: keepLabels,
  validateCreate: (object) => validateReplicaSetSpec(specOf(object)),
  validateUpdate: (object, old) => [
    ...validateReplicaSetSpec(specOf(object)),
    ...unchanged(specOf(object)['selector'], specOf(old)['selector'], 'spec.selector'),
  ],
  validateStatusUpdate: (object) => validateReplicaCounts(fieldsOf(object['status'])),
  warnings: templateWarnings,
};

function validateReplicaSetSpec(spec: Fields): FieldError[] {
  return [
    ...notNegative(spec['replicas'], 'spec.replicas'),
    ...notNegative(spec['minReadySeconds'], 'spec.minReadySeconds'),
    ...validateSelector(spec['selector'], 'deployment'),
    ...validateReplicaTemplateOf(spec),
  ];
}

export const replicationController: KindRules = {
  default(draft) {
    const spec = ensured(draft, 'spec');
    setDefault(spec, 'replicas', 1);
    defaultTemplate(spec);
    const labels = stringMapOf(fieldsOf(fieldsOf(spec['template'])['metadata'])['labels']);
    if (Object.keys(labels).length === 0) return;
    if (Object.keys(fieldsOf(spec['selector'])).length === 0) spec['selector'] = { ...labels };
    if (Object.keys(draft.metadata.labels ?? {}).length === 0)
      draft.metadata.labels = { ...labels };
  },
  validateCreate: (object) => notNegative(specOf(object)['replicas'], 'spec.replicas'),
};

export const statefulSet: KindRules = {
  default(draft) {
    const spec = ensured(draft, 'spec');
    setDefaultString(spec, 'podManagementPolicy', 'OrderedReady');
    const update = ensured(spec, 'updateStrategy');
    setDefaultString(update, 'type', 'RollingUpdate');
    if (update['type'] === 'RollingUpdate') {
      setDefault(update, 'rollingUpdate', {});
      setDefault(ensured(update, 'rollingUpdate'), 'partition', 0);
    }
    const retention = ensured(spec, 'persistentVolumeClaimRetentionPolicy');
    setDefaultString(retention, 'whenDeleted', 'Retain');
    setDefaultString(retention, 'whenScaled', 'Retain');
    setDefault(spec, 'replicas', 1);
    setDefault(spec, 'revisionHistoryLimit', HISTORY);
    defaultTemplate(spec);
    for (const claim of listOf(spec['volumeClaimTemplates'])) {
      setDefaultString(claim, 'apiVersion', 'v1');
      setDefaultString(claim, 'kind', 'PersistentVolumeClaim');
      setDefault(ensured(claim, 'spec'), 'volumeMode', 'Filesystem');
      setDefaultString(ensured(claim, 'status'), 'phase', 'Pending');
    }
  },
  prepareForStatusUpdate: keepLabels,
  validateCreate: (object) => {
    const spec = specOf(object);
    return [
      ...oneOf(
        spec['podManagementPolicy'],
        ['OrderedReady', 'Parallel'],
        'spec.podManagementPolicy',
      ),
      ...notNegative(spec['replicas'], 'spec.replicas'),
      ...notNegative(spec['minReadySeconds'], 'spec.minReadySeconds'),
      ...validateSelector(spec['selector'], 'statefulset'),
      ...validateReplicaTemplate(spec),
    ];
  },
  validateUpdate: (object, old) => validateStatefulSetUpdate(specOf(object), specOf(old)),
  warnings: templateWarnings,
};

const STATEFUL_SET_MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

function validateStatefulSetUpdate(spec: Fields, before: Fields): FieldError[] {
  const rest = (each: Fields) =>
    Object.fromEntries(
      Object.entries(each).filter(([name]) => !STATEFUL_SET_MUTABLE.includes(name)),
    );
  const errors = same(rest(spec), rest(before))
    ? []
    : [
        forbidden(
          'spec',
          "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        ),
      ];
  return [...errors, ...notNegative(spec['replicas'], 'spec.replicas')];
}

export const daemonSet: KindRules = {
  default(draft) {
    const spec = ensured(draft, 'spec');
    const update = ensured(spec, 'updateStrategy');
    setDefaultString(update, 'type', 'RollingUpdate');
    if (update['type'] === 'RollingUpdate') {
      const rolling = ensured(update, 'rollingUpdate');
      setDefault(rolling, 'maxUnavailable', 1);
      setDefault(rolling, 'maxSurge', 0);
    }
    setDefault(spec, 'revisionHistoryLimit', HISTORY);
    defaultTemplate(spec);
  },
  prepareForCreate(draft) {
    setGenerationAnnotation(draft);
  },
  validateCreate: (object) => [
    ...validateSelector(specOf(object)['selector'], 'daemonset'),
    ...validateReplicaTemplate(specOf(object)),
    ...notNegative(specOf(object)['minReadySeconds'], 'spec.minReadySeconds'),
  ],
  validateUpdate: (object, old) => [
    ...validateReplicaTemplate(specOf(object)),
    ...unchanged(specOf(object)['selector'], specOf(old)['selector'], 'spec.selector'),
  ],
  warnings: templateWarnings,
};

/** Daemon sets of apps/v1 show their template's generation in an annotation. */
function setGenerationAnnotation(draft: KubeObject): void {
  const annotations = { ...draft.metadata.annotations };
  annotations['deprecated.daemonset.template.generation'] ??= '1';
  draft.metadata.annotations = annotations;
}

/** Failures of pods before a job gives up. */
const BACKOFF_LIMIT = 6;
const MOST_INT32 = 2 ** 31 - 1;

export const job: KindRules = {
  default(draft) {
    const spec = ensured(draft, 'spec');
    defaultJobSpec(spec);
    const labels = stringMapOf(fieldsOf(fieldsOf(spec['template'])['metadata'])['labels']);
    if (Object.keys(draft.metadata.labels ?? {}).length === 0 && Object.keys(labels).length > 0)
      draft.metadata.labels = labels;
  },
  prepareForCreate(draft) {
    if (specOf(draft)['manualSelector'] !== true) generateSelector(draft);
  },
  validateCreate: (object) => [
    ...validateGeneratedSelector(object),
    ...validateJobSpec(specOf(object), 'spec'),
  ],
  validateUpdate: validateJobUpdate,
  warnings: templateWarnings,
};

function defaultJobSpec(spec: Fields): void {
  if (!isSet(spec['completions']) && !isSet(spec['parallelism'])) spec['completions'] = 1;
  setDefault(spec, 'parallelism', 1);
  setDefault(
    spec,
    'backoffLimit',
    isSet(spec['backoffLimitPerIndex']) ? MOST_INT32 : BACKOFF_LIMIT,
  );
  setDefaultString(spec, 'completionMode', 'NonIndexed');
  setDefault(spec, 'suspend', false);
  setDefault(spec, 'manualSelector', false);
  setDefaultString(
    spec,
    'podReplacementPolicy',
    isSet(spec['podFailurePolicy']) ? 'Failed' : 'TerminatingOrFailed',
  );
  defaultTemplate(spec);
}

const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';
const JOB_NAME = 'batch.kubernetes.io/job-name';

/** A job selects its pods by its own uid, under a new and an old label each. */
function generateSelector(draft: KubeObject): void {
  const { uid, name } = draft.metadata;
  const spec = ensured(draft, 'spec');
  const metadata = ensured(ensured(spec, 'template'), 'metadata');
  metadata['labels'] = {
    ...stringMapOf(metadata['labels']),
    [CONTROLLER_UID]: uid,
    [JOB_NAME]: name,
    'controller-uid': uid,
    'job-name': name,
  };
  const selector = ensured(spec, 'selector');
  selector['matchLabels'] = { ...stringMapOf(selector['matchLabels']), [CONTROLLER_UID]: uid };
}

function validateGeneratedSelector(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  if (spec['manualSelector'] === true) return [];
  const labels = stringMapOf(fieldsOf(templateOf(object)['metadata'])['labels']);
  const { uid, name } = object.metadata;
  const errors: FieldError[] = [];
  if (labels[CONTROLLER_UID] !== uid)
    errors.push(
      invalid(
        `spec.template.metadata.labels`,
        labels,
        `value '${uid}' is required for label ${CONTROLLER_UID}`,
      ),
    );
  const generated = {
    [CONTROLLER_UID]: uid,
    [JOB_NAME]: name,
    'controller-uid': uid,
    'job-name': name,
  };
  const selector = labelSelectorOf(spec['selector']);
  if (selector && !matchesLabels(selector, generated))
    errors.push(invalid('spec.selector', spec['selector'], '`selector` not auto-generated'));
  return errors;
}

function validateJobSpec(spec: Fields, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!isSet(spec['selector'])) errors.push(required(`${path}.selector`));
  else errors.push(...validateLabelSelector(spec['selector'], `${path}.selector`));
  const template = fieldsOf(spec['template']);
  const selector = labelSelectorOf(spec['selector']);
  const labels = stringMapOf(fieldsOf(template['metadata'])['labels']);
  if (selector && !matchesLabels(selector, labels))
    errors.push(
      invalid(
        `${path}.template.metadata.labels`,
        labels,
        '`selector` does not match template `labels`',
      ),
    );
  return [...errors, ...validateJobBody(spec, path)];
}

function validateJobBody(spec: Fields, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
  ])
    errors.push(...notNegative(spec[field], `${path}.${field}`));
  errors.push(
    ...oneOf(spec['completionMode'], ['Indexed', 'NonIndexed'], `${path}.completionMode`),
  );
  if (spec['completionMode'] === 'Indexed' && !isSet(spec['completions']))
    errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  const template = fieldsOf(spec['template']);
  errors.push(...validatePodTemplate(template, `${path}.template`));
  const policy = stringOf(fieldsOf(template['spec'])['restartPolicy']);
  if (policy !== 'OnFailure' && policy !== 'Never') {
    const field = `${path}.template.spec.restartPolicy`;
    errors.push(
      policy === 'Always'
        ? required(field, 'valid values: "OnFailure", "Never"')
        : notSupported(field, policy, ['Never', 'OnFailure']),
    );
  }
  return errors;
}

const JOB_IMMUTABLE = [
  'selector',
  'template',
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
];

function validateJobUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const spec = specOf(object);
  const before = specOf(old);
  const errors = validateJobSpec(spec, 'spec');
  if (spec['completionMode'] !== 'Indexed')
    errors.push(...unchanged(spec['completions'], before['completions'], 'spec.completions'));
  for (const field of JOB_IMMUTABLE)
    errors.push(...unchanged(spec[field], before[field], `spec.${field}`));
  return errors;
}

const STARTING_DEADLINE = 'startingDeadlineSeconds';
/** A cron job's name must leave room for the 11 characters that its jobs append. */
const CRON_JOB_NAME = 52;

export const cronJob: KindRules = {
  default(draft) {
    const spec = ensured(draft, 'spec');
    setDefaultString(spec, 'concurrencyPolicy', 'Allow');
    setDefault(spec, 'suspend', false);
    setDefault(spec, 'successfulJobsHistoryLimit', 3);
    setDefault(spec, 'failedJobsHistoryLimit', 1);
    const template = fieldsOf(fieldsOf(spec['jobTemplate'])['spec']);
    if (isFields(template['template'])) defaultPodTemplate(template['template']);
  },
  validateCreate(object) {
    const spec = specOf(object);
    const errors: FieldError[] = [];
    if (object.metadata.name.length > CRON_JOB_NAME)
      errors.push(
        invalid(
          'metadata.name',
          object.metadata.name,
          `must be no more than ${CRON_JOB_NAME} characters`,
        ),
      );
    const schedule = stringOf(spec['schedule']);
    if (schedule === '') errors.push(required('spec.schedule'));
    errors.push(
      ...notNegative(spec[STARTING_DEADLINE], `spec.${STARTING_DEADLINE}`),
      ...oneOf(spec['concurrencyPolicy'], ['Allow', 'Forbid', 'Replace'], 'spec.concurrencyPolicy'),
      ...notNegative(spec['successfulJobsHistoryLimit'], 'spec.successfulJobsHistoryLimit'),
      ...notNegative(spec['failedJobsHistoryLimit'], 'spec.failedJobsHistoryLimit'),
      ...validateJobTemplate(fieldsOf(spec['jobTemplate'])),
    );
    return errors;
  },
};

function validateJobTemplate(template: Fields): FieldError[] {
  const path = 'spec.jobTemplate';
  const spec = structuredClone(fieldsOf(template['spec']));
  setDefaultString(spec, 'completionMode', 'NonIndexed');
  return [
    ...validateLabels(fieldsOf(template['metadata'])['labels'], `${path}.metadata.labels`),
    ...validateJobBody(spec, `${path}.spec`),
  ];
}

export const podTemplate: KindRules = {
  default(draft) {
    if (isFields(draft['template'])) defaultPodTemplate(draft['template']);
  },
  validateCreate: (object) => validatePodTemplate(fieldsOf(object['template']), 'template'),
};

export const horizontalPodAutoscaler: KindRules = {
  default(draft, version) {
    const spec = ensured(draft, 'spec');
    setDefault(spec, 'minReplicas', 1);
    if (version === 'v2' && listOf(spec['metrics']).length === 0)
      spec['metrics'] = [
        {
          resource: { name: 'cpu', target: { averageUtilization: 80, type: 'Utilization' } },
          type: 'Resource',
        },
      ];
  },
  validateCreate(object) {
    const spec = specOf(object);
    const errors: FieldError[] = [];
    const least = numberOf(spec['minReplicas']);
    const most = numberOf(spec['maxReplicas']) ?? 0;
    if (least !== undefined && least < 1)
      errors.push(invalid('spec.minReplicas', least, 'must be greater than or equal to 1'));
    if (most < 1) errors.push(invalid('spec.maxReplicas', most, 'must be greater than 0'));
    if (least !== undefined && most < least)
      errors.push(
        invalid('spec.maxReplicas', most, 'must be greater than or equal to `minReplicas`'),
      );
    const target = fieldsOf(spec['scaleTargetRef']);
    for (const field of ['kind', 'name'])
      if (stringOf(target[field]) === '') errors.push(required(`spec.scaleTargetRef.${field}`));
    return errors;
  },
};

export const podDisruptionBudget: KindRules = {
  validateCreate(object) {
    const spec = specOf(object);
    const { minAvailable, maxUnavailable } = spec;
    if (isSet(minAvailable) && isSet(maxUnavailable))
      return [invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set')];
    return [
      ...['minAvailable', 'maxUnavailable'].flatMap((field) =>
        isSet(spec[field])
          ? [
              ...positiveIntOrPercent(spec[field], `spec.${field}`),
              ...notMoreThanAll(spec[field], `spec.${field}`),
            ]
          : [],
      ),
      ...validateLabelSelector(spec['selector'], 'spec.selector'),
    ];
  },
};

/** Values above this are kept for the system's own classes. */
const HIGHEST_USER_PRIORITY = 1_000_000_000;

export const priorityClass: KindRules = {
  default: (draft) => setDefaultString(draft, 'preemptionPolicy', 'PreemptLowerPriority'),
  validateCreate(object) {
    const errors: FieldError[] = [];
    const value = numberOf(object['value']) ?? 0;
    const { name } = object.metadata;
    if (name.startsWith('system-')) {
      if (name !== 'system-node-critical' && name !== 'system-cluster-critical')
        errors.push(
          forbidden(
            'metadata.name',
            "priority class names with 'system-' prefix are reserved for system use only. error: only the following system priority classes are allowed: system-cluster-critical, system-node-critical",
          ),
        );
    } else if (value > HIGHEST_USER_PRIORITY) {
      errors.push(
        forbidden(
          'value',
          `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`,
        ),
      );
    }
    return errors;
  },
  validateUpdate: (object, old) => [
    ...(same(object['value'], old['value'])
      ? []
      : [forbidden('value', 'may not be changed in an update.')]),
    ...unchanged(object['preemptionPolicy'], old['preemptionPolicy'], 'preemptionPolicy'),
  ],
};
