// ConfigMaps, Secrets, service accounts, namespaces, nodes, events, leases, storage.
// Source: their sections of the Kubernetes API reference; words and order of problems as Status objects show them.

import type { KubeObject } from '../../object.ts';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { duplicate, forbidden, invalid, notSupported, required, tooLong } from '../field-errors.ts';
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
  stringsOf,
} from '../fields.ts';
import { parseJson } from '../json.ts';
import { unchanged } from '../metadata.ts';
import {
  configKeyProblems,
  dnsLabelProblems,
  labelValueProblems,
  qualifiedNameProblems,
} from '../names.ts';
import type { FieldError } from '../resource.ts';
import type { KindRules } from '../strategy.ts';
import { named } from './checks.ts';

/** Bytes of all values of a ConfigMap or Secret together. */
const DATA_BYTES = 1024 * 1024;

const specOf = (object: KubeObject) => fieldsOf(object['spec']);

export const configMap: KindRules = {
  validateCreate: validateConfigMap,
  validateUpdate: (object, old) => [
    ...validateImmutable(object, old, ['data', 'binaryData']),
    ...validateConfigMap(object),
  ],
};

function validateConfigMap(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const data = stringMapOf(object['data']);
  const binary = stringMapOf(object['binaryData']);
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    errors.push(...named(key, `data[${key}]`, configKeyProblems));
    if (Object.hasOwn(binary, key))
      errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    bytes += value.length;
  }
  for (const [key, value] of Object.entries(binary)) {
    errors.push(...named(key, `binaryData[${key}]`, configKeyProblems));
    bytes += Math.floor((value.length * 3) / 4);
  }
  if (bytes > DATA_BYTES) errors.push(tooLong('', DATA_BYTES));
  return errors;
}

/** Once `immutable` is set, nothing but metadata changes. */
function validateImmutable(
  object: KubeObject,
  old: KubeObject,
  fields: readonly string[],
): FieldError[] {
  if (old['immutable'] !== true) return [];
  const words = 'field is immutable when `immutable` is set';
  const errors: FieldError[] = [];
  if (object['immutable'] !== true) errors.push(forbidden('immutable', words));
  for (const field of fields)
    if (!same(object[field] ?? null, old[field] ?? null)) errors.push(forbidden(field, words));
  return errors;
}

/** Secret type → the keys it must have. */
const SECRET_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

export const secret: KindRules = {
  default(draft) {
    setDefaultString(draft, 'type', 'Opaque');
    foldStringData(draft);
  },
  prepareForUpdate(draft, old) {
    // A client that leaves the type out keeps it.
    if (!draft['type']) draft['type'] = old['type'];
  },
  validateCreate: validateSecret,
  validateUpdate: (object, old) => [
    ...unchanged(object['type'], old['type'], 'type'),
    ...validateImmutable(object, old, ['data']),
    ...validateSecret(object),
  ],
};

/** stringData is a way of writing data without base64: it is never stored. */
function foldStringData(draft: KubeObject): void {
  const texts = stringMapOf(draft['stringData']);
  delete draft['stringData'];
  if (Object.keys(texts).length === 0) return;
  const data = ensured(draft, 'data');
  for (const [key, text] of Object.entries(texts))
    data[key] = encodeBase64(new TextEncoder().encode(text));
}

function validateSecret(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const data = stringMapOf(object['data']);
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    errors.push(...named(key, `data[${key}]`, configKeyProblems));
    bytes += Math.floor((value.length * 3) / 4);
  }
  if (bytes > DATA_BYTES) errors.push(tooLong('data', DATA_BYTES));
  const type = stringOf(object['type']);
  const annotation = 'kubernetes.io/service-account.name';
  if (type === 'kubernetes.io/service-account-token' && !object.metadata.annotations?.[annotation])
    errors.push(required(`metadata.annotations[${annotation}]`));
  if (
    type === 'kubernetes.io/basic-auth' &&
    !Object.hasOwn(data, 'username') &&
    !Object.hasOwn(data, 'password')
  )
    errors.push(required('data[username]'), required('data[password]'));
  for (const key of SECRET_KEYS[type] ?? []) {
    const value = data[key];
    if (value === undefined) errors.push(required(`data[${key}]`));
    else if (key.startsWith('.docker')) errors.push(...validateDockerConfig(key, value));
  }
  return errors;
}

