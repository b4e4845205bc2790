// Our istioctl against an embedded cluster of its own, called as its process calls it; kubectl's part is done over HTTP.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ClusterClient, isNotFound } from '../../istioctl/api-client.ts';
import type { Io } from '../../istioctl/command.ts';
import { istioctl } from '../../istioctl/istioctl.ts';
import { clusterAccess } from '../../istioctl/kubeconfig.ts';
import { TestCluster } from '../support/cluster.ts';

export interface Said {
  exit: number;
  out: string;
  err: string;
}

/** Milliseconds for what takes a second on an idle machine. */
const PATIENCE_MS = 60_000;

export class IstioctlLab {
  readonly directory: string;
  readonly cluster: TestCluster;
  readonly client: ClusterClient;

  private constructor(directory: string, cluster: TestCluster) {
    this.directory = directory;
    this.cluster = cluster;
    this.client = new ClusterClient(
      clusterAccess({ env: { KUBECONFIG: cluster.kubeconfig } }),
      PATIENCE_MS,
    );
  }

  static async start(): Promise<IstioctlLab> {
    const directory = mkdtempSync(join(tmpdir(), 'istioctl-'));
    return new IstioctlLab(directory, await TestCluster.start({ directory, clockSpeed: 10 }));
  }

  /** @param answers lines that are typed when it asks. */
  async istioctl(words: string[], answers: string[] = []): Promise<Said> {
    const said = { out: '', err: '' };
    const io: Io = {
      out: (text) => (said.out += text),
      err: (text) => (said.err += text),
      readInput: async () => answers.join('\n'),
      readLine: async () => answers.shift(),
      interactive: false,
      env: { KUBECONFIG: this.cluster.kubeconfig },
    };
    return { exit: await istioctl(words, io), ...said };
  }

  /** Resolves with what `look` finds, once it finds something. */
  async until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = await look().catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      if (found) return found;
      if (Date.now() > deadline) throw new Error(`waited for: ${what}`);
      await wait(25);
    }
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.cluster.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
