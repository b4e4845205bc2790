// How long a learner waits for green: from a change in the cluster to the verdict in the page's feed, the whole way through
// apiserver, watch, rules, web server and socket.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { parse } from 'yaml';
import type { FeedMessage } from '../protocol/lab.ts';
import { Connection } from '../src/lab-client/connection.ts';
import { NodePage } from '../tests/support/node-page.ts';
import { Product } from '../tests/support/product.ts';
import { type Figure, percentile } from './figure.ts';

const CHANGES = 100;
/** The ConfigMap of lesson 2: with it, and without it, another rule of its check speaks. */
const CHECK = 'rules-written';
const MAPS = '/api/v1/namespaces/default/configmaps';

export async function changeToVerdict(): Promise<Figure> {
  const product = await Product.start();
  const verdicts = new Verdicts();
  const page = new NodePage(product.link);
  const connection = new Connection(
    { state: () => {}, message: (message) => verdicts.hear(message) },
    page,
  );
  try {
    await connection.open();
    await clusterUp(product.workspace.controlSocket);
    const api = apiOf(product.workspace.kubeconfig);
    await verdicts.next((because) => because.includes('logging-config'));
    const times: number[] = [];
    for (let change = 0; change < CHANGES; change++) {
      const there = change % 2 === 0;
      const heard = verdicts.next((because) => because.includes('logging-config') !== there);
      const changed = performance.now();
      if (there)
        await api('POST', MAPS, {
          metadata: { name: 'logging-config' },
          data: { 'log-level': 'info', format: 'json' },
        });
      else await api('DELETE', `${MAPS}/logging-config`);
      times.push(Math.max(0, (await heard) - changed));
    }
    return {
      figure: 'change to verdict, p95',
      value: percentile(times, 95),
      unit: 'ms',
      bar: { limit: 100, is: 'at most' },
    };
  } finally {
    connection.close();
    await product.stop();
  }
}

/** Hears the feed, and when. */
class Verdicts {
  #waiting: { fits: (because: string) => boolean; heard: (at: number) => void } | undefined;
  #last = '';

  hear(message: FeedMessage): void {
    const states =
      message.kind === 'state' ? message.checks : message.kind === 'check' ? [message.check] : [];
    for (const { check, verdict } of states) {
      if (check !== CHECK || verdict.state !== 'waiting') continue;
      this.#last = verdict.because;
      this.#tell();
    }
  }

  /** The time, as performance.now() tells it, at which a fitting verdict is heard, or was. */
  next(fits: (because: string) => boolean): Promise<number> {
    return new Promise((heard) => {
      this.#waiting = { fits, heard };
      this.#tell();
    });
  }

  #tell(): void {
    if (!this.#waiting?.fits(this.#last)) return;
    this.#waiting.heard(performance.now());
    this.#waiting = undefined;
  }
}

async function clusterUp(socketPath: string): Promise<void> {
  const socket = await reach(socketPath);
  socket.write('{"verb":"up"}\n');
  for await (const line of createInterface({ input: socket })) {
    const { kind } = JSON.parse(line) as { kind: string };
    if (kind === 'done') return;
    if (kind === 'failed') throw new Error(line);
  }
}

/** The clusters' process listens a moment after the link is printed. */
async function reach(socketPath: string): Promise<Socket> {
  for (let left = 100; ; left--) {
    const socket = connect(socketPath);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function apiOf(kubeconfig: string) {
  const config = parse(readFileSync(kubeconfig, 'utf8')) as {
    clusters: { cluster: { server: string } }[];
    users: { user: Record<'client-certificate-data' | 'client-key-data', string> }[];
  };
  const user = config.users[0]?.user;
  const tls = {
    cert: Buffer.from(user?.['client-certificate-data'] ?? '', 'base64'),
    key: Buffer.from(user?.['client-key-data'] ?? '', 'base64'),
    rejectUnauthorized: false,
  };
  return (method: string, path: string, body?: unknown): Promise<void> =>
    new Promise((resolve, reject) => {
      const url = `${config.clusters[0]?.cluster.server ?? ''}${path}`;
      request(
        url,
        { ...tls, method, headers: { 'content-type': 'application/json' } },
        (response) => {
          response.resume();
          response.on('end', () => {
            if ((response.statusCode ?? 500) < 300) resolve();
            else reject(new Error(`${method} ${path}: ${response.statusCode}`));
          });
        },
      )
        .on('error', reject)
        .end(body === undefined ? undefined : JSON.stringify(body));
    });
}