function validateDockerConfig(key: string, value: string): FieldError[] {
  const bytes = decodeBase64(value);
  if ('wrongAt' in bytes) return [];
  const json = parseJson(new TextDecoder().decode(bytes));
  return 'error' in json ? [invalid(`data[${key}]`, '<secret contents redacted>', json.error)] : [];
}

export const serviceAccount: KindRules = {};

const NAME_LABEL = 'kubernetes.io/metadata.name';

export const namespace: KindRules = {
  nameProblems: dnsLabelProblems,
  default(draft) {
    // A generated name is not known yet; the API defaults again once it is.
    if (!draft.metadata.name) return;
    draft.metadata.labels = { ...draft.metadata.labels, [NAME_LABEL]: draft.metadata.name };
  },
  prepareForCreate(draft) {
    draft['status'] = { phase: 'Active' };
    draft.metadata.labels = { ...draft.metadata.labels, [NAME_LABEL]: draft.metadata.name };
    const spec = ensured(draft, 'spec');
    const finalizers = stringsOf(spec['finalizers']);
    if (!finalizers.includes('kubernetes')) spec['finalizers'] = [...finalizers, 'kubernetes'];
  },
  prepareForUpdate(draft, old) {
    draft['spec'] = { ...specOf(draft), finalizers: specOf(old)['finalizers'] };
    if (specOf(old)['finalizers'] === undefined) delete fieldsOf(draft['spec'])['finalizers'];
  },
  prepareForSubresource(draft, old, subresource) {
    if (subresource === 'finalize') draft['status'] = old['status'];
  },
  validateUpdate: () => [],
};

const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export const node: KindRules = {
  default(draft) {
    const status = draft['status'];
    if (isFields(status) && !isSet(status['allocatable']) && isSet(status['capacity']))
      status['allocatable'] = status['capacity'];
  },
  statusOnCreate: true,
  validateCreate: (object) => validateTaints(specOf(object)),
  validateUpdate(object, old) {
    const spec = specOf(object);
    const before = specOf(old);
    const errors = validateTaints(spec);
    for (const field of ['podCIDR', 'providerID'])
      if (stringOf(before[field]) !== '' && !same(spec[field], before[field]))
        errors.push(
          forbidden(
            'spec',
            `node updates may only change labels, taints, or capacity (or configSource, if the DynamicKubeletConfig feature gate is enabled)`,
          ),
        );
    return errors;
  },
};

function validateTaints(spec: Fields): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  listOf(spec['taints']).forEach((taint, index) => {
    const path = `spec.taints[${index}]`;
    const key = stringOf(taint['key']);
    const effect = stringOf(taint['effect']);
    errors.push(...named(key, `${path}.key`, qualifiedNameProblems));
    errors.push(...named(stringOf(taint['value']), `${path}.value`, labelValueProblems));
    if (effect === '') errors.push(required(`${path}.effect`));
    else if (!TAINT_EFFECTS.includes(effect))
      errors.push(notSupported(`${path}.effect`, effect, TAINT_EFFECTS));
    const identity = `${key}:${effect}`;
    if (seen.has(identity))
      errors.push({
        ...duplicate(path, taint),
        message: `${duplicate(path, taint).message}: taints must be unique by key and effect pair`,
      });
    seen.add(identity);
  });
  return errors;
}

/** Characters of an event's message, and of other fields, that the newer group allows. */
const EVENT = { reason: 128, action: 128, note: 1024 };

export const event: KindRules = {
  validateCreate(object) {
    const involved = fieldsOf(object['involvedObject']);
    const where = stringOf(involved['namespace']) || 'default';
    const { namespace: own } = object.metadata;
    const errors: FieldError[] = [];
    if (isSet(involved['namespace']) && own !== where)
      errors.push(invalid('involvedObject.namespace', where, 'does not match event.namespace'));
    if (!isSet(object['eventTime'])) return errors;
    if (stringOf(object['reportingComponent']) === '') errors.push(required('reportingController'));
    else
      errors.push(
        ...named(
          stringOf(object['reportingComponent']),
          'reportingController',
          qualifiedNameProblems,
        ),
      );
    for (const [field, most, shown] of [
      ['reportingInstance', EVENT.reason, 'reportingInstance'],
      ['action', EVENT.action, 'action'],
      ['reason', EVENT.reason, 'reason'],
    ] as const) {
      const value = stringOf(object[field]);
      if (value === '') errors.push(required(shown));
      else if (value.length > most)
        errors.push(invalid(shown, '', `can have at most ${most} characters`));
    }
    if (stringOf(object['message']).length > EVENT.note)
      errors.push(invalid('message', '', `can have at most ${EVENT.note} characters`));
    return errors;
  },
};

