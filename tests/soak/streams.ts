// Connections that last and are treated badly: watches and logs that are left in the middle, shells that are sent noise,
// sockets that speak no HTTP at all.

import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import type { ApiClient, Credentials } from '../support/api-client.ts';
import { type Chance, NAMESPACES, fuzzedCollection, fuzzedName } from './fuzz.ts';

/** Milliseconds a stream is held at most: long enough for some events, short enough for many streams. */
const HELD_MS = 400;

export async function leftWatch(client: ApiClient, chance: Chance): Promise<void> {
  const query = chance.of([
    'watch=1',
    'watch=true&resourceVersion=1',
    'watch=1&allowWatchBookmarks=true',
  ]);
  await left(client, `${fuzzedCollection(chance)}?${query}`, chance);
}

export async function leftLog(client: ApiClient, chance: Chance): Promise<void> {
  const pod = `/api/v1/namespaces/${chance.of(NAMESPACES)}/pods/${fuzzedName(chance)}`;
  await left(client, `${pod}/log?follow=true`, chance);
}

async function left(client: ApiClient, path: string, chance: Chance): Promise<void> {
  const stop = new AbortController();
  try {
    const response = await client.open('GET', path, { signal: stop.signal });
    response.on('error', () => {}); // We are the ones who leave.
    response.resume();
    await wait(chance.below(HELD_MS));
  } finally {
    stop.abort();
  }
}

/** exec, attach or port-forward over a WebSocket, with frames that are no protocol's. */
export async function noisyShell({ url, ...tls }: Credentials, chance: Chance): Promise<void> {
  const what = chance.of([
    'exec?command=sh&stdin=true&stdout=true&tty=true',
    'exec?command=sh&command=-c&command=yes&stdout=true',
    'exec?command=nothing&stdout=true&stderr=true',
    'attach?stdout=true',
    'portforward?ports=80',
    'exec',
  ]);
  const pod = `/api/v1/namespaces/${chance.of(NAMESPACES)}/pods/${fuzzedName(chance)}/${what}`;
  const protocols = chance.of([['v5.channel.k8s.io'], ['v4.channel.k8s.io'], ['nothing']]);
  const socket = new WebSocket(url.replace('https', 'wss') + pod, protocols, tls);
  socket.on('error', () => {}); // A refusal is an answer, too.
  const ended = Promise.race([once(socket, 'close'), wait(HELD_MS * 4)]).catch(() => {});
  socket.on('open', () => {
    for (let frame = chance.below(6); frame > 0; frame--) socket.send(noise(chance));
    setTimeout(() => socket.terminate(), chance.below(HELD_MS));
  });
  await ended;
  socket.terminate();
}

function noise(chance: Chance): Uint8Array | string {
  switch (chance.below(4)) {
    case 0:
      return chance.text(20);
    case 1:
      return new Uint8Array([0, ...Buffer.from('echo hello; ls /; exit\n')]);
    case 2:
      return new Uint8Array([4, ...Buffer.from('{"Width":-1,"Height":1e9}')]);
    default:
      return chance.bytes(chance.below(2_000));
  }
}

/** Bytes that are no request, with TLS and without. */
export async function noisySocket(
  { url, ca, cert, key }: Credentials,
  chance: Chance,
): Promise<void> {
  const port = Number(new URL(url).port);
  const socket = chance.once(2)
    ? connectTls({ port, host: '127.0.0.1', ca, cert, key })
    : connectTcp({ port, host: '127.0.0.1' });
  socket.on('error', () => {}); // It may well cut us off.
  const begins = chance.of([
    'GET / HTTP/9\r\n',
    'POST /api HTTP/1.1\r\nContent-Length: -4\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\n',
    '',
  ]);
  socket.write(begins);
  socket.write(chance.bytes(chance.below(500)));
  await wait(chance.below(HELD_MS / 4));
  socket.destroy();
}
