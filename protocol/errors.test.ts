import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { labErrors } from './errors.ts';
import type { LabError } from './errors.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A row of docs/errors.md. */
function row([code, { close, status, say }]: [string, LabError]): string {
  return `| \`${code}\` | ${status ?? ''} | ${close ?? ''} | ${say} |`;
}

function sources(directory: string): string[] {
  return readdirSync(join(root, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.test)\.(ts|astro)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.endsWith(join('protocol', 'errors.ts')));
}

test('docs/errors.md holds each error of the catalogue, and no other', () => {
  const documented = readFileSync(join(root, 'docs/errors.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `LAB_'))
    .map((line) => line.replaceAll(/ +\|/g, ' |'));
  const wanted = Object.entries(labErrors).map((entry) => row(entry).replaceAll(/ +\|/g, ' |'));
  assert.deepEqual(documented, wanted, `paste this into docs/errors.md:\n${wanted.join('\n')}`);
});

test('every code that the sources use is in the catalogue, and every code of it is used', () => {
  const text = ['protocol', 'server', 'src/lab-client', 'src/components']
    .flatMap((room) => {
      try {
        return sources(room);
      } catch {
        return []; // a room that is not built yet uses none
      }
    })
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const used = new Set(text.match(/\bLAB_[A-Z_]*[A-Z]\b/g));
  used.delete('LAB_FRAME'); // the prefix of a template type
  assert.deepEqual([...used].sort(), Object.keys(labErrors).sort());
});

test('each error ends a socket or a request, and says the next move', () => {
  for (const [code, error] of Object.entries<LabError>(labErrors)) {
    assert.ok(error.close ?? error.status, code);
    assert.match(error.say, /\.$|npm start$/, code);
    assert.ok(code.length <= 123, `${code} fits a close frame's reason`);
  }
});
