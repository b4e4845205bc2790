// <lab-check data-check="…">: one claim, its verdict as the lab sends it, and hints that are offered, never pressed on anyone.

import { announce } from '../page/announce.ts';
import { define, make, part, withCode } from '../page/dom.ts';
import { lab } from '../page/lab.ts';
import { RUN_DONE, TYPE_BLOCK } from '../run/events.ts';
import { NOT_STARTED, type VerdictWords, verdictWords } from './verdict-words.ts';

/** A reason that changes sooner is not read aloud: numbers would count up in somebody's ear. */
const REST_BEFORE_SPEAKING_MS = 2_000;
/** The nudge opens by itself after as many runs with the same reason. */
const RUNS_BEFORE_NUDGE = 2;

const MARKS = {
  idle: 'open',
  waiting: 'open',
  passed: 'proven',
  seen: 'open',
  broken: 'broken',
} as const;

class LabCheck extends HTMLElement {
  #stop: (() => void) | undefined;
  #shown: VerdictWords = NOT_STARTED;
  /** How many of the hint's rungs are open. */
  #rung = 0;
  #runsWithThisReason = 0;
  #speaking = 0;
  readonly #onRun = () => this.#ranNearby();

  connectedCallback(): void {
    this.#stop = lab.on('check', (state) => {
      if (state.check === this.dataset['check']) this.#show(verdictWords(state));
    });
    this.closest('lesson-step')?.addEventListener(RUN_DONE, this.#onRun);
    part(this, '[data-ask]').addEventListener('click', () => this.#open(1));
    part(this, '[data-point]').addEventListener('click', () => this.#point());
    part(this, '[data-type]').addEventListener('click', () => this.#type());
    const state = lab.checks.get(this.dataset['check'] ?? '');
    if (state) this.#show(verdictWords(state));
  }

  disconnectedCallback(): void {
    this.#stop?.();
    clearTimeout(this.#speaking);
    this.closest('lesson-step')?.removeEventListener(RUN_DONE, this.#onRun);
  }

  #show(words: VerdictWords): void {
    const before = this.#shown;
    this.#shown = words;
    const { look, verdict, why, hint } = words;
    const box = part(this, '.check');
    const live = before !== NOT_STARTED && before.look !== 'passed' && look === 'passed';
    box.className = `check ${look === 'idle' ? '' : look}`.trim();
    if (live) box.classList.add('proving');
    const mark = this.querySelector('.mark');
    mark?.setAttribute('class', `mark ${MARKS[look]}`);
    part(this, '.verdict').textContent = verdict;
    const reason = part(this, '.why');
    reason.replaceChildren(...withCode(why));
    reason.hidden = !why;
    if (words.hint !== before.hint || words.look !== before.look) {
      this.#runsWithThisReason = 0;
      this.#open(0);
    }
    part(this, '[data-ask]').hidden = !hint || this.#rung > 0;
    if (before !== NOT_STARTED) this.#speak(words, live);
  }

  #speak({ look, verdict, why }: VerdictWords, live: boolean): void {
    clearTimeout(this.#speaking);
    const title = part(this, '.title').textContent;
    if (live) announce(`Proven: ${title}`);
    else if (look === 'seen') announce(`Seen: ${title}`);
    else if (look !== 'passed') {
      this.#speaking = window.setTimeout(
        () => announce(`${title}: ${verdict}. ${why}`),
        REST_BEFORE_SPEAKING_MS,
      );
    }
  }

  #ranNearby(): void {
    if (this.#shown.look !== 'waiting') return;
    this.#runsWithThisReason++;
    if (this.#runsWithThisReason >= RUNS_BEFORE_NUDGE && this.#rung === 0 && this.#shown.hint) {
      this.#open(1);
    }
  }

  /** Nudge, pointer, answer. Without a block that mends it there is the nudge alone. */
  #open(rung: number): void {
    this.#rung = rung;
    const { hint } = this.#shown;
    const rungs = this.#answer ? 3 : 1;
    part(this, '.hint').hidden = rung === 0;
    part(this, '[data-ask]').hidden = !hint || rung > 0;
    part(this, '[data-nudge]').replaceChildren(...withCode(hint ?? ''));
    part(this, '[data-rung]').textContent = rungs === 1 ? 'Hint' : `Hint ${rung} of ${rungs}`;
    part(this, '.rungs').replaceChildren(
      ...Array.from({ length: rungs === 1 ? 0 : rungs }, (_, at) =>
        make('i', at < rung ? { class: 'on' } : {}),
      ),
    );
    part(this, '[data-rest]').hidden = !this.#answer;
    const text = part(this, '[data-answer]');
    text.hidden = rung < 3;
    text.textContent = rung < 3 ? '' : (this.#block?.querySelector('code')?.textContent ?? '');
    if (rung > 0 && hint && !this.contains(document.activeElement)) announce(`Hint: ${hint}`);
  }

  /** The id of the block that mends what the first broken rule found. */
  get #answer(): string | undefined {
    const answers: unknown = JSON.parse(this.dataset['answers'] ?? '{}');
    const hint = this.#shown.hint;
    if (hint === undefined || typeof answers !== 'object' || answers === null) return undefined;
    const block: unknown = Reflect.get(answers, hint);
    return typeof block === 'string' ? block : undefined;
  }

  get #block(): HTMLElement | null {
    return document.getElementById(`run-${this.#answer ?? ''}`);
  }

  #point(): void {
    this.#open(2);
    const block = this.#block;
    block?.setAttribute('data-pointed', '');
    block?.scrollIntoView({ block: 'center' });
    block?.querySelector<HTMLElement>('[data-run]')?.focus({ preventScroll: true });
  }

  #type(): void {
    this.#open(3);
    this.#block?.dispatchEvent(new Event(TYPE_BLOCK));
  }
}

define('lab-check', LabCheck);
