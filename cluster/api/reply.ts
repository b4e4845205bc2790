// Answers on their way to a client: status, headers that every answer has, and text or bytes. Knows no kinds.

import { formatYaml } from '../schema/yaml.ts';
import type { ApiResponse } from './http.ts';
import { type Status, statusOf } from './status.ts';

export type Headers = ApiResponse['headers'];

export const JSON_CONTENT = 'application/json';
const TEXT_CONTENT = 'text/plain; charset=utf-8';

export interface Reply {
  status: number;
  headers: Headers;
  body: ApiResponse['body'];
}

/** Text that is JSON already. A real server ends each with a line feed. */
export function jsonReply(text: string, status = 200, headers: Headers = {}): Reply {
  return { status, headers: { 'Content-Type': JSON_CONTENT, ...headers }, body: `${text}\n` };
}

/** The same in YAML, for clients that ask for it. */
export function yamlReply(text: string, status = 200): Reply {
  return {
    status,
    headers: { 'Content-Type': 'application/yaml' },
    body: formatYaml(JSON.parse(text)),
  };
}

export function encodedReply(text: string, encoding: 'json' | 'yaml', status = 200): Reply {
  return encoding === 'yaml' ? yamlReply(text, status) : jsonReply(text, status);
}

export function textReply(text: string, status = 200): Reply {
  return {
    status,
    headers: { 'Content-Type': TEXT_CONTENT, 'X-Content-Type-Options': 'nosniff' },
    body: text,
  };
}

/** What a path answers that nobody serves. */
export function pageNotFound(): Reply {
  return textReply('404 page not found\n', 404);
}

/** The words and the form of a real server's outermost bound; clients wait and try again by themselves. */
export function tooManyRequestsReply(): Reply {
  const reply = textReply('Too many requests, please try again later.\n', 429);
  return { ...reply, headers: { ...reply.headers, 'Retry-After': '1' } };
}

export function statusReply(status: Status): Reply {
  const { code = 200, details } = status;
  const headers: Headers = {};
  if (details?.retryAfterSeconds !== undefined)
    headers['Retry-After'] = String(details.retryAfterSeconds);
  // Authorization answers before content is negotiated, by another writer.
  if (code === 403 && status.reason === 'Forbidden') headers['X-Content-Type-Options'] = 'nosniff';
  return jsonReply(JSON.stringify(status), code, headers);
}

export function errorReply(error: unknown): Reply {
  return statusReply(statusOf(error));
}

export function streamReply(chunks: AsyncIterable<Uint8Array>, contentType: string): Reply {
  return { status: 200, headers: { 'Content-Type': contentType }, body: chunks };
}

/** `299 - "words"`, quoted as HTTP wants it. */
export function warningHeader(words: string): string {
  // oxlint-disable-next-line no-control-regex -- headers carry no control characters
  const plain = words.replace(/[\u0000-\u001f\u007f]/g, ' ');
  return `299 - "${plain.replace(/["\\]/g, '\\$&')}"`;
}
