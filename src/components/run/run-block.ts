// <run-block>: copies its command, types it into the terminal, and says what became of it as far as the shell tells.

import { desk } from '../dock/desk.ts';
import type { ShellLine } from '../dock/shell-line.ts';
import { announce } from '../page/announce.ts';
import { define, part } from '../page/dom.ts';
import { HOW_TO_GET_A_LAB, HOW_TO_UNLOCK, lab } from '../page/lab.ts';
import { duration } from '../page/time.ts';
import { RUN_DONE, type RunDone, TYPE_BLOCK } from './events.ts';
import { line, receipt, runningLine, tick } from './receipt.ts';
import { RunRecord, SILENCE_MS } from './run-record.ts';

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

class RunBlock extends HTMLElement {
  #unlisten: (() => void) | undefined;
  readonly #following: (() => void)[] = [];
  #timer = 0;

  connectedCallback(): void {
    part(this, '[data-copy]').addEventListener('click', () => void this.#copy());
    part(this, '[data-run]').addEventListener('click', () => void this.#run());
    part(this, '[data-stop]').addEventListener('click', () => {
      if (this.dataset['state'] === 'leave') desk()?.leave();
      else desk()?.interrupt();
    });
    this.addEventListener(TYPE_BLOCK, () => void this.#run());
    this.#unlisten = lab.on('state', () => {
      if (this.dataset['state'] === 'no lab' && lab.state === 'open') this.#show('idle');
    });
  }

  disconnectedCallback(): void {
    this.#unlisten?.();
    this.#forget();
  }

  get #text(): string {
    return part(this, 'code').textContent ?? '';
  }

  async #copy(): Promise<void> {
    const button = part(this, '[data-copy]');
    try {
      await navigator.clipboard.writeText(this.#text);
      button.textContent = 'Copied';
      announce('Copied');
    } catch {
      // The browser refuses the clipboard to this page: select the text, so that the keyboard can copy it.
      getSelection()?.selectAllChildren(part(this, 'code'));
      button.textContent = 'Selected';
      announce('Selected. Press Ctrl+C to copy.');
    }
    setTimeout(() => (button.textContent = 'Copy'), COPIED_MS);
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
        return this.#follow(typed.shell);
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

  #follow(shell: ShellLine): void {
    const since = Date.now();
    const record = new RunRecord(
      {
        shell: this.dataset['shell'] === 'pod' ? 'pod' : 'lab',
        opensPodShell: this.dataset['opens'] === 'pod',
        exitCode: Number(this.dataset['exit'] ?? 0),
      },
      since,
    );
    const draw = () => this.#draw(record, shell, since);
    this.#following.push(
      shell.on((mark) => {
        record.mark(mark);
        draw();
      }),
    );
    setTimeout(() => {
      record.silence(Date.now());
      if (record.outcome.state === 'sent') draw();
    }, SILENCE_MS);
    draw();
  }

  #draw(record: RunRecord, shell: ShellLine, since: number): void {
    const { outcome } = record;
    if (outcome.state === 'running') {
      const running = runningLine(since, outcome.inside, this.dataset['until'], shell.name);
      this.#show('running', running);
      clearInterval(this.#timer);
      this.#timer = window.setInterval(() => tick(running, since), TICK_MS);
      return;
    }
    this.#forget();
    const title = this.#text.split('\n')[0] ?? '';
    if (outcome.state === 'sent') {
      const where = this.dataset['shell'] === 'pod' ? 'the pod’s shell' : shell.name;
      this.#show(
        'sent',
        line('sent', `typed into ${where}; its outcome is not visible from here`, outcome.at),
      );
      desk()?.tell(`${shell.name}, sent`);
    } else {
      const { passed, exitCode, ms } = outcome;
      this.#show(
        passed ? 'passed' : 'failed',
        receipt(outcome, shell.name, Number(this.dataset['exit'] ?? 0)),
      );
      const news = `exit ${exitCode}, ${duration(ms)}`;
      desk()?.tell(`${shell.name}, ${news}`);
      announce(`${title}: ${news}`);
    }
    const detail: RunDone = {
      block: this.dataset['block'] ?? '',
      passed: outcome.state === 'ended' && outcome.passed,
    };
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

define('run-block', RunBlock);
