// One rule of a VirtualService for HTTP: its conditions, what it does, and what it may not do at once.

import {
  type Fields,
  fieldsOf,
  isFields,
  listOf,
  numberOf,
  stringOf,
  stringsOf,
} from '../../schema/fields.ts';
import {
  authorityRewrite,
  destination,
  headers,
  mirrors,
  weightedDestinations,
} from './destination.ts';
import { Findings } from './findings.ts';
import {
  duration,
  isDnsLabel,
  labels,
  nanosOf,
  port,
  quoted,
  regex,
  sortedEntries,
} from './names.ts';
import { gatewayNames } from './gateway-names.ts';

export function httpRoute(route: Fields, delegate: boolean): Findings {
  const findings = new Findings();
  findings.add(conflicts(route, delegate));
  for (const match of listOf(route['match'])) findings.add(matchValues(match));
  for (const match of listOf(route['match'])) findings.add(matchSources(match));
  findings.add(headers(route['headers'])).add(corsPolicy(route['corsPolicy']));
  findings.add(fault(route['fault'])).add(mirrorShare(route));
  findings.add(destination(route['mirror'])).add(mirrors(route['mirrors']));
  findings.error(redirect(route['redirect']));
  findings.add(directResponse(route['directResponse'])).add(retries(route['retries']));
  findings.error(rewrite(route['rewrite']));
  findings.error(authorityRewrite(route['rewrite'], route['headers']));
  findings.add(weightedDestinations(listOf(route['route'])));
  return findings.error(duration(route['timeout']));
}

function conflicts(route: Fields, delegate: boolean): Findings {
  const findings = new Findings();
  const has = (field: string) => isFields(route[field]);
  const routes = listOf(route['route']).length > 0;
  if (!delegate && has('delegate')) {
    const name = stringOf(route['name']);
    if (has('redirect')) findings.error(`root HTTP route ${name} must not specify redirect`);
    if (Array.isArray(route['route']))
      findings.error(`root HTTP route ${name} must not specify route`);
    return findings;
  }
  if (delegate && has('delegate')) findings.error('delegate HTTP route cannot contain delegate');
  if (has('redirect')) {
    if (routes) findings.error('HTTP route cannot contain both route and redirect');
    if (has('fault')) findings.error('HTTP route cannot contain both fault and redirect');
    if (has('rewrite')) findings.error('HTTP route rule cannot contain both rewrite and redirect');
    if (has('directResponse'))
      findings.error('HTTP route rule cannot contain both direct_response and redirect');
  } else if (has('directResponse')) {
    if (routes) findings.error('HTTP route cannot contain both route and direct_response');
    if (has('fault')) findings.error('HTTP route cannot contain both fault and direct_response');
    if (has('rewrite'))
      findings.error('HTTP route rule cannot contain both rewrite and direct_response');
  } else if (!routes) {
    findings.error('HTTP route, redirect or direct_response is required');
  }
  if (has('mirror') && listOf(route['mirrors']).length > 0)
    findings.error('HTTP route cannot contain both mirror and mirrors');
  return findings;
}

const PSEUDO_HEADERS = [':method', ':scheme', ':authority', ':path', ':status'];

/** Routing by a claim of a token, which gateways alone can do. */
export const isClaim = (name: string) => /^@request\.auth\.claims[.[]/i.test(name);

function matchValues(match: Fields): Findings {
  const findings = new Findings();
  for (const [name, value] of sortedEntries(match['headers'])) {
    if (value === null) findings.error(`header match ${name} cannot be null`);
    findings.error(headerName(name), stringMatch(value, 'headers'));
  }
  for (const [name, value] of sortedEntries(match['withoutHeaders'])) {
    findings.error(headerName(name));
    // An asterisk alone asks for presence and is no regular expression.
    if (fieldsOf(value)['regex'] !== '*') findings.error(stringMatch(value, 'withoutHeaders'));
  }
  findings.error(regexMatch(match['uri'], 'uri'));
  for (const field of ['scheme', 'method', 'authority'])
    findings.error(stringMatch(match[field], field));
  for (const value of Object.values(fieldsOf(match['queryParams'])))
    findings.error(stringMatch(value, 'queryParams'));
  return findings;
}

function matchSources(match: Fields): Findings {
  const findings = new Findings();
  const number = numberOf(match['port']) ?? 0;
  if (number !== 0) findings.error(port(number));
  findings.add(labels(match['sourceLabels'])).add(gatewayNames(stringsOf(match['gateways'])));
  const namespace = stringOf(match['sourceNamespace']);
  if (namespace !== '' && !isDnsLabel(namespace))
    findings.error(`sourceNamespace match ${namespace} is invalid`);
  return findings;
}

function headerName(name: string): string | undefined {
  if (name === '') return 'header name cannot be empty';
  if (isClaim(name) || PSEUDO_HEADERS.includes(name)) return undefined;
  return /^[-_A-Za-z0-9]+$/.test(name)
    ? undefined
    : `header name ${name} is not a valid header name`;
}

function stringMatch(value: unknown, where: string): string | undefined {
  return fieldsOf(value)['prefix'] === ''
    ? `${quoted(where)}: prefix string match should not be empty`
    : regexMatch(value, where);
}

function regexMatch(value: unknown, where: string): string | undefined {
  const pattern = fieldsOf(value)['regex'];
  if (typeof pattern !== 'string') return undefined;
  if (pattern === '') return `${quoted(where)}: regex string match should not be empty`;
  return regex(pattern, where);
}

const CORS_METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  '*',
];

