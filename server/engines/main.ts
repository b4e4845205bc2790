// The clusters' process: one engine for each learner's workspace, and the control socket by which their shells command it.
// Forked by the holder, whom it tells of each engine's state; ends with it, keeping what ran for the next start.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FromEngines } from '../../protocol/processes.ts';
import { type Config, readConfig } from '../config.ts';
import { type WorkspacePaths, workspacePaths } from '../workspace/workspace.ts';
import { ControlSocket } from './control.ts';
import { EmbeddedEngine } from './embedded/engine.ts';
import { WorkerPool } from './embedded/pool.ts';
import type { Engine, EngineListener } from './engine.ts';
import { commandRunner } from './kind/commands.ts';
import { KindEngine } from './kind/engine.ts';

function log(level: 'info' | 'warn' | 'error', message: string): void {
  if (level !== 'info') console.error(`clusters: ${message}`);
}

function tell(message: FromEngines): void {
  // Without a holder (a test, a person) there is nobody to tell.
  process.send?.(message);
}

async function start(config: Config): Promise<() => Promise<void>> {
  const pool =
    config.engine === 'embedded'
      ? new WorkerPool({ entry: new URL('embedded/worker.ts', import.meta.url), log })
      : undefined;
  const workspace = workspacePaths(config.home, config.learner);
  const listener: EngineListener = {
    engine: (engine) => tell({ kind: 'engine', learner: config.learner, engine }),
    notice: (text) => tell({ kind: 'notice', learner: config.learner, text }),
  };
  const engine = pool
    ? new EmbeddedEngine({ pool, workspace, clockSpeed: config.clockSpeed, listener, log })
    : kindEngine(workspace, listener);
  const control = await ControlSocket.listen({ path: workspace.controlSocket, engine, log });
  listener.engine(engine.facts());
  await engine.resume();
  return async () => {
    await control.close();
    await engine.close();
    await pool?.close();
  };
}

function kindEngine(workspace: WorkspacePaths, listener: EngineListener): Engine {
  const fetched = join(workspace.directory, 'bin/kubectl');
  return new KindEngine({
    run: commandRunner(process.env),
    workspace,
    kubectl: existsSync(fetched) ? fetched : 'kubectl',
    listener,
  });
}

const stopping = new Promise<void>((resolve) => {
  process.on('SIGTERM', resolve);
  process.on('disconnect', resolve);
  // Ctrl-C reaches every process of the terminal; the holder says when it is our turn.
  process.on('SIGINT', () => {
    if (!process.connected) resolve();
  });
});

try {
  const stop = await start(readConfig(process.env));
  await stopping;
  await stop();
  process.exit(0);
} catch (error) {
  console.error(`clusters: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
