// Reads the protobuf bodies of typed clients (kubectl 1.32 and newer writes so) into the JSON they stand for.
// The one file that knows the protobufjs package. Knows messages by shape.ts and type-plan.ts; conforming comes after.
// Source: the envelope of "Kubernetes protobuf" in the API concepts documentation; field numbers as in shape.ts.

import { Reader, Writer } from 'protobufjs/minimal.js';
import { microTimestamp, timestamp } from '../time.ts';
import { encodeBase64 } from './base64.ts';
import type { SchemaBundle } from './bundle.ts';
import { type Shape, shapeNamed, shapeOf } from './shape.ts';
import { planOf, type TypePlan, type ValuePlan } from './type-plan.ts';
import { META_PACKAGE, typeNameOf } from './type-names.ts';

export { Writer };

/** `k8s\0` */
const MAGIC = [0x6b, 0x38, 0x73, 0x00];

export interface Envelope {
  apiVersion: string;
  kind: string;
  raw: Uint8Array;
}

/** The outer message, or what is wrong with the bytes. */
export function readEnvelope(bytes: Uint8Array): Envelope | { error: string } {
  if (!MAGIC.every((byte, index) => bytes[index] === byte))
    return {
      error:
        'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    };
  return guarded(() => {
    const envelope: Envelope = { apiVersion: '', kind: '', raw: new Uint8Array() };
    eachField(bytes.subarray(MAGIC.length), (number, reader, wire) => {
      if (number === 1) Object.assign(envelope, readTypeMeta(reader.bytes()));
      else if (number === 2) envelope.raw = reader.bytes();
      else reader.skipType(wire);
    });
    return envelope;
  });
}

function readTypeMeta(bytes: Uint8Array): { apiVersion: string; kind: string } {
  const meta = { apiVersion: '', kind: '' };
  eachField(bytes, (number, reader, wire) => {
    if (number === 1) meta.apiVersion = reader.string();
    else if (number === 2) meta.kind = reader.string();
    else reader.skipType(wire);
  });
  return meta;
}

/** The object inside an envelope as JSON values, empty ones included: conforming drops them. */
export function readMessage(
  bundle: SchemaBundle,
  envelope: Envelope,
): { value: Record<string, unknown> } | { error: string } {
  const typeName = messageType(envelope);
  if (!bundle.types[typeName] || !shapeOf(typeName))
    return {
      error: `no kind "${envelope.kind}" is registered for version "${envelope.apiVersion}"`,
    };
  const reading = new Messages(bundle);
  return guarded(() => ({
    value: {
      apiVersion: envelope.apiVersion,
      kind: envelope.kind,
      ...reading.struct(planOf(bundle, typeName), envelope.raw),
    },
  }));
}

/** Options and Status are the same messages in every group. */
function messageType({ apiVersion, kind }: Envelope): string {
  if (kind === 'DeleteOptions' || kind === 'Status') return `${META_PACKAGE}.${kind}`;
  const slash = apiVersion.indexOf('/');
  return typeNameOf(slash < 0 ? '' : apiVersion.slice(0, slash), apiVersion.slice(slash + 1), kind);
}

/** Malformed bytes make the library throw; a client's bytes are no broken promise of ours. */
function guarded<T>(read: () => T): T | { error: string } {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { error: `proto: ${error.message}` };
  }
}

function eachField(
  bytes: Uint8Array,
  visit: (number: number, reader: Reader, wire: number) => void,
): void {
  const reader = Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    visit(tag >>> 3, reader, tag & 7);
  }
}

class Messages {
  readonly #bundle: SchemaBundle;

  constructor(bundle: SchemaBundle) {
    this.#bundle = bundle;
  }

