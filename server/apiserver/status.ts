// The few errors that the carrier itself answers, before or after the cluster had its say, as Kubernetes words them.

import type { ApiResponse } from '../../cluster/api/http.ts';

export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: { causes: { reason: string; message: string }[] };
  code?: number;
}

function failure(code: number, reason: string, message: string): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code,
  };
}

export function statusResponse(status: Status): ApiResponse {
  return {
    status: status.code ?? 200,
    headers: { 'Cache-Control': 'no-cache, private', 'Content-Type': 'application/json' },
    body: `${JSON.stringify(status)}\n`,
  };
}

export const unauthorized = statusResponse(failure(401, 'Unauthorized', 'Unauthorized'));

export function badRequest(message: string): ApiResponse {
  return statusResponse(failure(400, 'BadRequest', message));
}

export function tooLarge(limitBytes: number): ApiResponse {
  return statusResponse(
    failure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes}`),
  );
}

/** Our own fault: the cluster's code threw. */
export function internalError(message: string): Status {
  return failure(500, 'InternalError', `Internal error occurred: ${message}`);
}

/** What a remote command's error stream says at the end. */
export const commandSucceeded: Status = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
};

/** Clients take the exit code from the cause; the sentence is the container runtime's. */
export function commandExited(exitCode: number, command: readonly string[]): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: error executing command [${command.join(' ')}], exit code ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}
