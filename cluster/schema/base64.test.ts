import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBase64, encodeBase64 } from './base64.ts';

test("bytes come back from their base64, which is everybody's", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = encodeBase64(bytes);
      assert.equal(text, Buffer.from(bytes).toString('base64'));
      assert.deepEqual(decodeBase64(text), bytes);
    }),
  );
});

test('the first wrong byte is told by its place', () => {
  assert.deepEqual(decodeBase64('not base64!'), { wrongAt: 3 });
  assert.deepEqual(decodeBase64('aGk'), { wrongAt: 0 });
  assert.deepEqual(decodeBase64('=='), { wrongAt: 0 });
  assert.deepEqual(decodeBase64('aGk=\n'), new Uint8Array([104, 105]));
});
