// What one curl command line asks for, from its options.

import type { Process } from '../../../node/process.ts';
import { base64 } from '../base64.ts';
import { decodeText, encodeText } from '../text.ts';
import { fileBytes, formBody } from './body.ts';
import type { Body } from './body.ts';
import { CurlUsage } from './options.ts';
import type { CurlArguments } from './options.ts';

export interface Configuration {
  silent: boolean;
  showError: boolean;
  verbose: boolean;
  include: boolean;
  /** -f, and whether the body is still wanted. */
  fail: 'no' | 'yes' | 'with-body';
  failEarly: boolean;
  method: string;
  /** The method was asked for by name: redirects keep it. */
  methodGiven: boolean;
  head: boolean;
  headers: readonly string[];
  userAgent: string | undefined;
  referer: string | undefined;
  cookie: string | undefined;
  authorization: string | undefined;
  body: Body | undefined;
  /** -G: what goes behind the `?`. */
  query: string | undefined;
  follow: boolean;
  maxRedirects: number;
  http10: boolean;
  connectTimeoutMs: number | undefined;
  maxTimeMs: number | undefined;
  retry: number;
  retryDelayMs: number | undefined;
  retryMaxTimeMs: number | undefined;
  retryConnectionRefused: boolean;
  retryAll: boolean;
  progress: 'meter' | 'bar' | 'none';
  writeOut: string | undefined;
  outputs: readonly string[];
  outputDirectory: string | undefined;
  createDirectories: boolean;
  remoteNameAll: boolean;
  dumpHeader: string | undefined;
  glob: boolean;
  resolve: ReadonlyMap<string, readonly string[]>;
  connectTo: readonly string[];
  requestTarget: string | undefined;
  maxFileSize: number | undefined;
}

/** Everything the options say. Throws CurlUsage. */
export async function configure(
  process: Process,
  given: CurlArguments,
  version: string,
): Promise<Configuration> {
  const flag = (name: string) => given.flags.get(name) === true;
  const value = (name: string) => {
    const found = given.flags.get(name);
    return typeof found === 'string' ? found : undefined;
  };
  refuseWhatIsNotSimulated(given);
  const data = await dataOf(process, given.lists.get('(data)') ?? []);
  const form = given.lists.get('form');
  const upload = value('upload-file');
  const json = given.lists.has('json');
  let body: Body | undefined;
  if (form) body = await formBody(process, form);
  else if (upload !== undefined)
    body = { bytes: await fileBytes(process, upload, 26), contentType: undefined };
  else if (data !== undefined && !flag('get'))
    body = {
      bytes: encodeText(data),
      contentType: json ? 'application/json' : 'application/x-www-form-urlencoded',
    };
  const head = flag('head');
  const request = value('request');
  const user = value('user');
  return {
    silent: flag('silent'),
    showError: flag('show-error'),
    verbose: flag('verbose'),
    include: flag('include') || flag('show-headers') || head,
    fail: flag('fail-with-body') ? 'with-body' : flag('fail') ? 'yes' : 'no',
    failEarly: flag('fail-early'),
    method: request ?? (head ? 'HEAD' : upload !== undefined ? 'PUT' : body ? 'POST' : 'GET'),
    methodGiven: request !== undefined,
    head,
    headers: [...(json ? ['Accept: application/json'] : []), ...(given.lists.get('header') ?? [])],
    userAgent: value('user-agent') ?? `curl/${version}`,
    referer: value('referer')?.replace(/;auto$/, ''),
    cookie: value('cookie')?.includes('=') ? value('cookie') : undefined,
    authorization:
      user !== undefined
        ? `Basic ${base64(encodeText(user.includes(':') ? user : `${user}:`))}`
        : value('oauth2-bearer') === undefined
          ? undefined
          : `Bearer ${value('oauth2-bearer')}`,
    body,
    query: flag('get') ? data : undefined,
    follow: flag('location') || flag('location-trusted'),
    maxRedirects: number(value('max-redirs'), '--max-redirs') ?? 50,
    http10: flag('http1.0'),
    connectTimeoutMs: seconds(value('connect-timeout'), '--connect-timeout'),
    maxTimeMs: seconds(value('max-time'), '-m'),
    retry: number(value('retry'), '--retry') ?? 0,
    retryDelayMs: seconds(value('retry-delay'), '--retry-delay'),
    retryMaxTimeMs: seconds(value('retry-max-time'), '--retry-max-time'),
    retryConnectionRefused: flag('retry-connrefused'),
    retryAll: flag('retry-all-errors'),
    progress:
      flag('silent') || flag('no-progress-meter') || given.flags.get('progress-meter') === false
        ? 'none'
        : flag('progress-bar')
          ? 'bar'
          : 'meter',
    writeOut: await writeOutText(process, value('write-out')),
    outputs: given.lists.get('(outputs)') ?? [],
    outputDirectory: value('output-dir'),
    createDirectories: flag('create-dirs'),
    remoteNameAll: flag('remote-name-all'),
    dumpHeader: value('dump-header'),
    glob: !flag('globoff'),
    resolve: resolveEntries(given.lists.get('resolve') ?? []),
    connectTo: given.lists.get('connect-to') ?? [],
    requestTarget: value('request-target'),
    maxFileSize: number(value('max-filesize'), '--max-filesize'),
  };
}

