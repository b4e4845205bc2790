// Judges this room by recordings of a real API server, where they are: the folder named by MESHPROOF_GOLDEN.
// Without it every test here says "not judged here". The recordings' prose never enters the repository.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { schemaBundle } from '../../server/apiserver/schema-bundle.ts';
import type { KubeObject } from '../object.ts';
import { decodeObject, type Expected, expectedOf, type FieldValidation } from './decode.ts';
import { readEnvelope, readMessage } from './protobuf.ts';
import { customResource } from './crd/definition.ts';
import { createRegistry } from './registry.ts';
import { parseYaml } from './yaml.ts';
import { type Registry, type ResourceDefinition, tableOf } from './resource.ts';

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
  requestHeaders?: Record<string, string> | [string, string][];
  requestBodyText?: string;
  requestBodyBase64?: string;
  responseBodyBase64?: string;
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

/** A registry that knows the recording's CRDs too. */
function registryWithCrds(): Registry {
  const bundle = schemaBundle();
  const registry = createRegistry(bundle);
  const text = readFileSync(join(golden ?? '', 'istio-crds-1.30.3.yaml'), 'utf8');
  const crds = registry.findKind('apiextensions.k8s.io', 'CustomResourceDefinition');
  for (const part of text.split(/^---$/m)) {
    const yaml = parseYaml(part);
    assert.ok('value' in yaml && crds);
    if (yaml.value === null) continue;
    const conformed = crds.versions[0]?.conform(yaml.value, 'json');
    assert.ok(conformed && 'object' in conformed, JSON.stringify(conformed));
    crds.strategy.default(conformed.object, 'v1');
    crds.strategy.prepareForCreate(conformed.object);
    assert.deepEqual(conformed.problems, []);
    assert.deepEqual(crds.strategy.validateCreate(conformed.object), []);
    registry.register(customResource(conformed.object, bundle));
  }
  return registry;
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
    const registry = registryWithCrds();
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

/** What the API itself adds before it stores an object: admission, allocation, names, managed fields. */
function withoutAdmission(object: KubeObject, from: KubeObject): void {
  for (const field of [
    'uid',
    'resourceVersion',
    'creationTimestamp',
    'managedFields',
    'name',
    'namespace',
  ])
    copyField(object.metadata, from.metadata, field);
  const spec = object['spec'] as Record<string, unknown> | undefined;
  const recorded = from['spec'] as Record<string, unknown> | undefined;
  if (!spec || !recorded) return;
  if (object.kind === 'Service') {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'])
      copyField(spec, recorded, field);
    const ports = recorded['ports'] as Record<string, unknown>[] | undefined;
    (spec['ports'] as Record<string, unknown>[] | undefined)?.forEach((port, index) =>
      copyField(port, ports?.[index] ?? {}, 'nodePort'),
    );
  }
  if (object.kind !== 'Pod') return;
  for (const field of [
    'serviceAccount',
    'serviceAccountName',
    'tolerations',
    'priority',
    'preemptionPolicy',
    'volumes',
  ])
    copyField(spec, recorded, field);
  const containers = recorded['containers'] as Record<string, unknown>[];
  (spec['containers'] as Record<string, unknown>[]).forEach((container, index) =>
    copyField(container, containers[index] ?? {}, 'volumeMounts'),
  );
}

function copyField(to: object, from: object, field: string): void {
  const value = (from as Record<string, unknown>)[field];
  if (value !== undefined) (to as Record<string, unknown>)[field] = value;
}

/** The kind a collection URL speaks of. */
function expectedFor(
  url: string,
  registry: Registry,
): { definition: ResourceDefinition; expected: Expected } | undefined {
  const [path = ''] = url.split('?');
  const parts = path.split('/').filter((part) => part !== '');
  const [group, version, rest] =
    parts[0] === 'api' ? ['', parts[1], parts.slice(2)] : [parts[1], parts[2], parts.slice(3)];
  const resource = rest[0] === 'namespaces' && rest.length > 2 ? rest.slice(2) : rest;
  const definition = registry.find(group ?? '', resource[0] ?? '');
  if (!definition || resource.length !== 1) return undefined;
  const expected = expectedOf(definition, version ?? '');
  return expected && { definition, expected };
}

/** A recorded body: JSON, or protobuf in base64. */
function bytesOf(exchange: Exchange): Uint8Array | undefined {
  if (exchange.requestBodyBase64 !== undefined)
    return Buffer.from(exchange.requestBodyBase64, 'base64');
  if (typeof exchange.requestBody === 'string') return Buffer.from(exchange.requestBody);
  if (exchange.requestBody !== undefined) return Buffer.from(JSON.stringify(exchange.requestBody));
  return exchange.requestBodyText === undefined ? undefined : Buffer.from(exchange.requestBodyText);
}

function headerOf(
  headers: Record<string, string> | [string, string][] | undefined,
  name: string,
): string {
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers ?? {});
  return pairs.find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
}

