// A learner's lab without pages: their workspace, the clusters' process, and a client of its control socket.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ControlReply, ControlRequest } from '../../protocol/control.ts';
import { type Workspace, openWorkspace } from '../../server/workspace/workspace.ts';
import { pinnedKubectl } from './kubectl.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const START_LIMIT_MS = 20_000;

export interface ClusterLabOptions {
  /** Cluster seconds a second; kubectl stays as it is. */
  clockSpeed: number;
}

export class ClusterLab {
  readonly workspace: Workspace;
  readonly #home: string;
  readonly #engines: ChildProcess;

  private constructor(home: string, workspace: Workspace, engines: ChildProcess) {
    this.#home = home;
    this.workspace = workspace;
    this.#engines = engines;
  }

  static async start({ clockSpeed }: ClusterLabOptions): Promise<ClusterLab> {
    const home = mkdtempSync(join(tmpdir(), 'lab-'));
    const workspace = await openWorkspace({
      home,
      learner: 'me',
      kubectl: { path: await pinnedKubectl(), version: '1.36.3', own: false },
      engine: process.env['MESHPROOF_ENGINE'] === 'kind' ? 'kind' : 'embedded',
      // A learner's shell in a test has the test's PATH and a HOME of its own.
      env: { ...process.env, HOME: home },
    });
    const env = { ...process.env, MESHPROOF_HOME: home, MESHPROOF_CLOCK_SPEED: String(clockSpeed) };
    const engines = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'server/engines/main.ts'],
      {
        cwd: root,
        env,
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      },
    );
    const lab = new ClusterLab(home, workspace, engines);
    for (let waited = 0; !(await answers(workspace.controlSocket)); waited += 20) {
      if (waited > START_LIMIT_MS || engines.exitCode !== null)
        throw new Error('the clusters’ process did not start');
      await wait(20);
    }
    return lab;
  }

  /** Speaks to the engine as `meshproof cluster …` does. Rejects with its words when it refuses. */
  async cluster(request: ControlRequest): Promise<{ text: string; running: boolean }> {
    const socket = connect(this.workspace.controlSocket);
    socket.write(`${JSON.stringify(request)}\n`);
    for await (const line of createInterface({ input: socket })) {
      const reply = JSON.parse(line) as ControlReply;
      if (reply.kind === 'done') return reply;
      if (reply.kind === 'failed')
        throw new Error(`meshproof cluster ${request.verb}: ${reply.text}`);
    }
    throw new Error(`meshproof cluster ${request.verb}: no answer`);
  }

  async stop(): Promise<void> {
    if (this.#engines.exitCode === null) {
      const ended = new Promise((resolve) => this.#engines.once('exit', resolve));
      this.#engines.kill('SIGTERM');
      await ended;
    }
    rmSync(this.#home, { recursive: true, force: true });
  }
}

/** Whether somebody listens there. The file of a socket is there a moment before. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
