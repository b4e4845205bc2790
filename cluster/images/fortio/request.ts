// The one request a load repeats: its address, its head and its body, made from the command line.
// Knows nothing of connections.

import type { HttpHeaders } from '../../network/http.ts';
import { FileError } from '../../node/file-system.ts';
import type { Process } from '../../node/process.ts';
import { bytesOf, concatBytes } from '../../streams.ts';
import { type CurlUrl, UrlRejected, parseUrl } from '../programs/curl/url.ts';
import { FlagFault, type Flags } from './flags.ts';

export interface LoadRequest {
  /** As written, with http:// in front. */
  text: string;
  url: CurlUrl;
  /** IP to connect to instead of the name's. */
  resolve: string;
  method: string;
  version: '1.0' | '1.1';
  keepAlive: boolean;
  headers: HttpHeaders;
  body: Uint8Array;
  timeoutMs: number;
  logErrors: boolean;
}

export const USER_AGENT = 'fortio.org/fortio-';

/** Throws FlagFault, for what is not simulated and what is no URL. `assumed` hears of a scheme that was missing. */
export function requestOf(
  process: Process,
  flags: Flags,
  release: string,
  written: string,
): LoadRequest {
  const text = /^http:\/\//i.test(written) ? written : `http://${written}`;
  const scheme = /^(https|tcp|udp):\/\//i.exec(written)?.[1];
  if (scheme !== undefined)
    throw new FlagFault(`fortio: ${scheme}:// is not simulated in the embedded cluster`, 1, false);
  const body = bodyOf(process, flags);
  const type = flags.text('content-type');
  const version = flags.is('http1.0') ? '1.0' : '1.1';
  const keepAlive = version === '1.1' && flags.is('keepalive');
  const url = urlOf(text);
  const own = ownHeaders(flags, release, type, body.length);
  const host = own.host ?? (url.portGiven ? `${url.host}:${url.port}` : url.host);
  return {
    text,
    url,
    resolve: flags.text('resolve'),
    method: flags.text('X') || (own.posts || body.length > 0 ? 'POST' : 'GET'),
    version,
    keepAlive,
    headers: [
      ...(version === '1.1' || own.host !== undefined ? ([['Host', host]] as HttpHeaders) : []),
      ...(version === '1.1' && !keepAlive ? ([['Connection', 'close']] as HttpHeaders) : []),
      ...own.headers,
    ],
    body,
    timeoutMs: flags.duration('timeout') > 0 ? flags.duration('timeout') : 3_000,
    logErrors: flags.is('log-errors'),
  };
}

function urlOf(text: string): CurlUrl {
  try {
    return parseUrl(text);
  } catch (error) {
    if (!(error instanceof UrlRejected)) throw error;
    throw new FlagFault(
      `Aborting because of parse ${JSON.stringify(text)}: ${error.message}`,
      1,
      false,
    );
  }
}

function bodyOf(process: Process, flags: Flags): Uint8Array {
  const size = flags.number('payload-size');
  if (size > 0)
    return randomBytes(process, Math.min(size, flags.number('maxpayloadsizekb') * 1024));
  const file = flags.text('payload-file');
  if (file === '') return bytesOf(flags.text('payload'));
  try {
    return process.fs.readFile(file.startsWith('/') ? file : `${process.cwd}/${file}`);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new FlagFault(
      `Unable to read file from ${file} : open ${file}: no such file or directory`,
      1,
      false,
    );
  }
}

export function randomBytes(process: Process, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => Math.floor(process.random() * 256));
}

/** Headers in Go's order, which is by name. The type of a body makes it a POST even when it is empty. */
function ownHeaders(
  flags: Flags,
  release: string,
  typeFlag: string,
  bodyBytes: number,
): { headers: HttpHeaders; host: string | undefined; posts: boolean } {
  const found = new Map<string, string[]>([['User-Agent', [USER_AGENT + release]]]);
  let host: string | undefined;
  let type = typeFlag;
  for (const header of flags.list('H')) {
    const colon = header.indexOf(':');
    const name = canonical(header.slice(0, colon).trim());
    const value = header.slice(colon + 1).trim();
    if (name === 'Host') host = value;
    else if (name === 'Content-Type') type = typeFlag || value;
    else if (name === 'User-Agent' && header.slice(colon + 1) === '') found.delete(name);
    else if (name === 'User-Agent') found.set(name, [value]);
    else found.set(name, [...(found.get(name) ?? []), value]);
  }
  const posts = type !== '';
  if (!posts && bodyBytes > 0) type = 'application/octet-stream';
  if (type !== '') {
    found.set('Content-Type', [type]);
    if (!found.has('Content-Length')) found.set('Content-Length', [String(bodyBytes)]);
  }
  const user = flags.text('user');
  if (user.includes(':')) found.set('Authorization', [`Basic ${base64(bytesOf(user))}`]);
  const names = [...found.keys()].sort();
  const headers: HttpHeaders = names.flatMap((name) =>
    (found.get(name) ?? []).map((value): [string, string] => [name, value]),
  );
  return { headers, host, posts };
}

/** `x-request-id` is sent as `X-Request-Id`, as Go's net/http writes names. */
function canonical(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const held = Math.min(3, bytes.length - at);
    for (let index = 0; index < 4; index++)
      text += index <= held ? (BASE64[(group >> (18 - 6 * index)) & 63] ?? '') : '=';
  }
  return text;
}

/** The request as it goes over the wire. */
export function wireOf({ method, url, version, headers, body }: LoadRequest): Uint8Array {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const head = `${method} ${url.path}${url.query} HTTP/${version}\r\n${lines}\r\n`;
  return body.length > 0 ? concatBytes([bytesOf(head), body]) : bytesOf(head);
}
