import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typeElsewhere, typeForOthers, type Wish } from './relay.ts';

test('the page that has the keys types what another asks for, and the others do not', async () => {
  const typed: Wish[] = [];
  const ends = [
    typeForOthers(() => false),
    typeForOthers((wish) => wish.session === 's1' && typed.push(wish) > 0),
  ];
  try {
    assert.equal(await typeElsewhere({ session: 's1', as: 'run', text: 'ls' }), true);
    assert.deepEqual(
      typed.map(({ session, as, text }) => [session, as, text]),
      [['s1', 'run', 'ls']],
    );
  } finally {
    for (const end of ends) end();
  }
});

test('where no page has the keys, nothing is claimed to have been typed', async () => {
  assert.equal(await typeElsewhere({ session: 's2', as: 'keys', text: '\x03' }, 0), false);
});
