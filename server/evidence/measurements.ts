// Makes evidence of what really happened: when a rule of a check held, when a command was given, what a counter said at that moment.
// One learner. Knows the checks' declarations (`measures`); nothing of clusters, pages or files. Invents nothing: whatever is missing
// (no Prometheus, no such command, a break over lunch) makes no evidence.

import type { CheckSpec } from '../../protocol/check.ts';
import type { Evidence, Measure, Moment } from '../../protocol/evidence.ts';
import type { Receipt } from '../../protocol/receipt.ts';
import type { Judgement } from '../checks/board.ts';
import { type Inputs, Language } from '../checks/conditions.ts';
import { limits } from '../config.ts';

export interface EvidenceRecord {
  evidence(): Evidence[];
  /** Keeps the first of a measure; false when there is one already. */
  keepEvidence(evidence: Evidence): boolean;
  forgetEvidence(measure: string): void;
}

export interface MeasurementsOptions {
  checks: readonly CheckSpec[];
  record: EvidenceRecord;
  /** When checks of an earlier life were proven, by check. */
  provenAt: ReadonlyMap<string, number>;
  engine(): { name: string; simulated: boolean };
  /** All there is, after each change. */
  publish(evidence: Evidence[]): void;
  /** Calls once, later; the answer undoes it. */
  after(ms: number, run: () => void): () => void;
}

/** A span whose end is known, and whose beginning may still be on its way: a command's receipt comes when the command has ended. */
interface Due {
  measure: Measure;
  words: string;
  end: number;
  /** When the rule before its last one held: a command that had not ended by then is the one that is looked for. */
  since: number | undefined;
  giveUp: () => void;
}

export class Measurements {
  readonly #options: MeasurementsOptions;
  readonly #byCheck: Map<
    string,
    { measure: Measure; value?: (inputs: Inputs) => number | undefined }[]
  >;
  /** When each check was first settled, and when each rule of a check with history held: `check` and `check 2`. */
  readonly #moments = new Map<string, number>();
  readonly #receipts: Pick<Receipt, 'command' | 'at' | 'ms'>[] = [];
  #due: Due[] = [];

  constructor(options: MeasurementsOptions) {
    this.#options = options;
    for (const [check, at] of options.provenAt) this.#moments.set(check, at);
    this.#byCheck = new Map(
      options.checks.map(({ check, watch, measures = [] }) => {
        const language = new Language(watch);
        const made = measures.map((measure) =>
          measure.value === undefined
            ? { measure }
            : { measure, value: language.number(measure.value) },
        );
        return [check, made];
      }),
    );
  }

  get evidence(): Evidence[] {
    return this.#options.record.evidence();
  }

  /** A check was looked at again. `inputs` are what it saw. */
  judged({ check, at, before, progress, settled, inputs }: Judgement): void {
    for (let rule = before + 1; rule <= progress; rule++) this.#moments.set(`${check} ${rule}`, at);
    if (settled && !this.#moments.has(check)) this.#moments.set(check, at);
    for (const { measure, value } of this.#byCheck.get(check) ?? []) {
      const rule = measure.to && 'rule' in measure.to ? measure.to.rule : undefined;
      const ended = rule === undefined ? settled : before < rule && rule <= progress;
      if (!ended) continue;
      if (value) {
        const number = value(inputs);
        if (number !== undefined && number >= 0) this.#keep(measure, number, at);
      } else if (measure.from) this.#span(measure, measure.from, check, at);
    }
  }

  receipt({ command, at, ms }: Pick<Receipt, 'command' | 'at' | 'ms'>): void {
    this.#receipts.push({ command, at, ms });
    if (this.#receipts.length > limits.receiptsMeasured) this.#receipts.shift();
    for (const due of this.#due) this.#try(due);
  }

  /** Forgets a measurement; the answer is the check that can make another one. */
  forget(measure: string): string | undefined {
    this.#options.record.forgetEvidence(measure);
    this.#options.publish(this.evidence);
    for (const [check, measures] of this.#byCheck) {
      if (measures.some((one) => one.measure.measure === measure)) return check;
    }
    return undefined;
  }

  close(): void {
    for (const due of this.#due) due.giveUp();
    this.#due = [];
  }

  #span(measure: Measure, from: Moment, check: string, at: number): void {
    const end = at - 1_000 * (measure.less ?? 0);
    if ('receipt' in from) {
      const rule = measure.to && 'rule' in measure.to ? measure.to.rule : 0;
      const since = this.#moments.get(`${check} ${rule - 1}`);
      const due: Due = { measure, words: from.receipt, end, since, giveUp: () => {} };
      due.giveUp = this.#options.after(limits.receiptAwaitedMs, () => this.#resolve(due));
      this.#due.push(due);
      this.#try(due);
      return;
    }
    const begin = this.#moments.get('rule' in from ? `${check} ${from.rule}` : from.check);
    if (begin !== undefined) this.#keepSpan(measure, begin, end);
  }

  /** The command is known once it, or whatever was typed after the span's end, has ended. */
  #try(due: Due): void {
    const newest = this.#newest(due);
    const ended = newest && due.since !== undefined && newest.at + newest.ms >= due.since;
    if (ended || this.#receipts.some(({ at, ms }) => at + ms >= due.end)) this.#resolve(due);
  }

  #resolve(due: Due): void {
    due.giveUp();
    this.#due = this.#due.filter((other) => other !== due);
    const newest = this.#newest(due);
    if (newest) this.#keepSpan(due.measure, newest.at, due.end);
  }

  #newest({ words, end, measure }: Due): Pick<Receipt, 'at' | 'ms'> | undefined {
    const latest = end + 1_000 * (measure.less ?? 0);
    return this.#receipts
      .filter(({ command, at }) => beginsWith(command, words) && at <= latest)
      .toSorted((a, b) => a.at - b.at)
      .at(-1);
  }

  #keepSpan(measure: Measure, begin: number, end: number): void {
    // A command whose effect came within the time the last rule had to hold: nothing shorter can be told apart.
    const ms = Math.max(1_000 * (measure.atLeast ?? 0), end - begin);
    if (ms > limits.spanMeasuredMs) return; // somebody went to lunch, or home
    this.#keep(measure, ms / 1_000, end);
  }

  #keep(measure: Measure, value: number, at: number): void {
    const { name, simulated } = this.#options.engine();
    const { measure: id, title, pair, side, unit, how } = measure;
    const evidence: Evidence = {
      measure: id,
      title,
      ...(pair !== undefined && { pair }),
      ...(side !== undefined && { side }),
      unit,
      how,
      value,
      at: Math.round(at),
      engine: name,
      simulated,
    };
    if (this.#options.record.keepEvidence(evidence)) this.#options.publish(this.evidence);
  }
}

/** As checks of receipts read them: wherever the words begin a command on the line. */
function beginsWith(command: string, words: string): boolean {
  return command
    .split(/\||&&|;|\n/)
    .some((part) => `${part.trim().replace(/\s+/g, ' ')} `.startsWith(`${words} `));
}
