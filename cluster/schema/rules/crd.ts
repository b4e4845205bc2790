// CustomResourceDefinitions: defaults, preparation, validation.
// Source: the CustomResourceDefinition section of the Kubernetes API reference; words as Status objects show them.

import type { KubeObject } from '../../object.ts';
import { forbidden, invalid, notSupported, required } from '../field-errors.ts';
import {
  at,
  ensured,
  type Fields,
  fieldsOf,
  isFields,
  isSet,
  listOf,
  setDefault,
  setDefaultString,
  stringOf,
  stringsOf,
} from '../fields.ts';
import { unchanged } from '../metadata.ts';
import { dns1035Problems, dnsSubdomainProblems } from '../names.ts';
import type { FieldError } from '../resource.ts';
import type { KindRules } from '../strategy.ts';
import { named } from './checks.ts';

const specOf = (crd: KubeObject) => fieldsOf(crd['spec']);

export const customResourceDefinition: KindRules = {
  default(draft) {
    const spec = ensured(draft, 'spec');
    const names = ensured(spec, 'names');
    const kind = stringOf(names['kind']);
    if (kind !== '') {
      setDefaultString(names, 'singular', kind.toLowerCase());
      setDefaultString(names, 'listKind', `${kind}List`);
    }
    const conversion = ensured(spec, 'conversion');
    setDefaultString(conversion, 'strategy', 'None');
    const service = at(conversion, 'webhook', 'clientConfig', 'service');
    if (isFields(service)) setDefault(service, 'port', 443);
  },
  prepareForCreate(draft) {
    draft['status'] = {
      acceptedNames: { kind: '', plural: '' },
      conditions: null,
      storedVersions: storedVersions(draft),
    };
  },
  prepareForUpdate(draft) {
    const status = structuredClone(fieldsOf(draft['status']));
    const known = stringsOf(status['storedVersions']);
    const added = storedVersions(draft).filter((version) => !known.includes(version));
    draft['status'] = { ...status, storedVersions: [...known, ...added] };
  },
  validateCreate: validateDefinition,
  validateUpdate(object, old) {
    const established = listOf(at(old, 'status', 'conditions')).some(
      (condition) => condition['type'] === 'Established' && condition['status'] === 'True',
    );
    const errors = validateDefinition(object);
    if (!established) return errors;
    const spec = specOf(object);
    const before = specOf(old);
    return [
      ...errors,
      ...unchanged(spec['scope'], before['scope'], 'spec.scope'),
      ...unchanged(at(spec, 'names', 'kind'), at(before, 'names', 'kind'), 'spec.names.kind'),
      ...unchanged(spec['group'], before['group'], 'spec.group'),
      ...unchanged(at(spec, 'names', 'plural'), at(before, 'names', 'plural'), 'spec.names.plural'),
    ];
  },
};

function storedVersions(crd: KubeObject): string[] {
  return listOf(specOf(crd)['versions'])
    .filter((version) => version['storage'] === true)
    .map((version) => stringOf(version['name']));
}

function validateDefinition(crd: KubeObject): FieldError[] {
  const spec = specOf(crd);
  const names = fieldsOf(spec['names']);
  const group = stringOf(spec['group']);
  const plural = stringOf(names['plural']);
  const errors: FieldError[] = [];
  if (crd.metadata.name !== `${plural}.${group}`)
    errors.push(
      invalid('metadata.name', crd.metadata.name, 'must be spec.names.plural+"."+spec.group'),
    );
  errors.push(...validateGroup(group), ...validateScope(stringOf(spec['scope'])));
  errors.push(...validateVersions(spec), ...validateNames(names));
  return errors;
}

function validateGroup(group: string): FieldError[] {
  if (group === '') return [required('spec.group')];
  const errors = named(group, 'spec.group', dnsSubdomainProblems);
  return errors.length === 0 && !group.includes('.')
    ? [invalid('spec.group', group, 'should be a domain with at least one dot')]
    : errors;
}

const SCOPES = ['Cluster', 'Namespaced'];

function validateScope(scope: string): FieldError[] {
  if (scope === '') return [required('spec.scope')];
  return SCOPES.includes(scope) ? [] : [notSupported('spec.scope', scope, SCOPES)];
}

