// One learner's embedded cluster: up, down, back after a restart, back after a hang. Knows the workspace's files and the pool
// of workers; nothing of Kubernetes.

import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { EngineFacts } from '../../../protocol/lab.ts';
import type { Identity } from '../../apiserver/certificates.ts';
import { kubeconfigFor } from '../../apiserver/kubeconfig.ts';
import { limits } from '../../config.ts';
import type { WorkspacePaths } from '../../workspace/workspace.ts';
import {
  type Engine,
  EngineError,
  type EngineListener,
  type Outcome,
  type Progress,
  untold,
} from '../engine.ts';
import { readIfThere, writeWhole } from '../files.ts';
import { REVISION_GAP } from './messages.ts';
import { type Loss, type PooledCluster, StartFailure, type WorkerPool } from './pool.ts';
import { type KeptState, StateFiles } from './state.ts';

const NAME = 'mesh-lab';
const VERSION = 'v1.36.2';
const TITLE = `"${NAME}" (embedded, Kubernetes ${VERSION})`;

/** A port that the cluster had before may be held for a moment by its last life, or for longer by a stranger. */
const PORT_TRIES = 10;
const PORT_WAIT_MS = 100;

interface RunningCluster extends PooledCluster {
  readonly identity: Identity;
}

export interface EmbeddedOptions {
  pool: WorkerPool;
  workspace: Pick<WorkspacePaths, 'directory' | 'kubeconfig'>;
  clockSpeed: number;
  listener: EngineListener;
  log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

export class EmbeddedEngine implements Engine {
  readonly name = 'embedded';
  readonly #options: EmbeddedOptions;
  readonly #files: StateFiles;
  #cluster: RunningCluster | undefined;
  #state: EngineFacts['state'] = 'none';
  #detail: string | undefined;
  /** When this cluster hung its worker, in milliseconds since the epoch. */
  #hangs: number[] = [];
  /** Verbs and restarts, one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: EmbeddedOptions) {
    this.#options = options;
    this.#files = new StateFiles(options.workspace.directory);
  }

  facts(): EngineFacts {
    return {
      name: 'Embedded cluster',
      state: this.#state,
      ...(this.#detail !== undefined && { detail: this.#detail }),
      simulated: true,
      versions: { Kubernetes: VERSION },
    };
  }

  up(progress: Progress): Promise<Outcome> {
    return this.#inTurn(async () => {
      if (this.#cluster) {
        // A file that was deleted or changed by hand is put right.
        await this.#writeFiles(this.#cluster);
        return { say: `Cluster ${TITLE} is already running. Nothing to do.`, running: true };
      }
      progress.title(`Creating cluster ${TITLE} ...`);
      await this.#launch(progress, { fresh: false });
      return ready;
    });
  }

  down(progress: Progress): Promise<Outcome> {
    return this.#inTurn(async () => {
      const state = await this.#files.read();
      if (!this.#cluster && !state.running) return none;
      progress.title(`Deleting cluster ${TITLE} ...`);
      progress.stage('Stopping the control plane');
      this.#show('stopping', 'Stopping the control plane');
      const revisionFloor = await this.#stop(state);
      progress.stage('Removing its kubeconfig');
      await this.#files.forgetSnapshot();
      await this.#removeFiles();
      await this.#files.write({ ...state, running: false, revisionFloor });
      this.#show('none');
      return { say: `Deleted cluster "${NAME}".`, running: false };
    });
  }

  reset(progress: Progress): Promise<Outcome> {
    return this.#inTurn(async () => {
      progress.title(`Replacing cluster ${TITLE} by a new one ...`);
      progress.stage('Stopping the control plane');
      const state = await this.#files.read();
      const revisionFloor = await this.#stop(state);
      await this.#files.write({ ...state, revisionFloor });
      this.#hangs = [];
      await this.#launch(progress, { fresh: true });
      return ready;
    });
  }

  async status(): Promise<Outcome> {
    if (this.#cluster) {
      const { url } = this.#cluster.started;
      return { say: `Cluster ${TITLE} is running at ${url}.`, running: true };
    }
    if (this.#state === 'none') return none;
    return { say: `Cluster ${TITLE}: ${this.#detail ?? this.#state}.`, running: false };
  }

  save(name: string, progress: Progress): Promise<Outcome> {
    return this.#inTurn(async () => {
      if (!this.#cluster) throw new EngineError('ENGINE_NOT_RUNNING', 'There is no cluster.');
      progress.stage('Writing its state');
      await this.#cluster.save(this.#files.saved(name));
      return { say: `Saved the cluster as "${name}".`, running: true };
    });
  }

  restore(name: string, progress: Progress): Promise<Outcome> {
    return this.#inTurn(async () => {
      const saved = this.#files.saved(name);
      if ((await readIfThere(saved)) === undefined)
        throw new EngineError('ENGINE_NO_STATE', `There is no saved state "${name}".`);
      progress.title(`Going back to "${name}" ...`);
      progress.stage('Stopping the control plane');
      const state = await this.#files.read();
      const revisionFloor = await this.#stop(state);
      await this.#files.write({ ...state, revisionFloor });
      await copyFile(saved, this.#files.snapshot);
      await this.#launch(progress, { fresh: false });
      return { say: `The cluster is as it was when you saved "${name}".`, running: true };
    });
  }

  resume(): Promise<void> {
    return this.#inTurn(async () => {
      const { running } = await this.#files.read();
      if (running) await this.#relaunch();
      else await this.#removeFiles();
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.#inTurn(async () => {
      await this.#cluster?.stop(true);
      this.#cluster = undefined;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => {}); // Whoever asked gets the error; the next one gets its turn.
    return turn;
  }

  /** Ends what runs, keeping nothing. Resolves with the floor for the next life. */
  async #stop({ revisionFloor }: KeptState): Promise<number> {
    const revision = (await this.#cluster?.stop(false)) ?? 0;
    this.#cluster = undefined;
    return Math.max(revisionFloor, revision);
  }

