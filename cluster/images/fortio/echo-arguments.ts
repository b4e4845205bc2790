// What a request of the echo server asks for in its query: a status, a delay, a size, a closed connection, headers.
// A value may be a list with chances: `status=503:20,404:5`. Knows nothing of connections.

import { parseDuration } from './go-text.ts';

export interface EchoArguments {
  status: number;
  delayMs: number;
  /** Bytes of a made-up body; undefined to send the request's own back. */
  size: number | undefined;
  close: boolean;
  headers: [name: string, value: string][];
}

export interface EchoLimits {
  delayMs: number;
  size: number;
}

/** `chance` is uniform in [0, 1). */
export function echoArguments(
  query: string,
  limits: EchoLimits,
  chance: () => number,
): EchoArguments {
  const given = new URLSearchParams(query);
  const status = given.get('status') ?? '';
  const delay = given.get('delay') ?? '';
  const size = given.get('size') ?? '';
  return {
    // What cannot be read is answered as fortio does: a bad status is a bad request, anything else is left out.
    status: status === '' ? 200 : (choice(status, whole, chance, 200) ?? 400),
    delayMs: Math.min(limits.delayMs, Math.max(0, choice(delay, parseDuration, chance, 0) ?? 0)),
    size: bounded(size === '' ? undefined : choice(size, whole, chance, undefined), limits.size),
    close: closes(given.get('close') ?? '', chance),
    headers: given.getAll('header').flatMap((header): [string, string][] => {
      const colon = header.indexOf(':');
      return colon < 1 ? [] : [[header.slice(0, colon), header.slice(colon + 1).trim()]];
    }),
  };
}

function bounded(size: number | undefined, most: number): number | undefined {
  return size === undefined ? undefined : Math.min(most, Math.max(0, size));
}

function whole(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

/** One value, or one of `value:percent,value:percent`; what is left of 100 % is `rest`. Undefined if it cannot be read. */
function choice<T>(
  text: string,
  read: (text: string) => number | undefined,
  chance: () => number,
  rest: T,
): number | T | undefined {
  if (!/[,:]/.test(text)) return read(text);
  const rolled = chance() * 100;
  let total = 0;
  let chosen: number | T | undefined;
  for (const entry of text.split(',')) {
    const [value = '', percentText = '', more] = entry.split(':');
    const percent = Number(percentText.replace(/%$/, ''));
    const found = read(value);
    if (found === undefined || more !== undefined || percentText === '') return undefined;
    if (!(percent >= 0 && percent <= 100)) return undefined;
    total += percent;
    if (total > 100.0001) return undefined;
    if (chosen === undefined && rolled <= total) chosen = found;
  }
  return chosen ?? rest;
}

/** `close=true`, `close=10` for one in ten. */
function closes(text: string, chance: () => number): boolean {
  if (text === '' || text === 'false') return false;
  const percent = Number(text);
  return Number.isNaN(percent) || chance() * 100 <= percent;
}
