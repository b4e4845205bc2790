// An embedded cluster for a test: its own process, its own directory, gone when the test is over.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** How long anything may take to come to rest before the test says what has not. */
const SETTLE_LIMIT_MS = 30_000;

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

interface PodItem {
  metadata: { name: string; namespace: string; deletionTimestamp?: string };
  spec: { restartPolicy?: string };
  status: {
    phase: string;
    conditions?: { type: string; status: string }[];
    containerStatuses?: { state: { waiting?: { reason: string } } }[];
  };
}

interface DeploymentItem {
  metadata: { name: string; generation: number };
  spec: { replicas: number; paused?: boolean };
  status: {
    observedGeneration?: number;
    updatedReplicas?: number;
    replicas?: number;
    availableReplicas?: number;
    conditions?: { type: string; status: string }[];
  };
}

export class TestCluster {
  readonly kubeconfig: string;
  readonly #process: ChildProcess;
  readonly #server: string;
  readonly #tls: { ca: Buffer; cert: Buffer; key: Buffer };

  private constructor(process: ChildProcess, kubeconfig: string) {
    this.#process = process;
    this.kubeconfig = kubeconfig;
    const config = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
    const cluster = config.clusters[0]?.cluster;
    const user = config.users[0]?.user;
    if (!cluster || !user) throw new Error(`${kubeconfig} names no cluster or no user`);
    this.#server = cluster.server;
    this.#tls = {
      ca: Buffer.from(cluster['certificate-authority-data'], 'base64'),
      cert: Buffer.from(user['client-certificate-data'], 'base64'),
      key: Buffer.from(user['client-key-data'], 'base64'),
    };
  }

  /** Starts `npm run cluster` and resolves when its API answers. */
  static async start({
    directory,
    clockSpeed = 1,
    seed = 1,
    maxPods,
  }: {
    directory: string;
    clockSpeed?: number;
    seed?: number;
    /** Default: the kubelet's 110. */
    maxPods?: number;
  }): Promise<TestCluster> {
    const kubeconfig = join(directory, 'kubeconfig');
    const args = [
      'scripts/cluster.ts',
      '--kubeconfig',
      kubeconfig,
      '--speed',
      String(clockSpeed),
      '--seed',
      String(seed),
      ...(maxPods === undefined ? [] : ['--max-pods', String(maxPods)]),
    ];
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ready = once(createInterface(child.stdout), 'line');
    const died = once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`the cluster ended with ${String(code)} before it was ready`)),
    );
    await Promise.race([ready, died]);
    died.catch(() => {}); // From here on its end is the test's own doing.
    return new TestCluster(child, kubeconfig);
  }

  /** Seconds of processor time that the cluster's process has used. Where there is no /proc: undefined. */
  cpuSeconds(): number | undefined {
    const file = `/proc/${this.#process.pid}/stat`;
    if (!existsSync(file)) return undefined;
    // Behind the name in brackets: state is the third field, utime and stime the 14th and 15th, in hundredths.
    const fields = readFileSync(file, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await ended;
  }

  get<T>(path: string): Promise<T> {
    return this.#exchange<T>('GET', path);
  }

  /** Creates an object; rejects with what the API refuses it for. */
  async post(path: string, object: object): Promise<void> {
    const answer = await this.#exchange<{ kind?: string; message?: string }>('POST', path, object);
    if (answer.kind === 'Status') throw new Error(`POST ${path}: ${answer.message}`);
  }

  #exchange<T>(method: string, path: string, body?: object): Promise<T> {
    return new Promise((resolve, reject) => {
      const headers = { accept: 'application/json', 'content-type': 'application/json' };
      request(`${this.#server}${path}`, { ...this.#tls, method, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve(JSON.parse(text) as T));
      })
        .on('error', reject)
        .end(body && JSON.stringify(body));
    });
  }

  /** Resolves when no pod is on its way up or down and every rollout is over; says what is not when it takes too long. */
  async settled(): Promise<void> {
    const until = Date.now() + SETTLE_LIMIT_MS;
    for (;;) {
      const restless = await this.#restless();
      if (restless.length === 0) return;
      if (Date.now() > until)
        throw new Error(
          `still not at rest after ${SETTLE_LIMIT_MS / 1_000} s: ${restless.join(', ')}`,
        );
      await wait(25);
    }
  }

  async #restless(): Promise<string[]> {
    const pods = await this.get<{ items: PodItem[] }>('/api/v1/pods');
    const moving = pods.items
      .filter((pod) => !isAtRest(pod))
      .map((pod) => `pod ${pod.metadata.name} ${pod.status.phase}`);
    // A rollout whose new pods can never come is at rest as it is: its pods say so.
    if (pods.items.some(isInLastingTrouble)) return moving;
    const deployments = await this.get<{ items: DeploymentItem[] }>('/apis/apps/v1/deployments');
    const rolling = deployments.items.filter((deployment) => !isRolledOut(deployment));
    return [...moving, ...rolling.map(({ metadata }) => `deployment ${metadata.name}`)];
  }
}

/** Nothing about these will change soon. */
const LASTING_TROUBLE = [
  'ImagePullBackOff',
  'InvalidImageName',
  'CrashLoopBackOff',
  'CreateContainerConfigError',
];

function isInLastingTrouble(pod: PodItem): boolean {
  return (
    pod.status.containerStatuses?.some(({ state }) =>
      LASTING_TROUBLE.includes(state.waiting?.reason ?? ''),
    ) ?? false
  );
}

function isAtRest(pod: PodItem): boolean {
  if (pod.metadata.deletionTimestamp) return false;
  if (pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed') return true;
  if (pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'))
    return true;
  return isInLastingTrouble(pod);
}

function isRolledOut({ metadata, spec, status }: DeploymentItem): boolean {
  if (spec.paused) return true;
  // Its pods are refused: a webhook, a quota.
  if (status.conditions?.some(({ type, status: is }) => type === 'ReplicaFailure' && is === 'True'))
    return true;
  const counts = [status.updatedReplicas, status.replicas, status.availableReplicas];
  return (
    (status.observedGeneration ?? 0) >= metadata.generation &&
    counts.every((count) => (count ?? 0) === spec.replicas)
  );
}
