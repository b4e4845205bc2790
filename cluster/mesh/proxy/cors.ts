// Cross-origin requests: preflights answered by the proxy, and the headers of real ones.
// Source: Envoy docs, CORS filter; istio/api CorsPolicy.

import { type HttpHeaders, headerOf } from '../../network/http.ts';
import type { Cors } from '../routing/proxy-config.ts';
import { setHeader } from './headers.ts';
import { stringMatches } from './matching.ts';

/** The origin that is allowed, or undefined: then nothing is added. */
export function allowedOrigin(policy: Cors, headers: HttpHeaders): string | undefined {
  const origin = headerOf(headers, 'origin');
  if (!origin) return undefined;
  return policy.origins.some((match) => stringMatches(match, origin)) ? origin : undefined;
}

export function isPreflight(method: string, headers: HttpHeaders): boolean {
  return (
    method === 'OPTIONS' &&
    headerOf(headers, 'origin') !== undefined &&
    headerOf(headers, 'access-control-request-method') !== undefined
  );
}

/** The headers of an answered preflight. */
export function preflightHeaders(policy: Cors, origin: string): HttpHeaders {
  const headers: HttpHeaders = [['access-control-allow-origin', origin]];
  if (policy.credentials) headers.push(['access-control-allow-credentials', 'true']);
  if (policy.methods) headers.push(['access-control-allow-methods', policy.methods]);
  if (policy.headers) headers.push(['access-control-allow-headers', policy.headers]);
  if (policy.maxAge) headers.push(['access-control-max-age', policy.maxAge]);
  return headers;
}

export function addCorsHeaders(policy: Cors, origin: string, headers: HttpHeaders): void {
  setHeader(headers, 'access-control-allow-origin', origin);
  if (policy.credentials) setHeader(headers, 'access-control-allow-credentials', 'true');
  if (policy.expose) setHeader(headers, 'access-control-expose-headers', policy.expose);
}
