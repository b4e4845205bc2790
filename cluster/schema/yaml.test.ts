import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseYaml } from './yaml.ts';

test('manifests are read by the rules of YAML 1.1, dates and times excepted', () => {
  assert.deepEqual(
    parseYaml(
      'on: yes\nmode: 0644\nhex: 0x1f\nday: 2026-01-02\ntime: 12:30:45\nnone: ~\ntext: "no"\nbase: &b {a: 1}\nmore: {<<: *b, c: 2}\n',
    ),
    {
      value: {
        true: true,
        mode: 420,
        hex: 31,
        day: '2026-01-02',
        time: '12:30:45',
        none: null,
        text: 'no',
        base: { a: 1 },
        more: { a: 1, c: 2 },
      },
      duplicates: undefined,
    },
  );
});

test('a key given twice is told with its line, and the last one counts', () => {
  assert.deepEqual(parseYaml('a: 1\nb: 2\na: 3\n'), {
    value: { a: 3, b: 2 },
    duplicates: 'yaml: unmarshal errors:\n  line 3: key "a" already set in map',
  });
});

test('what cannot be read is told with its line', () => {
  assert.deepEqual(parseYaml('kind: ConfigMap\n metadata: {name: x'), {
    error: 'yaml: line 1: mapping values are not allowed in this context',
  });
});

test('a few lines cannot become gigabytes', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x,x]',
    ...'bcdefghij'
      .split('')
      .map(
        (name, index) =>
          `${name}: &${name} [${`*${'abcdefghi'[index]},`.repeat(9)}*${'abcdefghi'[index]}]`,
      ),
  ].join('\n');
  assert.deepEqual(parseYaml(bomb), { error: 'yaml: document contains excessive aliasing' });
});
