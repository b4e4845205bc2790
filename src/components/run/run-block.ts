// <run-block>: copies its command, types it into the terminal, and says what became of it as far as the shell tells.

import { desk } from '../dock/desk.ts';
import type { ShellLine } from '../dock/shell-line.ts';
import { announce } from '../page/announce.ts';
import { define, part } from '../page/dom.ts';
import { HOW_TO_GET_A_LAB, HOW_TO_UNLOCK, lab } from '../page/lab.ts';
import { duration } from '../page/time.ts';
import { RUN_DONE, type RunDone, TYPE_BLOCK } from './events.ts';
import {
  type Ended,
  forgetReceipt,
  KEPT_CHARACTERS,
  type Kept,
  type KeptCommand,
  keepReceipt,
  recallReceipt,
} from './kept.ts';
import { outputText } from './output-text.ts';
import { line, receipt, runningLine, tick } from './receipt.ts';
import { type Outcome, type RanCommand, RunRecord, SILENCE_MS } from './run-record.ts';

const TICK_MS = 1_000;
/** "Copied" stays as long as a glance takes. */
const COPIED_MS = 1_500;

type State =
  'idle' | 'running' | 'passed' | 'failed' | 'sent' | 'waits' | 'leave' | 'no lab' | 'not typed';

/** Which buttons a state leaves, and what they are called. */
const BUTTONS: Record<State, { copy: boolean; run?: string; stop?: string }> = {
  idle: { copy: true, run: 'Run' },
  running: { copy: false, stop: 'Stop' },
  passed: { copy: true, run: 'Run again' },
  failed: { copy: true, run: 'Run again' },
  sent: { copy: true, run: 'Run again' },
  waits: { copy: false, stop: 'Press Ctrl+C' },
  leave: { copy: false, stop: 'Type exit' },
  'no lab': { copy: true },
  'not typed': { copy: true, run: 'Run' },
};

type EndedOutcome = Extract<Outcome, { state: 'ended' }>;

interface Followed {
  shell: ShellLine;
  /** The offset of the last mark before it was typed. */
  after: number;
  /** Milliseconds within which a shell that marks its commands has marked this one. */
  patienceMs: number;
}

class RunBlock extends HTMLElement {
  #unlisten: (() => void) | undefined;
  readonly #following: (() => void)[] = [];
  #timer = 0;

  connectedCallback(): void {
    const copy = part(this, '[data-copy]');
    copy.addEventListener('click', () => void this.#copy(this.#text, part(this, 'code'), copy));
    part(this, '[data-run]').addEventListener('click', () => void this.#run());
    part(this, '[data-stop]').addEventListener('click', () => {
      if (this.dataset['state'] === 'leave') desk()?.leave();
      else desk()?.interrupt();
    });
    this.addEventListener(TYPE_BLOCK, () => void this.#run());
    this.#unlisten = lab.on('state', () => {
      if (this.dataset['state'] === 'no lab' && lab.state === 'open') this.#show('idle');
    });
    this.#recall();
  }

  disconnectedCallback(): void {
    this.#unlisten?.();
    this.#forget();
  }

  get #id(): string {
    return this.dataset['block'] ?? '';
  }

