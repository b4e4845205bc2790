import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from './page.ts';
import { Retry } from './retry.ts';

/** A page whose time stands still until it is moved. */
function stillPage(): {
  page: Page;
  waits: number[];
  tick: () => void;
  wake: () => void;
  show: (seen: boolean) => void;
} {
  const waits: number[] = [];
  let due: (() => void) | undefined;
  let seen = true;
  const wakers = new Set<() => void>();
  const page = {
    after: (ms: number, run: () => void) => {
      waits.push(ms);
      due = run;
      return () => (due = undefined);
    },
    random: () => 0.5,
    visible: () => seen,
    on: (_moment: string, run: () => void) => {
      wakers.add(run);
      return () => wakers.delete(run);
    },
  } as unknown as Page;
  return {
    page,
    waits,
    tick: () => {
      const run = due;
      due = undefined;
      run?.();
    },
    wake: () => wakers.forEach((run) => run()),
    show: (value) => (seen = value),
  };
}

test('it tries later and later, to 5 s, and soon again after a success', () => {
  const { page, waits, tick } = stillPage();
  const retry = new Retry(page, () => retry.later());
  retry.later();
  for (let n = 0; n < 8; n++) tick();
  assert.deepEqual(waits.map(Math.round), [250, 425, 723, 1228, 2088, 3550, 5000, 5000, 5000]);
  retry.succeeded();
  retry.later();
  assert.equal(waits.at(-1), 250);
});

test('many pages spread by 30 % to either side', () => {
  for (const [random, ms] of [
    [0, 175],
    [1, 325],
  ] as const) {
    const { page, waits } = stillPage();
    new Retry({ ...page, random: () => random }, () => {}).later();
    assert.equal(Math.round(waits[0] ?? 0), ms);
  }
});

test('waking tries at once, but only when there is something to try', () => {
  const { page, wake } = stillPage();
  let tries = 0;
  const retry = new Retry(page, () => tries++);
  wake();
  assert.equal(tries, 0);
  retry.later();
  wake();
  wake();
  assert.equal(tries, 1);
});

test('a page that nobody sees waits until it is seen', () => {
  const { page, tick, wake, show } = stillPage();
  let tries = 0;
  const retry = new Retry(page, () => tries++);
  show(false);
  retry.later();
  tick();
  assert.equal(tries, 0);
  show(true);
  wake();
  assert.equal(tries, 1);
});

test('a closed one never tries', () => {
  const { page, tick, wake } = stillPage();
  const retry = new Retry(page, () => assert.fail('it tried'));
  retry.later();
  retry.close();
  tick();
  wake();
});
