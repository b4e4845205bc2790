// What a route of the lab is: a method, a path, and an answer for a browser that was let in. Knows nothing of HTTP's bytes.

import type { IncomingHttpHeaders } from 'node:http';
import type { LabErrorCode } from '../../protocol/errors.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface LabRequest {
  headers: IncomingHttpHeaders;
  /** What stands in the path at `:name`. */
  params: Record<string, string>;
  query: URLSearchParams;
  /** The JSON of a POST or PUT; the route parses it. */
  body: unknown;
  learner: string;
}

export interface LabAnswer {
  status?: number;
  body: unknown;
  cookies?: string[];
}

export interface Route {
  method: Method;
  /** `/lab/terminals/:session` */
  path: string;
  /** `page`: only for a browser that has opened the lab. `anybody`: for every page of ours. Default page. */
  for?: 'anybody';
  /** `browser` is undefined only for `anybody`. */
  answer(
    request: LabRequest,
    browser: string | undefined,
  ): Promise<LabAnswer | LabErrorCode> | LabAnswer | LabErrorCode;
}

/** The values of a path's `:names`, or undefined when it is another path. */
export function match(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith(':') && value !== '') params[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
}

/** A text field of a JSON body, or undefined when there is none. */
export function textField(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const value: unknown = Object.getOwnPropertyDescriptor(body, name)?.value;
  return typeof value === 'string' ? value : undefined;
}
