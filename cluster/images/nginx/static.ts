// Files that nginx serves: index files, directories, types, ranges and conditional requests.

import { FileError, type FileSystem } from '../../node/file-system.ts';
import { nothing, readerOf, textOf, bytesOf } from '../../streams.ts';
import type { HttpHeaders } from '../../network/http.ts';
import { httpDate, parseHttpDate } from '../dates.ts';
import type { Location } from './model.ts';
import { ownReply, type Reply } from './reply.ts';
import type { NginxRequest } from './request.ts';

/** What a request for a file turns into: an answer, or another path to be looked at. */
export type StaticOutcome = { kind: 'reply'; reply: Reply } | { kind: 'redirect'; uri: string };

export interface StaticContext {
  files: FileSystem;
  serverToken: string;
  logError: (message: string) => void;
}

/** The path on disk that a request's URI stands for at a location. */
export function filePath(request: NginxRequest, location: Location, uri = request.uri): string {
  if (!location.alias) return request.documentRoot + uri;
  const alias = location.alias(request);
  if (location.kind === 'regex') return alias;
  return alias + uri.slice(location.text.length);
}

export function serveStatic(
  request: NginxRequest,
  location: Location,
  context: StaticContext,
): StaticOutcome {
  const reply = (status: number, more: Partial<Reply> = {}): StaticOutcome => ({
    kind: 'reply',
    reply: ownReply(status, context.serverToken, more),
  });
  const path = filePath(request, location);
  request.requestFilename = path;
  if (request.uri.endsWith('/')) return serveDirectory(request, location, path, context);
  if (request.method !== 'GET' && request.method !== 'HEAD') return reply(405);
  const failure = (error: unknown): StaticOutcome => {
    if (!(error instanceof FileError)) throw error;
    const denied = error.code === 'EACCES';
    const words = denied
      ? '13: Permission denied'
      : error.code === 'ENOTDIR'
        ? '20: Not a directory'
        : '2: No such file or directory';
    context.logError(`open() "${path}" failed (${words})`);
    return reply(denied ? 403 : 404);
  };
  let bytes: Uint8Array;
  try {
    const info = context.files.stat(path);
    if (!info) throw new FileError('ENOENT', path);
    if (info.type === 'directory')
      return reply(301, {
        location: `${request.uri}/${request.args ? `?${request.args}` : ''}`,
      });
    bytes = context.files.readFile(path);
    return {
      kind: 'reply',
      reply: fileReply(request, location, path, bytes, info.modifiedAt, context),
    };
  } catch (error) {
    return failure(error);
  }
}

function serveDirectory(
  request: NginxRequest,
  location: Location,
  path: string,
  context: StaticContext,
): StaticOutcome {
  const { files } = context;
  const names = location.settings.index.map((name) => name(request));
  for (const name of names) {
    if (name.startsWith('/')) return { kind: 'redirect', uri: name };
    if (files.stat(path + name)?.type === 'file')
      return { kind: 'redirect', uri: request.uri + name };
  }
  const isDirectory = files.stat(path)?.type === 'directory';
  if (isDirectory && location.settings.autoindex)
    return { kind: 'reply', reply: listing(request, files, path) };
  if (isDirectory) {
    context.logError(`directory index of "${path}" is forbidden`);
    return { kind: 'reply', reply: ownReply(403, context.serverToken) };
  }
  context.logError(`"${path}${names[0] ?? ''}" is not found (2: No such file or directory)`);
  return { kind: 'reply', reply: ownReply(404, context.serverToken) };
}

