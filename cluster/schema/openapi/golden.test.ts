// Judges the OpenAPI documents by recorded ones, where they are: the folder named by MESHPROOF_GOLDEN.
// Without it the test says "not judged here". The recordings' prose never enters the repository.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { textOf } from '../../streams.ts';
import { customResource } from '../crd/definition.ts';
import { createRegistry } from '../registry.ts';
import { bundle, created, definitionOf } from '../testing/objects.ts';
import { parseYaml } from '../yaml.ts';
import { openApiDocuments } from './documents.ts';

const golden = process.env['MESHPROOF_GOLDEN'] ?? '';
const skip = existsSync(join(golden, 'raw'))
  ? false
  : 'not judged here: MESHPROOF_GOLDEN names no folder';

interface Document {
  paths: Record<string, unknown>;
  components: { schemas: Record<string, Record<string, unknown>> };
}

/** Only /watch/ paths speak of these. */
const LEFT_OUT = new Set([
  'io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent',
  'io.k8s.apimachinery.pkg.runtime.RawExtension',
]);

/** Says nothing that a client reads. */
const WITHOUT = ['x-kubernetes-unions'];

/** Real CRDs' documents list every group version that a real server's code has ever known. */
const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';

/** The packages that types come from have no text for it. */
const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';

test('documents are those of a real API server', { skip }, () => {
  const registry = createRegistry(bundle);
  const crds = definitionOf('apiextensions.k8s.io', 'customresourcedefinitions');
  const text = readFileSync(join(golden, 'istio-crds-1.30.3.yaml'), 'utf8');
  for (const part of text.split(/^---$/m)) {
    const yaml = parseYaml(part);
    assert.ok('value' in yaml);
    if (typeof yaml.value !== 'object' || yaml.value === null) continue;
    registry.register(customResource(created(crds, yaml.value as Record<string, unknown>), bundle));
  }
  const documents = openApiDocuments(registry, bundle, (each) => String(each.length));
  for (const [file, path] of [
    ['020-get-openapi-v3-api-v1', 'api/v1'],
    ['021-get-openapi-v3-apis-apps-v1', 'apis/apps/v1'],
    ['022-get-openapi-v3-apis-networking-istio-io-v1beta1', 'apis/networking.istio.io/v1beta1'],
  ] as const) {
    const recording = JSON.parse(readFileSync(join(golden, 'raw', `${file}.json`), 'utf8')) as {
      responseBody: Document;
    };
    const recorded = recording.responseBody;
    const found = documents.v3(path);
    assert.ok(found, path);
    const ours = JSON.parse(textOf(found.body())) as Document;
    const paths = Object.keys(recorded.paths).filter((each) => !each.includes('/watch/'));
    assert.deepEqual(Object.keys(ours.paths), paths);
    for (const each of paths)
      assert.deepEqual(withoutProse(ours.paths[each]), withoutProse(recorded.paths[each]), each);
    const { schemas } = ours.components;
    const names = Object.keys(recorded.components.schemas).filter(
      (name) => !LEFT_OUT.has(name) || schemas[name],
    );
    assert.deepEqual(Object.keys(schemas), names);
    for (const name of names)
      assert.deepEqual(
        comparable(name, path, schemas[name]),
        comparable(name, path, recorded.components.schemas[name]),
        name,
      );
  }
});

/** A schema without the order of its required fields and what is different on purpose; descriptions stay. */
function comparable(name: string, path: string, schema: Record<string, unknown> = {}) {
  const copy = structuredClone(schema);
  for (const key of WITHOUT) delete copy[key];
  const { required } = copy;
  if (Array.isArray(required)) copy['required'] = required.map(String).toSorted();
  if (name === DELETE_OPTIONS && path.includes('istio'))
    delete copy['x-kubernetes-group-version-kind'];
  if (name === QUANTITY) delete copy['description'];
  return copy;
}

/** Parameters and answers have no descriptions here; a field named so has. */
function withoutProse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutProse);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, each]) => key !== 'description' || typeof each !== 'string')
      .map(([key, each]) => [key, withoutProse(each)]),
  );
}
