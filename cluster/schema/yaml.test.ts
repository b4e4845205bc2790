import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatYaml, parseYaml } from './yaml.ts';

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

test('only maps can be merged', () => {
  assert.deepEqual(parseYaml('a:\n  <<: 1\n'), {
    error: 'yaml: map merge requires map or sequence of maps as the value',
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

test('text is quoted as Go quotes it: twice where it would be read as something else, once for its characters', () => {
  const written = (value: unknown) =>
    formatYaml({ value })
      .replace(/^value: /, '')
      .trimEnd();
  assert.equal(written('plain text'), 'plain text');
  assert.equal(written('10.96.0.1'), '10.96.0.1');
  assert.equal(written('15090,15021'), '15090,15021');
  for (const text of ['15001', 'true', 'no', '1e3', '0x10', '2026-11-22T10:00:00Z', ''])
    assert.equal(written(text), JSON.stringify(text));
  assert.equal(written('*'), "'*'");
  assert.equal(written('{"a":1}'), `'{"a":1}'`);
  assert.equal(written("it's: so"), "'it''s: so'");
  assert.equal(written('%REQ(X)%'), "'%REQ(X)%'");
  assert.equal(formatYaml({ value: 'two\nlines\n' }), 'value: |\n  two\n  lines\n');
});

test('whatever is written is read back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.string(), (value, text) => {
      const object = { value, text };
      const parsed = parseYaml(formatYaml(object));
      assert.ok(!('error' in parsed), JSON.stringify(parsed));
      assert.deepEqual(parsed.value, JSON.parse(JSON.stringify(object)));
    }),
    { seed: 1 },
  );
});
