import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemaBundle } from '../../server/apiserver/schema-bundle.ts';
import { bytesOf } from '../streams.ts';
import { decodeObject, expectedOf, type FieldValidation } from './decode.ts';
import { createRegistry } from './registry.ts';

const bundle = schemaBundle();
const registry = createRegistry(bundle);

function expected(group: string, resource: string, version = 'v1') {
  const definition = registry.find(group, resource);
  const found = definition && expectedOf(definition, version);
  assert.ok(found);
  return found;
}

const decode = (
  text: string,
  type = 'application/json',
  validation: FieldValidation = 'Strict',
  kind = expected('', 'configmaps'),
) => decodeObject(bundle, type, bytesOf(text), kind, validation);
const message = (...args: Parameters<typeof decode>) => {
  const decoded = decode(...args);
  return 'refused' in decoded ? decoded.message : undefined;
};

test('JSON, YAML and bodies that name no kind become the same object', () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: 'v' } };
  for (const [text, type] of [
    [
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"v"}}',
      'application/json; charset=utf-8',
    ],
    ['{"metadata":{"name":"a"},"data":{"k":"v"}}', ''],
    ['kind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n', 'application/yaml'],
  ] as const)
    assert.deepEqual(decode(text, type), { object, warnings: [] });
});

test('unknown and repeated fields are refused, warned of or dropped, as the client wishes', () => {
  const text = '{"metadata":{"name":"a","nam":"b"},"data":{"k":"v","k":"w"},"dta":{}}';
  assert.equal(
    message(text),
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.k", unknown field "metadata.nam", unknown field "dta"',
  );
  const warned = decode(text, 'application/json', 'Warn');
  assert.ok('object' in warned);
  assert.deepEqual(warned.warnings, [
    'duplicate field "data.k"',
    'unknown field "metadata.nam"',
    'unknown field "dta"',
  ]);
  assert.deepEqual(warned.object['data'], { k: 'w' });
  const ignored = decode(text, 'application/json', 'Ignore');
  assert.ok('object' in ignored);
  assert.deepEqual(ignored.warnings, []);
});

test('a key given twice in YAML is told with its line', () => {
  assert.equal(
    message('metadata: {name: a}\ndata:\n  k: v\n  k: w\n', 'application/yaml'),
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 4: key "k" already set in map',
  );
});

test('what is not the expected kind is refused in the real words', () => {
  assert.equal(
    message('{bad'),
    "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: invalid character 'b' looking for beginning of object key string ({bad)",
  );
  assert.equal(
    message(''),
    "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
  );
  assert.equal(
    message('{"apiVersion":"v1","kind":"Secret"}'),
    'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
  );
  assert.equal(
    message('{"apiVersion":"v2","kind":"ConfigMap"}'),
    'the API version in the data (v2) does not match the expected API version (v1)',
  );
  assert.equal(
    message('x', 'text/plain'),
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );
  assert.equal(
    message('x', 'application/vnd.kubernetes.protobuf'),
    'the object provided is unrecognized (must be of type ConfigMap): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (78)',
  );
});

/** Protobuf by hand: fields of wire type 2 (bytes) and 0 (numbers). */
const field = (number: number, ...content: number[]) => [
  (number << 3) | 2,
  content.length,
  ...content,
];
const text = (value: string) => [...bytesOf(value)];
const envelope = (apiVersion: string, kind: string, raw: number[]) =>
  new Uint8Array([
    ...text('k8s\0'),
    ...field(1, ...field(1, ...text(apiVersion)), ...field(2, ...text(kind))),
    ...field(2, ...raw),
  ]);

test('a protobuf body is read by field numbers, zeros of plain fields count as absent', () => {
  const container = [
    ...field(1, ...text('web')),
    ...field(2, ...text('nginx')),
    ...field(6, ...field(1), 0x10, 0, 0x18, 80, ...field(4), ...field(5)),
  ];
  const template = [...field(2, ...field(2, ...container), 0x58, 0)];
  const spec = [
    0x08,
    0,
    ...field(2, ...field(1, ...field(1, ...text('app')), ...field(2, ...text('web')))),
    ...field(3, ...template),
    0x38,
    0,
  ];
  const raw = [...field(1, ...field(1, ...text('web'))), ...field(2, ...spec)];
  const decoded = decodeObject(
    bundle,
    'application/vnd.kubernetes.protobuf',
    envelope('apps/v1', 'Deployment', raw),
    expected('apps', 'deployments'),
    'Strict',
  );
  assert.deepEqual(decoded, {
    object: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        // A pointer's zero is a value: scaled to nothing.
        replicas: 0,
        selector: { matchLabels: { app: 'web' } },
        strategy: {},
        template: {
          metadata: {},
          spec: {
            containers: [
              { image: 'nginx', name: 'web', ports: [{ containerPort: 80 }], resources: {} },
            ],
          },
        },
      },
      status: {},
    },
    warnings: [],
  });
});

test('numbers, quantities, times, maps of bytes and inlined messages are read too', () => {
  const service = [
    ...field(1, ...field(1, ...text('web')), ...field(8, 0x08, 100)),
    ...field(
      2,
      ...field(
        1,
        ...field(2, ...text('TCP')),
        0x18,
        80,
        ...field(4, 0x08, 1, 0x10, 0, ...field(3, ...text('http'))),
      ),
    ),
  ];
  const decoded = decodeObject(
    bundle,
    'application/vnd.kubernetes.protobuf',
    envelope('v1', 'Service', service),
    expected('', 'services'),
    'Strict',
  );
  assert.ok('object' in decoded);
  assert.equal(decoded.object.metadata.creationTimestamp, '1970-01-01T00:01:40Z');
  assert.deepEqual(decoded.object['spec'], {
    ports: [{ port: 80, protocol: 'TCP', targetPort: 'http' }],
  });
  const secret = [
    ...field(1, ...field(1, ...text('s'))),
    ...field(2, ...field(1, ...text('k')), ...field(2, 104, 105)),
  ];
  const decodedSecret = decodeObject(
    bundle,
    'application/vnd.kubernetes.protobuf',
    envelope('v1', 'Secret', secret),
    expected('', 'secrets'),
    'Strict',
  );
  assert.ok('object' in decodedSecret);
  assert.deepEqual(decodedSecret.object['data'], { k: 'aGk=' });
});

test('protobuf bytes that end too early are refused, not thrown', () => {
  const cut = envelope('v1', 'ConfigMap', [0x0a, 50, 1]);
  const decoded = decodeObject(
    bundle,
    'application/vnd.kubernetes.protobuf',
    cut,
    expected('', 'configmaps'),
    'Strict',
  );
  assert.ok('refused' in decoded);
});
