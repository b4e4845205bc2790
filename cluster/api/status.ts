// Status objects: what every refused request is answered with, in the words of a real API server.
// The one place that makes them, and the one that turns errors of the store into them. Knows nothing of HTTP beyond the code.
// Source: meta/v1 Status of the public API reference; messages as recorded from a 1.36 API server.

import type { FieldError } from '../schema/resource.ts';
import { StoreError } from '../store/errors.ts';

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: { resourceVersion?: string; continue?: string };
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code?: number;
}

/** A request that the API refuses. `message` is the Status' own. */
export class StatusError extends Error {
  readonly status: Status;

  constructor(status: Omit<Status, 'kind' | 'apiVersion' | 'metadata' | 'status'>) {
    super(status.message ?? '');
    this.name = 'StatusError';
    this.status = failure(status);
  }
}

/** A Status with its fields in the order of the API's own JSON. */
export function failure(
  status: Omit<Status, 'kind' | 'apiVersion' | 'metadata' | 'status'> & {
    metadata?: Status['metadata'];
  },
): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: status.metadata ?? {},
    status: 'Failure',
    ...(status.message === undefined ? {} : { message: status.message }),
    ...(status.reason === undefined ? {} : { reason: status.reason }),
    ...(status.details === undefined ? {} : { details: status.details }),
    code: status.code ?? 500,
  };
}

export function success(details: StatusDetails): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

/** Which resource an error speaks of. */
export interface ResourceName {
  group: string;
  resource: string;
}

export interface KindName {
  group: string;
  kind: string;
}

/** `deployments.apps`, `pods` */
function qualified(group: string, name: string): string {
  return group === '' ? name : `${name}.${group}`;
}

function detailsOf(group: string, kind: string, name: string): StatusDetails {
  return { ...(name ? { name } : {}), ...(group ? { group } : {}), kind };
}

export function notFound({ group, resource }: ResourceName, name: string): StatusError {
  return new StatusError({
    message: `${qualified(group, resource)} "${name}" not found`,
    reason: 'NotFound',
    details: detailsOf(group, resource, name),
    code: 404,
  });
}

export function alreadyExists({ group, resource }: ResourceName, name: string): StatusError {
  return new StatusError({
    message: `${qualified(group, resource)} "${name}" already exists`,
    reason: 'AlreadyExists',
    details: detailsOf(group, resource, name),
    code: 409,
  });
}

const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(
  { group, resource }: ResourceName,
  name: string,
  because = MODIFIED,
): StatusError {
  return new StatusError({
    message: `Operation cannot be fulfilled on ${qualified(group, resource)} "${name}": ${because}`,
    reason: 'Conflict',
    details: detailsOf(group, resource, name),
    code: 409,
  });
}

export function invalid(
  { group, kind }: KindName,
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const sentences = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))];
  const list = sentences.length === 1 ? `${sentences[0]}` : `[${sentences.join(', ')}]`;
  return new StatusError({
    message: `${qualified(group, kind)} "${name}" is invalid${errors.length === 0 ? '' : `: ${list}`}`,
    reason: 'Invalid',
    details: {
      ...(name ? { name } : {}),
      ...(group ? { group } : {}),
      ...(kind ? { kind } : {}),
      causes: errors.map((error) => ({
        reason: error.type,
        message: error.message,
        field: error.field,
      })),
    },
    code: 422,
  });
}

export function badRequest(message: string): StatusError {
  return new StatusError({ message, reason: 'BadRequest', code: 400 });
}

export function forbidden(
  { group, resource }: ResourceName,
  name: string,
  because: string,
  causes?: StatusCause[],
): StatusError {
  const subject = name
    ? `${qualified(group, resource)} "${name}"`
    : resource
      ? qualified(group, resource)
      : '';
  const message = subject === '' ? `forbidden: ${because}` : `${subject} is forbidden: ${because}`;
  return new StatusError({
    message,
    reason: 'Forbidden',
    details: {
      ...(name ? { name } : {}),
      ...(group ? { group } : {}),
      ...(resource ? { kind: resource } : {}),
      ...(causes ? { causes } : {}),
    },
    code: 403,
  });
}

