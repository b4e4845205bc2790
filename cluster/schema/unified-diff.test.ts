import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unifiedDiff } from './unified-diff.ts';

test('a change is shown with three lines around it', () => {
  const before = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
  const after = ['1', '2', '3', '4', 'five', 'and', '6', '7', '8', '9'];
  assert.equal(
    unifiedDiff(before, after),
    '@@ -2,7 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n+and\n 6\n 7\n 8\n',
  );
});

test('changes far apart stand in hunks of their own, near ones share one', () => {
  const lines = Array.from({ length: 30 }, (_, index) => `${index}`);
  const far = lines.with(2, 'a').with(20, 'b');
  assert.equal(unifiedDiff(lines, far).match(/^@@/gm)?.length, 2);
  const near = lines.with(10, 'a').with(14, 'b');
  assert.equal(unifiedDiff(lines, near).match(/^@@/gm)?.length, 1);
});

test('equal texts have no difference', () => {
  assert.equal(unifiedDiff(['a'], ['a']), '');
});

test('the lines of a difference make both texts', () => {
  const texts = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
  fc.assert(
    fc.property(texts, texts, (before, after) => {
      const shown = unifiedDiff([...before, 'end'], [...after, 'end'])
        .split('\n')
        .filter((line) => /^[-+]/.test(line) && !line.startsWith('@@'));
      const removed = shown.filter((line) => line.startsWith('-')).length;
      const added = shown.filter((line) => line.startsWith('+')).length;
      assert.equal(before.length - removed, after.length - added);
    }),
  );
});
