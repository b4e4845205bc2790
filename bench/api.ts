// Figures of one embedded cluster's API, by plain HTTPS over kept connections: a list, an event's way, a crowd of pods.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient, credentialsIn } from '../tests/support/api-client.ts';
import { TestCluster } from '../tests/support/cluster.ts';
import { type Figure, median, percentile } from './figure.ts';

const LISTED_PODS = 100;
const LISTS = 101;
const EVENTS = 300;
const CROWD = 300;
const CROWDS = 3;
/** A real node takes 110. Room for one crowd more than is there: the last one is still being torn down when the next comes. */
const MAX_PODS = LISTED_PODS + 2 * CROWD;
const PODS = '/api/v1/namespaces/default/pods';
const MAPS = '/api/v1/namespaces/default/configmaps';

interface Pod {
  metadata: { name: string };
  status: { conditions?: { type: string; status: string }[] };
}

export async function apiFigures(tell: (figure: Figure) => void): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const cluster = await TestCluster.start({ directory, maxPods: MAX_PODS });
  const client = new ApiClient(credentialsIn(cluster.kubeconfig));
  try {
    await together(client, 'listed', LISTED_PODS);
    for (const figure of await lists(client)) tell(figure);
    tell(await watchEvents(client));
    const times: number[] = [];
    for (let crowd = 0; crowd < CROWDS; crowd++) {
      times.push(await together(client, `crowd-${crowd}`, CROWD));
      await gone(client, `crowd-${crowd}`);
    }
    tell({
      figure: `${CROWD} pods created at once, all Ready`,
      value: median(times) / 1_000,
      unit: 's',
      bar: { limit: 5, is: 'at most' },
    });
  } finally {
    client.close();
    await cluster.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function lists(client: ApiClient): Promise<Figure[]> {
  const timed = async (accept: string) => {
    const times: number[] = [];
    for (let list = 0; list <= LISTS; list++) {
      const began = performance.now();
      const { text } = await client.ask('GET', PODS, { headers: { accept } });
      if (list > 0) times.push(performance.now() - began);
      else if (!text.includes('"listed-99"')) throw new Error(`GET ${PODS}: ${text.slice(0, 200)}`);
    }
    return median(times);
  };
  const table = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
  const bar = { limit: 5, is: 'at most' } as const;
  return [
    {
      figure: `HTTP list of ${LISTED_PODS} pods`,
      value: await timed('application/json'),
      unit: 'ms',
      bar,
    },
    {
      figure: `HTTP list of ${LISTED_PODS} pods as a Table`,
      value: await timed(table),
      unit: 'ms',
      bar,
    },
  ];
}

/** From the request that makes a change to the event at another connection of the client. */
async function watchEvents(client: ApiClient): Promise<Figure> {
  let heard = (_name: string) => {};
  const stop = await client.watch<Pod>(`${MAPS}?watch=1`, ({ object }) =>
    heard(object.metadata.name),
  );
  const times: number[] = [];
  for (let event = 0; event < EVENTS; event++) {
    const name = `event-${event}`;
    const seen = new Promise<number>((resolve) => {
      heard = (which) => {
        if (which === name) resolve(performance.now());
      };
    });
    const began = performance.now();
    const made = client.json('POST', MAPS, { metadata: { name }, data: { a: '1' } });
    times.push((await seen) - began);
    await made;
  }
  stop();
  return {
    figure: 'watch event to client, p95',
    value: percentile(times, 95),
    unit: 'ms',
    bar: { limit: 10, is: 'at most' },
  };
}

/** Creates pods all at once. Resolves, when the last is Ready, with the milliseconds it took. */
async function together(client: ApiClient, app: string, count: number): Promise<number> {
  const waiting = new Set(Array.from({ length: count }, (_, index) => `${app}-${index}`));
  let done = () => {};
  let fail = (_error: Error) => {};
  const allReady = new Promise<void>((resolve, reject) => ([done, fail] = [resolve, reject]));
  const stop = await client.watch<Pod>(
    `${PODS}?watch=1&labelSelector=app=${app}`,
    ({ type, object }) => {
      if (type === 'ERROR') fail(new Error(`the watch of ${app} ended: ${JSON.stringify(object)}`));
      if (
        !object.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
      )
        return;
      waiting.delete(object.metadata.name);
      if (waiting.size === 0) done();
    },
  );
  const began = performance.now();
  await Promise.all([...waiting].map((name) => client.json('POST', PODS, podNamed(name, app))));
  await allReady;
  const took = performance.now() - began;
  stop();
  return took;
}

function podNamed(name: string, app: string) {
  return {
    metadata: { name, labels: { app } },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'nginx', image: 'nginx' }] },
  };
}

async function gone(client: ApiClient, app: string): Promise<void> {
  const which = `${PODS}?labelSelector=app=${app}`;
  await client.json('DELETE', `${which}&gracePeriodSeconds=0`);
  for (;;) {
    const { items } = await client.json<{ items: Pod[] }>('GET', which);
    if (items.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
