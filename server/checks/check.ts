// Decides the verdict of one check from the values of its inputs. Knows nothing of where values come from or verdicts go.

import { type CheckSpec, isOnlySeen } from '../../protocol/check.ts';
import type { Verdict } from '../../protocol/verdict.ts';
import { type Condition, type Inputs, Language, type Sentence } from './conditions.ts';

interface Rule {
  condition: Condition;
  say: Sentence;
  hint: string | undefined;
}

export interface Decision {
  verdict: Verdict;
  /** Which rule speaks, from 0; the number of rules when all hold. */
  speaker: number;
  progress: number;
}

export class Check {
  readonly spec: CheckSpec;
  readonly #rules: Rule[];
  readonly #seen: Sentence;

  /** Throws CEL's errors for a condition or sentence that is wrong by itself; the build has told its author already. */
  constructor(spec: CheckSpec) {
    this.spec = spec;
    const language = new Language(spec.watch);
    this.#rules = spec.rules.map((rule) => ({
      condition: language.condition(rule.expect),
      say: language.sentence(rule.say),
      hint: rule.hint,
    }));
    this.#seen = language.sentence(spec.seen ?? '');
  }

  /** Once all its rules have been seen, nothing that happens later changes its verdict. */
  isOver(progress: number): boolean {
    return this.spec.mode === 'history' && progress === this.#rules.length;
  }

  /**
   * The first rule that fails speaks. For checks of `history`, `progress` is how many rules have been seen true so far;
   * the decision comes with the new count. Other checks ignore it and return 0.
   */
  decide(inputs: Inputs, progress = 0): Decision {
    const onlySeen = isOnlySeen(this.spec);
    // What a terminal showed is past by nature.
    const history = onlySeen || this.spec.mode === 'history';
    for (let at = history ? progress : 0; at < this.#rules.length; at++) {
      const rule = this.#rules[at] as Rule;
      const answer = rule.condition.ask(inputs);
      if ('error' in answer)
        return {
          verdict: { state: 'broken', error: answer.error },
          speaker: at,
          progress: history ? at : 0,
        };
      if (!answer.holds) {
        const because = rule.say.fill(inputs);
        const verdict: Verdict = {
          state: 'waiting',
          because,
          ...(rule.hint && { hint: rule.hint }),
        };
        return { verdict, speaker: at, progress: history ? at : 0 };
      }
    }
    const seen = this.#seen.fill(inputs);
    const verdict: Verdict = { state: onlySeen ? 'seen' : 'passed', seen };
    return { verdict, speaker: this.#rules.length, progress: history ? this.#rules.length : 0 };
  }
}
