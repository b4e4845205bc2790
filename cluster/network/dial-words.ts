// How Kubernetes' own parts, which are written in Go, word a connection that was not made. Knows nothing of who dials.

import { NetError, type NetErrorCode } from './network.ts';

/** `dial tcp 10.244.0.5:80: connect: connection refused` */
export function dialWords(error: unknown, ip: string, port: number): string {
  return `dial tcp ${ip}:${port}: ${connectWords(error)}`;
}

/** What follows the address. An error that is none of the network's says what it says. */
export function connectWords(error: unknown): string {
  if (!(error instanceof NetError)) return error instanceof Error ? error.message : String(error);
  return NET_WORDS[error.code] ?? error.message;
}

/** Go's words for what connect(2) says. Source: package syscall, table of errors; package net, dial. */
const NET_WORDS: Readonly<Partial<Record<NetErrorCode, string>>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
};
