// Validates a custom resource against its schema, in the words of the real server's OpenAPI validator.
// Source: OpenAPI 3.0 Schema Object; words and order of problems as Status objects show them.

import { invalid, notSupported, required, tooLong, tooMany, typeInvalid } from '../field-errors.ts';
import { type Fields, isFields, same } from '../fields.ts';
import type { SchemaNode } from '../openapi.ts';
import type { FieldError } from '../resource.ts';
import { parseTimestamp } from '../../time.ts';
import { decodeBase64 } from '../base64.ts';

/** The path of the object itself, as Go prints it. */
const ROOT = '<nil>';

export function validateAgainst(value: unknown, schema: SchemaNode): FieldError[] {
  return validateAt(value, schema, '');
}

function validateAt(value: unknown, schema: SchemaNode, path: string): FieldError[] {
  if (value === null && schema.nullable) return [];
  const wrong = validateType(value, schema, path);
  if (wrong) return [wrong];
  return [
    ...validateComposition(value, schema, path),
    ...(typeof value === 'string' ? validateString(value, schema, path) : []),
    ...(typeof value === 'number' ? validateNumber(value, schema, path) : []),
    ...(Array.isArray(value) ? validateArray(value, schema, path) : []),
    ...validateEnum(value, schema, path),
    ...(isFields(value) ? validateObject(value, schema, path) : []),
  ];
}

/** The field of an error, with the root named as Go names it. */
const at = (path: string) => (path === '' ? ROOT : path);

/** `spec.hosts in body`, as the validator begins its sentences. */
const inBody = (path: string) => `${path} in body`;

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function validateType(value: unknown, schema: SchemaNode, path: string): FieldError | undefined {
  const given = typeOf(value);
  const allowed = schema['x-kubernetes-int-or-string']
    ? ['integer', 'string']
    : schema.type === undefined
      ? []
      : [schema.type];
  if (allowed.length === 0 || allowed.includes(given)) return undefined;
  if (given === 'integer' && allowed.includes('number')) return undefined;
  return typeInvalid(
    at(path),
    given,
    `${inBody(path)} must be of type ${allowed.join(',')}: ${JSON.stringify(given)}`,
  );
}

function validateString(value: string, schema: SchemaNode, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const length = Array.from(value).length;
  if (schema.maxLength !== undefined && length > schema.maxLength)
    errors.push(tooLong(at(path), schema.maxLength));
  if (schema.minLength !== undefined && length < schema.minLength)
    errors.push(
      invalid(at(path), value, `${inBody(path)} should be at least ${schema.minLength} chars long`),
    );
  if (schema.pattern !== undefined && !patternOf(schema.pattern).test(value))
    errors.push(invalid(at(path), value, `${inBody(path)} should match '${schema.pattern}'`));
  if (schema.format !== undefined && !hasFormat(value, schema.format))
    errors.push(
      invalid(
        at(path),
        value,
        `${inBody(path)} must be of type ${schema.format}: ${JSON.stringify(value)}`,
      ),
    );
  return errors;
}

const patterns = new Map<string, RegExp>();

function patternOf(pattern: string): RegExp {
  let known = patterns.get(pattern);
  if (!known) {
    known = new RegExp(pattern.replace(/^\(\?i\)/, ''), pattern.startsWith('(?i)') ? 'iu' : 'u');
    patterns.set(pattern, known);
  }
  return known;
}

/** Formats of strings that CRDs may name and that are checked; others say nothing. */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': (text) => parseTimestamp(text) !== undefined,
  date: (text) => parseTimestamp(`${text}T00:00:00Z`) !== undefined,
  byte: (text) => !('wrongAt' in decodeBase64(text)),
  uuid: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
  email: (text) => /^[^@\s]+@[^@\s]+$/.test(text),
  hostname: (text) =>
    /^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?)*\.?$/.test(
      text,
    ),
  duration: (text) => /^[-+]?(\d+(\.\d*)?\s*(ns|us|µs|ms|s|m|h|d|w))+$|^\d+$/.test(text),
};

function hasFormat(value: string, format: string): boolean {
  const check = FORMATS[format];
  return !check || check(value);
}

function validateNumber(value: number, schema: SchemaNode, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const say = (words: string) => errors.push(invalid(at(path), value, `${inBody(path)} ${words}`));
  const { minimum, maximum, multipleOf } = schema;
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf))
    say(`should be a multiple of ${multipleOf}`);
  if (maximum !== undefined && (schema.exclusiveMaximum ? value >= maximum : value > maximum))
    say(`should be less than ${schema.exclusiveMaximum ? '' : 'or equal to '}${maximum}`);
  if (minimum !== undefined && (schema.exclusiveMinimum ? value <= minimum : value < minimum))
    say(`should be greater than ${schema.exclusiveMinimum ? '' : 'or equal to '}${minimum}`);
  return errors;
}

