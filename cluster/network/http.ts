// HTTP/1.1 over simulated connections: one codec for servers, clients, probes and proxies.
// Source: RFC 9112. Knows nothing of what is asked or answered.

import type { ByteDuplex, ByteReader } from '../streams.ts';

/** In wire order, names as sent. */
export type HttpHeaders = [name: string, value: string][];

export interface HttpRequest {
  method: string;
  /** As on the request line: `/path?query`. */
  target: string;
  version: '1.0' | '1.1';
  headers: HttpHeaders;
  body: ByteReader;
}

export interface HttpResponse {
  version: '1.0' | '1.1';
  status: number;
  reason: string;
  headers: HttpHeaders;
  body: ByteReader;
  /** For 101 of a server: takes the connection over once the head has gone. It ends with the connection. */
  upgraded?: (connection: ByteDuplex) => Promise<void>;
}

/** The first value of a header, whatever the case of its name. */
export function headerOf(headers: HttpHeaders, name: string): string | undefined {
  // A proxy asks this some dozen times a request: most names differ by their length already.
  const wanted = name.toLowerCase();
  for (const [other, value] of headers)
    if (other.length === wanted.length && (other === wanted || other.toLowerCase() === wanted))
      return value;
  return undefined;
}
