// Protobuf's words in JSON, as Envoy writes them: durations, moments, typed messages.
// Source: protobuf.dev, ProtoJSON format.

import type { Fields } from '../../schema/fields.ts';
import { timestamp } from '../../time.ts';

/** `10s`, `0.025s` */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  return Number.isInteger(seconds) ? `${seconds}s` : `${seconds.toFixed(3)}s`;
}

/** `2026-11-22T10:00:00.250Z` */
export function moment(ms: number): string {
  return `${timestamp(ms).slice(0, -1)}.${String(Math.floor(ms) % 1000).padStart(3, '0')}Z`;
}

/** A message inside a google.protobuf.Any. */
export function typed(type: string, message: Fields = {}): Fields {
  return { '@type': `type.googleapis.com/${type}`, ...message };
}

/** An extension: what it is called, and what it is. */
export function extension(name: string, type: string, message: Fields = {}): Fields {
  return { name, typed_config: typed(type, message) };
}

/** An extension of Istio's own, whose message Envoy knows only by name. */
export function typedStruct(name: string, type: string, value: Fields): Fields {
  return {
    name,
    typed_config: typed('udpa.type.v1.TypedStruct', {
      type_url: `type.googleapis.com/${type}`,
      value,
    }),
  };
}

export function socketAddress(address: string, port: number): Fields {
  return { socket_address: { address, port_value: port } };
}

/** The fields that hold something: protobuf leaves out what is unset. */
export function set(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  );
}
