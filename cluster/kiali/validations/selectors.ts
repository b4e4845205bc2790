// Objects that choose workloads by labels: whether there are such workloads, and whether two objects choose the same.

import type { Workload } from '../inventory.ts';
import { selects } from '../lists.ts';
import { type Check, check } from './checks.ts';
import type { CheckedKind, Named, Validations } from './validations.ts';

type Labels = Readonly<Record<string, string>>;

export function workloadChecks(
  labels: Labels,
  workloads: readonly Workload[],
  path: string,
): Check[] {
  const isEmpty = Object.keys(labels).length === 0;
  return isEmpty || workloads.some((each) => selects(labels, each.labels))
    ? []
    : [check('noWorkload', path)];
}

export function checkSelectors(
  found: Validations,
  kind: CheckedKind,
  objects: readonly { object: Named; labels: Labels }[],
  workloads: readonly Workload[],
  path: string,
): void {
  const clash = (finding: 'selectorless' | 'sameWorkload', group: readonly Named[]) => {
    for (const own of group) {
      const references = group.filter(
        (other) => other !== own && other.metadata.namespace === own.metadata.namespace,
      );
      if (references.length > 0)
        found.add(kind, own, [check(finding, path)], { invalid: true, references });
    }
  };
  for (const { object } of objects) found.seen(kind, object);
  const isForAll = ({ labels }: { labels: Labels }) => Object.keys(labels).length === 0;
  clash(
    'selectorless',
    objects.filter(isForAll).map(({ object }) => object),
  );
  for (const workload of workloads)
    clash(
      'sameWorkload',
      objects.filter(({ labels }) => selects(labels, workload.labels)).map(({ object }) => object),
    );
}
