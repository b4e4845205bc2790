// A ```yaml check block → CheckSpec, with every mistake at its place. The fields and types are those of protocol/check.ts.

import type * as z from 'zod/mini';
import { CheckSpec, Input, isOnlySeen, Mistake, Rule } from '../../protocol/check.ts';
import { Measure } from '../../protocol/evidence.ts';
import { Conditions } from './condition.ts';
import { all, either, guess, type Place, type Problems } from './problem.ts';
import { type Origin, YamlText } from './yaml.ts';

/** A check as it was written, with a way back to its lines for what can only be told later. */
export interface WrittenCheck {
  spec: CheckSpec;
  place: (path: readonly PropertyKey[]) => Place;
}

/** Every kind of input and its own fields. Its first field says which it is. */
const inputs = new Map<string, string[]>(
  Input.def.options.map((option) => {
    const fields = Object.keys(option.shape);
    return [fields[0] ?? '', fields];
  }),
);
const kinds = [...inputs.keys()];

/** CEL's own words, and names its grammar keeps for later. Source: the CEL language definition, "Identifiers". */
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

export function readCheck(
  text: string,
  origin: Origin,
  problems: Problems,
): WrittenCheck | undefined {
  const yaml = new YamlText(text, origin, problems);
  if (!yaml.isValid) return undefined;
  const value = yaml.value();
  const parsed = CheckSpec.safeParse(value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) tell(issue, value, yaml, problems);
    return undefined;
  }
  const spec = parsed.data;
  readMeaning(spec, yaml, problems);
  return { spec, place: (path) => yaml.place(path) };
}

/** What the schema cannot see: conditions, names, and lists that must not be empty. */
function readMeaning(spec: CheckSpec, yaml: YamlText, problems: Problems): void {
  if (!isId(spec.check)) {
    problems.add(yaml.place(['check']), `\`${spec.check}\` is no id. ${ID_FORM}`);
  }
  for (const name of Object.keys(spec.watch)) {
    if (!/^[A-Za-z_]\w*$/.test(name) || RESERVED.has(name)) {
      const message = `\`${name}\` cannot be used in a condition. Name the input with letters, digits and _: \`${identifierFrom(name)}\`.`;
      problems.add(yaml.placeOfKey(['watch'], name), message);
    }
  }
  if (isOnlySeen(spec)) {
    for (const [name, input] of Object.entries(spec.watch)) {
      if ('receipt' in input) continue;
      const message = `a check of receipts is seen, never proven, and \`${name}\` could prove something: give it a check of its own, in another step.`;
      problems.add(yaml.placeOfKey(['watch'], name), message);
    }
  }
  if (!spec.rules.length) {
    problems.add(yaml.place(['rules']), '`rules` is empty: say what has to be true, in `expect`.');
  }
  if (!spec.mistakes.length) problems.add(yaml.place(['mistakes']), NO_MISTAKES);

  const conditions = new Conditions(spec.watch);
  for (const [at, rule] of spec.rules.entries()) {
    const wrong = conditions.condition(rule.expect);
    const path = ['rules', at, 'expect'];
    if (wrong) problems.add(yaml.placeInString(path, wrong.offset), wrong.message);
    readSentence(rule.say, ['rules', at, 'say'], conditions, yaml, problems);
  }
  if (spec.seen) readSentence(spec.seen, ['seen'], conditions, yaml, problems);
  for (const [at, measure] of (spec.measures ?? []).entries()) {
    readMeasure(measure, ['measures', at], spec, conditions, yaml, problems);
  }
}

/** A measure is a value or a span, of rules that there are, with an id of its own. */
function readMeasure(
  { measure, value, from, to }: Measure,
  path: readonly PropertyKey[],
  spec: CheckSpec,
  conditions: Conditions,
  yaml: YamlText,
  problems: Problems,
): void {
  if (!isId(measure)) {
    problems.add(yaml.place([...path, 'measure']), `\`${measure}\` is no id. ${ID_FORM}`);
  }
  if ((value === undefined) === (from === undefined)) {
    const message = `measure \`${measure}\` needs either \`value\`, a number of the check’s inputs, or \`from\`, where a span begins.`;
    problems.add(yaml.place(path), message);
  }
  if (value !== undefined) {
    const wrong = conditions.value(value);
    if (wrong) problems.add(yaml.placeInString([...path, 'value'], wrong.offset), wrong.message);
  }
  const hasHistory = spec.mode === 'history' || isOnlySeen(spec);
  for (const [name, moment] of Object.entries({ from, to })) {
    if (!moment || !('rule' in moment)) continue;
    if (hasHistory && Number.isInteger(moment.rule) && spec.rules[moment.rule - 1]) continue;
    const message = hasHistory
      ? `there is no rule ${moment.rule}: check \`${spec.check}\` has ${spec.rules.length}, counted from 1.`
      : `the rules of check \`${spec.check}\` hold all at once. Moments of rules are for \`mode: history\`.`;
    problems.add(yaml.place([...path, name]), message);
  }
}

