// What the lessons' run has found: counts, failures, which blocks were executed and which mistakes were named. Runs nothing.

import type { Lesson } from '../../protocol/lesson.ts';

/** A check that knows fewer wrong ways has not thought of its learner. */
const MISTAKES_A_CHECK = 3;
/** Of all mistakes that were tried, this share has to be named rightly. */
const SCORE_NEEDED = 0.9;

/** Of all outputs, this share may be unlike its record where that is told and not judged. */
const UNLIKE_ALLOWED = 0.04;

/** A block ended as it should, and what it printed is not what its page shows. */
export class UnlikeRecord extends Error {}

export class Report {
  passed = 0;
  readonly failures: string[] = [];
  readonly #executed = new Set<string>();
  readonly #unlike: string[] = [];
  readonly #judgesOutputs: boolean;
  #tried = 0;
  #named = 0;

  /**
   * @param judgesOutputs whether one output unlike its record is a failure. Otherwise it is told, and many are: what a command
   * prints may hang on how busy a machine is, which a record learns run by run.
   */
  constructor(judgesOutputs: boolean) {
    this.#judgesOutputs = judgesOutputs;
  }

  async test(title: string, run: () => Promise<unknown>): Promise<boolean> {
    try {
      await run();
      this.passed++;
      console.log(`    ✔ ${title}`);
      return true;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof UnlikeRecord && !this.#judgesOutputs) {
        this.passed++;
        this.#unlike.push(`${title}: ${message}`);
        console.log(`    ✔ ${title}, unlike its record`);
        return true;
      }
      this.failures.push(`${title}: ${message}`);
      console.log(`    ✖ ${title}: ${message}`);
      return false;
    }
  }

  /** A mistake: the check must stay red, and say what it was. */
  async mistake(title: string, run: () => Promise<unknown>): Promise<void> {
    this.#tried++;
    if (await this.test(title, run)) this.#named++;
  }

  executed(block: string): void {
    this.#executed.add(block);
  }

  /** The last lines; true when nothing is wrong. */
  close(chosen: readonly Lesson[], withMistakes: boolean): boolean {
    const steps = chosen.flatMap((lesson) => lesson.steps);
    const blocks = steps.flatMap((step) => step.blocks);
    const checks = steps.flatMap((step) => step.checks);
    const done = blocks.filter(({ id }) => this.#executed.has(id));
    for (const { id, file, line } of blocks)
      if (!this.#executed.has(id))
        this.failures.push(`${file}:${line}: block ${id} was never executed`);
    for (const { check, mistakes } of checks) {
      if (mistakes.length >= MISTAKES_A_CHECK) continue;
      this.failures.push(
        `${check}: ${mistakes.length} of ${MISTAKES_A_CHECK} mistakes listed: think of more wrong ways, and what the check should say`,
      );
    }
    console.log(
      `\nblocks executed: ${done.length} of ${blocks.length} (${percent(done.length, blocks.length)})`,
    );
    if (withMistakes) {
      console.log(
        `mutation score of ${checks.length} checks: ${this.#named} of ${this.#tried} mistakes named rightly (${percent(this.#named, this.#tried)})`,
      );
      if (this.#named < this.#tried * SCORE_NEEDED)
        this.failures.push(`the mutation score is below ${percent(SCORE_NEEDED, 1)}`);
    } else console.log('mutation score: not measured, mistakes were left out');
    if (!this.#judgesOutputs) {
      for (const each of this.#unlike) console.log(`- ${each}`);
      console.log(`outputs unlike their record: ${this.#unlike.length} of ${done.length}`);
      if (this.#unlike.length > done.length * UNLIKE_ALLOWED)
        this.failures.push(
          `more than ${percent(UNLIKE_ALLOWED, 1)} of outputs are unlike their record`,
        );
    }
    for (const failure of this.failures) console.log(`✖ ${failure}`);
    console.log(`${this.passed} passed, ${this.failures.length} failed`);
    return this.failures.length === 0;
  }
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '100%' : `${Math.floor((part / whole) * 1_000) / 10}%`;
}
