// Answers of the HTTP API: their envelope, faults and codes. Source: Prometheus docs, HTTP API.

import { textResponse } from '../../network/http-server.ts';
import type { HttpResponse } from '../../network/http.ts';

export type ErrorType =
  'bad_data' | 'execution' | 'timeout' | 'canceled' | 'internal' | 'unavailable' | 'not_found';

const STATUS: Readonly<Record<ErrorType, number>> = {
  bad_data: 400,
  not_found: 404,
  execution: 422,
  canceled: 499,
  internal: 500,
  timeout: 503,
  unavailable: 503,
};

/** A request the API refuses. */
export class ApiFault extends Error {
  readonly type: ErrorType;

  constructor(type: ErrorType, message: string) {
    super(message);
    this.type = type;
  }
}

export interface Answered {
  data?: unknown;
  infos?: readonly string[];
  warnings?: readonly string[];
}

export function success({ data, infos = [], warnings = [] }: Answered): HttpResponse {
  return json(200, {
    status: 'success',
    ...(data === undefined ? {} : { data }),
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(infos.length > 0 ? { infos } : {}),
  });
}

export function failure({ type, message }: ApiFault): HttpResponse {
  return json(STATUS[type], { status: 'error', errorType: type, error: message });
}

function json(status: number, value: unknown): HttpResponse {
  return textResponse(status, JSON.stringify(value), [
    ['Content-Type', 'application/json'],
    ['Access-Control-Allow-Origin', '*'],
    ['Access-Control-Allow-Methods', 'GET, POST, OPTIONS'],
    ['Access-Control-Allow-Headers', 'Accept, Authorization, Content-Type, Origin'],
    ['Access-Control-Expose-Headers', 'Date'],
  ]);
}
