// JSONPath as printer columns and selectable fields use it: `.spec.hosts`, `.status.conditions[?(@.type=="Ready")].status`.
// Source: "JSONPath Support" of the Kubernetes documentation, without templates and functions.

import { isFields } from './fields.ts';

type Step =
  | { kind: 'field'; name: string }
  | { kind: 'all' }
  | { kind: 'deep'; name: string | undefined }
  | { kind: 'index'; index: number }
  | { kind: 'slice'; from: number | undefined; to: number | undefined; step: number }
  | { kind: 'filter'; left: JsonPath; operator: string; right: unknown };

export type JsonPath = readonly Step[];

/** The path, or why the text is none. A leading dot may be missing; braces around the whole may be there. */
export function parseJsonPath(text: string): JsonPath | { error: string } {
  const inner = /^\{(.*)\}$/s.exec(text.trim())?.[1] ?? text.trim();
  const steps: Step[] = [];
  let rest = inner.replace(/^\$/, '').replace(/^@/, '');
  while (rest !== '') {
    const found = firstStep(rest);
    if (!found) return { error: `unrecognized character in action: ${rest}` };
    if (found.step) steps.push(found.step);
    rest = rest.slice(found.length);
  }
  return steps;
}

function firstStep(text: string): { step?: Step; length: number } | undefined {
  const deep = /^\.\.(\*|[\w-]+)?/.exec(text);
  if (deep)
    return {
      step: { kind: 'deep', name: deep[1] === '*' ? undefined : deep[1] },
      length: deep[0].length,
    };
  if (text.startsWith('.*')) return { step: { kind: 'all' }, length: 2 };
  // A backslash keeps a dot within a name: `.metadata.labels.app\.kubernetes\.io/name`.
  const field = /^\.?((?:\\.|[^.[\]\\\s])+)/.exec(text);
  if (field && !text.startsWith('['))
    return {
      step: { kind: 'field', name: (field[1] ?? '').replace(/\\(.)/g, '$1') },
      length: field[0].length,
    };
  if (text === '.') return { length: 1 };
  return text.startsWith('[') ? bracket(text) : undefined;
}

function bracket(text: string): { step: Step; length: number } | undefined {
  const name = /^\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\]/.exec(text);
  if (name)
    return {
      step: { kind: 'field', name: (name[1] ?? name[2] ?? '').replace(/\\(.)/g, '$1') },
      length: name[0].length,
    };
  const all = /^\[\s*\*\s*\]/.exec(text);
  if (all) return { step: { kind: 'all' }, length: all[0].length };
  const index = /^\[\s*(-?\d+)\s*\]/.exec(text);
  if (index) return { step: { kind: 'index', index: Number(index[1]) }, length: index[0].length };
  const slice = /^\[\s*(-?\d+)?\s*:\s*(-?\d+)?\s*(?::\s*(\d+))?\s*\]/.exec(text);
  if (slice)
    return {
      step: {
        kind: 'slice',
        from: slice[1] === undefined ? undefined : Number(slice[1]),
        to: slice[2] === undefined ? undefined : Number(slice[2]),
        step: Number(slice[3] ?? 1),
      },
      length: slice[0].length,
    };
  return filter(text);
}

const FILTER = /^\[\s*\?\(\s*@([^=!<>]*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?))?\s*\)\s*\]/;

function filter(text: string): { step: Step; length: number } | undefined {
  const match = FILTER.exec(text);
  if (!match) return undefined;
  const left = parseJsonPath(match[1] ?? '');
  if ('error' in left) return undefined;
  const operator = match[2] ?? 'exists';
  const right = match[2] === undefined ? undefined : literal(match[3] ?? '');
  return { step: { kind: 'filter', left, operator, right }, length: match[0].length };
}

function literal(text: string): unknown {
  const quoted = /^(?:'(.*)'|"(.*)")$/s.exec(text);
  if (quoted) return quoted[1] ?? quoted[2];
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** All values the path leads to; none where it leads nowhere. */
export function findValues(path: JsonPath, root: unknown): unknown[] {
  let here: unknown[] = [root];
  for (const step of path) here = here.flatMap((value) => follow(step, value));
  return here;
}

function follow(step: Step, value: unknown): unknown[] {
  switch (step.kind) {
    case 'field':
      return isFields(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case 'all':
      return children(value);
    case 'deep':
      return descendants(value).flatMap((each) =>
        step.name === undefined ? [each] : follow({ kind: 'field', name: step.name }, each),
      );
    case 'index': {
      if (!Array.isArray(value)) return [];
      const at = step.index < 0 ? value.length + step.index : step.index;
      return at in value ? [value[at]] : [];
    }
    case 'slice':
      return Array.isArray(value)
        ? value.slice(step.from, step.to).filter((_, index) => index % step.step === 0)
        : [];
    case 'filter':
      return children(value).filter((each) => holds(step, each));
  }
}

function children(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isFields(value) ? Object.values(value) : [];
}

function descendants(value: unknown): unknown[] {
  return [value, ...children(value).flatMap(descendants)];
}

function holds(step: Extract<Step, { kind: 'filter' }>, value: unknown): boolean {
  const [left] = findValues(step.left, value);
  if (step.operator === 'exists') return left !== undefined;
  if (left === undefined) return false;
  const { right } = step;
  if (step.operator === '==') return left === right;
  if (step.operator === '!=') return left !== right;
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string'))
    return false;
  const order = left < (right as typeof left) ? -1 : left === right ? 0 : 1;
  if (step.operator === '<') return order < 0;
  if (step.operator === '<=') return order <= 0;
  return step.operator === '>' ? order > 0 : order >= 0;
}
