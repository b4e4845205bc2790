import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object.ts';
import { bundle, changed, created, definitionOf, problemsOf } from '../testing/objects.ts';
import { customResource } from './definition.ts';

const crds = definitionOf('apiextensions.k8s.io', 'customresourcedefinitions');

const specSchema = {
  type: 'object',
  required: ['host'],
  properties: {
    host: { type: 'string', minLength: 1, pattern: '^[a-z.]+$' },
    weight: { type: 'integer', minimum: 0, maximum: 100, default: 1 },
    port: { 'x-kubernetes-int-or-string': true },
    mode: { type: 'string', enum: ['PLAIN', 'MUTUAL'] },
    match: {
      type: 'object',
      properties: { exact: { type: 'string' }, prefix: { type: 'string' } },
      oneOf: [{ required: ['exact'] }, { required: ['prefix'] }],
    },
    routes: {
      type: 'array',
      maxItems: 2,
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, retries: { type: 'integer', default: 2 } },
      },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    raw: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    since: { type: 'string', format: 'date-time', nullable: true },
  },
};

const versionOf = (name: string, storage: boolean, schema: object = specSchema) => ({
  name,
  served: true,
  storage,
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: schema,
        status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  },
  subresources: {
    status: {},
    scale: {
      specReplicasPath: '.spec.weight',
      statusReplicasPath: '.status.weight',
      labelSelectorPath: '.status.selector',
    },
  },
  additionalPrinterColumns: [
    { name: 'Host', type: 'string', jsonPath: '.spec.host', description: 'Where to' },
    { name: 'Weight', type: 'integer', jsonPath: '.spec.weight', priority: 1 },
    { name: 'Since', type: 'date', jsonPath: '.spec.since' },
    { name: 'Routes', type: 'string', jsonPath: '.spec.routes' },
  ],
  selectableFields: [{ jsonPath: '.spec.host' }],
});

const crdBody = (versions = [versionOf('v1beta1', false), versionOf('v1', true)]) => ({
  metadata: { name: 'rules.mesh.example.com' },
  spec: {
    group: 'mesh.example.com',
    scope: 'Namespaced',
    names: { plural: 'rules', kind: 'Rule', shortNames: ['ru'], categories: ['mesh'] },
    versions,
  },
});

const rules = customResource(created(crds, crdBody()), bundle);

function rule(spec: unknown, more: Record<string, unknown> = {}): KubeObject {
  const conformed = rules.versions[0]?.conform(
    { metadata: { name: 'web', namespace: 'default' }, spec, ...more },
    'json',
  );
  assert.ok(conformed && 'object' in conformed, JSON.stringify(conformed));
  rules.strategy.prepareForCreate(conformed.object);
  return conformed.object;
}

const problems = (spec: unknown) =>
  rules.strategy.validateCreate(rule(spec)).map(({ field, message }) => `${field}: ${message}`);

test('a definition has its names, versions in order of stability, verbs and subresources', () => {
  assert.deepEqual(
    {
      ...rules,
      versions: rules.versions.map((each) => each.version),
      strategy: 0,
      table: 0,
      toStored: 0,
      fromStored: 0,
      scale: 0,
      selectableFields: Object.keys(rules.selectableFields),
    },
    {
      group: 'mesh.example.com',
      resource: 'rules',
      singular: 'rule',
      kind: 'Rule',
      listKind: 'RuleList',
      shortNames: ['ru'],
      categories: ['mesh'],
      namespaced: true,
      versions: ['v1', 'v1beta1'],
      storageVersion: 'v1',
      verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
      subresources: [
        { name: 'status', kind: 'Rule', verbs: ['get', 'patch', 'update'] },
        {
          name: 'scale',
          kind: 'Scale',
          group: 'autoscaling',
          version: 'v1',
          verbs: ['get', 'patch', 'update'],
        },
      ],
      custom: true,
      virtual: false,
      storedAs: 'rules.mesh.example.com',
      toStored: 0,
      fromStored: 0,
      scale: 0,
      returnsDeleted: false,
      simulated: true,
      selectableFields: ['spec.host'],
      hasGeneration: true,
      strategy: 0,
      table: 0,
    },
  );
});

