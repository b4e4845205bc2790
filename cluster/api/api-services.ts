// The list of API groups as objects: one APIService for each group and version that is served, kept in step with the registry.
// All of them are local: this server aggregates no other. Source: the APIService objects of a 1.36 cluster.

import type { KubeObject } from '../object.ts';
import type { Cancel } from '../platform.ts';
import { timestamp } from '../time.ts';
import { arranged } from './arrange.ts';
import type { ApiClient } from './client.ts';
import type { Discovery } from './discovery.ts';
import { isAlreadyExists, isNotFound } from './status.ts';
import type { World } from './world.ts';

const API_SERVICES = 'apiservices.apiregistration.k8s.io';
const MANAGED = 'kube-aggregator.kubernetes.io/automanaged';

/** Where groups stand among all others; those of custom resources stand last. */
const GROUP_PRIORITIES: Readonly<Record<string, number>> = {
  '': 18_000,
  apps: 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  policy: 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'apiextensions.k8s.io': 16_700,
  'admissionregistration.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
  'resource.k8s.io': 16_000,
};
/** The list itself is not in the list. */
const OWN_GROUP = 'apiregistration.k8s.io';
const CUSTOM_PRIORITY = 1_000;
const CUSTOM_VERSION_PRIORITY = 100;

export class ApiServices {
  readonly #world: World;
  readonly #client: ApiClient;
  readonly #discovery: Discovery;
  #generation = -1;
  #stop: Cancel | undefined;
  #scheduled: Cancel | undefined;

  constructor(world: World, client: ApiClient, discovery: Discovery) {
    this.#world = world;
    this.#client = client;
    this.#discovery = discovery;
  }

  /** Resolves when the list is complete; keeps it so from then on. */
  async start(): Promise<void> {
    await this.#sync();
    this.#stop = this.#world.store.onChange(() => {
      if (this.#generation === this.#world.registry.generation) return;
      this.#scheduled ??= this.#world.clock.after(0, () => {
        this.#scheduled = undefined;
        this.#sync().catch((error: unknown) =>
          this.#world.platform.log('error', `API services: ${String(error)}`),
        );
      });
    });
  }

  close(): void {
    this.#stop?.();
    this.#scheduled?.();
  }

  async #sync(): Promise<void> {
    const { store, registry } = this.#world;
    this.#generation = registry.generation;
    const served = [{ group: '', versions: ['v1'] }, ...this.#discovery.groups()]
      .filter(({ group }) => group !== OWN_GROUP)
      .flatMap(({ group, versions }) => versions.map((version) => ({ group, version, versions })));
    const names = new Set(served.map(({ group, version }) => `${version}.${group}`));
    for (const { group, version, versions } of served)
      if (!store.get(API_SERVICES, undefined, `${version}.${group}`))
        await this.#create(group, version, versions);
    for (const { metadata } of store.list(API_SERVICES))
      if (metadata.labels?.[MANAGED] !== undefined && !names.has(metadata.name))
        await this.#delete(metadata.name);
  }

  async #create(group: string, version: string, versions: readonly string[]): Promise<void> {
    const builtIn = GROUP_PRIORITIES[group];
    const name = `${version}.${group}`;
    try {
      await this.#client.create(API_SERVICES, {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name, labels: { [MANAGED]: builtIn === undefined ? 'true' : 'onstart' } },
        spec: {
          ...(group === '' ? {} : { group }),
          version,
          groupPriorityMinimum: builtIn ?? CUSTOM_PRIORITY,
          versionPriority: versionPriority(group, versions.indexOf(version), versions.length),
        },
      });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error; // Restored, or made by hand.
    }
    this.#markAvailable(name);
  }

  /** Written past the API, as a real server does with its own services: nobody owns that status. */
  #markAvailable(name: string): void {
    const { store, clock } = this.#world;
    const created = store.get(API_SERVICES, undefined, name);
    if (!created) return;
    const available: KubeObject = {
      ...created,
      status: {
        conditions: [
          {
            lastTransitionTime: timestamp(clock.now()),
            message: 'Local APIServices are always available',
            reason: 'Local',
            status: 'True',
            type: 'Available',
          },
        ],
      },
    };
    store.update(API_SERVICES, arranged(available, false));
  }

  async #delete(name: string): Promise<void> {
    try {
      await this.#client.delete(API_SERVICES, undefined, name);
    } catch (error) {
      if (!isNotFound(error)) throw error; // It is gone, which is what was wanted.
    }
  }
}

function versionPriority(group: string, index: number, count: number): number {
  if (GROUP_PRIORITIES[group] === undefined) return CUSTOM_VERSION_PRIORITY;
  if (group === '') return 1;
  // Fifteen for a group's only version; newer ones stand higher.
  return 15 * (count - index);
}
