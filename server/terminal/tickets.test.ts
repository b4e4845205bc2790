import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../config.ts';
import { Tickets } from './tickets.ts';

const admission = { learner: 'me', session: 's1', browser: 'b1' };

test('a ticket opens its terminal once', () => {
  const tickets = new Tickets();
  const ticket = tickets.issue(admission);
  assert.match(ticket, /^[\w-]{22}$/);
  assert.ok(tickets.redeem(ticket, admission));
  assert.ok(!tickets.redeem(ticket, admission));
});

for (const [what, other] of [
  ['terminal', { session: 's2' }],
  ['browser', { browser: 'b2' }],
  ['learner', { learner: 'you' }],
] as const) {
  test(`it opens no other ${what}, and is used up by the try`, () => {
    const tickets = new Tickets();
    const ticket = tickets.issue(admission);
    assert.ok(!tickets.redeem(ticket, { ...admission, ...other }));
    assert.ok(!tickets.redeem(ticket, admission));
  });
}

test('it is too old after 30 s', () => {
  let now = 0;
  const tickets = new Tickets(() => now);
  const first = tickets.issue(admission);
  const second = tickets.issue(admission);
  now = limits.ticketLifetimeMs;
  assert.ok(tickets.redeem(first, admission));
  now += 1;
  assert.ok(!tickets.redeem(second, admission));
});

test('a learner who asks and asks loses the oldest, nobody else does', () => {
  const tickets = new Tickets();
  const other = { ...admission, learner: 'you' };
  const theirs = tickets.issue(other);
  const first = tickets.issue(admission);
  for (let n = 0; n < limits.ticketsPerLearner; n++) tickets.issue(admission);
  assert.ok(!tickets.redeem(first, admission));
  assert.ok(tickets.redeem(theirs, other));
});
