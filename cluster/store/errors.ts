// Why the store refused. The API turns each into the Status a real API server answers with.

export type StoreRefusal =
  /** An object of that name is there already. */
  | 'exists'
  | 'missing'
  /** Somebody else wrote it since the writer read it. */
  | 'conflict'
  /** The changes asked for are forgotten: list again. */
  | 'gone'
  | 'too large'
  | 'full';

export class StoreError extends Error {
  readonly refusal: StoreRefusal;
  readonly resource: string;
  readonly objectName: string;

  constructor(refusal: StoreRefusal, resource: string, objectName: string) {
    super(`${resource} "${objectName}": ${refusal}`);
    this.name = 'StoreError';
    this.refusal = refusal;
    this.resource = resource;
    this.objectName = objectName;
  }
}
