// Figures of the embedded cluster: how soon it is there, and how much kubectl waits for it.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { ClusterLab } from '../tests/support/cluster-lab.ts';
import { TestCluster } from '../tests/support/cluster.ts';
import { pinnedKubectl } from '../tests/support/kubectl.ts';
import { type Figure, median } from './figure.ts';

const STARTS = 9;
const CALLS = 31;

/** From `cluster up` received by a warm worker to the first 200 on /readyz. */
export async function clusterUp(): Promise<Figure> {
  const lab = await ClusterLab.start({ clockSpeed: 1 });
  try {
    const times: number[] = [];
    for (let start = 0; start <= STARTS; start++) {
      const began = performance.now();
      const up = lab.cluster({ verb: 'up' });
      await firstReady(lab.workspace.kubeconfig);
      // The first one warms the worker.
      if (start > 0) times.push(performance.now() - began);
      await up;
      await lab.cluster({ verb: 'down' });
    }
    return {
      figure: 'cluster up to /readyz',
      value: median(times),
      unit: 'ms',
      bar: { limit: 100, is: 'at most' },
    };
  } finally {
    await lab.stop();
  }
}

/** `kubectl get pods` against the cluster, against the same kubectl's wait for a server that only repeats recorded bytes. */
export async function getPods(): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const cluster = await TestCluster.start({ directory });
  const kubectl = await pinnedKubectl();
  try {
    const apply = ['create', 'deployment', 'web', '--image=nginx', '--replicas=6'];
    await run(kubectl, apply, cluster.kubeconfig, directory);
    await cluster.settled();
    const echo = await RecordedServer.start(cluster.kubeconfig, directory);
    const ours: number[] = [];
    const theirs: number[] = [];
    // In turns, so that whatever else the machine does meets both.
    for (let call = 0; call <= CALLS; call++) {
      const first = await run(kubectl, ['get', 'pods'], cluster.kubeconfig, join(directory, 'a'));
      const second = await run(kubectl, ['get', 'pods'], echo.kubeconfig, join(directory, 'b'));
      if (call === 0) continue; // caches of discovery are cold
      ours.push(first);
      theirs.push(second);
    }
    echo.close();
    return [
      { figure: 'kubectl get pods', value: median(ours), unit: 'ms' },
      { figure: 'kubectl get pods, recorded bytes', value: median(theirs), unit: 'ms' },
      {
        figure: 'kubectl get pods, ratio to recorded bytes',
        value: median(ours) / median(theirs),
        unit: 'ratio',
        bar: { limit: 1.15, is: 'at most' },
      },
    ];
  } finally {
    await cluster.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Kubeconfig {
  clusters: {
    cluster: {
      server: string;
      'certificate-authority-data'?: string;
      'insecure-skip-tls-verify'?: boolean;
    };
  }[];
  users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

interface Recorded {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** The peer: an HTTPS server that answers each request with the bytes the cluster answered it with once. */
class RecordedServer {
  readonly kubeconfig: string;
  readonly #close: () => void;

  private constructor(kubeconfig: string, close: () => void) {
    this.kubeconfig = kubeconfig;
    this.#close = close;
  }

  static async start(kubeconfig: string, directory: string): Promise<RecordedServer> {
    const config = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
    const [entry] = config.clusters;
    const [user] = config.users;
    if (!entry || !user) throw new Error('a kubeconfig without cluster or user');
    const cert = Buffer.from(user.user['client-certificate-data'], 'base64');
    const key = Buffer.from(user.user['client-key-data'], 'base64');
    const answers = new Map<string, Recorded>();
    const upstream = { cert, key, rejectUnauthorized: false, origin: entry.cluster.server };
    const server = createServer({ cert, key }, (incoming, outgoing) => {
      const which = `${incoming.url} ${incoming.headers.accept}`;
      const known = answers.get(which);
      const send = ({ status, headers, body }: Recorded) =>
        outgoing.writeHead(status, headers).end(body);
      if (known) return void send(known);
      void ask(upstream, incoming.url ?? '/', incoming.headers.accept).then((answer) => {
        answers.set(which, answer);
        send(answer);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    delete entry.cluster['certificate-authority-data'];
    entry.cluster['insecure-skip-tls-verify'] = true;
    entry.cluster.server = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const file = join(directory, 'recorded');
    writeFileSync(file, stringify(config));
    return new RecordedServer(file, () => {
      server.closeAllConnections();
      server.close();
    });
  }

  close(): void {
    this.#close();
  }
}

function ask(
  { origin, ...tls }: { origin: string; cert: Buffer; key: Buffer; rejectUnauthorized: boolean },
  path: string,
  accept: string | undefined,
): Promise<Recorded> {
  return new Promise((resolve, reject) => {
    request(origin + path, { ...tls, headers: { ...(accept && { accept }) } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 500,
          headers: { 'content-type': response.headers['content-type'] ?? 'application/json' },
          body: Buffer.concat(chunks),
        }),
      );
    })
      .on('error', reject)
      .end();
  });
}

/** Resolves with the first 200 of a cluster whose kubeconfig is about to be written. */
async function firstReady(kubeconfig: string): Promise<void> {
  for (;;) {
    try {
      const config = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
      const user = config.users[0]?.user;
      const { status } = await ask(
        {
          origin: config.clusters[0]?.cluster.server ?? '',
          cert: Buffer.from(user?.['client-certificate-data'] ?? '', 'base64'),
          key: Buffer.from(user?.['client-key-data'] ?? '', 'base64'),
          rejectUnauthorized: false,
        },
        '/readyz',
        undefined,
      );
      if (status === 200) return;
    } catch (error) {
      // Not written yet, or nobody listens yet.
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw error;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Milliseconds that a kubectl takes. Rejects when it fails. */
function run(kubectl: string, args: string[], kubeconfig: string, cache: string): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const env = {
      PATH: process.env['PATH'],
      HOME: cache,
      KUBECONFIG: kubeconfig,
      KUBECACHEDIR: join(cache, 'cache'),
    };
    const child = spawn(kubectl, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve(performance.now() - began);
      else reject(new Error(`kubectl ${args.join(' ')} ended with ${code}`));
    });
  });
}