  struct(plan: TypePlan, bytes: Uint8Array): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    const shape = shapeOf(plan.typeName);
    if (shape) this.#into(object, plan, shape, bytes);
    return object;
  }

  #into(object: Record<string, unknown>, plan: TypePlan, shape: Shape, bytes: Uint8Array): void {
    eachField(bytes, (number, reader, wire) => {
      const field = shape.byNumber.get(number);
      if (!field) return reader.skipType(wire);
      if (field.inline !== undefined) {
        const inner = shapeNamed(field.inline);
        if (!inner) return reader.skipType(wire);
        return this.#into(object, plan, inner, reader.bytes());
      }
      const known = plan.byName.get(field.name);
      if (!known) return reader.skipType(wire);
      this.#field(object, field.name, known.value, reader, wire);
    });
  }

  #field(
    object: Record<string, unknown>,
    name: string,
    plan: ValuePlan,
    reader: Reader,
    wire: number,
  ): void {
    if (plan.kind === 'array') {
      const items = (object[name] ??= []) as unknown[];
      if (wire === 2 && isVarint(plan.items)) items.push(...packed(reader.bytes(), plan.items));
      else items.push(this.#value(plan.items, reader));
    } else if (plan.kind === 'map') {
      const entries = (object[name] ??= {}) as Record<string, unknown>;
      const [key, value] = this.#entry(plan.values, reader.bytes());
      entries[key] = value;
    } else {
      object[name] = this.#value(plan, reader);
    }
  }

  #entry(plan: ValuePlan, bytes: Uint8Array): [string, unknown] {
    let key = '';
    let value: unknown = plan.kind === 'string' ? '' : undefined;
    eachField(bytes, (number, reader, wire) => {
      if (number === 1) key = reader.string();
      else if (number !== 2) reader.skipType(wire);
      // A list as a map's value is a message of its own: `extra` of a user.
      else
        value =
          plan.kind === 'array'
            ? this.#list(plan.items, reader.bytes())
            : this.#value(plan, reader);
    });
    return [key, value];
  }

  #list(items: ValuePlan, bytes: Uint8Array): unknown[] {
    const list: unknown[] = [];
    eachField(bytes, (_number, reader) => list.push(this.#value(items, reader)));
    return list;
  }

  #value(plan: ValuePlan, reader: Reader): unknown {
    switch (plan.kind) {
      case 'string':
        return reader.string();
      case 'boolean':
        return reader.bool();
      case 'integer':
        return integer(reader);
      case 'double':
        return reader.double();
      case 'bytes':
        return encodeBase64(reader.bytes());
      case 'quantity':
        return readQuantity(reader.bytes());
      case 'intOrString':
        return readIntOrString(reader.bytes());
      case 'time':
        return readTime(reader.bytes(), plan.micro);
      case 'any':
        return readRaw(reader.bytes());
      case 'struct':
        return this.struct(planOf(this.#bundle, plan.typeName), reader.bytes());
      case 'array':
      case 'map':
        throw new Error(`a ${plan.kind} cannot stand inside another list`);
    }
  }
}

function isVarint(plan: ValuePlan): boolean {
  return plan.kind === 'integer' || plan.kind === 'boolean';
}

function packed(bytes: Uint8Array, plan: ValuePlan): unknown[] {
  const reader = Reader.create(bytes);
  const values: unknown[] = [];
  while (reader.pos < reader.len)
    values.push(plan.kind === 'boolean' ? reader.bool() : integer(reader));
  return values;
}

/** Up to 2^53: beyond, JSON numbers of JavaScript are no longer exact either. */
function integer(reader: Reader): number {
  const value: unknown = reader.int64();
  return typeof value === 'number' ? value : Number(String(value));
}

function readQuantity(bytes: Uint8Array): string {
  let text = '0';
  eachField(bytes, (number, reader, wire) => {
    if (number === 1) text = reader.string();
    else reader.skipType(wire);
  });
  return text;
}

function readIntOrString(bytes: Uint8Array): number | string {
  let isString = false;
  let int = 0;
  let text = '';
  eachField(bytes, (number, reader, wire) => {
    if (number === 1) isString = integer(reader) === 1;
    else if (number === 2) int = integer(reader);
    else if (number === 3) text = reader.string();
    else reader.skipType(wire);
  });
  return isString ? text : int;
}

/** An empty message is the zero time, which JSON leaves out or writes as null. */
function readTime(bytes: Uint8Array, micro: boolean): string | null {
  if (bytes.length === 0) return null;
  let seconds = 0;
  let nanos = 0;
  eachField(bytes, (number, reader, wire) => {
    if (number === 1) seconds = integer(reader);
    else if (number === 2) nanos = integer(reader);
    else reader.skipType(wire);
  });
  return micro ? microTimestamp(seconds * 1000 + nanos / 1e6) : timestamp(seconds * 1000);
}

/** Raw JSON inside a message: RawExtension, FieldsV1. */
function readRaw(bytes: Uint8Array): unknown {
  let value: unknown = null;
  eachField(bytes, (number, reader, wire) => {
    if (number !== 1) return reader.skipType(wire);
    const text = new TextDecoder().decode(reader.bytes());
    value = text === '' ? null : (JSON.parse(text) as unknown);
  });
  return value;
}
