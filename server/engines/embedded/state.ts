// What is kept of an embedded cluster between two lives of the process: that it runs, where, who it is, and how far its
// revisions have come. In the workspace, readable by its owner alone.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Identity } from '../../apiserver/certificates.ts';
import { isFresh } from '../../apiserver/certificates.ts';
import { readIfThere, writeWhole } from '../files.ts';

export interface KeptState {
  /** Between `up` and `down`. */
  running: boolean;
  /** The port of its kubeconfig; undefined before the first `up`. */
  port: number | undefined;
  /** Its certificates, unless they are about to end. */
  identity: Identity | undefined;
  /** No revision of an earlier life was above it. */
  revisionFloor: number;
}

const NOTHING: KeptState = {
  running: false,
  port: undefined,
  identity: undefined,
  revisionFloor: 0,
};

export class StateFiles {
  readonly #directory: string;

  constructor(workspace: string) {
    this.#directory = join(workspace, '.meshproof/embedded');
  }

  get snapshot(): string {
    return join(this.#directory, 'snapshot.json');
  }

  saved(name: string): string {
    return join(this.#directory, 'saved', `${name}.json`);
  }

  async prepare(): Promise<void> {
    await mkdir(join(this.#directory, 'saved'), { recursive: true, mode: 0o700 });
  }

  /** What was kept; nothing when there is no file or none that can be read. */
  async read(): Promise<KeptState> {
    const text = await readIfThere(join(this.#directory, 'state.json'));
    return text === undefined ? NOTHING : parseState(text);
  }

  async write(state: KeptState): Promise<void> {
    await writeWhole(join(this.#directory, 'state.json'), JSON.stringify(state));
  }

  async forgetSnapshot(): Promise<void> {
    await rm(this.snapshot, { force: true });
  }
}

function parseState(text: string): KeptState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return NOTHING; // Damaged by hand: the next `up` begins anew.
  }
  if (typeof value !== 'object' || value === null) return NOTHING;
  const { running, port, identity, revisionFloor }: Partial<Record<keyof KeptState, unknown>> =
    value;
  const known = identityIn(identity);
  return {
    running: running === true,
    port: isNumber(port) ? port : undefined,
    identity: known && isFresh(known) ? known : undefined,
    revisionFloor: isNumber(revisionFloor) ? revisionFloor : 0,
  };
}

function identityIn(value: unknown): Identity | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const texts: Partial<Record<keyof Identity, unknown>> = value;
  const { caCertificate, serverCertificate, serverKey, clientCertificate, clientKey } = texts;
  return isText(caCertificate) &&
    isText(serverCertificate) &&
    isText(serverKey) &&
    isText(clientCertificate) &&
    isText(clientKey)
    ? { caCertificate, serverCertificate, serverKey, clientCertificate, clientKey }
    : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
