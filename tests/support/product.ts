// The whole product as a learner starts it, `npm start`, in a home of its own and without a browser.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type WorkspacePaths, workspacePaths } from '../../server/workspace/workspace.ts';
import { pinnedKubectl } from './kubectl.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export class Product {
  /** The one URL that is printed. */
  readonly link: string;
  readonly workspace: WorkspacePaths;
  readonly #home: string;
  readonly #process: ChildProcess;

  private constructor(link: string, home: string, child: ChildProcess) {
    this.link = link;
    this.workspace = workspacePaths(meshproofHome(home), 'me');
    this.#home = home;
    this.#process = child;
  }

  get origin(): string {
    return new URL(this.link).origin;
  }

  /** @param env more of the environment it starts in. */
  static async start({
    clockSpeed = 1,
    env = {},
  }: { clockSpeed?: number; env?: Record<string, string> } = {}): Promise<Product> {
    const home = mkdtempSync(join(tmpdir(), 'product-'));
    const kubectl = await pinnedKubectl();
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'scripts/start.ts'],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          ...process.env,
          HOME: home,
          MESHPROOF_HOME: meshproofHome(home),
          MESHPROOF_CLOCK_SPEED: String(clockSpeed),
          MESHPROOF_OPEN: '0',
          PORT: '0',
          // The pinned one, found as a learner's own: nothing is fetched for each test.
          PATH: `${dirname(kubectl)}${delimiter}${process.env['PATH'] ?? ''}`,
          ...env,
        },
      },
    );
    const lines = createInterface({ input: child.stdout });
    for await (const line of lines) {
      const link = /https?:\/\/\S+#\S+/.exec(line)?.[0];
      if (!link) continue;
      child.stdout.resume();
      return new Product(link, home, child);
    }
    throw new Error('npm start ended without printing its link');
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      const ended = new Promise((resolve) => this.#process.once('exit', resolve));
      this.#process.kill('SIGINT');
      await ended;
    }
    rmSync(this.#home, { recursive: true, force: true });
  }
}

const meshproofHome = (home: string) => join(home, 'meshproof');
