// Judges this room by recordings of a real API server, where they are: the folder named by MESHPROOF_GOLDEN.
// Without it every test here says "not judged here". The recordings' prose never enters the repository.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { schemaBundle } from '../../server/apiserver/schema-bundle.ts';
import type { KubeObject } from '../object.ts';
import { createRegistry } from './registry.ts';
import { tableOf } from './resource.ts';

const golden = process.env['MESHPROOF_GOLDEN'];
const judged = golden !== undefined && existsSync(golden);
const skip = judged ? false : 'not judged here: MESHPROOF_GOLDEN names no folder';

/** Ages are never compared; any time after the recording will do. */
const NOW = 1_800_000_000_000;

interface Exchange {
  file: string;
  method: string;
  url: string;
  status: number;
  requestBody?: unknown;
  requestBodyBase64?: string;
  responseBody?: Record<string, unknown>;
  stream?: { event?: { object?: unknown } }[];
}

/** Every HTTP exchange of the recordings. */
function exchanges(): Exchange[] {
  const found: Exchange[] = [];
  for (const section of ['seed', 'extras', 'errors', 'raw', 'istio']) {
    const folder = join(golden ?? '', section);
    for (const file of readdirSync(folder).sort()) {
      const step = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
        http?: Exchange[];
      } & Exchange;
      for (const exchange of section === 'raw' ? [step] : (step.http ?? []))
        found.push({ ...exchange, file: `${section}/${file}` });
    }
  }
  return found;
}

/** Every whole object in a recorded body, with its type. */
function objectsIn(value: unknown): KubeObject[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(objectsIn);
  const body = value as Record<string, unknown>;
  const metadata = body['metadata'] as { uid?: string } | undefined;
  if (typeof body['apiVersion'] === 'string' && typeof body['kind'] === 'string') {
    if (metadata?.uid !== undefined) return [body as KubeObject];
    if (Array.isArray(body['items']) && body['kind'] !== 'List') {
      const kind = body['kind'].replace(/List$/, '');
      const apiVersion = body['apiVersion'];
      return body['items'].map((item: object) => ({ apiVersion, kind, ...item }) as KubeObject);
    }
  }
  return Object.values(body).flatMap(objectsIn);
}

const isPartial = (object: KubeObject) => object.kind.startsWith('PartialObjectMetadata');
const groupOf = (apiVersion: string) =>
  apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
const versionOf = (apiVersion: string) => apiVersion.slice(apiVersion.indexOf('/') + 1);

test('every recorded object of a built-in kind conforms to itself', { skip }, () => {
  const registry = createRegistry(schemaBundle());
  let count = 0;
  for (const { file, responseBody, stream } of exchanges()) {
    const objects = [
      ...objectsIn(responseBody),
      ...(stream ?? []).flatMap((each) => objectsIn(each.event?.object)),
    ];
    for (const object of objects) {
      const definition = registry.findKind(groupOf(object.apiVersion), object.kind);
      const version = definition?.versions.find(
        (each) => each.version === versionOf(object.apiVersion),
      );
      if (!version || isPartial(object)) continue;
      assert.deepEqual(version.conform(object, 'json'), { object, problems: [] }, file);
      count++;
    }
  }
  assert.ok(count > 300, `only ${count} objects`);
});

interface Table {
  columnDefinitions: unknown[] | null;
  rows: { cells: unknown[]; conditions?: unknown[]; object: KubeObject | null }[] | null;
}

test(
  'every recorded table has our columns, and our cells wherever its object is recorded too',
  { skip },
  () => {
    const registry = createRegistry(schemaBundle());
    const all = exchanges();
    const objects = new Map<string, KubeObject>();
    const idOf = ({ metadata }: KubeObject) => `${metadata.uid} ${metadata.resourceVersion}`;
    for (const { responseBody, stream } of all)
      for (const object of [
        ...objectsIn(responseBody),
        ...(stream ?? []).flatMap((each) => objectsIn(each.event?.object)),
      ])
        if (!isPartial(object) && object.metadata.uid) objects.set(idOf(object), object);
    let rows = 0;
    for (const { file, url, responseBody } of all) {
      if (responseBody?.['kind'] !== 'Table') continue;
      const [, , group = '', version = '', resource = ''] =
        /^\/(api|apis\/([^/]+))\/([^/]+)(?:\/namespaces\/[^/]+(?=\/))?\/([^/?]+)/.exec(url) ?? [];
      const definition = registry.find(group, resource);
      if (!definition) continue;
      const table = tableOf(definition, version);
      const recorded = responseBody as unknown as Table;
      if (recorded.columnDefinitions)
        assert.deepEqual(table.columns, recorded.columnDefinitions, file);
      for (const row of recorded.rows ?? []) {
        if (row.object === null) continue;
        const object = isPartial(row.object) ? objects.get(idOf(row.object)) : row.object;
        if (!object) continue;
        const cells = table.cells(definition.toStored(object), NOW);
        const masked = (each: unknown[]) =>
          each.map((cell, index) => (isAge(table.columns[index]?.name) ? 'age' : cell));
        assert.deepEqual(masked(cells), masked(row.cells), file);
        rows++;
      }
    }
    assert.ok(rows > 50, `only ${rows} rows`);
  },
);

function isAge(name: string | undefined): boolean {
  return ['Age', 'Last Seen', 'First Seen', 'Duration'].includes(name ?? '');
}
