// Our definitions of Istio's kinds, judged by the ones Istio ships, where those are: MESHPROOF_GOLDEN names their folder.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { istioKinds } from '../../../istioctl/istio-kinds.ts';

const golden = join(process.env['MESHPROOF_GOLDEN'] ?? '', 'istio-crds-1.30.3.yaml');
const skip =
  process.env['MESHPROOF_GOLDEN'] !== undefined && existsSync(golden)
    ? false
    : 'not judged here: MESHPROOF_GOLDEN names no folder';

/** Descriptions of what is newer than the declarations are ours (newer.ts). */
const OUR_PROSE =
  /^(TrafficExtension\.|.*\.(notTrustDomains|trustDomains|disableContextPropagation)\.).*description$/;

const virtualService = istioKinds().find(
  ({ metadata }) => metadata.name === 'virtualservices.networking.istio.io',
);

test('fifteen kinds are defined, and one frozen copy is shared', () => {
  assert.equal(istioKinds().length, 15);
  assert.equal(istioKinds(), istioKinds());
  assert.ok(Object.isFrozen(virtualService?.['spec']));
});

test('v1 is stored; v1alpha3 and v1beta1 are served', () => {
  assert.ok(virtualService);
  const { versions } = virtualService['spec'] as {
    versions: { name: string; served: boolean; storage: boolean }[];
  };
  assert.deepEqual(
    versions.map(({ name, served, storage }) => ({ name, served, storage })),
    [
      { name: 'v1', served: true, storage: true },
      { name: 'v1alpha3', served: true, storage: false },
      { name: 'v1beta1', served: true, storage: false },
    ],
  );
});

test('the definitions say what those of Istio 1.30.3 say', { skip }, () => {
  const theirs = parseAllDocuments(readFileSync(golden, 'utf8'))
    .map((document) => document.toJS() as { metadata: { name: string }; spec: unknown } | null)
    .filter((document) => document !== null);
  const differences: string[] = [];
  const compare = (ours: unknown, other: unknown, path: string) => {
    if (isNode(ours) && isNode(other)) {
      for (const key of new Set([...Object.keys(ours), ...Object.keys(other)]))
        compare(ours[key], other[key], `${path}.${key}`);
    } else if (ours !== other && !OUR_PROSE.test(path)) {
      differences.push(`${path}: ${JSON.stringify(ours)} instead of ${JSON.stringify(other)}`);
    }
  };
  for (const other of theirs) {
    const ours = istioKinds().find(({ metadata }) => metadata.name === other.metadata.name);
    const { names } = other.spec as { names: { kind: string } };
    compare(ours?.['spec'], other.spec, names.kind);
    compare(ours?.metadata, other.metadata, `${names.kind}.metadata`);
  }
  assert.equal(theirs.length, istioKinds().length);
  assert.deepEqual(differences, []);
});

function isNode(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
