// A learner's private copy of the labs, and the environment their shells get. Knows nothing of terminals, pages or clusters.

import { createHash } from 'node:crypto';
import { chmod, mkdir, rm, symlink } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EngineName } from '../config.ts';
import { shellEnvironment } from './environment.ts';
import type { Kubectl } from './kubectl.ts';
import { giveLabFiles } from './lab-files.ts';

export interface Workspace {
  learner: string;
  /** Holds labs/, bin/ and .meshproof/. */
  directory: string;
  /** Where terminals start: labs/02-service-mesh-value-proposition. */
  startDirectory: string;
  /** `$KUBECONFIG`. The file does not exist until `cluster up` has written it. */
  kubeconfig: string;
  /** Unix socket, 0600, at which `meshproof cluster …` reaches the engine. */
  controlSocket: string;
  /** bash's --rcfile for the learner's shells. */
  rcFile: string;
  /**
   * The whole environment of a shell: nothing else of the server's own is passed on. A session adds `MESHPROOF_NONCE`,
   * which its rc file takes out of the environment again and puts into the marks it prints.
   */
  env: Record<string, string>;
}

/** Where a workspace is, before and after it is opened. */
export type WorkspacePaths = Pick<
  Workspace,
  'learner' | 'directory' | 'startDirectory' | 'kubeconfig' | 'controlSocket' | 'rcFile'
>;

export interface OpenOptions {
  /** `Config.home`. */
  home: string;
  learner: string;
  /** What `findKubectl` found. */
  kubectl: Kubectl;
  /** The environment of whoever started Meshproof. */
  env: Record<string, string | undefined>;
  /** Default embedded. */
  engine?: EngineName;
  /** The clone of Meshproof. Default: this one. */
  root?: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** A Unix socket's path ends before 104 bytes on macOS and 108 on Linux. */
const LONGEST_SOCKET_PATH = 100;

export function workspacePaths(home: string, learner: string, root = ROOT): WorkspacePaths {
  // It becomes a directory's name.
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(learner))
    throw new Error(`learner "${learner}": use up to 63 small letters, digits and dashes`);
  const directory = join(home, 'learners', learner);
  return {
    learner,
    directory,
    startDirectory: join(directory, 'labs/02-service-mesh-value-proposition'),
    kubeconfig: join(directory, '.meshproof/kubeconfig'),
    controlSocket: socketPath(directory),
    rcFile: join(root, 'server/workspace/shell.bash'),
  };
}

/** In the workspace; for one that lies too deep, in a directory of this user's own below the system's temporary one. */
function socketPath(directory: string): string {
  const inside = join(directory, '.meshproof/control.sock');
  if (Buffer.byteLength(inside) <= LONGEST_SOCKET_PATH) return inside;
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  return join(tmpdir(), `meshproof-${userInfo().uid}`, `${name}.sock`);
}

/** Makes the workspace, or brings an older one up to date. The learner's own files stay as they are. */
export async function openWorkspace(options: OpenOptions): Promise<Workspace> {
  const root = options.root ?? ROOT;
  const paths = workspacePaths(options.home, options.learner, root);
  const { directory } = paths;
  const own = join(directory, '.meshproof');
  await mkdir(own, { recursive: true });
  // It holds the keys of a cluster and what was typed.
  await chmod(directory, 0o700);
  await giveLabFiles({
    from: join(root, 'labs'),
    to: join(directory, 'labs'),
    record: join(own, 'given.json'),
  });
  await linkKubectl(join(directory, 'bin'), options.kubectl);
  const { engine = 'embedded' } = options;
  const env = shellEnvironment({ ...paths, root, node: process.execPath, engine }, options.env);
  return { ...paths, env };
}

/** Only a fetched kubectl needs a link: the learner's own is on their PATH, and may not like to be called by another. */
async function linkKubectl(bin: string, kubectl: Kubectl): Promise<void> {
  await mkdir(bin, { recursive: true });
  const link = join(bin, 'kubectl');
  await rm(link, { force: true });
  if (!kubectl.own) await symlink(kubectl.path, link);
}
