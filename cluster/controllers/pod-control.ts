// How controllers make pods: from a template, under an owner, in growing batches.

import type { OwnerReference } from '../object.ts';
import type { KindsClient, Pod, PodTemplate } from './kinds.ts';

interface Maker {
  metadata: { name: string; namespace?: string };
}

/** A pod of the template. Its name is the maker's with a random suffix, unless the template is given another prefix. */
export async function createPod(
  client: KindsClient,
  maker: Maker,
  template: PodTemplate | undefined,
  owner: OwnerReference,
  generateName = `${maker.metadata.name}-`,
): Promise<Pod> {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  const { namespace } = maker.metadata;
  return client.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels ? { labels: { ...labels } } : {}),
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ...(finalizers ? { finalizers: [...finalizers] } : {}),
      ownerReferences: [owner],
    },
    spec: structuredClone(template?.spec ?? { containers: [] }),
  });
}

/**
 * Runs `make` `count` times in batches of 1, 2, 4 …: when the first fails (a quota, a webhook), the API is not asked a
 * hundred times more. Rejects with the first failure of a batch; what the batch made stays.
 */
export async function slowStart(
  count: number,
  make: (index: number) => Promise<void>,
): Promise<void> {
  let done = 0;
  for (let batch = 1; done < count; batch = Math.min(2 * batch, count - done)) {
    const from = done;
    const results = await Promise.allSettled(
      Array.from({ length: batch }, (_, index) => make(from + index)),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    done += batch;
  }
}