test('unknown fields are pruned and told, defaults come, nulls give way', () => {
  const conformed = rules.versions[0]?.conform(
    {
      metadata: { name: 'web', nam: 'x' },
      spec: {
        host: 'a',
        weight: null,
        since: null,
        mode: null,
        htpp: [],
        routes: [{ name: 'r', retry: 1 }],
        raw: { any: { thing: 1 } },
        labels: { a: 'b' },
      },
      extra: 1,
    },
    'json',
  );
  assert.deepEqual(conformed, {
    object: {
      apiVersion: 'mesh.example.com/v1',
      kind: 'Rule',
      metadata: { name: 'web' },
      spec: {
        host: 'a',
        weight: 1,
        since: null,
        routes: [{ name: 'r', retries: 2 }],
        raw: { any: { thing: 1 } },
        labels: { a: 'b' },
      },
    },
    problems: [
      'unknown field "metadata.nam"',
      'unknown field "extra"',
      'unknown field "spec.htpp"',
      'unknown field "spec.routes[0].retry"',
    ],
  });
});

test('values are judged in the words of the real validator', () => {
  assert.deepEqual(problems({ host: 'a', port: 'http' }), []);
  assert.deepEqual(problems({ host: 'a', port: 80 }), []);
  assert.deepEqual(problems({}), ['spec.host: Required value']);
  assert.deepEqual(problems('x'), [
    'spec: Invalid value: "string": spec in body must be of type object: "string"',
  ]);
  assert.deepEqual(problems({ host: 3 }), [
    'spec.host: Invalid value: "integer": spec.host in body must be of type string: "integer"',
  ]);
  assert.deepEqual(problems({ host: '' }), [
    'spec.host: Invalid value: "": spec.host in body should be at least 1 chars long',
    `spec.host: Invalid value: "": spec.host in body should match '^[a-z.]+$'`,
  ]);
  assert.deepEqual(problems({ host: 'a', weight: 101 }), [
    'spec.weight: Invalid value: 101: spec.weight in body should be less than or equal to 100',
  ]);
  assert.deepEqual(problems({ host: 'a', weight: 1.5 }), [
    'spec.weight: Invalid value: "number": spec.weight in body must be of type integer: "number"',
  ]);
  assert.deepEqual(problems({ host: 'a', port: true }), [
    'spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
  ]);
  assert.deepEqual(problems({ host: 'a', mode: 'plain' }), [
    'spec.mode: Unsupported value: "plain": supported values: "PLAIN", "MUTUAL"',
  ]);
  assert.deepEqual(problems({ host: 'a', since: 'now' }), [
    'spec.since: Invalid value: "now": spec.since in body must be of type date-time: "now"',
  ]);
  assert.deepEqual(problems({ host: 'a', routes: [{ name: 'x' }, { name: 'x' }, {}] }), [
    'spec.routes: Too many: 3: must have at most 2 items',
    'spec.routes[1]: Duplicate value: {"name":"x"}',
  ]);
  assert.deepEqual(problems({ host: 'a', match: { exact: 'x', prefix: 'y' } }), [
    '<nil>: Invalid value: "": "spec.match" must validate one and only one schema (oneOf). Found 2 valid alternatives',
  ]);
  assert.deepEqual(problems({ host: 'a', labels: { a: 1 } }), [
    'spec.labels.a: Invalid value: "integer": spec.labels.a in body must be of type string: "integer"',
  ]);
});

