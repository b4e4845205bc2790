import assert from 'node:assert/strict';
import { test } from 'node:test';
import { customResource } from './crd/definition.ts';
import { createRegistry } from './registry.ts';
import { shapeNames, shapeNamed } from './shape.ts';
import { bundle, created, definitionOf } from './testing/objects.ts';

test('the built-in kinds are those of an API server 1.36, in order of discovery', () => {
  const registry = createRegistry(bundle);
  assert.equal(registry.all().length, 69);
  assert.deepEqual([...new Set(registry.all().map(({ group }) => group))].slice(0, 4), [
    '',
    'apiregistration.k8s.io',
    'apps',
    'events.k8s.io',
  ]);
  assert.equal(registry.all().at(-1)?.group, 'metrics.k8s.io');
  const pods = registry.find('', 'pods');
  assert.equal(pods, registry.findKind('', 'Pod'));
  assert.deepEqual(pods?.shortNames, ['po']);
  assert.equal(registry.find('apps', 'statefulsets')?.simulated, false);
  assert.equal(registry.find('apps', 'deployments')?.simulated, true);
  assert.equal(registry.find('', 'nopes'), undefined);
});

test('every stored kind has a type, a table and a strategy that takes an almost empty object', () => {
  for (const definition of createRegistry(bundle).all()) {
    if (definition.virtual) continue;
    const object = created(definition, {});
    assert.equal(object.metadata.name, 'web', definition.resource);
    assert.ok(Array.isArray(definition.strategy.validateCreate(object)));
    const next = structuredClone(object);
    definition.strategy.prepareForUpdate(next, object, undefined);
    assert.equal(
      next.metadata.generation,
      definition.hasGeneration ? 1 : undefined,
      definition.resource,
    );
  }
});

test("clusters of a process share definitions, not each other's CRDs", () => {
  const one = createRegistry(bundle);
  const other = createRegistry(bundle);
  assert.equal(one.find('', 'pods'), other.find('', 'pods'));
  const crd = created(definitionOf('apiextensions.k8s.io', 'customresourcedefinitions'), {
    metadata: { name: 'rules.mesh.example.com' },
    spec: {
      group: 'mesh.example.com',
      scope: 'Cluster',
      names: { plural: 'rules', kind: 'Rule' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object' } },
        },
      ],
    },
  });
  const before = one.generation;
  one.register(customResource(crd, bundle));
  assert.equal(one.generation, before + 1);
  assert.equal(one.find('mesh.example.com', 'rules')?.kind, 'Rule');
  assert.equal(one.findKind('mesh.example.com', 'Rule')?.namespaced, false);
  assert.equal(other.find('mesh.example.com', 'rules'), undefined);
  one.register(customResource(crd, bundle));
  assert.equal(one.all().filter((each) => each.custom).length, 1);
  one.unregister('mesh.example.com', 'rules');
  assert.equal(one.find('mesh.example.com', 'rules'), undefined);
  assert.equal(one.findKind('mesh.example.com', 'Rule'), undefined);
});

test('scale reads and writes replicas, and shows the selector as text', () => {
  const { scale } = definitionOf('apps', 'deployments');
  const object = created(definitionOf('apps', 'deployments'), {
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { spec: { containers: [] } },
    },
  });
  assert.equal(scale?.replicas(object), 3);
  assert.equal(scale?.selector(object), 'app=web');
  scale?.setReplicas(object, 5);
  assert.equal(scale?.replicas(object), 5);
  assert.equal(definitionOf('', 'services').scale, undefined);
});

test('every shape is in the notation, and speaks of fields that its type has', () => {
  for (const name of shapeNames()) {
    const shape = shapeNamed(name);
    assert.ok(shape, name);
    const type = Object.keys(bundle.types).find((each) => each.endsWith(`.${name}`));
    if (type === undefined) continue;
    for (const field of shape.fields.values()) {
      if (field.inline !== undefined) assert.ok(shapeNamed(field.inline), `${name}.${field.name}`);
      else
        assert.ok(
          bundle.types[type]?.properties?.[field.name],
          `${name} has no field ${field.name}`,
        );
    }
  }
});
