// Figures of the mesh: how soon it is installed, how soon a rule acts, how much passes through two proxies on one core.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { TestCluster } from '../tests/support/cluster.ts';
import { pinnedKubectl } from '../tests/support/kubectl.ts';
import { type Figure, median } from './figure.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const INSTALLATIONS = 3;
const CHANGES = 11;
const LOADS = 5;
/** What fortio keeps open at once, and how often it asks. By number and not by time: a busy machine measures longer. */
const CALLERS = 8;
const CALLS = 6_000;
/** Between two looks at whether a rule acts. */
const LOOK_MS = 2;
/** A figure that takes longer is none. */
const LIMIT_MS = 30_000;

export async function meshFigures(tell: (figure: Figure) => void): Promise<void> {
  const times: number[] = [];
  for (let index = 1; index < INSTALLATIONS; index++)
    await inCluster(async (bench) => void times.push(await bench.install()));
  await inCluster(async (bench) => {
    times.push(await bench.install());
    tell({
      figure: 'istioctl install to ready',
      value: median(times),
      unit: 'ms',
      bar: { limit: 5_000, is: 'at most' },
    });
    await bench.shop();
    tell({
      figure: 'rule to effect',
      value: median(await bench.changes()),
      unit: 'ms',
      bar: { limit: 300, is: 'at most' },
    });
    tell({
      figure: 'requests through two proxies, a second of one core',
      value: median(bench.loads()),
      unit: '1/s',
      bar: { limit: 2_000, is: 'at least' },
    });
  });
}

async function inCluster(work: (bench: MeshBench) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const cluster = await TestCluster.start({ directory });
  try {
    await work(new MeshBench(cluster, await pinnedKubectl(), directory));
  } finally {
    await cluster.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

class MeshBench {
  readonly #cluster: TestCluster;
  readonly #kubectl: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(cluster: TestCluster, kubectl: string, directory: string) {
    this.#cluster = cluster;
    this.#kubectl = kubectl;
    this.#env = {
      PATH: process.env['PATH'],
      HOME: directory,
      KUBECONFIG: cluster.kubeconfig,
      KUBECACHEDIR: join(directory, 'cache'),
    };
  }

  /** Milliseconds of the command that people type. */
  async install(): Promise<number> {
    const began = performance.now();
    const words = ['istioctl/main.ts', 'install', '--set', 'profile=minimal', '-y'];
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...words], {
      cwd: root,
      env: this.#env,
      stdio: 'ignore',
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`istioctl install ended with ${code}`);
    return performance.now() - began;
  }

  /** A caller, a page that asks `shop` for each of its visitors, and `shop`, all with proxies. */
  async shop(): Promise<void> {
    const page =
      'server { listen 80; location / { proxy_pass http://shop; proxy_http_version 1.1; proxy_set_header Host shop; } }';
    const items = [
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'app', labels: { 'istio-injection': 'enabled' } },
      },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'page', namespace: 'app' },
        data: { 'default.conf': page },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'shop', namespace: 'app' },
        spec: { selector: { app: 'shop' }, ports: [{ name: 'http', port: 80 }] },
      },
      deployment('shop', { image: 'nginxdemos/hello:plain-text' }),
      deployment('caller', { image: 'fortio/fortio', args: ['server'] }),
      deployment(
        'page',
        {
          image: 'nginx:1.30',
          volumeMounts: [{ name: 'conf', mountPath: '/etc/nginx/conf.d' }],
        },
        [{ name: 'conf', configMap: { name: 'page' } }],
      ),
    ];
    this.#run(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    await this.#cluster.settled();
  }

  /** Milliseconds from the API's answer to the first request that goes by the rule. */
  async changes(): Promise<number[]> {
    const forward = spawn(this.#kubectl, ['port-forward', '-n', 'app', 'deployment/page', ':80'], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const url = await forwardedTo(forward);
      const times: number[] = [];
      for (let change = 0; change < CHANGES; change++) {
        await untilStatus(url, 200);
        const status = 418;
        await this.#cluster.post(RULES, answeringRule(status, `rule-${change}`));
        const began = performance.now();
        await untilStatus(url, status);
        times.push(performance.now() - began);
        this.#run(['delete', 'virtualservice', '-n', 'app', `rule-${change}`]);
      }
      await untilStatus(url, 200);
      return times;
    } finally {
      forward.kill();
    }
  }

  /** Requests in a second of one core's time: fortio's in a pod, the pods' programs and both proxies included. */
  loads(): number[] {
    // The first one warms the engine's compiler and is thrown away.
    return Array.from({ length: LOADS + 1 }, () => {
      const load = `fortio load -quiet -qps 0 -c ${CALLERS} -n ${CALLS} http://shop/`;
      const words = ['exec', '-n', 'app', 'deploy/caller', '-c', 'caller', '--'];
      const began = performance.now();
      const used = this.#cluster.cpuSeconds();
      const text = this.#run([...words, ...load.split(' ')]);
      const done = /^Code 200 : (\d+) \(100\.0 %\)$/m.exec(text)?.[1];
      if (done === undefined) throw new Error(`fortio did not measure: ${text.slice(-500)}`);
      const seconds =
        used === undefined
          ? (performance.now() - began) / 1000
          : (this.#cluster.cpuSeconds() ?? 0) - used;
      return Number(done) / seconds;
    }).slice(1);
  }

  #run(words: string[], input = ''): string {
    const options = { input, encoding: 'utf8', env: this.#env } as const;
    const { status, stdout, stderr } = spawnSync(this.#kubectl, words, options);
    if (status !== 0) throw new Error(`kubectl ${words.join(' ')}: ${stderr}`);
    return stdout + stderr;
  }
}

const RULES = '/apis/networking.istio.io/v1/namespaces/app/virtualservices';

function answeringRule(status: number, name: string): object {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name },
    spec: { hosts: ['shop'], http: [{ directResponse: { status } }] },
  };
}

function deployment(name: string, container: object, volumes: object[] = []): object {
  const labels = { app: name, version: 'v1' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'app' },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels }, spec: { containers: [{ name, ...container }], volumes } },
    },
  };
}

/** `Forwarding from 127.0.0.1:41233 -> 80` */
async function forwardedTo({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('kubectl port-forward has no output');
  const [line] = (await once(createInterface(stdout), 'line')) as [string];
  const address = /Forwarding from (\S+)/.exec(line)?.[1];
  if (!address) throw new Error(`kubectl port-forward said ${line}`);
  return `http://${address}/`;
}

async function untilStatus(url: string, wanted: number): Promise<void> {
  const until = performance.now() + LIMIT_MS;
  for (;;) {
    const answer = await fetch(url, { headers: { connection: 'close' } });
    await answer.arrayBuffer();
    if (answer.status === wanted) return;
    if (performance.now() > until) throw new Error(`${url} still answers ${answer.status}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
