// Evaluates the rules in CEL of a CRD's schema (x-kubernetes-validations), in the words of the real server.
// Knows CEL by its library, and the URL functions that Kubernetes adds; knows no kind. Costs are not counted.
// Source: "Validation rules" of the CustomResourceDefinition documentation; words as Status objects show them.

import { Environment, EvaluationError, ParseError } from '@marcbachmann/cel-js';
import { OMITTED, duplicate, forbidden, invalid, required } from '../field-errors.ts';
import { isFields, same } from '../fields.ts';
import type { SchemaNode } from '../openapi.ts';
import type { FieldError } from '../resource.ts';
import type { RuleEvaluator } from './definition.ts';

type Rule = NonNullable<SchemaNode['x-kubernetes-validations']>[number];

export const celRules: RuleEvaluator = {
  evaluate: (value, old, schema) => evaluateAt(value, old, schema, ''),
};

function evaluateAt(value: unknown, old: unknown, schema: SchemaNode, path: string): FieldError[] {
  if (value === null || value === undefined) return [];
  // What an update leaves as it is was judged when it came; newer rules do not strand it.
  if (old !== undefined && same(value, old)) return [];
  const errors = (schema['x-kubernetes-validations'] ?? []).flatMap((rule) => {
    const error = evaluateRule(rule, value, old, schema, path);
    return error ? [error] : [];
  });
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!items) return errors;
    const olds = listed(old, schema);
    return [
      ...errors,
      ...value.flatMap((item, index) => evaluateAt(item, olds(item), items, `${path}[${index}]`)),
    ];
  }
  if (!isFields(value)) return errors;
  const before = isFields(old) ? old : {};
  const others =
    typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  for (const name of Object.keys(value).sort()) {
    const known = schema.properties?.[name];
    const inner = known ?? others;
    if (!inner) continue;
    const here = known ? (path === '' ? name : `${path}.${name}`) : `${path}[${name}]`;
    errors.push(...evaluateAt(value[name], before[name], inner, here));
  }
  return errors;
}

/** Items of a map-like list have a past of their own; items of other lists have none. */
function listed(old: unknown, schema: SchemaNode): (item: unknown) => unknown {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (!keys || !Array.isArray(old)) return () => undefined;
  return (item) =>
    old.find(
      (each) => isFields(each) && isFields(item) && keys.every((key) => same(each[key], item[key])),
    );
}

function evaluateRule(
  rule: Rule,
  value: unknown,
  old: unknown,
  schema: SchemaNode,
  path: string,
): FieldError | undefined {
  const changes = /\boldSelf\b/.test(rule.rule);
  if (changes && old === undefined) return undefined;
  const context: Record<string, unknown> = { self: forCel(value, schema) };
  if (changes) context['oldSelf'] = forCel(old, schema);
  const field = path === '' ? '<nil>' : path + (rule.fieldPath ?? '');
  const text = rule.message ?? `failed rule: ${rule.rule.trim()}`;
  try {
    if (programOf(rule.rule)(context) === true) return undefined;
    return refusal(field, value, messageOf(rule, context) ?? text, rule.reason);
  } catch (error) {
    // The rule could not be worked out on this value: that refuses it too. Here a real server names the value's type.
    const why = rule.message ?? rule.rule.trim();
    const words = `${wordsOf(error, value)} evaluating rule: ${why}`;
    return invalid(path === '' ? '<nil>' : path, schema.type ?? '', words);
  }
}

function messageOf({ messageExpression }: Rule, context: Record<string, unknown>) {
  if (messageExpression === undefined) return undefined;
  try {
    const message = programOf(messageExpression)(context);
    return typeof message === 'string' && message.trim() !== '' ? message : undefined;
  } catch {
    return undefined; // As documented: the fixed message stands in for an expression that fails.
  }
}

/** Objects and lists are not repeated in a refusal. */
function refusal(
  field: string,
  value: unknown,
  detail: string,
  reason: string | undefined,
): FieldError {
  const named = typeof value === 'object' ? OMITTED : value;
  switch (reason) {
    case 'FieldValueRequired':
      return required(field, detail);
    case 'FieldValueForbidden':
      return forbidden(field, detail);
    case 'FieldValueDuplicate':
      return duplicate(field, named);
    case undefined:
    default:
      return invalid(field, named, detail);
  }
}

/** Source: the errors that cel-go's conversions and lookups give. */
function wordsOf(error: unknown, value: unknown): string {
  if (!(error instanceof EvaluationError)) return String(error);
  switch (error.code) {
    case 'invalid_duration':
      return "type conversion error from 'string' to 'google.protobuf.Duration'";
    case 'int_conversion_error':
      return `strconv.ParseInt: parsing ${JSON.stringify(String(firstBad(value)))}: invalid syntax`;
    case 'no_such_key':
      return error.message.split('\n')[0]?.replace(/^No such/, 'no such') ?? '';
    default:
      return error.message.split('\n')[0] ?? '';
  }
}

/** The key that is no number, where a rule counts on numbers. */
function firstBad(value: unknown): unknown {
  return isFields(value) ? Object.keys(value).find((key) => !/^[-+]?\d+$/.test(key)) : value;
}

type Program = (context: Record<string, unknown>) => unknown;

/** Compiled once a process: the same kinds serve every cluster. */
const programs = new Map<string, Program>();
let environment: Environment | undefined;

function programOf(rule: string): Program {
  let program = programs.get(rule);
  if (!program) {
    environment ??= kubernetesEnvironment();
    const parsed = environment.parse(rule);
    program = (context) => parsed(context) as unknown;
    programs.set(rule, program);
  }
  return program;
}

/** An expression over variables that nobody declares, as Telemetry's are; undefined when it is none. It may throw. */
export function expressionOf(text: string): Program | undefined {
  try {
    return programOf(text);
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

class Url {
  readonly scheme: string;
  readonly host: string;

  constructor(text: string) {
    const [, scheme = '', host = ''] =
      /^(?:([a-zA-Z][-+.a-zA-Z0-9]*):)?(?:\/\/([^/?#]*))?/.exec(text) ?? [];
    this.scheme = scheme.toLowerCase();
    this.host = host;
  }
}

/** Source: "Kubernetes URL library" of "Common Expression Language in Kubernetes". */
function kubernetesEnvironment(): Environment {
  return new Environment({ unlistedVariablesAreDyn: true })
    .registerType('kubernetes.URL', Url)
    .registerFunction('isURL(string): bool', isUrl)
    .registerFunction('url(string): kubernetes.URL', (text: string) => new Url(text))
    .registerFunction('kubernetes.URL.getScheme(): string', (url: Url) => url.scheme)
    .registerFunction('kubernetes.URL.getHost(): string', (url: Url) => url.host);
}

/** An absolute address or an absolute path. */
function isUrl(text: string): boolean {
  return /^([a-zA-Z][-+.a-zA-Z0-9]*:\S+|\/\S*)$/.test(text);
}

/** Whole numbers are CEL's integers, as the schema says; everything else is as it is. */
function forCel(value: unknown, schema: SchemaNode): unknown {
  if (typeof value === 'number')
    return schema.type !== 'number' && Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map((item) => forCel(item, schema.items ?? {}));
  if (!isFields(value)) return value;
  const others = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      forCel(inner, schema.properties?.[name] ?? others),
    ]),
  );
}
