// Pods: defaults, what a client may not set, what may change once a pod runs.
// Source: the Pod section of the Kubernetes API reference, "Pod update and replacement" of the documentation.

import type { KubeObject } from '../../object.ts';
import {
  ensured,
  type Fields,
  fieldsOf,
  isFields,
  isSet,
  listOf,
  numberOf,
  same,
  stringMapOf,
  stringOf,
} from '../fields.ts';
import { forbidden, invalid } from '../field-errors.ts';
import { unchanged, validateAnnotations, validateLabels } from '../metadata.ts';
import { compareQuantities, quantityOf } from '../quantity.ts';
import type { FieldError } from '../resource.ts';
import type { KindRules } from '../strategy.ts';
import { named } from './checks.ts';
import { dnsSubdomainProblems } from '../names.ts';
import { defaultPod } from './pod-defaults.ts';
import { podSpecDiff } from './pod-spec-diff.ts';
import { validatePodSpec } from './pod-validation.ts';

/** Seconds that a pod has to end when its spec names none. */
const GRACE_SECONDS = 30;

export const pod: KindRules = {
  default(draft) {
    if (isFields(draft['spec'])) defaultPod(draft['spec']);
  },
  prepareForCreate(draft) {
    draft['status'] = { phase: 'Pending', qosClass: qosClassOf(fieldsOf(draft['spec'])) };
    const spec = ensured(draft, 'spec');
    const gated = listOf(spec['schedulingGates']).length > 0;
    if (gated)
      ensured(draft, 'status')['conditions'] = [
        {
          lastProbeTime: null,
          lastTransitionTime: null,
          message: 'Scheduling is blocked due to non-empty scheduling gates',
          reason: 'SchedulingGated',
          status: 'False',
          type: 'PodScheduled',
        },
      ];
  },
  prepareForStatusUpdate(draft, old) {
    // The kubelet reports; who owns the pod and when it ends are not its to say.
    if (isSet(old['metadata'])) {
      copyOrDrop(fieldsOf(draft.metadata), fieldsOf(old.metadata), 'ownerReferences');
      copyOrDrop(fieldsOf(draft.metadata), fieldsOf(old.metadata), 'deletionTimestamp');
    }
    const status = fieldsOf(draft['status']);
    const qosClass = fieldsOf(old['status'])['qosClass'];
    if (!isSet(status['qosClass']) && isSet(qosClass)) status['qosClass'] = qosClass;
  },
  prepareForSubresource(draft, old, subresource) {
    const spec = fieldsOf(draft['spec']);
    for (const name of new Set([...Object.keys(draft), ...Object.keys(old)]))
      if (name !== 'metadata' && name !== 'spec') copyOrDrop(draft, old, name);
    const kept = structuredClone(fieldsOf(old['spec']));
    if (subresource === 'ephemeralcontainers') copyOrDrop(kept, spec, 'ephemeralContainers');
    else if (subresource === 'resize') resize(kept, spec);
    draft['spec'] = kept;
  },
  validateCreate: (object) => [
    ...validatePodSpec(fieldsOf(object['spec']), 'spec'),
    ...(listOf(fieldsOf(object['spec'])['ephemeralContainers']).length > 0
      ? [forbidden('spec.ephemeralContainers', 'cannot be set on create')]
      : []),
  ],
  validateUpdate: validatePodUpdate,
  validateStatusUpdate(object, old) {
    const status = fieldsOf(object['status']);
    const before = fieldsOf(old['status']);
    const nominated = stringOf(status['nominatedNodeName']);
    return [
      ...(nominated === ''
        ? []
        : named(nominated, 'status.nominatedNodeName', dnsSubdomainProblems)),
      ...(isSet(before['qosClass'])
        ? unchanged(status['qosClass'], before['qosClass'], 'status.qosClass')
        : []),
    ];
  },
  warnings: (object) => podWarnings(fieldsOf(object['spec']), 'spec'),
  gracePeriodSeconds(object) {
    const spec = fieldsOf(object['spec']);
    const phase = fieldsOf(object['status'])['phase'];
    // Nothing runs that could need the time.
    if (stringOf(spec['nodeName']) === '' || phase === 'Failed' || phase === 'Succeeded') return 0;
    const seconds = numberOf(spec['terminationGracePeriodSeconds']) ?? GRACE_SECONDS;
    return Math.max(seconds, 1);
  },
};

function copyOrDrop(to: Fields, from: Fields, name: string): void {
  if (from[name] === undefined) delete to[name];
  else to[name] = from[name];
}

/** A resize changes resources of containers, nothing else. */
function resize(kept: Fields, wanted: Fields): void {
  for (const list of ['containers', 'initContainers']) {
    const others = listOf(wanted[list]);
    for (const container of listOf(kept[list])) {
      const other = others.find((each) => each['name'] === container['name']);
      if (other) copyOrDrop(container, other, 'resources');
    }
  }
}

const UPDATABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function validatePodUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const spec = fieldsOf(object['spec']);
  const before = fieldsOf(old['spec']);
  const errors = validatePodSpec(spec, 'spec');
  const count = listOf(spec['containers']).length;
  if (count !== listOf(before['containers']).length)
    return [
      ...errors,
      forbidden('spec.containers', 'pod updates may not add or remove containers'),
    ];
  if (listOf(spec['initContainers']).length !== listOf(before['initContainers']).length)
    return [
      ...errors,
      forbidden('spec.initContainers', 'pod updates may not add or remove containers'),
    ];
  errors.push(...validateDeadlineUpdate(spec, before));
  errors.push(...validateTolerationsUpdate(spec, before));
  const allowed = withAllowedChanges(spec, before);
  if (!same(allowed, before))
    errors.push(forbidden('spec', `${UPDATABLE}\n${podSpecDiff(before, allowed)}`));
  return errors;
}