  async #launch(progress: Progress, { fresh }: { fresh: boolean }): Promise<void> {
    const stage = (name: string) => {
      progress.stage(name);
      this.#show('starting', name);
    };
    stage('Starting the control plane');
    try {
      await this.#files.prepare();
      const kept = await this.#files.read();
      const { revisionFloor } = kept;
      const identity = kept.identity ?? (await this.#options.pool.newIdentity());
      const state = { ...kept, identity };
      // Before it starts: if this process is killed now, the next life begins above whatever this one reaches.
      await this.#files.write({
        ...state,
        running: true,
        revisionFloor: revisionFloor + REVISION_GAP,
      });
      const cluster = { ...(await this.#start(state, { fresh, stage })), identity };
      this.#cluster = cluster;
      stage('Writing its kubeconfig');
      await this.#writeFiles(cluster);
      const { port } = cluster.started;
      await this.#files.write({
        running: true,
        port,
        identity,
        revisionFloor: revisionFloor + REVISION_GAP,
      });
      this.#show('ready');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#show('failed', reason);
      if (isOfFiles(error))
        throw new EngineError('ENGINE_WORKSPACE', `The workspace cannot be written: ${reason}.`, {
          cause: error,
        });
      throw new EngineError('ENGINE_START', `The cluster did not start: ${reason}.`, {
        cause: error,
      });
    }
  }

  async #start(
    { port = 0, identity, revisionFloor }: KeptState & { identity: Identity },
    { fresh, stage }: { fresh: boolean; stage: (name: string) => void },
  ): Promise<PooledCluster> {
    const { pool, clockSpeed } = this.#options;
    for (let left = PORT_TRIES; ; left--) {
      try {
        return await pool.start(
          {
            // The port of before keeps every kubeconfig good that a program has already read.
            port: left > 0 ? port : 0,
            identity,
            snapshotFile: this.#files.snapshot,
            fresh,
            revisionFloor,
            clockSpeed,
          },
          { onStage: stage, onLost: (loss) => void this.#lost(loss) },
        );
      } catch (error) {
        if (!(error instanceof StartFailure && error.code === 'EADDRINUSE') || left === 0)
          throw error;
        await wait(PORT_WAIT_MS);
      }
    }
  }

  /** The worker went, and the cluster with it. Its last snapshot is at most a second old. */
  async #lost({ reason, blamed }: Loss): Promise<void> {
    this.#cluster = undefined;
    await this.#inTurn(async () => {
      if (this.#closed) return;
      const now = Date.now();
      if (blamed)
        this.#hangs = [...this.#hangs.filter((at) => now - at < limits.clusterHangsMs), now];
      if (this.#hangs.length >= limits.clusterHangs) {
        const say = `The cluster hung ${this.#hangs.length} times within ${limits.clusterHangsMs / 60_000} minutes and stays stopped. \`meshproof cluster reset\` gives you a new one`;
        this.#options.log('error', `${say} (${reason})`);
        this.#show('failed', say);
        this.#options.listener.notice(`${say}.`);
        return;
      }
      if (await this.#relaunch())
        this.#options.listener.notice(
          'Your cluster stopped answering and was started again from how it was a second before.',
        );
    });
  }

  /** True when it runs again. When it does not, the facts say why. */
  async #relaunch(): Promise<boolean> {
    try {
      await this.#launch(untold, { fresh: false });
      return true;
    } catch (error) {
      this.#options.log('error', error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  /** The kubeconfig, and who the cluster is: checks compare it with the cluster that answers. */
  async #writeFiles({ identity, started }: RunningCluster): Promise<void> {
    const { url, systemUid } = started;
    const { kubeconfig } = this.#options.workspace;
    const wanted = kubeconfigFor(identity, url);
    const present = await readIfThere(kubeconfig);
    // One that leads here already may hold the learner's own choice of namespace.
    if (!(present && ofKubeconfig(wanted).every((line) => present.includes(line))))
      await writeWhole(kubeconfig, wanted);
    const known = `${JSON.stringify({ uid: systemUid, engine: this.name })}\n`;
    if ((await readIfThere(this.#clusterFile)) !== known)
      await writeWhole(this.#clusterFile, known);
  }

  async #removeFiles(): Promise<void> {
    await rm(this.#options.workspace.kubeconfig, { force: true });
    await rm(this.#clusterFile, { force: true });
  }

  get #clusterFile(): string {
    return join(this.#options.workspace.directory, '.meshproof/cluster.json');
  }

  #show(state: EngineFacts['state'], detail?: string): void {
    this.#state = state;
    this.#detail = detail;
    this.#options.listener.engine(this.facts());
  }
}

const ready: Outcome = {
  say: `Cluster "${NAME}" is ready. Try: kubectl get nodes`,
  running: true,
};
const none: Outcome = { say: 'There is no cluster.', running: false };

/** The parts that make it lead to this cluster; kubectl writes the rest in an order of its own. */
function ofKubeconfig(text: string): string[] {
  return [...text.matchAll(/(?:server|\w+-data): \S+/g)].map(([line]) => line);
}

function isOfFiles(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EISDIR'].includes(
      String(error.code),
    )
  );
}