test('rules in CEL are handed to the evaluator, unless the value is of the wrong shape', () => {
  const schema = {
    ...specSchema,
    'x-kubernetes-validations': [{ rule: 'self.weight < 50', message: 'too heavy' }],
  };
  const seen: unknown[] = [];
  const ruled = customResource(created(crds, crdBody([versionOf('v1', true, schema)])), bundle, {
    evaluate(value) {
      seen.push(value);
      return [{ type: 'FieldValueInvalid', field: 'spec', message: 'Invalid value: too heavy' }];
    },
  });
  const made = (spec: unknown) => {
    const conformed = ruled.versions[0]?.conform(
      { metadata: { name: 'web', namespace: 'default' }, spec },
      'json',
    );
    assert.ok(conformed && 'object' in conformed);
    return ruled.strategy
      .validateCreate(conformed.object)
      .map(({ field, message }) => `${field}: ${message}`);
  };
  assert.deepEqual(made({ host: 'a' }), ['spec: Invalid value: too heavy']);
  assert.equal(seen.length, 1);
  assert.deepEqual(made({}), [
    'spec.host: Required value',
    '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  ]);
  assert.equal(seen.length, 1);
});

test("the status is the status's writer's, and does not count generations", () => {
  const old = rule({ host: 'a' }, { status: { weight: 9 } });
  old.metadata.resourceVersion = '7';
  assert.equal(old['status'], undefined);
  assert.equal(old.metadata.generation, 1);
  const next = structuredClone(old);
  next['status'] = { weight: 3 };
  next['spec'] = { host: 'b' };
  next.metadata.labels = { a: 'b' };
  rules.strategy.prepareForUpdate(next, old, 'status');
  assert.deepEqual(next['spec'], old['spec']);
  assert.equal(next.metadata.labels, undefined);
  assert.equal(next.metadata.generation, 1);
  const other = structuredClone(next);
  other['spec'] = { host: 'b' };
  delete other['status'];
  rules.strategy.prepareForUpdate(other, next, undefined);
  assert.deepEqual(other['status'], { weight: 3 });
  assert.equal(other.metadata.generation, 2);
});

test('columns, scale and selectable fields read by their paths', () => {
  const object = {
    ...rule({ host: 'a', weight: 5, since: '1970-01-01T00:00:00Z', routes: [{ name: 'r' }] }),
    status: { weight: 4, selector: 'app=a' },
  };
  assert.deepEqual(rules.table.cells(object, 65_000), [
    'web',
    'a',
    5,
    '65s',
    '[{"name":"r","retries":2}]',
  ]);
  assert.deepEqual(rules.table.columns[2], {
    name: 'Weight',
    type: 'integer',
    format: '',
    description: 'Custom resource definition column (in JSONPath format): .spec.weight',
    priority: 1,
  });
  assert.equal(rules.scale?.replicas(object), 5);
  assert.equal(rules.scale?.statusReplicas(object), 4);
  assert.equal(rules.scale?.selector(object), 'app=a');
  rules.scale?.setReplicas(object, 7);
  assert.equal(rules.scale?.replicas(object), 7);
  assert.equal(rules.selectableFields['spec.host']?.(object), 'a');
  assert.deepEqual(rules.table.cells({ ...object, spec: {} }, 0), ['web', null, null, null, null]);
});

test('versions differ in name alone', () => {
  const object = rule({ host: 'a' });
  const beta = rules.fromStored(object, 'v1beta1');
  assert.equal(beta.apiVersion, 'mesh.example.com/v1beta1');
  assert.deepEqual(rules.toStored(beta), object);
});

test('a CRD gets its names, conversion and stored versions, and must be structural', () => {
  const crd = created(crds, crdBody());
  assert.deepEqual((crd['spec'] as { names: unknown }).names, {
    categories: ['mesh'],
    kind: 'Rule',
    listKind: 'RuleList',
    plural: 'rules',
    shortNames: ['ru'],
    singular: 'rule',
  });
  assert.deepEqual((crd['spec'] as { conversion: unknown }).conversion, { strategy: 'None' });
  assert.deepEqual(crd['status'], {
    acceptedNames: { kind: '', plural: '' },
    conditions: null,
    storedVersions: ['v1'],
  });
  assert.deepEqual(crds.strategy.validateCreate(crd), []);
  const body = crdBody([
    versionOf('v1', true, { properties: { a: { type: 'string' } } }),
    { ...versionOf('v1', true), schema: {} } as ReturnType<typeof versionOf>,
  ]);
  assert.deepEqual(
    problemsOf(crds, { ...body, metadata: { name: 'wrong' } }).map((problem) =>
      problem.startsWith('spec.versions: ') ? 'spec.versions: …' : problem,
    ),
    [
      'metadata.name: Invalid value: "wrong": must be spec.names.plural+"."+spec.group',
      'spec.versions[0].schema.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields',
      'spec.versions[1].name: Invalid value: "v1": must be unique',
      'spec.versions[1].schema.openAPIV3Schema: Required value: schemas are required',
      'spec.versions: …',
    ],
  );
  const again = changed(crds, crdBody(), (draft) => {
    (draft['spec'] as { versions: { storage: boolean }[] }).versions.forEach(
      (version) => (version.storage = !version.storage),
    );
  });
  assert.deepEqual((again.object['status'] as { storedVersions: string[] }).storedVersions, [
    'v1',
    'v1beta1',
  ]);
});
