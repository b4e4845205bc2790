// Makes a JSON value an object of a built-in type, as the real server does by decoding it into its own types and out again:
// unknown fields are dropped and told of, wrong types are an error, quantities and times take their one form, empty values
// are left out or filled in. Knows types (type-plan.ts); knows nothing of defaults or validation.

import { microTimestamp, parseTimestamp, timestamp } from '../time.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import type { SchemaBundle } from './bundle.ts';
import { goQuote } from './field-errors.ts';
import { formatQuantity, parseQuantity } from './quantity.ts';
import type { ConformSource } from './resource.ts';
import { type FieldPlan, planOf, type TypePlan, type ValuePlan } from './type-plan.ts';

export interface ConformedValue {
  value: Record<string, unknown>;
  /** `unknown field "spec.foo"` */
  problems: string[];
}

/** Why a value cannot be of the type, in the words of the real decoder. */
class WrongType extends Error {}

/**
 * Conforms a whole object or a part of one. `error` holds the real decoder's words without a prefix; `path` is where a part
 * stands in its object.
 */
export function conformTyped(
  bundle: SchemaBundle,
  typeName: string,
  value: unknown,
  source: ConformSource,
  path = '',
): ConformedValue | { error: string } {
  const walk = new Walk(bundle, source);
  try {
    const conformed = walk.struct(planOf(bundle, typeName), value, {
      path,
      go: path,
      struct: '',
    });
    if (walk.firstError !== undefined) return { error: walk.firstError };
    if (source === 'fields') walk.problems.sort();
    return { value: conformed ?? {}, problems: walk.problems };
  } catch (error) {
    if (!(error instanceof WrongType)) throw error;
    return { error: error.message };
  }
}

interface Place {
  /** `spec.template.spec.containers[0].image`, for unknown fields. */
  path: string;
  /** `spec.template.spec.containers.image`: Go leaves indexes out. */
  go: string;
  /** Go's name of the type that holds the field. */
  struct: string;
}

class Walk {
  readonly problems: string[] = [];
  /** Go's JSON decoder goes on after a wrong type and reports the first at the end; the other one stops at once. */
  firstError: string | undefined;
  readonly #bundle: SchemaBundle;
  readonly #source: ConformSource;

  constructor(bundle: SchemaBundle, source: ConformSource) {
    this.#bundle = bundle;
    this.#source = source;
  }

