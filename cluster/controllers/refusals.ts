// What an API refusal means to a controller.

import { StatusError } from '../api/status.ts';

export { isAlreadyExists, isConflict, isNotFound } from '../api/status.ts';

/** The API said no: an expected outcome. Anything else thrown is a fault of ours. */
export function isRefusal(error: unknown): boolean {
  return error instanceof StatusError;
}

/** Nothing can be created in a namespace that is being deleted; trying again is useless. */
export function isNamespaceTerminating(error: unknown): boolean {
  const causes = error instanceof StatusError ? (error.status.details?.causes ?? []) : [];
  return causes.some((cause) => cause.reason === 'NamespaceTerminating');
}

/** The sentence of a refusal, for events and conditions. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
