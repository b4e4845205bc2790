// Figures of a hundred clusters in one process: memory of each, CPU of all when nobody is there. Takes two minutes, most of
// it waiting for rest.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Figure } from './figure.ts';
import type { ManyClusters } from './many-clusters.ts';

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
      figure: '100 clusters frozen, CPU of all beyond an idle process',
      // To a tenth: what is less is the machine's noise.
      value: Math.round(frozenShare * 1_000) / 10,
      ...percent,
      bar: { limit: 0, is: 'at most' },
    },
  ];
}

function measured(): Promise<ManyClusters> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('many-clusters.ts', import.meta.url)));
    child.once('message', (message) => resolve(message as ManyClusters));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`many-clusters.ts ended with ${code}`)));
  });
}
