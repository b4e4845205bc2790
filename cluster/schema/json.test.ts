import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJson } from './json.ts';

const error = (text: string) => {
  const parsed = parseJson(text);
  return 'error' in parsed ? parsed.error : undefined;
};

test('any JSON reads as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(0, 2), (text, indent) => {
      const value: unknown = JSON.parse(text);
      const parsed = parseJson(JSON.stringify(value, null, indent));
      assert.ok('value' in parsed);
      assert.equal(JSON.stringify(parsed.value), JSON.stringify(value));
    }),
  );
});

test('half of a surrogate pair becomes a replacement character, in keys and values, and a whole pair stays', () => {
  const parsed = parseJson(
    String.raw`{"\ud800x": "a\udc00", "\ud83d\ude00": "\ud83d\ud83d\ude00"}`,
  );
  assert.ok('value' in parsed);
  assert.deepEqual(parsed.value, { '\ufffdx': 'a\ufffd', '😀': '\ufffd😀' });
});

test('fields given twice are told by the object that holds them, and the last counts', () => {
  const parsed = parseJson('{"a":{"b":1,"b":2,"c":3,"c":4,"b":5},"a2":1}');
  assert.ok('value' in parsed);
  assert.deepEqual(parsed.value, { a: { b: 5, c: 4 }, a2: 1 });
  assert.deepEqual([...parsed.duplicates.values()], [['b', 'c']]);
});

test('what is wrong is said in the words of the real decoder', () => {
  const words: Record<string, string> = {
    '{bad': "invalid character 'b' looking for beginning of object key string",
    '': 'unexpected end of JSON input',
    '{"a":1': 'unexpected end of JSON input',
    '{"a" 1}': "invalid character '1' after object key",
    '{"a":1 "b"}': `invalid character '"' after object key:value pair`,
    '[1 2]': "invalid character '2' after array element",
    '[1,]': "invalid character ']' looking for beginning of value",
    '{"a":1,}': "invalid character '}' looking for beginning of object key string",
    '1 2': "invalid character '2' after top-level value",
    trub: "invalid character 'b' in literal true (expecting 'e')",
    '"\\x"': "invalid character 'x' in string escape code",
    '"\n"': "invalid character '\\n' in string literal",
    '-a': "invalid character 'a' in numeric literal",
    '1.a': "invalid character 'a' after decimal point in numeric literal",
    "'a'": "invalid character '\\'' looking for beginning of value",
  };
  for (const [text, message] of Object.entries(words)) assert.equal(error(text), message, text);
});

test('a key named __proto__ is data', () => {
  const parsed = parseJson('{"__proto__":{"x":1}}');
  assert.ok('value' in parsed);
  assert.equal(JSON.stringify(parsed.value), '{"__proto__":{"x":1}}');
  assert.equal(({} as Record<string, unknown>)['x'], undefined);
});

test('nesting has a bound', () => {
  assert.equal(error('['.repeat(100_000)), 'exceeded max depth');
});
