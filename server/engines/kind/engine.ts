// A real cluster in Docker, through kind. Knows what Docker and kind print and which versions the course is proven with.
// Its kubeconfig is written by kind itself, into the workspace: the learner's own ~/.kube is never touched.

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineFacts } from '../../../protocol/lab.ts';
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
import type { Ran, RunCommand } from './commands.ts';

/** The pins of the course: kind's own default node for 0.32, by digest. Istio 1.30 supports Kubernetes 1.32 to 1.36. */
const KIND_OLDEST = [0, 32] as const;
const NODE_IMAGE =
  'kindest/node:v1.36.1@sha256:3489c7674813ba5d8b1a9977baea8a6e553784dab7b84759d1014dbd78f7ebd5';
const VERSION = 'v1.36.1';
const NAME = 'mesh-lab';
const NODE = `${NAME}-control-plane`;
const TITLE = `"${NAME}" (kind, Kubernetes ${VERSION})`;

/** Bytes of memory Docker must have: kube-system, Istio and the course's pods take about 2.3 GB. 4 GB as Docker counts them. */
const OLDEST_MEMORY_BYTES = 3.8e9;

const CONFIG = `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
- role: control-plane
`;

/** Milliseconds a question may take; Docker that is just starting is slow to say no. */
const ASK_MS = 20_000;
/** Milliseconds for a cluster: the first time pulls 1 GB of image. kind itself waits 2 minutes for the node. */
const CREATE_MS = 20 * 60_000;
const DELETE_MS = 2 * 60_000;
const NODE_WAIT = '120s';
/** Lines of a failed command that its message repeats. */
const COMPLAINT_LINES = 8;

export interface KindOptions {
  run: RunCommand;
  workspace: Pick<WorkspacePaths, 'directory' | 'kubeconfig'>;
  /** Path or name of kubectl. */
  kubectl: string;
  listener: EngineListener;
}

export class KindEngine implements Engine {
  readonly name = 'kind';
  readonly #options: KindOptions;
  #state: EngineFacts['state'] = 'none';
  #detail: string | undefined;

  constructor(options: KindOptions) {
    this.#options = options;
  }