function validateArray(value: unknown[], schema: SchemaNode, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { items, minItems, maxItems } = schema;
  if (items)
    value.forEach((item, index) => errors.push(...validateAt(item, items, `${path}[${index}]`)));
  if (minItems !== undefined && value.length < minItems)
    errors.push(
      invalid(at(path), value.length, `${inBody(path)} should have at least ${minItems} items`),
    );
  if (maxItems !== undefined && value.length > maxItems)
    errors.push(tooMany(at(path), value.length, maxItems));
  if (schema.uniqueItems && hasDuplicates(value))
    errors.push(invalid(at(path), value, `${inBody(path)} shouldn't contain duplicates`));
  return errors;
}

function hasDuplicates(items: unknown[]): boolean {
  return items.some((item, index) => items.slice(0, index).some((other) => same(item, other)));
}

function validateEnum(value: unknown, schema: SchemaNode, path: string): FieldError[] {
  if (!schema.enum || schema.enum.some((allowed) => same(allowed, value))) return [];
  const words = schema.enum.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
  return [notSupported(at(path), value, words)];
}

function validateObject(value: Fields, schema: SchemaNode, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const count = Object.keys(value).length;
  const { minProperties, maxProperties } = schema;
  if (minProperties !== undefined && count < minProperties)
    errors.push(
      invalid(at(path), count, `${inBody(path)} should have at least ${minProperties} properties`),
    );
  if (maxProperties !== undefined && count > maxProperties)
    errors.push(tooMany(at(path), count, maxProperties));
  const child = (name: string) => (path === '' ? name : `${path}.${name}`);
  for (const name of Object.keys(value).sort()) {
    const property = schema.properties?.[name];
    const others = schema.additionalProperties;
    if (property) errors.push(...validateAt(value[name], property, child(name)));
    else if (typeof others === 'object')
      errors.push(...validateAt(value[name], others, child(name)));
  }
  for (const name of schema.required ?? [])
    if (!Object.hasOwn(value, name)) errors.push(required(child(name)));
  return errors;
}

/** allOf, anyOf, oneOf and not. Their sentences name the path themselves and stand at the root. */
function validateComposition(value: unknown, schema: SchemaNode, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const say = (words: string) => errors.push(invalid(ROOT, '', `"${path}" must ${words}`));
  const failures = (each: SchemaNode) => validateAt(value, { ...each, nullable: false }, path);
  if (schema.anyOf && !schema['x-kubernetes-int-or-string']) {
    const results = schema.anyOf.map(failures);
    if (!results.some((result) => result.length === 0)) {
      errors.push(...best(results));
      say('validate at least one schema (anyOf)');
    }
  }
  if (schema.oneOf) {
    const results = schema.oneOf.map(failures);
    const valid = results.filter((result) => result.length === 0).length;
    if (valid === 0) {
      errors.push(...best(results));
      say('validate one and only one schema (oneOf). Found none valid');
    } else if (valid > 1) {
      say(`validate one and only one schema (oneOf). Found ${valid} valid alternatives`);
    }
  }
  if (schema.allOf) {
    const results = schema.allOf.map(failures);
    const valid = results.filter((result) => result.length === 0).length;
    errors.push(...results.flat());
    if (valid < results.length)
      say(`validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`);
  }
  if (schema.not && failures(schema.not).length === 0) say('not validate the schema (not)');
  return errors;
}

/** The alternative with the fewest problems is the one that was probably meant. */
function best(results: FieldError[][]): FieldError[] {
  return results.reduce((a, b) => (b.length < a.length ? b : a), results[0] ?? []);
}

/** Items of sets and maps must differ, as `x-kubernetes-list-type` says. */
export function validateListTypes(value: unknown, schema: SchemaNode, path = ''): FieldError[] {
  if (Array.isArray(value)) {
    const errors: FieldError[] = [];
    const { items } = schema;
    if (items)
      value.forEach((item, index) =>
        errors.push(...validateListTypes(item, items, `${path}[${index}]`)),
      );
    return [...errors, ...validateKeys(value, schema, path)];
  }
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const property =
      schema.properties?.[name] ??
      (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined);
    return property
      ? validateListTypes(inner, property, path === '' ? name : `${path}.${name}`)
      : [];
  });
}

function validateKeys(items: unknown[], schema: SchemaNode, path: string): FieldError[] {
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map') return [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const keyOf = (item: unknown) =>
    type === 'set' || !isFields(item)
      ? item
      : Object.fromEntries(
          keys.map((key) => [key, item[key] ?? schema.items?.properties?.[key]?.default]),
        );
  return items.flatMap((item, index) => {
    const key = keyOf(item);
    const repeated = items.slice(0, index).some((other) => same(keyOf(other), key));
    if (!repeated) return [];
    return [
      {
        type: 'FieldValueDuplicate' as const,
        field: `${path}[${index}]`,
        message: `Duplicate value: ${JSON.stringify(key)}`,
      },
    ];
  });
}

/** Errors that keep rules in CEL from being evaluated: they would judge a value of the wrong shape. */
const BLOCKING = new Set<FieldError['type']>([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

export function isBlocking(error: FieldError): boolean {
  return BLOCKING.has(error.type);
}

export const RULES_NOT_CHECKED: FieldError = {
  type: 'FieldValueInvalid',
  field: ROOT,
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};