function corsPolicy(value: unknown): Findings {
  const findings = new Findings();
  if (!isFields(value)) return findings;
  for (const origin of listOf(value['allowOrigins'])) {
    const match = origin['exact'] ?? origin['prefix'] ?? origin['regex'] ?? '';
    findings.error(
      match === ''
        ? "'' is not a valid match type for CORS allow origins"
        : regexMatch(origin, 'corsPolicy.allowOrigins'),
    );
  }
  for (const method of stringsOf(value['allowMethods']))
    if (!CORS_METHODS.includes(method))
      findings.error(`${quoted(method)} is not a supported HTTP method`);
  for (const name of [...stringsOf(value['allowHeaders']), ...stringsOf(value['exposeHeaders'])])
    if (name !== '*') findings.error(headerName(name));
  const age = value['maxAge'];
  if (typeof age === 'string') {
    findings.error(duration(age));
    if (nanosOf(age) % 1e9 !== 0)
      findings.listedError('max_age duration is accurate only to seconds precision');
  }
  return findings;
}

function fault(value: unknown): Findings {
  const findings = new Findings();
  if (!isFields(value)) return findings;
  const { abort, delay } = value;
  if (!isFields(abort) && !isFields(delay))
    findings.listedError('HTTP fault injection must have an abort and/or a delay');
  if (isFields(abort)) {
    findings.error(percentage(abort['percentage']));
    if (typeof abort['grpcStatus'] === 'string') findings.error(grpcStatus(abort['grpcStatus']));
    else if (abort['http2Error'] !== undefined)
      findings.error('HTTP/2 abort fault injection not supported yet');
    else if (typeof abort['httpStatus'] === 'number')
      findings.error(httpStatus(abort['httpStatus']));
    else findings.warning('abort configured, but error type not set');
  }
  if (isFields(delay)) {
    findings.error(percentage(delay['percentage']));
    findings.error(duration(delay['fixedDelay']));
    if (delay['exponentialDelay'] !== undefined) {
      findings.error(duration(delay['exponentialDelay']));
      findings.listedError('exponentialDelay not supported yet');
    }
  }
  return findings;
}

function percentage(value: unknown): string | undefined {
  const share = numberOf(fieldsOf(value)['value']) ?? 0;
  return share < 0 || share > 100 || (share > 0 && share < 0.0001)
    ? `percentage ${share} is neither 0.0, nor in range [0.0001, 100.0]`
    : undefined;
}

function httpStatus(status: number): string | undefined {
  return status < 200 || status > 600 ? `HTTP status ${status} is not in range 200-599` : undefined;
}

/** Source: status codes of gRPC. */
const GRPC_STATUS = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

function grpcStatus(status: string): string | undefined {
  return GRPC_STATUS.includes(status)
    ? undefined
    : `gRPC status ${quoted(status)} is not supported. See https://github.com/grpc/grpc/blob/master/doc/statuscodes.md for a list of supported codes, for example 'NOT_FOUND'`;
}

