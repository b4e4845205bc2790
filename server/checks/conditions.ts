// CEL for checks: compiles conditions and sentences once, evaluates them against inputs. Knows nothing of clusters.

import { Environment, EvaluationError } from '@marcbachmann/cel-js';
import { celTypeOf, predicates, type Predicate } from '../../protocol/cel.ts';
import type { CheckSpec } from '../../protocol/check.ts';
import { implementations } from './predicates.ts';

/** Values of a check's inputs, by name: JSON, with null for what does not exist. */
export type Inputs = Record<string, unknown>;

export type Answer = { holds: boolean } | { error: string };

export interface Condition {
  /** Whether it holds. A missing key or index is no: in a lab absence is normal. Any other failure is our error. */
  ask(inputs: Inputs): Answer;
}

export interface Sentence {
  /** The sentence with its `{{ }}` filled in; a part that cannot be worked out becomes an ellipsis. */
  fill(inputs: Inputs): string;
}

/** What absence looks like. Source: the error codes of @marcbachmann/cel-js 8. */
const ABSENT = new Set(['no_such_key', 'index_out_of_bounds']);

/** The language of one check: CEL, the named predicates and the names of its inputs. */
export class Language {
  readonly #environment: Environment;
  /** Inputs whose numbers stay doubles: a rate that happens to be whole is still a rate. */
  readonly #doubles: ReadonlySet<string>;

  constructor(watch: CheckSpec['watch']) {
    this.#doubles = new Set(Object.keys(watch).filter((name) => 'promql' in (watch[name] ?? {})));
    const environment = new Environment({ enableOptionalTypes: true });
    for (const [name, signature] of Object.entries(predicates)) {
      environment.registerFunction(signature, implementations[name as Predicate]);
    }
    for (const [name, input] of Object.entries(watch))
      environment.registerVariable(name, celTypeOf(input));
    this.#environment = environment;
  }

  /** Throws CEL's ParseError or TypeError, with positions, for what can be found without a cluster. */
  condition(expression: string): Condition {
    const program = this.#environment.parse(expression);
    const checked = program.check();
    if (!checked.valid) throw checked.error ?? new Error(`not a valid condition: ${expression}`);
    return {
      ask: (inputs) => {
        try {
          const value: unknown = program(this.#forCel(inputs));
          if (typeof value !== 'boolean')
            return {
              error: `the condition \`${expression}\` is ${typeof value}, not true or false`,
            };
          return { holds: value };
        } catch (error) {
          if (isAbsence(error)) return { holds: false };
          return { error: error instanceof Error ? firstLine(error.message) : String(error) };
        }
      },
    };
  }

  /**
   * A number of the inputs. Undefined where there is none: what it asks for does not exist, or an input that it names is null. Nothing
   * is measured then, which is another thing than nothing being there.
   */
  number(expression: string): (inputs: Inputs) => number | undefined {
    const program = this.#environment.parse(expression);
    const checked = program.check();
    if (!checked.valid) throw checked.error ?? new Error(`not a valid expression: ${expression}`);
    const words = new Set(expression.match(/[A-Za-z_]\w*/g) ?? []);
    return (inputs) => {
      if (Object.entries(inputs).some(([name, value]) => value === null && words.has(name)))
        return undefined;
      try {
        const value: unknown = program(this.#forCel(inputs));
        const number = typeof value === 'bigint' ? Number(value) : value;
        return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
      } catch (error) {
        if (isAbsence(error)) return undefined;
        throw error;
      }
    };
  }

  sentence(template: string): Sentence {
    const parts = template.split(/\{\{(.*?)\}\}/s).map((part, at) => {
      if (at % 2 === 0) return () => part;
      const program = this.#environment.parse(part.trim());
      const checked = program.check();
      if (!checked.valid) throw checked.error ?? new Error(`not a valid expression: ${part}`);
      return (inputs: Inputs) => {
        try {
          return textOf(program(this.#forCel(inputs)));
        } catch (error) {
          // The condition has said why already; the sentence must still reach the learner.
          if (error instanceof Error) return '…';
          throw error;
        }
      };
    });
    return { fill: (inputs) => parts.map((part) => part(inputs)).join('') };
  }

  #forCel(inputs: Inputs): Record<string, unknown> {
    const named = Object.entries(inputs);
    return Object.fromEntries(
      named.map(([name, value]) => [name, this.#doubles.has(name) ? value : forCel(value)]),
    );
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof EvaluationError && ABSENT.has(error.code ?? '');
}

const firstLine = (text: string) => text.split('\n')[0] ?? text;

const converted = new WeakMap<object, unknown>();

/** JSON numbers without a fraction enter CEL as int. Objects come from watch caches and do not change: converted once. */
function forCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  let made = converted.get(value);
  if (made === undefined) {
    made = Array.isArray(value)
      ? value.map(forCel)
      : Object.fromEntries(Object.entries(value).map(([name, field]) => [name, forCel(field)]));
    converted.set(value, made);
  }
  return made;
}

/** How a value reads inside a sentence: labels as `app=frontend, version=v1`. */
function textOf(value: unknown): string {
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (Number.isNaN(value)) return 'no number';
  if (typeof value === 'number') return String(Math.round(value * 1_000) / 1_000);
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  return Object.entries(value)
    .map(([name, field]) => `${name}=${textOf(field)}`)
    .join(', ');
}