/** The recorded answer, decoded if it is protobuf. */
function answerOf(exchange: Exchange): KubeObject | undefined {
  if (exchange.responseBody) return exchange.responseBody as unknown as KubeObject;
  if (exchange.responseBodyBase64 === undefined) return undefined;
  const envelope = readEnvelope(Buffer.from(exchange.responseBodyBase64, 'base64'));
  if ('error' in envelope) return undefined;
  const bundle = schemaBundle();
  const message = readMessage(bundle, envelope);
  return 'error' in message ? undefined : (message.value as KubeObject);
}

function validationOf(url: string): FieldValidation {
  const value = /fieldValidation=(\w+)/.exec(url)?.[1];
  return value === 'Strict' || value === 'Ignore' ? value : 'Warn';
}

test('every recorded create is defaulted and prepared as recorded', { skip }, () => {
  const bundle = schemaBundle();
  const registry = registryWithCrds();
  let count = 0;
  for (const exchange of exchanges()) {
    const bytes = bytesOf(exchange);
    const found = expectedFor(exchange.url, registry);
    if (exchange.method !== 'POST' || exchange.status !== 201 || !bytes || !found) continue;
    const { definition, expected } = found;
    if (definition.virtual) continue;
    const recorded = answerOf(exchange);
    const decoded = decodeObject(
      bundle,
      headerOf(exchange.requestHeaders, 'content-type'),
      bytes,
      expected,
      validationOf(exchange.url),
    );
    assert.ok('object' in decoded && recorded, exchange.file);
    const { object } = decoded;
    definition.strategy.default(object, expected.version);
    copyField(object.metadata, recorded.metadata, 'uid');
    definition.strategy.prepareForCreate(object);
    withoutAdmission(object, recorded);
    assert.deepEqual(definition.strategy.validateCreate(object), [], exchange.file);
    const again = expected.conform(object, 'fields');
    const wanted = expected.conform(
      { ...recorded, apiVersion: object.apiVersion, kind: object.kind },
      'json',
    );
    assert.ok('object' in again && 'object' in wanted);
    assert.deepEqual(again.object, wanted.object, exchange.file);
    count++;
  }
  assert.ok(count > 30, `only ${count} objects`);
});

test('every recorded refusal of a create comes out word for word', { skip }, () => {
  const bundle = schemaBundle();
  const registry = registryWithCrds();
  const count = { 400: 0, 415: 0, 422: 0 };
  for (const exchange of exchanges()) {
    const bytes = bytesOf(exchange);
    const found = expectedFor(exchange.url, registry);
    const { status } = exchange;
    if (exchange.method !== 'POST' || !bytes || !found) continue;
    if (status !== 400 && status !== 415 && status !== 422) continue;
    const { definition, expected } = found;
    const recorded = answerOf(exchange) as unknown as {
      message: string;
      details?: { causes?: { reason: string; message: string; field: string }[] };
    };
    const decoded = decodeObject(
      bundle,
      headerOf(exchange.requestHeaders, 'content-type'),
      bytes,
      expected,
      validationOf(exchange.url),
    );
    // Not of this room: the URL's namespace, webhooks, rules in CEL.
    if (
      /namespace of the provided object|admission webhook|greater than 1ms|requires selector/.test(
        recorded.message,
      )
    )
      continue;
    if ('refused' in decoded) {
      assert.equal(decoded.message, recorded.message, exchange.file);
    } else {
      const { object } = decoded;
      definition.strategy.default(object, expected.version);
      object.metadata.namespace ??= 'default';
      if (!definition.namespaced) delete object.metadata.namespace;
      definition.strategy.prepareForCreate(object);
      const causes = definition.strategy
        .validateCreate(object)
        .map(({ type, message, field }) => ({ reason: type, message, field }));
      assert.deepEqual(causes, recorded.details?.causes, exchange.file);
    }
    count[status]++;
  }
  assert.ok(count[400] >= 4 && count[415] >= 1 && count[422] >= 6, JSON.stringify(count));
});

function isAge(name: string | undefined): boolean {
  return ['Age', 'Last Seen', 'First Seen', 'Duration'].includes(name ?? '');
}
