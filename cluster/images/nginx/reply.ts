// What nginx answers: the words of its status lines and error pages, and headers in the order it sends them.

import { type ByteReader, bytesOf, nothing, readerOf } from '../../streams.ts';
import type { HttpHeaders } from '../../network/http.ts';
import type { ErrorPage } from './settings.ts';

export interface Reply {
  status: number;
  /** The upstream's own words; else nginx' for the status. */
  reason?: string;
  contentType?: string | undefined;
  /** Bytes of the body; undefined when they are not known beforehand. */
  length?: number | undefined;
  lastModified?: string | undefined;
  /** A URL, or a path that becomes one. */
  location?: string | undefined;
  headers: HttpHeaders;
  body: ByteReader;
  /** nginx made it up itself, so that error_page may take its place. */
  own: boolean;
}

/** Words of status lines where nginx' differ from its error pages' titles. */
const lines: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  302: 'Moved Temporarily',
  304: 'Not Modified',
  401: 'Unauthorized',
};

const titles: Readonly<Record<number, string>> = {
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Authorization Required',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Time-out',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Large',
  415: 'Unsupported Media Type',
  416: 'Requested Range Not Satisfiable',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
  505: 'HTTP Version Not Supported',
  507: 'Insufficient Storage',
};

export function reasonOf(status: number): string {
  return lines[status] ?? titles[status] ?? '';
}

/** An answer of nginx' own, with its built-in page where it has one. */
export function ownReply(status: number, server: string, more: Partial<Reply> = {}): Reply {
  const page = pageOf(status, server);
  return {
    status,
    contentType: page ? 'text/html' : undefined,
    ...wholeBody(page),
    headers: [],
    own: true,
    ...more,
  };
}

export function textReply(status: number, text: string, contentType: string): Reply {
  return { status, contentType, ...wholeBody(text), headers: [], own: false };
}

function wholeBody(text: string): { length: number; body: ByteReader } {
  const bytes = bytesOf(text);
  return { length: bytes.length, body: bytes.length > 0 ? readerOf(bytes) : nothing };
}

/** @param note a second line, for the 400s that explain themselves; it is then the title too. */
export function pageOf(status: number, server: string, note?: string): string {
  const title = titles[status];
  if (title === undefined) return '';
  const heading = `${status} ${title}`;
  return [
    '<html>',
    `<head><title>${note === undefined ? heading : `${status} ${note}`}</title></head>`,
    '<body>',
    `<center><h1>${heading}</h1></center>`,
    ...(note === undefined ? [] : [`<center>${note}</center>`]),
    `<hr><center>${server}</center>`,
    '</body>',
    '</html>',
    '',
  ].join('\r\n');
}

export function errorPageFor(
  reply: Reply,
  pages: readonly ErrorPage[],
  intercepts: boolean,
): ErrorPage | undefined {
  if (reply.status < 300 || (!reply.own && !intercepts)) return undefined;
  return pages.find(({ status }) => status === reply.status);
}

/** Headers as nginx' header filter writes them. */
export function headersOf(
  reply: Reply,
  more: { server: string; date: string; location: string | undefined; keepAlive: boolean },
): HttpHeaders {
  const headers: HttpHeaders = [
    ['Server', more.server],
    ['Date', more.date],
  ];
  if (reply.contentType) headers.push(['Content-Type', reply.contentType]);
  const bodiless = reply.status === 204 || reply.status === 304;
  if (reply.length !== undefined && !bodiless)
    headers.push(['Content-Length', String(reply.length)]);
  if (reply.lastModified) headers.push(['Last-Modified', reply.lastModified]);
  if (more.location !== undefined) headers.push(['Location', more.location]);
  // serveHttp adds it when it must; here it has its place among the others.
  if (reply.length === undefined && !bodiless && more.keepAlive)
    headers.push(['Transfer-Encoding', 'chunked']);
  headers.push(['Connection', more.keepAlive ? 'keep-alive' : 'close']);
  return [...headers, ...reply.headers];
}