function validateVersions(spec: Fields): FieldError[] {
  const versions = listOf(spec['versions']);
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  versions.forEach((version, index) => {
    const path = `spec.versions[${index}]`;
    const name = stringOf(version['name']);
    errors.push(...named(name, `${path}.name`, dns1035Problems));
    if (seen.has(name)) errors.push(invalid(`${path}.name`, name, 'must be unique'));
    seen.add(name);
    errors.push(...validateSchema(version, path), ...validateSubresources(version, path));
    errors.push(...validateColumns(version, path));
  });
  const stored = versions.filter((version) => version['storage'] === true).length;
  if (stored !== 1)
    errors.push(
      invalid('spec.versions', versions, 'must have exactly one version marked as storage version'),
    );
  return errors;
}

function validateSchema(version: Fields, path: string): FieldError[] {
  const here = `${path}.schema.openAPIV3Schema`;
  const schema = at(version, 'schema', 'openAPIV3Schema');
  if (!isSet(schema)) return [required(here, 'schemas are required')];
  const root = fieldsOf(schema);
  const type = stringOf(root['type']);
  if (type === '') return [required(`${here}.type`, 'must not be empty at the root')];
  if (type !== 'object') return [invalid(`${here}.type`, type, 'must be object at the root')];
  return validateStructure(root, here, true);
}

/** Structural schemas say the type of everything, and default nothing in the metadata. */
function validateStructure(node: Fields, path: string, root = false): FieldError[] {
  const errors: FieldError[] = [];
  const typed =
    stringOf(node['type']) !== '' ||
    node['x-kubernetes-int-or-string'] === true ||
    node['x-kubernetes-preserve-unknown-fields'] === true;
  if (!typed && !root) {
    const kind = path.endsWith(']') && !path.endsWith('.items') ? 'object fields' : 'array items';
    errors.push(required(`${path}.type`, `must not be empty for specified ${kind}`));
  }
  for (const [name, property] of Object.entries(fieldsOf(node['properties'])))
    errors.push(...validateStructure(fieldsOf(property), `${path}.properties[${name}]`));
  if (isFields(node['items'])) errors.push(...validateStructure(node['items'], `${path}.items`));
  if (isFields(node['additionalProperties']))
    errors.push(...validateStructure(node['additionalProperties'], `${path}.additionalProperties`));
  if (isSet(node['additionalProperties']) && Object.keys(fieldsOf(node['properties'])).length > 0)
    errors.push(
      forbidden(
        `${path}.additionalProperties`,
        'additionalProperties and properties are mutual exclusive',
      ),
    );
  return errors;
}

function validateSubresources(version: Fields, path: string): FieldError[] {
  const scale = at(version, 'subresources', 'scale');
  if (!isFields(scale)) return [];
  return (
    [
      ['specReplicasPath', '.spec.'],
      ['statusReplicasPath', '.status.'],
    ] as const
  ).flatMap(([field, prefix]) => {
    const here = `${path}.subresources.scale.${field}`;
    const value = stringOf(scale[field]);
    if (value === '') return [required(here)];
    return value.startsWith(prefix)
      ? []
      : [invalid(here, value, `should be a json path under ${prefix.slice(0, -1)}`)];
  });
}

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];

function validateColumns(version: Fields, path: string): FieldError[] {
  return listOf(version['additionalPrinterColumns']).flatMap((column, index) => {
    const here = `${path}.additionalPrinterColumns[${index}]`;
    const errors: FieldError[] = [];
    if (stringOf(column['name']) === '') errors.push(required(`${here}.name`));
    const type = stringOf(column['type']);
    if (type === '')
      errors.push(required(`${here}.type`, `must be one of ${COLUMN_TYPES.join(',')}`));
    else if (!COLUMN_TYPES.includes(type))
      errors.push(invalid(`${here}.type`, type, `must be one of ${COLUMN_TYPES.join(',')}`));
    if (stringOf(column['jsonPath']) === '') errors.push(required(`${here}.jsonPath`));
    return errors;
  });
}

function validateNames(names: Fields): FieldError[] {
  const path = 'spec.names';
  const errors: FieldError[] = [];
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) {
    const value = stringOf(names[field]);
    if (value === '') errors.push(required(`${path}.${field}`));
    else
      errors.push(
        ...named(value, `${path}.${field}`, (name) => dns1035Problems(name.toLowerCase())),
      );
  }
  stringsOf(names['shortNames']).forEach((name, index) =>
    errors.push(...named(name, `${path}.shortNames[${index}]`, dns1035Problems)),
  );
  if (names['kind'] !== undefined && names['kind'] === names['listKind'])
    errors.push(
      invalid(`${path}.listKind`, names['listKind'], 'kind and listKind may not be the same'),
    );
  stringsOf(names['categories']).forEach((name, index) =>
    errors.push(...named(name, `${path}.categories[${index}]`, dns1035Problems)),
  );
  return errors;
}
