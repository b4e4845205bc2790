// Which route takes a request: paths, headers, methods and query parameters against conditions.
// Source: Envoy API, RouteMatch, HeaderMatcher, StringMatcher; istio/api HTTPMatchRequest.

import { type HttpHeaders, headerOf } from '../../network/http.ts';
import type { StringMatch } from '../resources.ts';
import type { HeaderCondition, PathMatch, Route, RouteMatch } from '../routing/proxy-config.ts';

export interface Asked {
  method: string;
  authority: string;
  /** `/path?query` */
  target: string;
  headers: HttpHeaders;
}

/** The first route that matches. */
export function routeFor(routes: readonly Route[], asked: Asked): Route | undefined {
  return routes.find(({ match }) => matches(match, asked));
}

function matches({ path, headers, query }: RouteMatch, asked: Asked): boolean {
  const { path: own, query: given } = splitTarget(asked.target);
  if (!pathMatches(path, own)) return false;
  if (!headers.every((condition) => headerMatches(condition, asked))) return false;
  if (query.length === 0) return true;
  const parameters = new URLSearchParams(given);
  return query.every(({ name, match }) => {
    const value = parameters.get(name);
    return value !== null && stringMatches(match, value);
  });
}

export function splitTarget(target: string): { path: string; query: string } {
  const at = target.search(/[?#]/);
  return at === -1
    ? { path: target, query: '' }
    : { path: target.slice(0, at), query: target.slice(at + 1) };
}

function pathMatches({ kind, value, ignoreCase }: PathMatch, path: string): boolean {
  if (kind === 'regex') return regex(value).test(path);
  const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text);
  return kind === 'exact' ? fold(path) === fold(value) : fold(path).startsWith(fold(value));
}

function headerMatches({ name, match, invert }: HeaderCondition, asked: Asked): boolean {
  const value = valueOf(name, asked);
  const holds = value !== undefined && stringMatches(match, value);
  return holds !== invert;
}

/** Several headers of one name are one, joined by commas. */
function valueOf(name: string, { method, authority, headers }: Asked): string | undefined {
  if (name === ':method') return method;
  if (name === ':authority' || name === 'host') return authority;
  if (name === ':scheme') return headerOf(headers, 'x-forwarded-proto') ?? 'http';
  const values = headers
    .filter(([other]) => other.toLowerCase() === name)
    .map(([, value]) => value);
  return values.length > 0 ? values.join(',') : undefined;
}

export function stringMatches(
  { exact, prefix, regex: pattern }: StringMatch,
  value: string,
): boolean {
  if (exact !== undefined) return value === exact;
  if (prefix !== undefined) return value.startsWith(prefix);
  if (pattern !== undefined) return regex(pattern).test(value);
  return true;
}

/** Compiled patterns, in the order of their last use; more than any configuration holds at once. */
const COMPILED = 500;
const compiled = new Map<string, RegExp>();

/** RE2's syntax as JavaScript's; the whole text must match. A pattern that cannot be compiled matches nothing. */
export function regex(pattern: string): RegExp {
  const known = compiled.get(pattern);
  if (known) return known;
  const made = compile(pattern);
  compiled.set(pattern, made);
  const oldest = compiled.keys().next();
  if (compiled.size > COMPILED && !oldest.done) compiled.delete(oldest.value);
  return made;
}

const NEVER = /(?!)/;

function compile(pattern: string): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(pattern);
  const body = pattern.slice(flags?.[0].length ?? 0).replaceAll('(?P<', '(?<');
  try {
    return new RegExp(`^(?:${body})$`, flags?.[1] ?? '');
  } catch (error) {
    if (error instanceof SyntaxError) return NEVER;
    throw error;
  }
}
