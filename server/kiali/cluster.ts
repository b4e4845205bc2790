// The API server of one learner's kubeconfig, which comes, changes and goes with their cluster. Opened when it is first asked.

import { stat } from 'node:fs/promises';
import { ApiServer } from '../checks/api-server.ts';

export class KubeconfigCluster {
  readonly #kubeconfig: string;
  #opened: { written: number; api: Promise<ApiServer> } | undefined;

  constructor(kubeconfig: string) {
    this.#kubeconfig = kubeconfig;
  }

  /** Undefined while there is no cluster. Rejects when the kubeconfig cannot be read. */
  async api(): Promise<ApiServer | undefined> {
    const written = await this.#writtenAt();
    if (written === undefined) return undefined;
    if (this.#opened?.written !== written)
      this.#opened = { written, api: ApiServer.fromKubeconfig(this.#kubeconfig) };
    const { api } = this.#opened;
    api.catch(() => (this.#opened = undefined)); // half written: told to whoever asks, and tried again
    return api;
  }

  async #writtenAt(): Promise<number | undefined> {
    try {
      return (await stat(this.#kubeconfig)).mtimeMs;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }
}
