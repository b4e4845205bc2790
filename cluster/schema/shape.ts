// The notation of shapes/*.ts, and a reader for it: what OpenAPI does not say about a type's fields.
// It knows no values: protobuf.ts, typed.ts and the schema generator use it.
//
// A shape is a line of fields in the order of their protobuf numbers, from 1; `@7` says that the next one is number 7.
//   name            left out of JSON when empty
//   name*           kept when empty: absent and empty differ (a pointer in Go)
//   name!           written even when empty: `{}`, `null`, `""`, `0` or `false`
//   name!*          written even when absent, as null
//   name^Type       a message of its own on the wire, its fields inlined in JSON
//   [] [=] [a,b]    an atomic list, a set, a map by keys
//   {} {:}          an atomic map, a granular one; `{}` at the start of a line: objects of the type are atomic
//   ~ ~key          strategic merge patch: merged by the first map key (or as a set), or by `key`
//   & %             strategic merge patch: retainKeys, replace
//   =value          the default that OpenAPI states (map keys need it); `=""` is the empty string

import { accessShapes } from './shapes/access.ts';
import { admissionShapes } from './shapes/admission.ts';
import { coreShapes } from './shapes/core.ts';
import { machineryShapes } from './shapes/machinery.ts';
import { networkingShapes } from './shapes/networking.ts';
import { platformShapes } from './shapes/platform.ts';
import { workloadsShapes } from './shapes/workloads.ts';

export interface FieldShape {
  /** In JSON; for an inlined message its protobuf name. */
  name: string;
  /** Protobuf field number. */
  number: number;
  pointer: boolean;
  always: boolean;
  /** Shape name of the message whose fields are inlined here. */
  inline?: string;
  listType?: 'atomic' | 'set' | 'map';
  listMapKeys?: string[];
  mapType?: 'atomic' | 'granular';
  patchStrategy?: string;
  patchMergeKey?: string;
  default?: string;
}

export interface Shape {
  atomic: boolean;
  fields: ReadonlyMap<string, FieldShape>;
  byNumber: ReadonlyMap<number, FieldShape>;
}

/** Facts of Kubernetes, the same for every cluster of a process: parsed when first asked for. */
const parsed = new Map<string, Shape>();

const lines: Readonly<Record<string, string>> = {
  ...coreShapes,
  ...machineryShapes,
  ...workloadsShapes,
  ...accessShapes,
  ...admissionShapes,
  ...networkingShapes,
  ...platformShapes,
};

/** All shape names, such as `core.v1.PodSpec`. */
export function shapeNames(): string[] {
  return Object.keys(lines);
}

/** The shape of `core.v1.PodSpec`; undefined for types without fields of their own (Quantity, Time …). */
export function shapeNamed(name: string): Shape | undefined {
  const known = parsed.get(name);
  if (known) return known;
  const line = lines[name];
  if (line === undefined) return undefined;
  const shape = parseShape(line, name.slice(0, name.lastIndexOf('.')));
  parsed.set(name, shape);
  return shape;
}

/** The shape of an OpenAPI type name, such as `io.k8s.api.core.v1.PodSpec`. */
export function shapeOf(typeName: string): Shape | undefined {
  return shapeNamed(shapeName(typeName));
}

/** A field as JSON shows it on a type, also where it is declared in a type inlined there. */
export function fieldShapeOf(typeName: string, field: string): FieldShape | undefined {
  const shape = shapeOf(typeName);
  if (!shape) return undefined;
  const own = shape.fields.get(field);
  if (own && own.inline === undefined) return own;
  for (const { inline } of shape.fields.values()) {
    if (inline === undefined) continue;
    const found = fieldShapeOf(inline, field);
    if (found) return found;
  }
  return undefined;
}

/** `io.k8s.api.core.v1.PodSpec` → `core.v1.PodSpec`: the last three parts are enough to be unique. */
export function shapeName(typeName: string): string {
  return typeName.split('.').slice(-3).join('.');
}

const TOKEN =
  /^(?<name>[\w$-]+)(?<marks>!?\*?)(?:\[(?<list>[\w,=]*)\])?(?<map>\{:?\})?(?<merge>~\w*)?(?<retain>&)?(?<replace>%)?(?:=(?<value>\S+))?$/;

export function parseShape(line: string, pkg: string): Shape {
  const fields = new Map<string, FieldShape>();
  const byNumber = new Map<number, FieldShape>();
  let number = 1;
  let atomic = false;
  for (const token of line.split(' ').filter((part) => part !== '')) {
    if (token === '{}') {
      atomic = true;
    } else if (token.startsWith('@')) {
      number = Number(token.slice(1));
    } else {
      const field = parseField(token, number++, pkg);
      fields.set(field.name, field);
      byNumber.set(field.number, field);
    }
  }
  return { atomic, fields, byNumber };
}

function parseField(token: string, number: number, pkg: string): FieldShape {
  const inline = /^([\w$-]+)\^([\w.]+)$/.exec(token);
  if (inline)
    return {
      name: inline[1] ?? '',
      number,
      pointer: false,
      always: false,
      inline: `${pkg}.${inline[2]}`,
    };
  const groups = TOKEN.exec(token)?.groups;
  if (!groups?.['name'])
    throw new Error(`shape field "${token}" is not in the notation of shape.ts`);
  const marks = groups['marks'] ?? '';
  const field: FieldShape = {
    name: groups['name'],
    number,
    pointer: marks.includes('*'),
    always: marks.includes('!'),
  };
  const list = groups['list'];
  if (list === '') field.listType = 'atomic';
  else if (list === '=') field.listType = 'set';
  else if (list !== undefined) {
    field.listType = 'map';
    field.listMapKeys = list.split(',');
  }
  if (groups['map']) field.mapType = groups['map'] === '{}' ? 'atomic' : 'granular';
  const strategies: string[] = [];
  if (groups['merge'] !== undefined) {
    strategies.push('merge');
    const key = groups['merge'].slice(1) || field.listMapKeys?.[0];
    if (key !== undefined) field.patchMergeKey = key;
  }
  if (groups['retain']) strategies.push('retainKeys');
  if (groups['replace']) strategies.push('replace');
  if (strategies.length > 0) field.patchStrategy = strategies.join(',');
  if (groups['value'] !== undefined) field.default = groups['value'];
  return field;
}
