// Whether JSON is laid out for people: asked for by `pretty`, or because the client is one that people look at.
// Source: the `pretty` parameter of the API reference, "defaults to true if the user-agent indicates curl, wget or a browser".

import type { ApiRequest } from './http.ts';
import { JSON_CONTENT, type Reply } from './reply.ts';

const PEOPLES_CLIENTS = /^(?:curl|Wget|Mozilla\/5\.0)/;
/** Documents that are served as they lie. */
const AS_THEY_LIE = /^\/(?:openapi|openid|version|\.well-known)(?:\/|$)/;

/** The body in the form its reader wants. */
export function laidOut(request: ApiRequest, { headers, body }: Reply): Reply['body'] {
  if (typeof body !== 'string' || body === '' || !isPretty(request)) return body;
  if (!String(headers['Content-Type'] ?? '').startsWith(JSON_CONTENT)) return body;
  if (AS_THEY_LIE.test(request.path)) return body;
  // Without the line feed that ends the short form, as from a real server.
  return JSON.stringify(JSON.parse(body), null, 2);
}

function isPretty({ query, headers }: ApiRequest): boolean {
  const asked = query.get('pretty') ?? '';
  if (asked !== '') return ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(asked);
  return PEOPLES_CLIENTS.test(headers['user-agent'] ?? '');
}