function validateDeadlineUpdate(spec: Fields, before: Fields): FieldError[] {
  const path = 'spec.activeDeadlineSeconds';
  const now = numberOf(spec['activeDeadlineSeconds']);
  const was = numberOf(before['activeDeadlineSeconds']);
  if (was === undefined) return [];
  if (now === undefined)
    return [invalid(path, null, 'must not update from a positive integer to nil value')];
  return now > was ? [invalid(path, now, 'must be less than or equal to previous value')] : [];
}

function validateTolerationsUpdate(spec: Fields, before: Fields): FieldError[] {
  const now = listOf(spec['tolerations']);
  for (const toleration of listOf(before['tolerations'])) {
    const { tolerationSeconds: _seconds, ...identity } = toleration;
    const kept = now.some((each) => {
      const { tolerationSeconds: _other, ...rest } = each;
      return same(rest, identity);
    });
    if (!kept)
      return [
        forbidden(
          'spec.tolerations',
          'existing toleration can not be modified except its tolerationSeconds',
        ),
      ];
  }
  return [];
}

/** The new spec with everything put back that an update may change: what then still differs is forbidden. */
function withAllowedChanges(spec: Fields, before: Fields): Fields {
  const munged = structuredClone(spec);
  for (const list of ['containers', 'initContainers'])
    listOf(munged[list]).forEach((container, index) => {
      const other = listOf(before[list])[index];
      if (other) copyOrDrop(container, other, 'image');
    });
  for (const name of ['activeDeadlineSeconds', 'tolerations', 'ephemeralContainers'])
    copyOrDrop(munged, before, name);
  const grace = numberOf(before['terminationGracePeriodSeconds']);
  if (grace !== undefined && grace < 0 && munged['terminationGracePeriodSeconds'] === 1)
    munged['terminationGracePeriodSeconds'] = grace;
  if (listOf(before['schedulingGates']).length > 0) {
    const names = new Set(listOf(before['schedulingGates']).map((gate) => gate['name']));
    const added = listOf(munged['schedulingGates']).some((gate) => !names.has(gate['name']));
    if (!added) copyOrDrop(munged, before, 'schedulingGates');
    for (const name of ['nodeSelector', 'affinity'])
      if (!isSet(before[name])) copyOrDrop(munged, before, name);
  }
  return munged;
}

/** `Guaranteed`, `Burstable` or `BestEffort`. Source: "Pod Quality of Service Classes" of the documentation. */
export function qosClassOf(spec: Fields): string {
  const containers = [...listOf(spec['initContainers']), ...listOf(spec['containers'])];
  let any = false;
  let guaranteed = containers.length > 0;
  for (const container of containers) {
    const requests = stringMapOf(fieldsOf(container['resources'])['requests']);
    const limits = stringMapOf(fieldsOf(container['resources'])['limits']);
    for (const name of ['cpu', 'memory']) {
      const limit = quantityOf(limits[name] ?? '0');
      const request = quantityOf(requests[name] ?? limits[name] ?? '0');
      if (request.nanos > 0n || limit.nanos > 0n) any = true;
      if (limit.nanos === 0n || compareQuantities(request, limit) !== 0) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

/** Doubtful fields that the real server warns of, on pods and templates alike. */
export function podWarnings(spec: Fields, path: string): string[] {
  const warnings: string[] = [];
  for (const list of ['initContainers', 'containers']) {
    listOf(spec[list]).forEach((container, index) => {
      const seen = new Map<string, number>();
      listOf(container['env']).forEach((variable, at) => {
        const name = stringOf(variable['name']);
        const first = seen.get(name);
        if (first === undefined) seen.set(name, at);
        else
          warnings.push(
            `${path}.${list}[${index}].env[${at}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
          );
      });
    });
  }
  if ((numberOf(spec['terminationGracePeriodSeconds']) ?? 0) < 0)
    warnings.push(
      `${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`,
    );
  for (const name of Object.keys(fieldsOf(spec['nodeSelector'])))
    if (name.startsWith('beta.kubernetes.io/'))
      warnings.push(
        `${path}.nodeSelector[${name}]: deprecated since v1.14; use ${JSON.stringify(name.replace('beta.', ''))} instead`,
      );
  return warnings;
}

/** A controller's template: labels and annotations stand right under it in the messages, as in Go. */
export function validatePodTemplate(template: Fields, path: string): FieldError[] {
  const metadata = fieldsOf(template['metadata']);
  const spec = fieldsOf(template['spec']);
  const errors = [
    ...validateLabels(metadata['labels'], `${path}.labels`),
    ...validateAnnotations(metadata['annotations'], `${path}.annotations`),
    ...validatePodSpec(spec, `${path}.spec`),
  ];
  if (listOf(spec['ephemeralContainers']).length > 0)
    errors.push(
      forbidden(
        `${path}.spec.ephemeralContainers`,
        'ephemeral containers not allowed in pod template',
      ),
    );
  return errors;
}
