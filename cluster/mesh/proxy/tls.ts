// Mutual TLS between simulated proxies. Nobody can listen inside a cluster, so nothing is encrypted: each side sends one
// record that begins like TLS and names itself, and the bytes of the application follow. What a peer that speaks no TLS makes
// of such a record, and a proxy of plain bytes, comes out as in life.

import { type Connection } from '../../network/network.ts';
import { type ByteReader, bytesOf, concatBytes, textOf } from '../../streams.ts';
import type { Workload } from '../routing/workloads.ts';
import { parseJson, readWorkload } from './peer.ts';

export interface Hello {
  /** `spiffe://cluster.local/ns/app/sa/client` */
  principal: string;
  workload: Workload;
  /** Clients only: whom they look for. */
  sni?: string | undefined;
}

/** A handshake record of TLS: type 22, version 3.x. */
const HANDSHAKE = 0x16;
const HEADER_BYTES = 5;
/** Bytes of a record at most; RFC 8446 5.1 allows 2^14. */
const RECORD_BYTES = 16_384;

/** The other side spoke something else. */
export class NotTls extends Error {
  constructor() {
    super('the peer speaks no TLS');
    this.name = 'NotTls';
  }
}

/** What stands at the start of a stream, without taking it away: the listener filter that Envoy calls TLS inspector. */
export async function peek(connection: Connection): Promise<{
  first: Uint8Array;
  connection: Connection;
}> {
  const first = (await connection.input.read()) ?? new Uint8Array();
  return { first, connection: withInput(connection, first) };
}

export function looksLikeTls(first: Uint8Array): boolean {
  return first[0] === HANDSHAKE;
}

/** The client's side. Rejects with NotTls, or with what the connection broke by. */
export async function dialTls(
  connection: Connection,
  own: Hello,
): Promise<{ connection: Connection; peer: Hello }> {
  await connection.output.write(record(own));
  return readHello(connection);
}

/** The server's side of a connection whose first bytes look like TLS. */
export async function acceptTls(
  connection: Connection,
  own: Hello,
): Promise<{ connection: Connection; peer: Hello }> {
  const taken = await readHello(connection);
  await taken.connection.output.write(record(own));
  return taken;
}

function record(hello: Hello): Uint8Array {
  // A line break at the end: a server that reads lines sees at once that this is none of its own.
  const body = bytesOf(`${JSON.stringify(hello)}\n`);
  return concatBytes([
    new Uint8Array([HANDSHAKE, 3, 1, body.length >> 8, body.length & 0xff]),
    body,
  ]);
}

async function readHello(connection: Connection): Promise<{ connection: Connection; peer: Hello }> {
  let held = new Uint8Array();
  const more = async () => {
    const chunk = await connection.input.read();
    if (!chunk) throw new NotTls();
    held = new Uint8Array(concatBytes([held, chunk]));
  };
  while (held.length < HEADER_BYTES) {
    await more();
    if (held[0] !== HANDSHAKE) throw new NotTls();
  }
  const length = ((held[3] ?? 0) << 8) | (held[4] ?? 0);
  if (length > RECORD_BYTES) throw new NotTls();
  while (held.length < HEADER_BYTES + length) await more();
  const peer = helloOf(parseJson(textOf(held.subarray(HEADER_BYTES, HEADER_BYTES + length))));
  if (!peer) throw new NotTls();
  return { connection: withInput(connection, held.subarray(HEADER_BYTES + length)), peer };
}

function helloOf(value: unknown): Hello | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('principal' in value) || typeof value.principal !== 'string') return undefined;
  const workload = 'workload' in value ? readWorkload(value.workload) : undefined;
  if (!workload) return undefined;
  const sni = 'sni' in value && typeof value.sni === 'string' ? value.sni : undefined;
  return { principal: value.principal, workload, sni };
}

/** The same connection, whose reader finds `held` first. */
export function withInput(connection: Connection, held: Uint8Array): Connection {
  return {
    local: connection.local,
    remote: connection.remote,
    output: connection.output,
    input: held.length > 0 ? new Rest(held, connection.input) : connection.input,
    close: () => connection.close(),
    reset: () => connection.reset(),
  };
}

class Rest implements ByteReader {
  #held: Uint8Array | undefined;
  readonly #input: ByteReader;

  constructor(held: Uint8Array, input: ByteReader) {
    this.#held = held;
    this.#input = input;
  }

  async read(max = Infinity): Promise<Uint8Array | null> {
    const held = this.#held;
    if (!held) return this.#input.read(max);
    const taken = held.subarray(0, max);
    this.#held = taken.length < held.length ? held.subarray(max) : undefined;
    return taken;
  }

  cancel(): void {
    this.#held = undefined;
    this.#input.cancel();
  }
}
