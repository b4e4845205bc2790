// Whether CEL in a check can mean anything: its syntax, its names, and what its types give away. Evaluates nothing.

import { Environment, ParseError, type TypeError as CelTypeError } from '@marcbachmann/cel-js';
import { celTypeOf, predicates } from '../../protocol/cel.ts';
import type { Input } from '../../protocol/check.ts';
import { either, guess } from './problem.ts';

export interface ConditionProblem {
  /** Where in the expression. */
  offset: number;
  message: string;
}

/** The names and types that the conditions of one check may use. */
export class Conditions {
  readonly #environment: Environment;
  readonly #inputs: string[];

  constructor(watch: Readonly<Record<string, Input>>) {
    const environment = new Environment({ enableOptionalTypes: true });
    for (const signature of Object.values(predicates)) {
      // Only types are asked for here; what a predicate means is written in server/checks.
      environment.registerFunction(signature, () => null);
    }
    for (const [name, input] of Object.entries(watch)) {
      environment.registerVariable(name, celTypeOf(input));
    }
    this.#environment = environment;
    this.#inputs = Object.keys(watch);
  }

  /** A condition must be true or false. */
  condition(expression: string): ConditionProblem | undefined {
    const { problem, type } = this.#read(expression);
    if (problem) return problem;
    if (type === 'bool' || type === 'dyn') return undefined;
    return {
      offset: 0,
      message: `a condition is true or false, and this is ${aOrAn(type ?? 'dyn')}.`,
    };
  }

  /** Whatever stands between `{{` and `}}`. */
  value(expression: string): ConditionProblem | undefined {
    return this.#read(expression).problem;
  }

  #read(expression: string): { problem?: ConditionProblem; type?: string } {
    try {
      const checked = this.#environment.parse(expression).check();
      if (checked.valid) return { type: checked.type ?? 'dyn' };
      if (!checked.error) return { problem: { offset: 0, message: 'CEL cannot read it.' } };
      return { problem: this.#told(checked.error) };
    } catch (error) {
      if (error instanceof ParseError) return { problem: this.#told(error) };
      throw error;
    }
  }

  #told(error: ParseError | CelTypeError): ConditionProblem {
    const offset = error.range?.start ?? error.node?.start ?? 0;
    const unknown = /^Unknown variable: (\w+)$/.exec(error.summary)?.[1];
    if (unknown) {
      const watched = this.#inputs.length
        ? `\`watch\` names ${either(this.#inputs.map((name) => `\`${name}\``))}`
        : '`watch` is empty';
      return {
        offset,
        message: `unknown input \`${unknown}\`: ${watched}.${guess(unknown, this.#inputs)}`,
      };
    }
    return { offset, message: `CEL: ${error.summary}.` };
  }
}

function aOrAn(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}