function readSentence(
  sentence: string,
  path: readonly PropertyKey[],
  conditions: Conditions,
  yaml: YamlText,
  problems: Problems,
): void {
  for (const match of sentence.matchAll(/\{\{(.*?)\}\}/gs)) {
    const inside = match[1] ?? '';
    const expression = inside.trim();
    const begin = match.index + 2 + (inside.length - inside.trimStart().length);
    const wrong = conditions.value(expression);
    if (wrong) problems.add(yaml.placeInString(path, begin + wrong.offset), wrong.message);
  }
}

const NO_MISTAKES =
  '`mistakes` is missing. Name at least one plausible wrong way: what is run, and the words the check then says.';

/** What each part is called in messages, and the fields it has. */
function partAt(path: readonly PropertyKey[], value: unknown): { name: string; fields: string[] } {
  const [top, , third] = path;
  if (top === 'rules' && path.length >= 2)
    return { name: 'a rule', fields: Object.keys(Rule.shape) };
  if ((top === 'mistakes' || top === 'breaks') && path.length >= 2) {
    return {
      name: top === 'mistakes' ? 'a mistake' : 'a break',
      fields: Object.keys(Mistake.shape),
    };
  }
  if (top === 'measures' && path.length >= 2)
    return { name: 'a measure', fields: Object.keys(Measure.shape) };
  if (top === 'alternatives' && path.length >= 2)
    return { name: 'an alternative', fields: ['run'] };
  if (top === 'watch' && path.length >= 2 && third === undefined) {
    const kind = kindOf(value);
    return { name: `an input of \`${kind ?? ''}\``, fields: inputs.get(kind ?? '') ?? kinds };
  }
  return { name: 'a check', fields: Object.keys(CheckSpec.shape) };
}

function kindOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return kinds.find((kind) => kind in value);
}

function tell(issue: z.core.$ZodIssue, root: unknown, yaml: YamlText, problems: Problems): void {
  const path = issue.path;
  if (issue.code === 'unrecognized_keys') {
    const part = partAt(path, at(root, path));
    for (const key of issue.keys) {
      const message = `unknown field \`${key}\`: ${part.name} has ${all(part.fields.map(quoted))}.${guess(key, part.fields)}`;
      problems.add(yaml.placeOfKey(path, key), message);
    }
  } else if (issue.code === 'invalid_union') {
    tellInput(path, root, yaml, problems);
  } else if (at(root, path) === undefined) {
    const key = String(path.at(-1));
    const part = partAt(path.slice(0, -1), at(root, path.slice(0, -1)));
    const message =
      key === 'mistakes'
        ? NO_MISTAKES
        : `\`${key}\` is missing: ${part.name} needs ${wants(issue)}.`;
    problems.add(yaml.place(path.slice(0, -1)), message);
  } else {
    problems.add(
      yaml.place(path),
      `\`${String(path.at(-1) ?? 'check')}\` has to be ${wants(issue)}.`,
    );
  }
}

/** An input is one of several kinds: say which it seems to be, and what that one lacks. */
function tellInput(
  path: readonly PropertyKey[],
  root: unknown,
  yaml: YamlText,
  problems: Problems,
): void {
  const value = at(root, path);
  const name = String(path.at(-1));
  const kind = kindOf(value);
  const option = Input.def.options.find((one) => Object.keys(one.shape)[0] === kind);
  if (!option) {
    const message = `input \`${name}\` does not say what it watches: begin it with ${either(kinds.map(quoted))}.`;
    problems.add(yaml.placeOfKey(path.slice(0, -1), name), message);
    return;
  }
  const parsed = option.safeParse(value);
  for (const issue of parsed.error?.issues ?? []) {
    tell({ ...issue, path: [...path, ...issue.path] }, root, yaml, problems);
  }
}

function wants(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value')
    return either(issue.values.map((value) => `\`${String(value)}\``));
  if (issue.code !== 'invalid_type') return 'something else';
  const words: Record<string, string> = {
    string: 'a text',
    number: 'a number',
    array: 'a list',
    object: 'fields of its own',
    record: 'names with a value each',
  };
  return words[issue.expected] ?? issue.expected;
}

function at(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined,
    root,
  );
}

const quoted = (word: string) => `\`${word}\``;
const identifierFrom = (name: string) => name.replace(/\W+/g, '_').replace(/^(?=\d)/, '_');

export const ID_FORM = 'Write small letters, digits and hyphens: `deploy-frontend`.';
export const isId = (text: string) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text);