  facts(): EngineFacts {
    return {
      name: 'kind',
      state: this.#state,
      ...(this.#detail !== undefined && { detail: this.#detail }),
      simulated: false,
      versions: { Kubernetes: VERSION },
    };
  }

  up(progress: Progress): Promise<Outcome> {
    return this.#told(async () => {
      await this.#checkTools(progress);
      if (await this.#exists()) {
        if (await this.#isRunning()) {
          await this.#connect(progress);
          return { say: `Cluster ${TITLE} is already running. Nothing to do.`, running: true };
        }
        progress.title(`Starting cluster ${TITLE} again ...`);
        progress.stage('Starting its node');
        // Docker stops it with the machine; what was in it is still there.
        await this.#must(['docker', 'start', NODE], DELETE_MS);
      } else {
        progress.title(`Creating cluster ${TITLE} ...`);
        await this.#create(progress);
      }
      await this.#connect(progress);
      return { say: `Cluster "${NAME}" is ready. Try: kubectl get nodes`, running: true };
    });
  }

  down(progress: Progress): Promise<Outcome> {
    return this.#told(async () => {
      await this.#checkTools(progress);
      const existed = await this.#exists();
      if (existed) {
        progress.title(`Deleting cluster ${TITLE} ...`);
        progress.stage('Deleting its node');
        this.#show('stopping', 'Deleting its node');
        await this.#must(
          ['kind', 'delete', 'cluster', '--name', NAME, '--kubeconfig', this.#kubeconfig],
          DELETE_MS,
        );
      }
      await rm(this.#kubeconfig, { force: true });
      await rm(this.#clusterFile, { force: true });
      this.#show('none');
      return {
        say: existed ? `Deleted cluster "${NAME}".` : 'There is no cluster.',
        running: false,
      };
    });
  }

  async reset(progress: Progress): Promise<Outcome> {
    await this.down(progress);
    return this.up(progress);
  }

  async status(): Promise<Outcome> {
    if (this.#state === 'ready') return { say: `Cluster ${TITLE} is running.`, running: true };
    if (this.#state === 'none') return { say: 'There is no cluster.', running: false };
    return { say: `Cluster ${TITLE}: ${this.#detail ?? this.#state}.`, running: false };
  }

  save(): Promise<Outcome> {
    return Promise.reject(
      new EngineError('ENGINE_CANNOT_SAVE', 'kind cannot keep the state of a cluster.'),
    );
  }

  restore(): Promise<Outcome> {
    return this.save();
  }

  /** A kind cluster lives on without us. It is ours if its name card is still in the workspace. */
  async resume(): Promise<void> {
    if ((await readIfThere(this.#clusterFile)) === undefined) return;
    try {
      if ((await this.#exists()) && (await this.#isRunning())) await this.#connect(untold);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#show('failed', error.message);
    }
  }

  /** Nothing runs in this process. */
  async close(): Promise<void> {}

  get #kubeconfig(): string {
    return this.#options.workspace.kubeconfig;
  }

  get #clusterFile(): string {
    return join(this.#options.workspace.directory, '.meshproof/cluster.json');
  }

  /** What fails is shown on the page too. */
  async #told(work: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return await work();
    } catch (error) {
      this.#show('failed', error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  async #checkTools(progress: Progress): Promise<void> {
    progress.stage('Looking for Docker and kind');
    this.#show('starting', 'Looking for Docker and kind');
    const docker = await this.#run(['docker', 'info', '--format', '{{json .MemTotal}}'], ASK_MS);
    if (docker.exitCode === undefined)
      throw new EngineError(
        'ENGINE_DOCKER_MISSING',
        'This engine needs Docker, and there is none on this machine.',
      );
    const memory = Number(docker.stdout.trim());
    if (docker.exitCode !== 0 || !(memory > 0))
      throw new EngineError(
        'ENGINE_DOCKER_DOWN',
        `Docker does not answer${lastLine(docker.stderr)}.`,
      );
    if (memory < OLDEST_MEMORY_BYTES)
      throw new EngineError(
        'ENGINE_DOCKER_MEMORY',
        `Docker has ${(memory / 1e9).toFixed(1)} GB of memory; the course needs 4.`,
      );
    const kind = await this.#run(['kind', 'version'], ASK_MS);
    if (kind.exitCode === undefined)
      throw new EngineError(
        'ENGINE_KIND_MISSING',
        'This engine needs kind, and there is none on this machine.',
      );
    const [, major, minor] = /\bv(\d+)\.(\d+)\./.exec(kind.stdout) ?? [];
    const [oldestMajor, oldestMinor] = KIND_OLDEST;
    if (
      Number(major) > oldestMajor ||
      (Number(major) === oldestMajor && Number(minor) >= oldestMinor)
    )
      return;
    throw new EngineError(
      'ENGINE_KIND_OLD',
      `kind here is ${kind.stdout.trim() || 'of an unknown version'}.`,
    );
  }

  async #exists(): Promise<boolean> {
    const { stdout } = await this.#must(['kind', 'get', 'clusters'], ASK_MS);
    return stdout.split('\n').includes(NAME);
  }

  async #isRunning(): Promise<boolean> {
    const { stdout } = await this.#run(
      ['docker', 'inspect', '--format', '{{.State.Running}}', NODE],
      ASK_MS,
    );
    return stdout.trim() === 'true';
  }

  async #create(progress: Progress): Promise<void> {
    const config = join(this.#options.workspace.directory, '.meshproof/kind.yaml');
    await writeFile(config, CONFIG);
    const stage = (name: string) => {
      progress.stage(name);
      this.#show('starting', name);
    };
    stage('Fetching the node image');
    const args = ['create', 'cluster', '--name', NAME, '--image', NODE_IMAGE, '--config', config];
    await this.#must(
      ['kind', ...args, '--wait', NODE_WAIT, '--kubeconfig', this.#kubeconfig],
      CREATE_MS,
      (line) => {
        const next = stageAfter(line);
        if (next) stage(next);
      },
    );
  }

  /** Writes the kubeconfig and the name card, once the node is ready and the default namespace can take pods. */
  async #connect(progress: Progress): Promise<void> {
    progress.stage('Waiting for the node');
    this.#show('starting', 'Waiting for the node');
    await this.#must(
      ['kind', 'export', 'kubeconfig', '--name', NAME, '--kubeconfig', this.#kubeconfig],
      ASK_MS,
    );
    const kubectl = (...args: string[]) =>
      this.#must([this.#options.kubectl, '--kubeconfig', this.#kubeconfig, ...args], CREATE_MS);
    await kubectl('wait', '--for=condition=Ready', 'node', '--all', `--timeout=${NODE_WAIT}`);
    await kubectl(
      'rollout',
      'status',
      '-n',
      'kube-system',
      'deployment/coredns',
      `--timeout=${NODE_WAIT}`,
    );
    await kubectl(
      'wait',
      '--for=create',
      'serviceaccount/default',
      '-n',
      'default',
      `--timeout=${NODE_WAIT}`,
    );
    const { stdout } = await kubectl(
      'get',
      'namespace',
      'kube-system',
      '-o',
      'jsonpath={.metadata.uid}',
    );
    await writeWhole(
      this.#clusterFile,
      `${JSON.stringify({ uid: stdout.trim(), engine: this.name })}\n`,
    );
    this.#show('ready');
  }

  #run(
    [command = '', ...args]: string[],
    timeoutMs: number,
    onLine?: (line: string) => void,
  ): Promise<Ran> {
    return this.#options.run(command, args, { timeoutMs, ...(onLine && { onLine }) });
  }

  async #must(words: string[], timeoutMs: number, onLine?: (line: string) => void): Promise<Ran> {
    const what = words.slice(0, 3).join(' ');
    let ran: Ran;
    try {
      ran = await this.#run(words, timeoutMs, onLine);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new EngineError('ENGINE_COMMAND', `${reason}.`, { cause: error });
    }
    if (ran.exitCode === 0) return ran;
    const complaint = ran.stderr.trim().split('\n').slice(-COMPLAINT_LINES).join('\n');
    throw new EngineError('ENGINE_COMMAND', `\`${what}\` failed:\n${complaint}\n`);
  }

  #show(state: EngineFacts['state'], detail?: string): void {
    this.#state = state;
    this.#detail = detail;
    this.#options.listener.engine(this.facts());
  }
}

/** kind ticks its steps off as they are done; each tick begins the next stage. */
const STAGES: [ticked: string, next: string][] = [
  ['Ensuring node image', 'Preparing the node'],
  ['Preparing nodes', 'Writing its configuration'],
  ['Writing configuration', 'Starting the control plane'],
  ['Starting control-plane', 'Installing the network'],
  ['Installing CNI', 'Installing storage'],
  ['Installing StorageClass', 'Waiting for the control plane'],
];

function stageAfter(line: string): string | undefined {
  return line.includes('✓') ? STAGES.find(([ticked]) => line.includes(ticked))?.[1] : undefined;
}

function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1);
  return line ? `: ${line.replace(/\.$/, '')}` : '';
}
