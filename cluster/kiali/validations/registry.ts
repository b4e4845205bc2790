// Which hosts there are: services of the cluster, hosts of service entries, and what a policy of the mesh lets pass unknown.

import type { ServiceEntry } from '../../mesh/resources.ts';
import type { Inventory, Workload } from '../inventory.ts';
import { type Host, hostName, hostOf, isWildcard } from '../hosts.ts';

export class HostRegistry {
  readonly namespaces: readonly string[];
  readonly serviceEntries: readonly ServiceEntry[];
  readonly #inventory: Inventory;

  constructor(inventory: Inventory) {
    this.#inventory = inventory;
    this.namespaces = inventory.namespaceNames();
    this.serviceEntries = inventory.rules('serviceentries.networking.istio.io');
  }

  host(name: string, namespace: string): Host {
    return hostOf(name, namespace, this.namespaces);
  }

  isService({ service, namespace, isService }: Host): boolean {
    return isService && this.#inventory.service(namespace, service) !== undefined;
  }

  /** By the entry's host, or by what follows its asterisk. */
  isOfServiceEntry(host: Host): boolean {
    const name = hostName(host);
    return this.serviceEntries
      .flatMap(({ spec }) => spec.hosts ?? [])
      .some((each) => name.endsWith(each.slice(each.indexOf('*') + 1)));
  }

  isKnown(host: Host): boolean {
    return this.isService(host) || this.isOfServiceEntry(host);
  }

  /** A rule may also be for an app of its own namespace. */
  isKnownToRule(host: Host, namespace: string): boolean {
    if (isWildcard(host) || this.isKnown(host)) return true;
    return (
      host.namespace === namespace &&
      this.workloads(namespace).some(({ app }) => app === host.service)
    );
  }

  workloads(namespace: string): readonly Workload[] {
    return this.#inventory.workloads(namespace);
  }

  selectorOf({ service, namespace }: Host): Readonly<Record<string, string>> | undefined {
    return this.#inventory.service(namespace, service)?.spec.selector;
  }
}