function fileReply(
  request: NginxRequest,
  location: Location,
  path: string,
  bytes: Uint8Array,
  modifiedAt: number,
  context: StaticContext,
): Reply {
  const lastModified = httpDate(modifiedAt);
  const etag = `"${Math.floor(modifiedAt / 1000).toString(16)}-${bytes.length.toString(16)}"`;
  const headers: HttpHeaders = [['ETag', etag]];
  const contentType = typeOf(path, location);
  const reply: Reply = {
    status: 200,
    contentType,
    length: bytes.length,
    lastModified,
    headers: [...headers, ['Accept-Ranges', 'bytes']],
    body: bytes.length > 0 ? readerOf(bytes) : nothing,
    own: false,
  };
  const { substitutions } = location.settings;
  if (substitutions.length > 0 && location.settings.substituteTypes.includes(contentType))
    return substituted(request, location, reply, bytes);
  if (isUnchanged(request, etag, modifiedAt))
    return {
      ...reply,
      status: 304,
      contentType: undefined,
      length: undefined,
      headers,
      body: nothing,
    };
  return ranged(request, reply, bytes, context) ?? reply;
}

/** A file filtered on its way has no length, no range and no date of its own any more. */
function substituted(
  request: NginxRequest,
  location: Location,
  reply: Reply,
  bytes: Uint8Array,
): Reply {
  let text = textOf(bytes);
  for (const { from, to } of location.settings.substitutions) {
    const [old, fresh] = [from(request), to(request)];
    text = location.settings.substituteOnce
      ? text.replace(old, () => fresh)
      : text.replaceAll(old, fresh);
  }
  return {
    ...reply,
    length: undefined,
    lastModified: undefined,
    headers: [],
    body: readerOf(text),
  };
}

function typeOf(path: string, location: Location): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  const extension = dot === -1 ? '' : name.slice(dot + 1).toLowerCase();
  return location.settings.types.get(extension) ?? location.settings.defaultType;
}

function isUnchanged(request: NginxRequest, etag: string, modifiedAt: number): boolean {
  const wanted = request.header('if-none-match');
  if (wanted) return wanted === '*' || wanted.split(',').some((tag) => tag.trim() === etag);
  const since = parseHttpDate(request.header('if-modified-since'));
  return since !== undefined && since === Math.floor(modifiedAt / 1000) * 1000;
}

/** One range; several in one request get the whole file, which RFC 9110 allows. */
function ranged(
  request: NginxRequest,
  reply: Reply,
  bytes: Uint8Array,
  context: StaticContext,
): Reply | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(request.header('range'));
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const { length } = bytes;
  const from = match[1] === '' ? Math.max(0, length - Number(match[2])) : Number(match[1]);
  const to =
    match[1] === '' || match[2] === '' ? length - 1 : Math.min(Number(match[2]), length - 1);
  if (from > to || from >= length)
    return ownReply(416, context.serverToken, {
      headers: [['Content-Range', `bytes */${length}`]],
    });
  const part = bytes.subarray(from, to + 1);
  return {
    ...reply,
    status: 206,
    length: part.length,
    headers: [
      ['ETag', reply.headers[0]?.[1] ?? ''],
      ['Content-Range', `bytes ${from}-${to}/${length}`],
    ],
    body: readerOf(part),
  };
}

/** autoindex: a table of names, dates and sizes. */
function listing(request: NginxRequest, files: FileSystem, path: string): Reply {
  const escaped = (text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const entries = files
    .list(path)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => {
      const info = files.stat(`${path}${name}`);
      return info ? [{ name: info.type === 'directory' ? `${name}/` : name, info }] : [];
    })
    .toSorted((a, b) => Number(b.name.endsWith('/')) - Number(a.name.endsWith('/')));
  const rows = entries.map(({ name, info }) => {
    const [, day, month, year, time] = httpDate(info.modifiedAt).split(' ');
    const size = info.type === 'directory' ? '-' : String(info.size);
    const padding = ' '.repeat(Math.max(0, 50 - name.length) + 1);
    return `<a href="${encodeURI(name)}">${escaped(name)}</a>${padding}${day}-${month}-${year} ${time?.slice(0, 5)} ${size.padStart(19)}\r\n`;
  });
  const title = `Index of ${escaped(request.uri)}`;
  const html = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<h1>${title}</h1><hr><pre><a href="../">../</a>\r\n${rows.join('')}</pre><hr></body>\r\n</html>\r\n`;
  return {
    status: 200,
    contentType: 'text/html',
    headers: [],
    body: readerOf(bytesOf(html)),
    own: false,
  };
}
