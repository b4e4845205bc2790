// PostgreSQL's frontend/backend protocol 3.0, as far as a start-up, a password and simple queries need it.
// Source: the protocol chapter of PostgreSQL's documentation. Knows no SQL.

import { type ByteReader, bytesOf, concatBytes, textOf } from '../../streams.ts';

export const PROTOCOL_3 = 196_608;
export const SSL_REQUEST = 80_877_103;
export const GSS_REQUEST = 80_877_104;
export const CANCEL_REQUEST = 80_877_102;

/** Longest message taken; a query of a person is far shorter. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

export interface Message {
  /** One letter; empty for start-up packets, which have none. */
  type: string;
  body: Uint8Array;
}

export class ProtocolError extends Error {}

/** Reads whole messages from a stream. */
export class MessageReader {
  readonly #input: ByteReader;
  #held: Uint8Array = new Uint8Array();

  constructor(input: ByteReader) {
    this.#input = input;
  }

  /** The first packet of a client, without a type. Null when the client closed. */
  startup(): Promise<Message | null> {
    return this.#message(false);
  }

  next(): Promise<Message | null> {
    return this.#message(true);
  }

  /** One byte, as the answer to an SSL request is. */
  async byte(): Promise<string | null> {
    const bytes = await this.#take(1);
    return bytes && textOf(bytes);
  }

  async #message(typed: boolean): Promise<Message | null> {
    const head = await this.#take(typed ? 5 : 4);
    if (!head) return null;
    const length = int32(head, typed ? 1 : 0);
    if (length < 4 || length > MAX_MESSAGE_BYTES)
      throw new ProtocolError('invalid length of startup packet');
    const body = await this.#take(length - 4);
    if (!body) throw new ProtocolError('incomplete startup packet');
    return { type: typed ? textOf(head.subarray(0, 1)) : '', body };
  }

  async #take(count: number): Promise<Uint8Array | null> {
    while (this.#held.length < count) {
      const chunk = await this.#input.read();
      if (!chunk) return null;
      this.#held = concatBytes([this.#held, chunk]);
    }
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return taken;
  }
}

export function int32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(at);
}

export function int16(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getInt16(at);
}

export function int32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value);
  return bytes;
}

export function int16Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(2);
  new DataView(bytes.buffer).setInt16(0, value);
  return bytes;
}

export function cString(text: string): Uint8Array {
  return bytesOf(`${text}\0`);
}

/** Texts that end in a zero byte, from the beginning of a body. */
export function cStrings(body: Uint8Array): string[] {
  return textOf(body).split('\0');
}

export function message(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(parts.length > 0 ? [...parts] : [new Uint8Array()]);
  return concatBytes([bytesOf(type), int32Bytes(body.length + 4), body]);
}

/** An ErrorResponse or NoticeResponse: severity, SQLSTATE and words. */
export function errorMessage(severity: 'ERROR' | 'FATAL', code: string, words: string): Uint8Array {
  return message(
    'E',
    cString(`S${severity}`),
    cString(`V${severity}`),
    cString(`C${code}`),
    cString(`M${words}`),
    Uint8Array.of(0),
  );
}

/** The fields of an ErrorResponse by their letters. */
export function errorFields(body: Uint8Array): Map<string, string> {
  return new Map(
    cStrings(body)
      .filter((field) => field !== '')
      .map((field) => [field.slice(0, 1), field.slice(1)]),
  );
}
