// What a cluster asks of the machine it runs on. Node's side is server/apiserver/platform.ts; tests bring their own.

/** Undoes what it was returned for. Calling it again does nothing. */
export type Cancel = () => void;

export interface Platform {
  /** Real time, in milliseconds since the epoch. */
  now(): number;
  /** Calls `run` once, `ms` real milliseconds from now, in a turn of its own. `ms` 0 means the next turn of the event loop. */
  after(ms: number, run: () => void): Cancel;
  /** Bytes nobody can guess; a seeded test platform may repeat them. */
  randomBytes(count: number): Uint8Array;
  sha256(bytes: Uint8Array): Uint8Array;
  /** A new certificate authority that signed itself, PEM. Without this istiod's certificate is the cluster's. */
  authority?(organization: string): Promise<{ certificate: string; key: string }>;
  /** One line for the operator. Never holds what a learner typed. */
  log(level: 'info' | 'warn' | 'error', message: string): void;
}
