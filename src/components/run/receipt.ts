// What stands under a command: running, its receipt, or why nothing ran. Builds HTML, decides nothing.

import { make, part } from '../page/dom.ts';
import { clockTime, duration, stopwatch } from '../page/time.ts';
import type { Outcome } from './run-record.ts';

/** A running command shows its time from here on: shorter ones would flicker. */
const TIME_SHOWN_FROM_MS = 2_000;

export function runningLine(
  since: number,
  inside: boolean,
  until: string | undefined,
  shell: string,
): HTMLElement {
  const says = inside
    ? 'its shell is open: the next commands go there, exit ends it'
    : until && `stop it when ${until} has appeared`;
  const words = [
    make('b', {}, 'running'),
    make('span', { 'data-time': '' }),
    make('span', {}, shell),
  ];
  if (says) words.push(make('span', { class: 'says' }, says));
  const line = make('div', { class: 'receipt' }, make('p', { class: 'head' }, ...words));
  tick(line, since);
  return line;
}

/** Moves the running time on. */
export function tick(line: HTMLElement, since: number): void {
  const ms = Date.now() - since;
  part(line, '[data-time]').textContent = ms < TIME_SHOWN_FROM_MS ? '' : stopwatch(ms);
}

export function receipt(
  { passed, exitCode, exitCodes, ms, at }: Extract<Outcome, { state: 'ended' }>,
  shell: string,
  meant: number,
): HTMLElement {
  const head = make(
    'p',
    { class: 'head' },
    make('span', { class: meant === 0 ? 'code' : 'code meant' }, `exit ${exitCode}`),
    make('span', {}, duration(ms)),
    make('span', {}, clockTime(at)),
    make('span', {}, shell),
  );
  const early = exitCodes.slice(0, -1).findIndex((code) => code !== 0);
  if (!passed && early >= 0) {
    const which = `command ${early + 1} of ${exitCodes.length} ended with ${exitCodes[early] ?? ''}`;
    head.append(make('span', { class: 'says' }, which));
  } else if (passed && meant !== 0) {
    head.append(make('span', { class: 'says' }, 'as the lesson means to show'));
  }
  return make('div', { class: passed ? 'receipt' : 'receipt bad' }, head);
}

export function line(state: string, says: string, at?: number): HTMLElement {
  const words = [make('b', {}, state)];
  if (at !== undefined) words.push(make('span', {}, clockTime(at)));
  words.push(make('span', { class: 'says' }, says));
  return make('div', { class: 'receipt' }, make('p', { class: 'head' }, ...words));
}
