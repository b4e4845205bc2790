// The validation judged by a real istiod's: what it said of each object that was applied while it ran.
// MESHPROOF_GOLDEN names the folder of the recordings.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../object.ts';
import { denialOf, validate } from './validation.ts';

const folder = join(process.env['MESHPROOF_GOLDEN'] ?? '', 'istio');
const judged = process.env['MESHPROOF_GOLDEN'] !== undefined && existsSync(folder);

interface Recorded {
  stdin?: string;
  stderr: string;
  withheld?: boolean;
}

const DENIED = 'admission webhook "validation.istio.io" denied the request: ';

if (!judged)
  test('real denials are repeated', {
    skip: 'not judged here: MESHPROOF_GOLDEN names no folder',
  });

for (const file of judged ? readdirSync(folder).filter((name) => /^\d+-apply-/.test(name)) : []) {
  const { stdin, stderr, withheld } = JSON.parse(
    readFileSync(join(folder, file), 'utf8'),
  ) as Recorded;
  if (withheld || stdin === undefined) continue;
  // What the API server itself refuses, the webhook never sees.
  if (/is invalid:|BadRequest/.test(stderr) && !stderr.includes(DENIED)) continue;
  test(`${file} is answered as istiod answered`, () => {
    const said = parseAllDocuments(stdin).map((document) => {
      const object = document.toJS() as KubeObject;
      object.metadata.namespace ??= 'default';
      return validate(object);
    });
    const denial = said.map(denialOf).find((each) => each !== undefined);
    const at = stderr.indexOf(DENIED);
    assert.equal(denial, at < 0 ? undefined : stderr.slice(at + DENIED.length).replace(/\n$/, ''));
    const warnings = [...stderr.matchAll(/^Warning: (.*)$/gm)].map(([, text]) => text);
    if (at < 0)
      assert.deepEqual(
        said.flatMap((each) => each.warnings),
        warnings,
      );
  });
}