/** A fault without a reason of its own: plain words, as Go's `errors.New` reaches a client. */
export function plainError(message: string, code = 500): StatusError {
  return new StatusError({ message, code });
}

export function internalError(message: string): StatusError {
  return new StatusError({
    message: `Internal error occurred: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  });
}

export function methodNotAllowed(): StatusError {
  return new StatusError({
    message: 'the server does not allow this method on the requested resource',
    reason: 'MethodNotAllowed',
    details: {},
    code: 405,
  });
}

/** For a method that exists in HTTP but not for this resource: `patch is not supported on resources of kind "bindings"`. */
export function unsupportedMethod({ group, resource }: ResourceName, verb: string): StatusError {
  return new StatusError({
    message: `${verb} is not supported on resources of kind "${qualified(group, resource)}"`,
    reason: 'MethodNotAllowed',
    details: { ...(group ? { group } : {}), kind: resource },
    code: 405,
  });
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  return new StatusError({
    message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
    reason: 'UnsupportedMediaType',
    code: 415,
  });
}

export function notAcceptable(available: readonly string[]): StatusError {
  return new StatusError({
    message: `406: Not Acceptable\n\nAvailable representations: ${available.join(', ')}`,
    reason: 'NotAcceptable',
    details: {},
    code: 406,
  });
}

export function unauthorized(): StatusError {
  return new StatusError({ message: 'Unauthorized', reason: 'Unauthorized', code: 401 });
}

/** A resourceVersion that is not known any more: the client lists again. */
export function expired(message: string, continueToken?: string): StatusError {
  const error = new StatusError({ message, reason: 'Expired', code: 410 });
  if (continueToken !== undefined) error.status.metadata.continue = continueToken;
  return error;
}

export function tooLargeResourceVersion(wanted: string, current: number): StatusError {
  return new StatusError({
    message: `Timeout: Too large resource version: ${wanted}, current: ${current}`,
    reason: 'Timeout',
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
    code: 504,
  });
}

export function tooManyRequests(message: string, retryAfterSeconds = 1): StatusError {
  return new StatusError({
    message,
    reason: 'TooManyRequests',
    details: { retryAfterSeconds },
    code: 429,
  });
}

/** Kinds that discovery lists and this cluster does not act on say so in a warning; what cannot even be stored says so here. */
export function notImplemented(message: string): StatusError {
  return new StatusError({ message, reason: 'NotImplemented', code: 501 });
}

export function serviceUnavailable(message: string): StatusError {
  return new StatusError({ message, reason: 'ServiceUnavailable', code: 503 });
}

export function isNotFound(error: unknown): boolean {
  return error instanceof StatusError && error.status.reason === 'NotFound';
}

export function isConflict(error: unknown): boolean {
  return error instanceof StatusError && error.status.reason === 'Conflict';
}

export function isAlreadyExists(error: unknown): boolean {
  return error instanceof StatusError && error.status.reason === 'AlreadyExists';
}

/** What the store refused, as the API says it. Anything else is passed on untouched. */
export function fromStoreError(error: unknown, resource: ResourceName): unknown {
  if (!(error instanceof StoreError)) return error;
  switch (error.refusal) {
    case 'exists':
      return alreadyExists(resource, error.objectName);
    case 'missing':
      return notFound(resource, error.objectName);
    case 'conflict':
      return conflict(resource, error.objectName);
    case 'gone':
      return expired(`too old resource version: ${error.objectName}`);
    case 'too large':
      return plainError('etcdserver: request is too large');
    case 'full':
      return plainError('etcdserver: mvcc: database space exceeded');
  }
}

/** The Status of anything thrown: a StatusError's own, or a 500 that hides nothing from whoever must mend it. */
export function statusOf(error: unknown): Status {
  if (error instanceof StatusError) return error.status;
  const message = error instanceof Error ? error.message : String(error);
  return internalError(message).status;
}
