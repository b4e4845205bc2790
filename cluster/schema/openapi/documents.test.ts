import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reader } from 'protobufjs/minimal.js';
import { textOf } from '../../streams.ts';
import { customResource } from '../crd/definition.ts';
import { createRegistry } from '../registry.ts';
import { bundle, created, definitionOf } from '../testing/objects.ts';
import { openApiDocuments } from './documents.ts';

interface Document {
  paths: Record<
    string,
    Record<
      string,
      {
        operationId?: string;
        'x-kubernetes-action'?: string;
        parameters?: { name: string }[];
        responses?: Record<string, { content?: Record<string, { schema: { $ref: string } }> }>;
      }
    >
  >;
  components: {
    schemas: Record<
      string,
      {
        properties?: Record<string, Record<string, unknown>>;
        description?: string;
        'x-kubernetes-group-version-kind'?: unknown;
      }
    >;
  };
}

const crd = created(definitionOf('apiextensions.k8s.io', 'customresourcedefinitions'), {
  metadata: { name: 'rules.mesh.example.com' },
  spec: {
    group: 'mesh.example.com',
    scope: 'Namespaced',
    names: { plural: 'rules', kind: 'Rule' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', description: 'What to do.' } },
          },
        },
      },
    ],
  },
});

test('the index names every group version, and a CRD adds its own', () => {
  const registry = createRegistry(bundle);
  const documents = openApiDocuments(registry, bundle, (text) => String(text.length));
  const paths = () => Object.keys((JSON.parse(documents.index()) as { paths: object }).paths);
  assert.ok(
    paths().includes('api/v1') &&
      paths().includes('apis/apps/v1') &&
      paths().includes('apis/autoscaling/v1'),
  );
  assert.ok(!paths().includes('apis/mesh.example.com/v1'));
  registry.register(customResource(crd, bundle));
  assert.ok(paths().includes('apis/mesh.example.com/v1'));
  assert.equal(documents.v3('apis/nope/v1'), undefined);
});

test('kubectl finds types, actions and fieldValidation in a document', () => {
  const documents = openApiDocuments(createRegistry(bundle), bundle, () => 'hash');
  const document = JSON.parse(
    textOf(documents.v3('apis/apps/v1')?.body() ?? new Uint8Array()),
  ) as Document;
  const path = document.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'];
  assert.equal(path?.['patch']?.['x-kubernetes-action'], 'patch');
  assert.ok(path?.['patch']?.parameters?.some(({ name }) => name === 'fieldValidation'));
  assert.equal(path?.['get']?.operationId, 'readAppsV1NamespacedDeployment');
  assert.equal(
    path?.['get']?.responses?.['200']?.content?.['application/json']?.schema.$ref,
    '#/components/schemas/io.k8s.api.apps.v1.Deployment',
  );
  const { schemas } = document.components;
  assert.deepEqual(schemas['io.k8s.api.apps.v1.Deployment']?.['x-kubernetes-group-version-kind'], [
    { group: 'apps', kind: 'Deployment', version: 'v1' },
  ]);
  const strategy = schemas['io.k8s.api.apps.v1.DeploymentSpec']?.properties?.['strategy'];
  assert.deepEqual(strategy?.['allOf'], [
    { $ref: '#/components/schemas/io.k8s.api.apps.v1.DeploymentStrategy' },
  ]);
  assert.equal(strategy?.['x-kubernetes-patch-strategy'], 'retainKeys');
  assert.equal(typeof strategy?.['description'], 'string');
  const ports = schemas['io.k8s.api.core.v1.Container']?.properties?.['ports'];
  assert.deepEqual(ports?.['x-kubernetes-list-map-keys'], ['containerPort', 'protocol']);
  assert.equal(
    schemas['io.k8s.api.core.v1.ContainerPort']?.properties?.['protocol']?.['default'],
    'TCP',
  );
  assert.ok(schemas['io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions']);
});

