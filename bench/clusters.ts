// Figures of a hundred clusters in one process: memory of each, CPU of all when nobody is there. Takes two minutes, most of
// it waiting for rest.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { clustersFlags } from '../server/config.ts';
import type { Figure } from './figure.ts';
import type { AllReady, ManyClusters } from './many-clusters.ts';
import { residentBytes, shareOfCore } from './share.ts';

const CLUSTERS = 100;
/** Milliseconds from the last request to the look at a cluster at rest, and how long a look lasts. */
const REST_MS = 60_000;
const LOOK_MS = 20_000;
/**
 * From the last request to sleep, and from there to the look at it: the last state is written, garbage collected, and what V8
 * keeps of its pages for another eight seconds, and again, given back.
 */
const FREEZE_MS = REST_MS + LOOK_MS + 5_000;
const ASLEEP_MS = 35_000;

export async function manyClusters(): Promise<Figure[]> {
  const { readyBytes, restBytes, restShare, frozenShare } = await measured();
  const megabytes = { unit: 'MB', bar: { limit: 6, is: 'at most' } } as const;
  const percent = { unit: '% of a core' };
  return [
    {
      figure: '100 clusters with 6 pods, memory of each when ready',
      value: readyBytes / 1e6,
      ...megabytes,
    },
    {
      figure: '100 clusters with 6 pods, memory of each at rest',
      value: restBytes / 1e6,
      ...megabytes,
    },
    {
      figure: '100 clusters at rest, CPU of all',
      value: restShare * 100,
      ...percent,
      bar: { limit: 3, is: 'at most' },
    },
    {
      figure: '100 clusters frozen, CPU of all',
      // To a tenth: what is less is the machine's noise.
      value: Math.round(frozenShare * 1_000) / 10,
      ...percent,
      bar: { limit: 0, is: 'at most' },
    },
  ];
}

async function measured() {
  const wanted: ManyClusters = { clusters: CLUSTERS, freezeAfterMs: FREEZE_MS };
  const child = fork(
    fileURLToPath(new URL('many-clusters.ts', import.meta.url)),
    [JSON.stringify(wanted)],
    { execArgv: [...process.execArgv, ...clustersFlags] },
  );
  const { pid = 0 } = child;
  const ended = once(child, 'exit');
  const tooEarly = ended.then(([code]) => {
    throw new Error(`many-clusters.ts ended with ${code}`);
  });
  const [{ emptyBytes }] = (await Promise.race([once(child, 'message'), tooEarly])) as [AllReady];
  const asleepAt = Date.now() + FREEZE_MS + ASLEEP_MS;
  const each = () => (residentBytes(pid) - emptyBytes) / CLUSTERS;
  const readyBytes = each();
  await wait(REST_MS);
  const restShare = await shareOfCore(pid, LOOK_MS);
  const restBytes = each();
  await wait(asleepAt - Date.now());
  const frozenShare = await shareOfCore(pid, LOOK_MS);
  child.send('end');
  await ended;
  return { readyBytes, restBytes, restShare, frozenShare };
}
