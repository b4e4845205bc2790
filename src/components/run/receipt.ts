// What stands under a command: running, its receipt, or why nothing ran. Builds HTML, decides nothing.

import { make, part } from '../page/dom.ts';
import { duration, moment, stopwatch } from '../page/time.ts';
import type { Ended, KeptCommand } from './kept.ts';

/** A running command shows its time from here on: shorter ones would flicker. */
const TIME_SHOWN_FROM_MS = 2_000;
/** A passed command's output is folded when it is longer: the lesson goes on below it. */
const OPEN_UP_TO_LINES = 12;

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

/** `title` is the block's first line, for those who hear the page; `copy` gets the receipt as text. */
export function receipt(
  ended: Ended,
  title: string,
  copy: (text: string, button: HTMLElement) => void,
): HTMLElement {
  const { passed, commands } = ended;
  const head = headOf(ended);
  const shown = commands.filter(({ output, missing }) => output !== '' || missing > 0);
  const look = passed ? 'receipt' : 'receipt bad';
  if (shown.length === 0 && commands.length < 2) {
    return make('div', { class: look }, make('p', { class: 'head' }, ...head));
  }
  const several = commands.length > 1;
  const lines = shown.reduce((sum, { output }) => sum + output.split('\n').length, 0);
  const button = make('button', { type: 'button', class: 'btn bare' }, 'Copy receipt');
  button.addEventListener('click', () => copy(receiptText(ended), button));
  const papers = several
    ? commands.map((command, at) => commandPart(command, at, commands.length))
    : shown.map((command) => paper(command, `Output of ${title}`));
  const folds = make(
    'details',
    { class: look },
    make('summary', {}, ...head),
    ...papers,
    make('div', { class: 'more' }, button),
  );
  folds.open = !passed || lines <= OPEN_UP_TO_LINES;
  return folds;
}

function headOf({ passed, meant, commands, ms, at, shell }: Ended): HTMLElement[] {
  const last = commands.at(-1)?.exit ?? 0;
  const early = commands.slice(0, -1).findIndex(({ exit }) => exit !== 0);
  const failed = !passed && early >= 0 ? early : undefined;
  const code = failed === undefined ? last : (commands[failed]?.exit ?? last);
  const words = [
    make('span', { class: meant === 0 ? 'code' : 'code meant' }, `exit ${code}`),
    make('span', {}, duration(ms)),
    make('span', {}, moment(at)),
    make('span', {}, shell),
  ];
  if (failed !== undefined) {
    words.push(make('span', { class: 'says' }, `command ${failed + 1} of ${commands.length}`));
  } else if (passed && meant !== 0) {
    words.push(make('span', { class: 'says' }, 'as the lesson means to show'));
  } else if (commands.length > 1) {
    words.push(make('span', {}, `${commands.length} commands`));
  }
  return words;
}

/** One command of several: how it ended, what it was, what it showed. */
function commandPart(command: KeptCommand, at: number, all: number): HTMLElement {
  const title = command.text.split('\n')[0] ?? '';
  const did = make(
    'p',
    { class: 'did' },
    make('span', { class: command.exit === 0 ? 'code' : 'code not' }, `exit ${command.exit}`),
    make('span', {}, duration(command.ms)),
    make('samp', {}, title || `command ${at + 1} of ${all}`),
  );
  const box = make('div', { class: 'one' }, did);
  if (command.output || command.missing > 0) {
    box.append(paper(command, `Output of ${title || `command ${at + 1}`}`));
  }
  return box;
}

/** A region that scrolls takes the focus and has a name. */
function paper({ output, missing }: KeptCommand, name: string): HTMLElement {
  const box = make('div', { class: 'paper', tabindex: '0', role: 'group', 'aria-label': name });
  if (missing > 0) box.append(make('p', { class: 'cut' }, missingWords(missing, output)));
  if (output) box.append(make('pre', {}, output));
  return box;
}

function missingWords(bytes: number, output: string): string {
  const size = bytes < 1_000 ? `${bytes} B` : `${Math.ceil(bytes / 1_000)} kB`;
  return output ? `${size} before this stand in the terminal` : `${size}, in the terminal`;
}

/** As it is pasted elsewhere: commands, what they showed, how they ended. */
export function receiptText({ commands, at, shell }: Ended): string {
  const parts = commands.map(({ text, exit, ms, output }) =>
    [
      ...(text ? [`$ ${text}`] : []),
      ...(output ? [output] : []),
      `exit ${exit}, ${duration(ms)}`,
    ].join('\n'),
  );
  return `${parts.join('\n\n')}\n${new Date(at).toISOString()}, ${shell}\n`;
}

export function line(state: string, says: string, at?: number): HTMLElement {
  const words = [make('b', {}, state)];
  if (at !== undefined) words.push(make('span', {}, moment(at)));
  words.push(make('span', { class: 'says' }, says));
  return make('div', { class: 'receipt' }, make('p', { class: 'head' }, ...words));
}
