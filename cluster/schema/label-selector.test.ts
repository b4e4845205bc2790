import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatLabelSelector,
  labelSelectorOf,
  matchesLabels,
  parseLabelSelector,
} from './label-selector.ts';

const matches = (text: string, labels: Record<string, string>) => {
  const selector = parseLabelSelector(text);
  if ('error' in selector) return selector.error;
  return matchesLabels(selector, labels);
};

test('equality, sets, presence and absence select by labels', () => {
  const web = { app: 'web', tier: 'front' };
  assert.equal(matches('', web), true);
  assert.equal(matches('app=web,tier==front', web), true);
  assert.equal(matches('app!=web', web), false);
  assert.equal(matches('zone!=a', web), true);
  assert.equal(matches('app in (db, web)', web), true);
  assert.equal(matches('app notin (db),!zone', web), true);
  assert.equal(matches('tier', web), true);
  assert.equal(matches('n>3', { n: '4' }), true);
  assert.equal(matches('empty=', { empty: '' }), true);
  assert.equal(matches('in in (in)', { in: 'in' }), true);
});

test('what is no selector is refused in the real words', () => {
  assert.equal(
    matches('a===b', {}),
    "unable to parse requirement: found '=', expected: identifier",
  );
  assert.equal(matches(',', {}), "found ',', expected: !, identifier, or 'end of string'");
  assert.equal(matches('a,', {}), "found '', expected: identifier after ','");
  assert.equal(
    matches('a b', {}),
    "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
  );
  assert.equal(matches('a in b', {}), "unable to parse requirement: found 'b' expected: '('");
  assert.match(
    String(matches('-a', {})),
    /^unable to parse requirement: <nil>: Invalid value: "-a": name part must consist/,
  );
  assert.match(
    String(matches('a=b$', {})),
    /^unable to parse requirement: values\[0\]\[a\]: Invalid value: "b\$": a valid label must be/,
  );
});

test('a selector of a spec is written as kubectl shows it', () => {
  const selector = labelSelectorOf({
    matchLabels: { tier: 'front', app: 'web' },
    matchExpressions: [
      { key: 'env', operator: 'In', values: ['b', 'a'] },
      { key: 'old', operator: 'DoesNotExist' },
    ],
  });
  assert.equal(formatLabelSelector(selector), 'app=web,env in (a,b),!old,tier=front');
  assert.equal(formatLabelSelector(undefined), '<none>');
});

test('a written selector reads back to one that selects the same', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,3}$/);
  const expression = fc.record({
    key: word,
    operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
    values: fc.array(word, { minLength: 1, maxLength: 3 }),
  });
  fc.assert(
    fc.property(
      fc.array(expression, { maxLength: 4 }),
      fc.dictionary(word, word),
      (matchExpressions, labels) => {
        const selector = labelSelectorOf({ matchExpressions });
        const back = parseLabelSelector(formatLabelSelector(selector));
        assert.ok(selector && !('error' in back));
        assert.equal(matchesLabels(back, labels), matchesLabels(selector, labels));
      },
    ),
  );
});