test('streams and proxies have parameters instead of an object', () => {
  const documents = openApiDocuments(createRegistry(bundle), bundle, () => 'hash');
  const { paths } = JSON.parse(
    textOf(documents.v3('api/v1')?.body() ?? new Uint8Array()),
  ) as Document & { paths: Record<string, { parameters: { name: string }[] }> };
  const pod = '/api/v1/namespaces/{namespace}/pods/{name}';
  const parameters = (path: string) => paths[path]?.parameters.map(({ name }) => name);
  assert.deepEqual(parameters(`${pod}/portforward`), ['name', 'namespace', 'ports']);
  assert.deepEqual(Object.keys(paths[`${pod}/portforward`] ?? {}), ['get', 'post', 'parameters']);
  assert.equal(
    paths[`${pod}/proxy/{path}`]?.['head']?.operationId,
    'connectCoreV1HeadNamespacedPodProxyWithPath',
  );
  const schema = (path: string, method: string) =>
    paths[path]?.[method]?.responses?.['200']?.content?.['application/json']?.schema;
  assert.deepEqual(schema(`${pod}/log`, 'get'), { type: 'string' });
  // Most deletions answer with a Status, those of pods with the pod.
  assert.deepEqual(schema(pod, 'delete'), { $ref: '#/components/schemas/io.k8s.api.core.v1.Pod' });
  assert.deepEqual(schema('/api/v1/namespaces/{namespace}/secrets/{name}', 'delete'), {
    $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.Status',
  });
});

test('built-in documents are written once and shared, those of CRDs change with them', () => {
  const one = createRegistry(bundle);
  const other = openApiDocuments(createRegistry(bundle), bundle, () => 'hash');
  const documents = openApiDocuments(one, bundle, (text) => text);
  assert.equal(documents.v3('api/v1')?.body(), other.v3('api/v1')?.body());
  one.register(customResource(crd, bundle));
  const before = documents.v3('apis/mesh.example.com/v1');
  const document = JSON.parse(textOf(before?.body() ?? new Uint8Array())) as Document;
  assert.equal(
    document.components.schemas['com.example.mesh.v1.Rule']?.properties?.['spec']?.['description'],
    'What to do.',
  );
  const changed = structuredClone(crd);
  (
    changed['spec'] as { versions: { schema: { openAPIV3Schema: object } }[] }
  ).versions[0]!.schema.openAPIV3Schema = { type: 'object' };
  one.register(customResource(changed, bundle));
  assert.notEqual(documents.v3('apis/mesh.example.com/v1')?.hash, before?.hash);
});

/** The names of all definitions in a v2 document, and of its paths. */
function namesIn(bytes: Uint8Array): { definitions: string[]; paths: string[] } {
  const found = { definitions: [] as string[], paths: [] as string[] };
  const reader = Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const names = tag >>> 3 === 9 ? found.definitions : tag >>> 3 === 8 ? found.paths : undefined;
    if (!names) {
      reader.skipType(tag & 7);
      continue;
    }
    const inner = Reader.create(reader.bytes());
    while (inner.pos < inner.len) {
      inner.uint32();
      const named = Reader.create(inner.bytes());
      named.uint32();
      names.push(named.string());
    }
  }
  return found;
}

test('the v2 document is protobuf, and CRDs are appended to it', () => {
  const registry = createRegistry(bundle);
  const documents = openApiDocuments(registry, bundle, () => 'hash');
  const plain = namesIn(documents.v2Protobuf());
  assert.ok(plain.definitions.includes('io.k8s.api.core.v1.Pod'));
  assert.ok(plain.paths.includes('/api/v1/namespaces/{namespace}/pods/{name}'));
  registry.register(customResource(crd, bundle));
  const more = namesIn(documents.v2Protobuf());
  assert.ok(more.definitions.includes('com.example.mesh.v1.Rule'));
  assert.ok(more.definitions.includes('io.k8s.api.core.v1.Pod'));
  const json = JSON.parse(textOf(documents.v2Json())) as {
    swagger: string;
    definitions: Record<string, unknown>;
  };
  assert.equal(json.swagger, '2.0');
  assert.ok(json.definitions['com.example.mesh.v1.Rule']);
});
