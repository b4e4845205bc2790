import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readFormats } from './formats.ts';
import { dottedName, readModels } from './models.ts';

function folderWith(context: TestContext, files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'schemas-'));
  context.after(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const BOAT = `import { IIoK8sApimachineryPkgApisMetaV1ObjectMeta } from "./meta";
/**
 * Boat floats.
 *
 * It is made of wood \\*mostly*\\/.
 */
export interface IBoat extends TypeMeta {
  "apiVersion": "yard.example.com/v1";
  /**
   * Who rows; a semicolon in a comment ends nothing.
   * @deprecated
   */
  "crew": Array<string>;
  "hull"?: IIoK8sApiYardV1Hull;
  "flags"?: {
    /** Which; where. */
    [key: string]: string;
  };
  "length"?: number;
  "cargo"?: unknown;
}
export { IBoat as IIoK8sApiYardV1Boat };
`;

test('names, required fields, types and texts are read from declarations', (context) => {
  const folder = folderWith(context, {
    'yard/v1/Boat.d.ts': BOAT,
    'yard/v1/Hull.d.ts':
      '/** What floats. */\nexport type IHull = string;\nexport { IHull as IIoK8sApiYardV1Hull };\n',
    'yard/v1/index.d.ts': BOAT,
    '_schemas/Boat.d.ts': BOAT,
    'yard/v1/Other.d.ts': 'export declare const nothing: 1;\n',
  });
  const models = readModels([folder]);
  assert.deepEqual([...models.keys()], ['IoK8sApiYardV1Boat', 'IoK8sApiYardV1Hull']);
  const boat = models.get('IoK8sApiYardV1Boat');
  assert.equal(boat?.name, 'io.k8s.api.yard.v1.Boat');
  assert.equal(boat.description, 'Boat floats.\n\nIt is made of wood *mostly*/.');
  assert.deepEqual(Object.fromEntries(boat.fields), {
    apiVersion: {
      type: { kind: 'enum', values: ['yard.example.com/v1'] },
      required: true,
      description: '',
    },
    crew: {
      type: { kind: 'array', items: { kind: 'string' } },
      required: true,
      description: 'Who rows; a semicolon in a comment ends nothing.',
    },
    hull: {
      type: { kind: 'reference', name: 'IoK8sApiYardV1Hull' },
      required: false,
      description: '',
    },
    flags: {
      type: { kind: 'map', values: { kind: 'string' } },
      required: false,
      description: '',
    },
    length: { type: { kind: 'number' }, required: false, description: '' },
    cargo: { type: { kind: 'any' }, required: false, description: '' },
  });
  assert.equal(models.get('IoK8sApiYardV1Hull')?.alias, 'string');
});

test('a field without an end is told, not guessed', (context) => {
  const folder = folderWith(context, {
    'yard/v1/Boat.d.ts':
      'export interface IBoat {\n  "hull": string\n}\nexport { IBoat as IIoK8sApiYardV1Boat };\n',
  });
  assert.throws(() => readModels([folder]), /no end of the field type at "string/);
});

test('packages are told from words that run together', () => {
  assert.equal(dottedName('IoK8sApiCoreV1PodSpec', 'PodSpec'), 'io.k8s.api.core.v1.PodSpec');
  assert.equal(
    dottedName('IoK8sApimachineryPkgApisMetaV1ObjectMeta', 'ObjectMeta'),
    'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
  );
  assert.equal(
    dottedName('IoK8sApiResourceV1beta1DeviceClass', 'DeviceClass'),
    'io.k8s.api.resource.v1beta1.DeviceClass',
  );
});

test('formats come from attribute maps; kinds of several groups carry the group', (context) => {
  const map = (...attributes: object[]) =>
    `class X {\n static attributeTypeMap = ${JSON.stringify(attributes, null, 4)};\n}\n`;
  const folder = folderWith(context, {
    'V1Boat.js': map(
      { name: 'length', baseName: 'length', type: 'number', format: 'int64' },
      { name: 'crew', baseName: 'crew', type: 'Array<string>', format: '' },
    ),
    'YardV1Ship.js': map({ name: 'built', baseName: 'built', type: 'Date', format: 'date-time' }),
    'V1Wreck.js': 'class X {}\n',
  });
  assert.deepEqual([...readFormats(folder, 'io.k8s.api.yard.v1.Boat')], [['length', 'int64']]);
  assert.deepEqual([...readFormats(folder, 'io.k8s.api.yard.v1.Ship')], [['built', 'date-time']]);
  assert.deepEqual([...readFormats(folder, 'io.k8s.api.yard.v1.Raft')], []);
  assert.throws(() => readFormats(folder, 'io.k8s.api.yard.v1.Wreck'), /no attributeTypeMap/);
});