export const lease: KindRules = {
  validateCreate(object) {
    const spec = specOf(object);
    const errors: FieldError[] = [];
    const seconds = numberOf(spec['leaseDurationSeconds']);
    if (seconds !== undefined && seconds <= 0)
      errors.push(invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0'));
    const transitions = numberOf(spec['leaseTransitions']);
    if (transitions !== undefined && transitions < 0)
      errors.push(
        invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'),
      );
    return errors;
  },
};

export const persistentVolumeClaim: KindRules = {
  default(draft) {
    setDefault(ensured(draft, 'spec'), 'volumeMode', 'Filesystem');
  },
  prepareForCreate(draft) {
    draft['status'] = { phase: 'Pending' };
  },
  validateCreate(object) {
    const spec = specOf(object);
    const errors: FieldError[] = [];
    if (stringsOf(spec['accessModes']).length === 0)
      errors.push(required('spec.accessModes', 'at least 1 access mode is required'));
    const requests = fieldsOf(fieldsOf(spec['resources'])['requests']);
    if (!isSet(requests['storage'])) errors.push(required('spec.resources[storage]'));
    return errors;
  },
  validateUpdate: () => [],
};

export const persistentVolume: KindRules = {
  default(draft) {
    const spec = ensured(draft, 'spec');
    setDefaultString(spec, 'persistentVolumeReclaimPolicy', 'Retain');
    setDefault(spec, 'volumeMode', 'Filesystem');
    if (isFields(spec['hostPath'])) setDefault(spec['hostPath'], 'type', '');
  },
  prepareForCreate(draft) {
    draft['status'] = { phase: 'Pending' };
  },
  validateCreate(object) {
    const spec = specOf(object);
    const errors: FieldError[] = [];
    if (stringsOf(spec['accessModes']).length === 0) errors.push(required('spec.accessModes'));
    if (Object.keys(fieldsOf(spec['capacity'])).length === 0)
      errors.push(required('spec.capacity'));
    return errors;
  },
  validateUpdate: () => [],
};

export const storageClass: KindRules = {
  default(draft) {
    setDefault(draft, 'reclaimPolicy', 'Delete');
    setDefault(draft, 'volumeBindingMode', 'Immediate');
  },
  validateCreate: (object) =>
    stringOf(object['provisioner']) === '' ? [required('provisioner')] : [],
  validateUpdate: (object, old) =>
    ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'].flatMap((field) =>
      same(object[field] ?? null, old[field] ?? null)
        ? []
        : [forbidden(field, 'updates to ' + field + ' are forbidden.')],
    ),
};

export const csiDriver: KindRules = {
  default(draft) {
    const spec = ensured(draft, 'spec');
    setDefault(spec, 'attachRequired', true);
    setDefault(spec, 'podInfoOnMount', false);
    setDefault(spec, 'storageCapacity', false);
    setDefault(spec, 'fsGroupPolicy', 'ReadWriteOnceWithFSType');
    setDefault(spec, 'requiresRepublish', false);
    setDefault(spec, 'seLinuxMount', false);
    if (stringsOf(spec['volumeLifecycleModes']).length === 0)
      spec['volumeLifecycleModes'] = ['Persistent'];
  },
};

export const limitRange: KindRules = {
  default(draft) {
    for (const item of listOf(specOf(draft)['limits'])) {
      if (item['type'] !== 'Container') continue;
      const limits = ensured(item, 'default');
      const requests = ensured(item, 'defaultRequest');
      for (const [name, amount] of Object.entries(fieldsOf(item['max'])))
        setDefault(limits, name, amount);
      for (const [name, amount] of Object.entries(limits)) setDefault(requests, name, amount);
      for (const [name, amount] of Object.entries(fieldsOf(item['min'])))
        setDefault(requests, name, amount);
    }
  },
};