/** Proxies and other ways around the pod's network do not exist here, and say so. */
function refuseWhatIsNotSimulated(given: CurlArguments): void {
  const refused: Readonly<Record<string, number>> = {
    proxy: 5,
    socks5: 5,
    'socks5-hostname': 5,
    socks4: 5,
    socks4a: 5,
    preproxy: 5,
    'proxy1.0': 5,
    'unix-socket': 7,
    'doh-url': 6,
    http3: 1,
    'http3-only': 1,
    'http2-prior-knowledge': 1,
    config: 26,
  };
  for (const [name, code] of Object.entries(refused))
    if (given.flags.has(name))
      throw new CurlUsage(`(${code}) --${name} is not simulated in the embedded cluster`, {
        code,
        hint: false,
      });
}

async function dataOf(process: Process, list: readonly string[]): Promise<string | undefined> {
  if (list.length === 0) return undefined;
  const pieces: string[] = [];
  let json = false;
  for (const entry of list) {
    const space = entry.indexOf(' ');
    const name = entry.slice(0, space);
    const text = entry.slice(space + 1);
    json ||= name === 'json';
    if (name === 'data-urlencode') pieces.push(await urlEncoded(process, text));
    else if (name === 'data-raw' || !text.startsWith('@')) pieces.push(text);
    else {
      const content = decodeText(await fileBytes(process, text.slice(1), 26));
      pieces.push(
        name === 'data-binary' || name === 'json' ? content : content.replace(/[\r\n\0]/g, ''),
      );
    }
  }
  return pieces.join(json ? '' : '&');
}

/** `content`, `=content`, `name=content`, `@file`, `name@file`. */
async function urlEncoded(process: Process, text: string): Promise<string> {
  const found = /^([^=@]*)([=@])(.*)$/s.exec(text);
  if (!found) return encodeQuery(text);
  const [, name = '', mark, rest = ''] = found;
  const content = mark === '@' ? decodeText(await fileBytes(process, rest, 26)) : rest;
  return `${name === '' ? '' : `${name}=`}${encodeQuery(content)}`;
}

/** curl encodes a space as `+` here since 7.88. */
function encodeQuery(text: string): string {
  return Array.from(encodeText(text), (byte) => {
    const char = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-._~]/.test(char)) return char;
    return char === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

async function writeOutText(
  process: Process,
  text: string | undefined,
): Promise<string | undefined> {
  if (!text?.startsWith('@')) return text;
  return decodeText(await fileBytes(process, text.slice(1), 26));
}

function seconds(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+(?:\.\d+)?$/.test(text))
    throw new CurlUsage(`option ${option}: expected a proper numerical parameter`);
  return Number(text) * 1000;
}

function number(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d+$/.test(text))
    throw new CurlUsage(`option ${option}: expected a proper numerical parameter`);
  return Number(text);
}

/** `host:port:address[,address]` */
function resolveEntries(entries: readonly string[]): Map<string, string[]> {
  const map = new Map<string, string[]>();
  for (const entry of entries) {
    const found = /^[-+]?([^:]+):(\d+):(.+)$/.exec(entry);
    if (found)
      map.set(`${(found[1] ?? '').toLowerCase()}:${found[2]}`, (found[3] ?? '').split(','));
  }
  return map;
}
