// An answer that is none: a status and Kiali's words for what is wrong.

export class ApiFault extends Error {
  readonly status: number;
  readonly detail: string | undefined;

  constructor(status: number, message: string, detail?: string) {
    super(message);
    this.status = status;
    this.detail = detail;
  }
}

export function badRequest(message: string): ApiFault {
  return new ApiFault(400, message);
}

export function forbidden(message: string): ApiFault {
  return new ApiFault(403, message);
}

export function notFound(message: string): ApiFault {
  return new ApiFault(404, message);
}

export function unavailable(message: string): ApiFault {
  return new ApiFault(503, message);
}
