// Sidecars and ServiceEntries: whether the hosts, namespaces and workloads they name are there.

import type { ServiceEntry, Sidecar } from '../../mesh/resources.ts';
import type { Workload } from '../inventory.ts';
import { type Check, check } from './checks.ts';
import type { HostRegistry } from './registry.ts';
import { checkSelectors, workloadChecks } from './selectors.ts';
import type { Validations } from './validations.ts';
import { exportChecks } from './virtual-services.ts';

export function checkSidecars(
  found: Validations,
  sidecars: readonly Sidecar[],
  workloads: readonly Workload[],
  registry: HostRegistry,
  rootNamespace: string,
): void {
  const selected = sidecars.map((object) => ({
    object,
    labels: object.spec.workloadSelector?.labels ?? {},
  }));
  checkSelectors(found, 'Sidecar', selected, workloads, 'spec/workloadSelector');
  for (const { object, labels } of selected) {
    found.add('Sidecar', object, workloadChecks(labels, workloads, 'spec/workloadSelector/labels'));
    found.add('Sidecar', object, egressChecks(object, registry));
    if (object.metadata.namespace === rootNamespace && Object.keys(labels).length > 0)
      found.add('Sidecar', object, [check('globalSidecar', 'spec/workloadSelector')]);
  }
}

function egressChecks({ metadata, spec }: Sidecar, registry: HostRegistry): Check[] {
  return (spec.egress ?? []).flatMap(({ hosts = [] }, listener) =>
    hosts.flatMap((text, index) => {
      const [where = '', name = ''] = text.split('/');
      if (name === '*' || name === '') return [];
      const own = where === '.' || where === '*' ? (metadata.namespace ?? '') : where;
      const isKnown = name.startsWith('*') || registry.isKnown(registry.host(name, own));
      return isKnown ? [] : [check('egressHost', `spec/egress[${listener}]/hosts[${index}]`)];
    }),
  );
}

export function checkServiceEntries(
  found: Validations,
  entries: readonly ServiceEntry[],
  registry: HostRegistry,
): void {
  for (const entry of entries)
    found.add('ServiceEntry', entry, exportChecks(entry.spec.exportTo, registry), {
      invalid: true,
    });
}