function mirrorShare(route: Fields): Findings {
  const findings = new Findings();
  const old = numberOf(route['mirrorPercent'] ?? route['mirror_percent']);
  if (old !== undefined) {
    if (old > 100) findings.error(`mirror_percent must have a max value of 100 (it has ${old})`);
    findings.warning('using deprecated setting "mirrorPercent", use "mirrorPercentage" instead');
  }
  const share = numberOf(fieldsOf(route['mirrorPercentage'])['value']) ?? 0;
  if (share > 100)
    findings.error(`mirror_percentage must have a max value of 100 (it has ${share.toFixed(6)})`);
  if (share < 0)
    findings.error(`mirror_percentage must have a min value of 0 (it has ${share.toFixed(6)})`);
  return findings;
}

function redirect(value: unknown): string | undefined {
  if (!isFields(value)) return undefined;
  const { uri = '', authority = '', scheme = '', port: number, derivePort } = value;
  if (
    uri === '' &&
    authority === '' &&
    scheme === '' &&
    number === undefined &&
    derivePort === undefined
  )
    return 'redirect must specify URI, authority, scheme, or port';
  const code = numberOf(value['redirectCode']) ?? 0;
  if (code !== 0 && (code < 300 || code > 399))
    return `${code} is not a valid redirect code, must be 3xx`;
  if (scheme !== '' && scheme !== 'http' && scheme !== 'https')
    return 'invalid redirect scheme, must be "http" or "https"';
  const given = numberOf(number) ?? 0;
  return given > 0 ? port(given) : undefined;
}

const KB = 1024;

function directResponse(value: unknown): Findings {
  const findings = new Findings();
  if (!isFields(value)) return findings;
  const body = fieldsOf(value['body']);
  const size = stringOf(body['string']).length + (stringOf(body['bytes']).length * 3) / 4;
  if (size > KB * KB)
    findings.error(
      'large direct_responses may impact control plane performance, must be less than 1MB',
    );
  else if (size > 100 * KB)
    findings.warning('large direct_responses may impact control plane performance');
  return findings.error(httpStatus(numberOf(value['status']) ?? 0));
}

/** Source: the retry conditions of Envoy, for HTTP and for gRPC. */
const RETRY_ON = [
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'retriable-4xx',
  'refused-stream',
  'retriable-status-codes',
  'retriable-headers',
  'envoy-ratelimited',
  'http3-post-connect-failure',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
];

/** Codes that HTTP gives a name to. */
function isNamedStatus(code: number): boolean {
  const named: readonly [number, number][] = [
    [100, 103],
    [200, 208],
    [226, 226],
    [300, 305],
    [307, 308],
    [400, 418],
    [421, 426],
    [428, 429],
    [431, 431],
    [451, 451],
    [500, 508],
    [510, 511],
  ];
  return named.some(([from, to]) => code >= from && code <= to);
}

function retries(value: unknown): Findings {
  const findings = new Findings();
  if (!isFields(value)) return findings;
  const attempts = numberOf(value['attempts']) ?? 0;
  const retryOn = stringOf(value['retryOn']);
  if (attempts < 0) findings.listedError('attempts cannot be negative');
  const configured =
    value['perTryTimeout'] !== undefined ||
    retryOn !== '' ||
    typeof value['retryRemoteLocalities'] === 'boolean';
  if (attempts === 0 && configured)
    findings.error('http retry policy configured when attempts are set to 0 (disabled)');
  findings.error(duration(value['perTryTimeout']));
  for (const policy of retryOn === '' ? [] : retryOn.split(',')) {
    const isCode = /^[-+]?\d+$/.test(policy) && isNamedStatus(Number(policy));
    if (!isCode && !RETRY_ON.includes(policy))
      findings.error(`${quoted(policy)} is not a valid retryOn policy`);
  }
  return findings.error(duration(value['backoff']));
}

function rewrite(value: unknown): string | undefined {
  if (!isFields(value)) return undefined;
  const uri = stringOf(value['uri']);
  const byRegex = value['uriRegexRewrite'];
  if (uri !== '' && isFields(byRegex))
    return 'rewrite may only contain one of URI or UriRegexRewrite';
  if (uri === '' && !isFields(byRegex) && stringOf(value['authority']) === '')
    return 'rewrite must specify at least one of URI, UriRegexRewrite, or authority. Only one of URI or UriRegexRewrite may be specified';
  if (!isFields(byRegex)) return undefined;
  const match = stringOf(byRegex['match']);
  const problem =
    match === '' || stringOf(byRegex['rewrite']) === ''
      ? 'UriRegexRewrite requires both Rewrite and Match fields to be specified'
      : regex(match, 'HTTPRewrite.UriRegexRewrite.Match');
  return problem === undefined ? undefined : `UriRegexRewrite has errors\n${problem}`;
}
