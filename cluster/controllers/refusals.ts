// What an API refusal means to a controller. Reads the Status that every refused request carries; ignores the rest of the error.

interface Status {
  code?: number;
  reason?: string;
  details?: { causes?: { reason?: string }[] };
}

function statusOf(error: unknown): Status | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error)) return undefined;
  const { status } = error;
  return typeof status === 'object' && status !== null ? status : undefined;
}

/** The API said no: an expected outcome. Anything else thrown is a fault of ours. */
export function isRefusal(error: unknown): boolean {
  return statusOf(error) !== undefined;
}

export function isNotFound(error: unknown): boolean {
  return statusOf(error)?.reason === 'NotFound';
}

export function isConflict(error: unknown): boolean {
  return statusOf(error)?.reason === 'Conflict';
}

export function isAlreadyExists(error: unknown): boolean {
  return statusOf(error)?.reason === 'AlreadyExists';
}

/** Nothing can be created in a namespace that is being deleted; trying again is useless. */
export function isNamespaceTerminating(error: unknown): boolean {
  return (
    statusOf(error)?.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') ??
    false
  );
}

/** The sentence of a refusal, for events and conditions. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
