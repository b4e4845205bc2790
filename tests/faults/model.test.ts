// docs/threat-model.md against the tests: what it says is shown, is shown, under its number; and no test has a number it does not know.

import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const model = readFileSync('docs/threat-model.md', 'utf8');

interface Threat {
  number: string;
  shownBy: string[];
}

/** Rows of the table of threats. */
const threats: Threat[] = model
  .split('\n')
  .filter((line) => /^\| T\d+ /.test(line))
  .map((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const files = (cells[4] ?? '').matchAll(/`([^`\s]+)`/g);
    return { number: cells[1] ?? '', shownBy: [...files].map(([, file]) => file ?? '') };
  });

/** Numbers in the names of a file's tests. */
function numbersIn(file: string): string[] {
  const titles = readFileSync(file, 'utf8').matchAll(/\btest\(\s*['"`](T\d+)\b/g);
  return [...titles].map(([, number]) => number ?? '');
}

test('each threat of the model names the files that show it, and each of them has a test of its number', () => {
  assert.ok(threats.length >= 18, `${threats.length} threats`);
  for (const { number, shownBy } of threats) {
    assert.ok(shownBy.length > 0, `${number} names no file`);
    for (const file of shownBy) {
      assert.ok(existsSync(file), `${number}: there is no ${file}`);
      assert.ok(numbersIn(file).includes(number), `${file} has no test named ${number}`);
    }
  }
});

test('the threats that a laptop meets are all shown by faults or in a browser', () => {
  const wanted = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 20, 21, 22].map((n) => `T${n}`);
  const known = threats.map(({ number }) => number);
  assert.deepEqual(
    wanted.filter((number) => !known.includes(number)),
    [],
  );
  const found = new Set(
    globSync(['tests/faults/*.test.ts', 'tests/e2e/*.spec.ts']).flatMap(numbersIn),
  );
  assert.deepEqual(
    wanted.filter((number) => !found.has(number)),
    [],
  );
});

test('no test has a number that the model does not explain', () => {
  const files = globSync(['{protocol,server,src}/**/*.test.ts', 'tests/{faults,e2e,soak}/*.ts']);
  const unknown = files.flatMap((file) =>
    numbersIn(file)
      .filter((number) => !new RegExp(`\\b${number}\\b`).test(model))
      .map((number) => `${file}: ${number}`),
  );
  assert.deepEqual(unknown, []);
});