  struct(plan: TypePlan, value: unknown, place: Place): Record<string, unknown> | undefined {
    if (value === null || value === undefined) return this.#filled(plan, {});
    if (typeof value !== 'object' || Array.isArray(value)) {
      this.#wrong(
        value,
        place,
        `v1.${plan.goName}`,
        `cannot restore struct from: ${goKind(value)}`,
      );
      return this.#filled(plan, {});
    }
    const found: Record<string, unknown> = {};
    for (const [name, given] of Object.entries(value)) {
      if (given === undefined) continue;
      const path = place.path === '' ? name : `${place.path}.${name}`;
      const field = plan.byName.get(name);
      if (!field) {
        this.problems.push(`unknown field ${goQuote(path)}`);
        continue;
      }
      const go = place.go === '' ? name : `${place.go}.${name}`;
      found[name] = this.#value(field.value, given, { path, go, struct: plan.goName });
    }
    return this.#filled(plan, found);
  }

  /** Puts fields in order, leaves empty ones out and fills in those that are always written. */
  #filled(plan: TypePlan, found: Record<string, unknown>): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const field of plan.fields) {
      const value = found[field.name];
      if (value === undefined || value === null) {
        if (field.always) result[field.name] = this.#empty(field);
      } else if (field.pointer || field.always || !isEmpty(value)) {
        result[field.name] = value;
      }
    }
    return result;
  }

  #empty(field: FieldPlan): unknown {
    if (field.pointer) return null;
    switch (field.value.kind) {
      case 'string':
        return '';
      case 'boolean':
        return false;
      case 'integer':
      case 'double':
      case 'intOrString':
        return 0;
      case 'quantity':
        return '0';
      case 'struct':
        return this.#filled(planOf(this.#bundle, field.value.typeName), {});
      case 'array':
      case 'map':
      case 'bytes':
      case 'time':
      case 'any':
        return null;
    }
  }

  #value(plan: ValuePlan, value: unknown, place: Place): unknown {
    if (value === null) return undefined;
    switch (plan.kind) {
      case 'struct':
        return this.struct(planOf(this.#bundle, plan.typeName), value, place);
      case 'array':
        return this.#array(plan.items, value, place);
      case 'map':
        return this.#map(plan.values, value, place);
      case 'any':
        return value;
      case 'string':
        return typeof value === 'string' ? value : this.#wrong(value, place, 'string');
      case 'boolean':
        return typeof value === 'boolean' ? value : this.#wrong(value, place, 'bool');
      case 'integer':
        return this.#integer(plan.format, value, place);
      case 'double':
        return typeof value === 'number' ? value : this.#wrong(value, place, 'float64');
      case 'bytes':
        return this.#bytes(value, place);
      case 'quantity':
        return this.#quantity(value);
      case 'intOrString':
        return this.#intOrString(value);
      case 'time':
        return this.#time(value, plan.micro);
    }
  }

  #array(items: ValuePlan, value: unknown, place: Place): unknown {
    if (!Array.isArray(value))
      return this.#wrong(
        value,
        place,
        `[]${goType(items)}`,
        `cannot restore slice from ${goKind(value)}`,
      );
    return value.map((item, index) => {
      const conformed = this.#value(items, item ?? null, {
        ...place,
        path: `${place.path}[${index}]`,
      });
      return conformed === undefined ? this.#zero(items) : conformed;
    });
  }

  #map(values: ValuePlan, value: unknown, place: Place): unknown {
    if (typeof value !== 'object' || Array.isArray(value) || value === null)
      return this.#wrong(
        value,
        place,
        goType({ kind: 'map', values }),
        `cannot restore map from ${goKind(value)}`,
      );
    const result: Record<string, unknown> = {};
    for (const [key, given] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
      const conformed = this.#value(values, given ?? null, {
        ...place,
        path: `${place.path}[${key}]`,
      });
      result[key] = conformed === undefined ? this.#zero(values) : conformed;
    }
    return result;
  }

  /** What a null among the items of a list or map becomes. */
  #zero(plan: ValuePlan): unknown {
    return this.#empty({ name: '', value: plan, pointer: false, always: true });
  }

  #integer(format: 'int32' | 'int64', value: unknown, place: Place): unknown {
    if (typeof value !== 'number') return this.#wrong(value, place, format);
    const most = format === 'int32' ? 2 ** 31 : 2 ** 63;
    if (Number.isInteger(value) && value >= -most && value < most) return value;
    return this.#wrong(
      value,
      place,
      format,
      `cannot convert float64 to ${format}`,
      `number ${value}`,
    );
  }

  #bytes(value: unknown, place: Place): unknown {
    if (typeof value !== 'string') return this.#wrong(value, place, '[]uint8');
    const bytes = decodeBase64(value);
    return 'wrongAt' in bytes
      ? this.#refuse(`illegal base64 data at input byte ${bytes.wrongAt}`)
      : encodeBase64(bytes);
  }

  #quantity(value: unknown): unknown {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const parsed = parseQuantity(text.trim());
    return 'error' in parsed ? this.#refuse(parsed.error) : formatQuantity(parsed);
  }

  #intOrString(value: unknown): unknown {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' && Number.isInteger(value)) return value;
    const shown = typeof value === 'number' ? `number ${value}` : jsonKind(value);
    return this.#refuse(`json: cannot unmarshal ${shown} into Go value of type int32`);
  }

  #time(value: unknown, micro: boolean): unknown {
    if (typeof value !== 'string')
      return this.#refuse(`json: cannot unmarshal ${jsonKind(value)} into Go value of type string`);
    if (value === '') return undefined;
    const ms = parseTimestamp(value);
    if (ms === undefined) {
      const layout = micro ? '2006-01-02T15:04:05.000000Z07:00' : '2006-01-02T15:04:05Z07:00';
      return this.#refuse(
        `parsing time ${goQuote(value)} as "${layout}": cannot parse ${goQuote(value)} as "2006"`,
      );
    }
    return micro ? microTimestamp(ms) : timestamp(ms);
  }

  #wrong(
    value: unknown,
    place: Place,
    goType: string,
    inFields = `unrecognized type: ${goType}`,
    shown = jsonKind(value),
  ): undefined {
    if (this.#source === 'fields') {
      const convertible =
        goType === 'string' && typeof value === 'number' && Number.isInteger(value);
      throw new WrongType(convertible ? `cannot convert int64 to ${goType}` : inFields);
    }
    return this.#refuse(
      place.struct === ''
        ? `json: cannot unmarshal ${shown} into Go value of type ${goType}`
        : `json: cannot unmarshal ${shown} into Go struct field ${place.struct}.${place.go} of type ${goType}`,
    );
  }

  #refuse(words: string): undefined {
    if (this.#source === 'fields') throw new WrongType(words);
    this.firstError ??= words;
    return undefined;
  }
}

function isEmpty(value: unknown): boolean {
  if (value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== 'object' || value === null) return false;
  for (const _ in value) return false;
  return true;
}

/** Go's JSON decoder's word for a value. */
export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** Go's reflection's word for a decoded value. */
function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'object' ? 'map' : typeof value;
}

function goType(plan: ValuePlan): string {
  switch (plan.kind) {
    case 'struct':
      return `v1.${plan.typeName.slice(plan.typeName.lastIndexOf('.') + 1)}`;
    case 'boolean':
      return 'bool';
    case 'integer':
      return plan.format;
    case 'double':
      return 'float64';
    case 'bytes':
      return '[]uint8';
    case 'quantity':
      return 'resource.Quantity';
    case 'intOrString':
      return 'intstr.IntOrString';
    case 'time':
      return plan.micro ? 'v1.MicroTime' : 'v1.Time';
    case 'array':
      return `[]${goType(plan.items)}`;
    case 'map':
      return plan.values.kind === 'quantity'
        ? 'v1.ResourceList'
        : `map[string]${goType(plan.values)}`;
    case 'any':
      return 'runtime.RawExtension';
    case 'string':
      return 'string';
  }
}