  /** The exit code the lesson means to show. */
  get #meant(): number {
    return Number(this.dataset['exit'] ?? 0);
  }

  get #title(): string {
    return this.#text.split('\n')[0] ?? '';
  }

  get #text(): string {
    return part(this, 'code').textContent ?? '';
  }

  async #copy(text: string, source: HTMLElement, button: HTMLElement): Promise<void> {
    const name = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
      announce('Copied');
    } catch {
      // The browser refuses the clipboard to this page: select the text, so that the keyboard can copy it.
      getSelection()?.selectAllChildren(source);
      button.textContent = 'Selected';
      announce('Selected. Press Ctrl+C to copy.');
    }
    setTimeout(() => (button.textContent = name), COPIED_MS);
  }

  async #run(): Promise<void> {
    this.removeAttribute('data-pointed');
    const beside = desk();
    if (lab.state === 'absent' || lab.state === 'locked' || !beside) {
      const says = lab.state === 'locked' ? HOW_TO_UNLOCK : HOW_TO_GET_A_LAB;
      this.#show('no lab', line(lab.state === 'locked' ? 'locked' : 'no lab', says));
      announce(says);
      part(this, '[data-copy]').focus();
      return;
    }
    this.#forget();
    const shell = this.dataset['shell'] === 'pod' ? 'pod' : 'lab';
    const typed = await beside.type(this.#text, shell);
    this.#stayInSight();
    switch (typed.as) {
      case 'typed':
        return this.#follow(typed);
      case 'waits':
        return this.#wait(typed.program, typed.leave, typed.shell);
      case 'not typed':
        this.#show('not typed', line('not typed', typed.because));
        return announce(typed.because);
    }
  }

  /** On a phone the drawer that has just opened may lie over the block. */
  #stayInSight(): void {
    const dock = document.getElementById('terminal')?.getBoundingClientRect();
    const own = this.getBoundingClientRect();
    if (dock && dock.left < own.right && dock.top < own.bottom) this.scrollIntoView();
  }

  /** What this browser has kept of it: a receipt, or a command that was still running when the page went away. */
  #recall(): void {
    const kept = recallReceipt(location.pathname, this.#id, this.#text);
    if (kept?.is === 'ended') void this.#showEnded(kept);
    else if (kept?.is === 'sent') this.#showSent(kept);
    else if (kept) {
      const unlisten = lab.on('state', (state) => {
        if (state !== 'open') return;
        unlisten();
        void this.#rejoin(kept);
      });
      this.#following.push(unlisten);
      if (lab.state === 'open') void this.#rejoin(kept).finally(unlisten);
    }
  }

  async #rejoin(kept: Extract<Kept, { is: 'running' }>): Promise<void> {
    const { session, since, after } = kept;
    const shell = await desk()?.line(session);
    // A press of Run in the meantime is newer.
    if (this.dataset['state'] !== 'idle') return;
    if (!shell) forgetReceipt(location.pathname, this.#id);
    else this.#follow({ shell, after, patienceMs: SILENCE_MS }, since);
  }

  #follow({ shell, after, patienceMs }: Followed, rejoinedSince?: number): void {
    const since = rejoinedSince ?? Date.now();
    const record = new RunRecord(
      {
        shell: this.dataset['shell'] === 'pod' ? 'pod' : 'lab',
        opensPodShell: this.dataset['opens'] === 'pod',
        exitCode: this.#meant,
      },
      since,
      after,
    );
    const draw = () => this.#draw(record, shell, since, rejoinedSince !== undefined);
    this.#following.push(
      shell.on((mark) => {
        record.mark(mark);
        draw();
      }),
    );
    this.#keep({ is: 'running', session: shell.session, shell: shell.name, after, since });
    this.#awaitSilence(record, { shell, after, patienceMs }, draw);
    draw();
    // What a page that comes back has heard already.
    for (const mark of rejoinedSince === undefined ? [] : shell.heard(after)) {
      if (record.isOver) return;
      record.mark(mark);
      draw();
    }
  }

  /** Nobody is heard over a line that is broken: the wait begins anew when it is back. */
  #awaitSilence(record: RunRecord, { shell, patienceMs }: Followed, draw: () => void): void {
    const since = Date.now();
    let timer = 0;
    const listen = (ms: number) => {
      timer = window.setTimeout(() => {
        const left = patienceMs - shell.audibleFor(since, Date.now());
        if (left > 0) return listen(left);
        record.silence(Date.now());
        if (record.outcome.state === 'sent') draw();
      }, ms);
    };
    this.#following.push(() => clearTimeout(timer));
    listen(patienceMs);
  }

  #draw(record: RunRecord, shell: ShellLine, since: number, rejoined: boolean): void {
    const { outcome } = record;
    if (outcome.state === 'running') {
      const running = runningLine(since, outcome.inside, this.dataset['until'], shell.name);
      this.#show('running', running);
      clearInterval(this.#timer);
      this.#timer = window.setInterval(() => tick(running, since), TICK_MS);
      return;
    }
    this.#forget();
    if (outcome.state === 'sent') {
      const where = this.dataset['shell'] === 'pod' ? 'the pod’s shell' : shell.name;
      const kept = { is: 'sent', at: outcome.at, where } as const;
      this.#keep(kept);
      this.#showSent(kept);
      desk()?.tell(`${shell.name}, sent`);
      this.#tellDone(false);
    } else void this.#end(outcome, shell, rejoined);
  }

  async #end(outcome: EndedOutcome, shell: ShellLine, rejoined: boolean): Promise<void> {
    const { passed, exitCode, ms, at } = outcome;
    const seen = outcome.commands.map((command) => keptOf(command, shell));
    const ended: Ended = {
      is: 'ended',
      passed,
      meant: this.#meant,
      at,
      ms,
      shell: shell.name,
      commands: seen,
    };
    this.#keep(ended);
    await this.#showEnded(ended);
    const news = `exit ${exitCode}, ${duration(ms)}`;
    desk()?.tell(`${shell.name}, ${news}`);
    announce(`${this.#title}: ${news}`);
    this.#tellDone(passed);
    if (!rejoined || seen.every(({ missing }) => missing === 0)) return;
    const whole = {
      ...ended,
      commands: await this.#filled(seen, outcome.commands, shell.session),
    };
    // A press of Run in the meantime is newer.
    if (this.dataset['state'] === 'running') return;
    this.#keep(whole);
    await this.#showEnded(whole);
  }

  /** With what was printed while this page was away, from the lab's own record. */
  async #filled(seen: KeptCommand[], ran: RanCommand[], session: string): Promise<KeptCommand[]> {
    // Without an answer the receipt says how much of it is in the terminal.
    const receipts = await lab.receipts(session, ran[0]?.from ?? 0).catch(() => []);
    return seen.map((command, at) => {
      const { output, cut } = receipts.find(({ offset }) => offset === ran[at]?.from) ?? {};
      return output === undefined || cut
        ? command
        : { ...command, output: output.trimEnd().slice(-KEPT_CHARACTERS), missing: 0 };
    });
  }

  async #showEnded(ended: Ended): Promise<void> {
    const drawn = receipt(
      ended,
      this.#title,
      (text, button) => void this.#copy(text, drawn, button),
    );
    this.#show(ended.passed ? 'passed' : 'failed', drawn);
    const expected = this.querySelector('[data-expected]')?.textContent;
    if (ended.passed || !expected) return;
    // Off the line, say: what failed is shown all the same.
    const loaded = await import('./beside.ts').catch(() => undefined);
    if (!loaded) return;
    const output = ended.commands.map((command) => command.output).join('\n');
    const both = loaded.besideEachOther(expected, output);
    if (both) drawn.querySelector('.more')?.before(both);
    if (both && !drawn.contains(both)) drawn.append(both);
  }

  #showSent({ at, where }: Extract<Kept, { is: 'sent' }>): void {
    this.#show(
      'sent',
      line('sent', `typed into ${where}; its outcome is not visible from here`, at),
    );
  }

  #keep(kept: Kept): void {
    keepReceipt(location.pathname, this.#id, this.#text, kept);
  }

  #tellDone(passed: boolean): void {
    const detail: RunDone = { block: this.#id, passed };
    this.dispatchEvent(new CustomEvent(RUN_DONE, { detail, bubbles: true }));
  }

  /** Until the program that has the terminal ends; then the block can run again. */
  #wait(program: string, leave: boolean, shell: ShellLine): void {
    const says = leave
      ? `the pod’s shell is still open in ${shell.name}; exit leaves it`
      : `${program || 'a program'} is still running in ${shell.name}`;
    this.#show(leave ? 'leave' : 'waits', line('waits', says));
    announce(says);
    this.#following.push(
      shell.on(() => {
        if (shell.phase.kind !== 'prompt') return;
        this.#forget();
        this.#show('idle');
        this.#recall();
      }),
    );
  }

  #show(state: State, became?: HTMLElement): void {
    this.dataset['state'] = state;
    part(this, '.became').replaceChildren(...(became ? [became] : []));
    const { copy, run, stop } = BUTTONS[state];
    const acts = part(this, '.acts');
    const focused = acts.contains(document.activeElement);
    part(this, '[data-copy]').hidden = !copy;
    const runButton = part(this, '[data-run]');
    runButton.hidden = run === undefined;
    runButton.textContent = run ?? '';
    runButton.classList.toggle('do', run === 'Run');
    const stopButton = part(this, '[data-stop]');
    stopButton.hidden = stop === undefined;
    stopButton.textContent = stop ?? '';
    // A button that hides under somebody's finger would leave them nowhere.
    if (focused && (stop || run)) (stop ? stopButton : runButton).focus({ preventScroll: true });
  }

  /** Lets go of the run before. */
  #forget(): void {
    clearInterval(this.#timer);
    for (const stop of this.#following.splice(0)) stop();
  }
}

function keptOf({ text, exitCode, ms, from, to }: RanCommand, shell: ShellLine): KeptCommand {
  const { bytes, missing } = shell.printed(from, to);
  const whole = outputText(bytes);
  // Its first line was cut somewhere.
  const output = missing > 0 ? whole.slice(whole.indexOf('\n') + 1) : whole;
  const kept = output.slice(-KEPT_CHARACTERS);
  return { text, exit: exitCode, ms, output: kept, missing: missing + output.length - kept.length };
}

define('run-block', RunBlock);
