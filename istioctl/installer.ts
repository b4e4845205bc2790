// Brings an installation's objects into a cluster, waits until they are ready, and takes away what an earlier one left.
// Knows the API; nothing of what Istio is made of.
// Source: istio/istio operator/pkg/install, operator/pkg/uninstall (order, labels, what is waited for).

import { setTimeout as wait } from 'node:timers/promises';
import { ownerLabels } from '../cluster/mesh/installation/labels.ts';
import type { Component, Installation } from '../cluster/mesh/installation/installation.ts';
import type { Manifest } from '../cluster/mesh/installation/manifest.ts';
import type { Operator } from '../cluster/mesh/installation/operator.ts';
import type { KubeObject } from '../cluster/object.ts';
import { at, listOf, numberOf, stringOf } from '../cluster/schema/fields.ts';
import { isNotFound, type ClusterClient } from './api-client.ts';
import { CommandError } from './command.ts';
import { collection, installedKinds, type Kind, kinds, objectPath, selecting } from './paths.ts';
import type { Progress } from './progress.ts';

/** Milliseconds between looks whether all is ready. istioctl looks every two seconds; here a cluster is ready in one. */
const LOOK_MS = 50;

const MANAGER = 'istio-operator';
const HAS_COMPONENT = 'operator.istio.io/component';
const IS_KEPT = 'install.operator.istio.io/owning-resource-not-pruned';

export class Installer {
  readonly #cluster: ClusterClient;
  readonly #progress: Progress;

  constructor(cluster: ClusterClient, progress: Progress) {
    this.#cluster = cluster;
    this.#progress = progress;
  }

  /** Rejects with a CommandError when something is refused or not ready in time. */
  async install({ components, operator }: Installation, readyWithinMs: number): Promise<void> {
    for (const component of components) {
      this.#progress.now(`Processing resources for ${component.title}.`);
      try {
        await this.#apply(component, operator);
        await this.#ready(component, readyWithinMs);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#progress.failed(`${component.title} encountered an error: ${reason}`);
        throw new CommandError(`failed to install manifests: ${reason}`, 1, { cause: error });
      }
      this.#progress.done(`${component.title} installed ${component.icon}`);
    }
    this.#progress.now('Pruning removed resources');
    await this.#prune(components, operator);
  }

  /** Creates or changes each object. Kinds others build on come first, pods last. */
  async #apply({ name, objects }: Component, operator: Operator): Promise<void> {
    const labels = ownerLabels(operator, name);
    for (const [, same] of [...Map.groupBy(objects, orderOf)].toSorted(([a], [b]) => a - b))
      await Promise.all(same.map((object) => this.applyOne(labelled(object, labels))));
  }

  async applyOne(object: Manifest): Promise<void> {
    try {
      await this.#cluster.apply(objectPath(object), object, MANAGER);
    } catch (error) {
      const { kind, metadata } = object;
      const reason = error instanceof Error ? error.message : String(error);
      throw new CommandError(
        `failed to update resource with server-side apply for obj ${kind}/${metadata.namespace ?? ''}/${metadata.name}: ${reason}`,
        1,
        { cause: error },
      );
    }
  }

  async #ready({ title, objects }: Component, withinMs: number): Promise<void> {
    const watched = objects.filter(({ kind }) => READY[kind]);
    const deadline = Date.now() + withinMs;
    for (;;) {
      const late = await this.#late(watched);
      if (late.length === 0) return;
      const names = late.map(({ kind, metadata }) =>
        metadata.namespace === undefined
          ? `${kind}/${metadata.name}`
          : `${kind}/${metadata.namespace}/${metadata.name}`,
      );
      this.#progress.now(`Processing resources for ${title}. Waiting for ${names.join(', ')}`);
      if (Date.now() > deadline) {
        const reasons = await Promise.all(late.map((object) => this.#reason(object)));
        const lines = names.map((name, index) => `  ${name}${reasons[index] ?? ''}`);
        throw new CommandError(
          `failed to wait for resource: resources not ready after ${goDuration(withinMs)}: context deadline exceeded\n${lines.join('\n')}`,
        );
      }
      await wait(LOOK_MS);
    }
  }

  async #late(watched: readonly Manifest[]): Promise<Manifest[]> {
    const late = await Promise.all(
      watched.map(async (object) => {
        const found = await this.#cluster.find(objectPath(object));
        return found && READY[object.kind]?.(found) ? undefined : object;
      }),
    );
    return late.filter((object) => object !== undefined);
  }

  /** Why a Deployment's newest pod does not run. */
  async #reason({ kind, metadata, ...rest }: Manifest): Promise<string> {
    if (kind !== 'Deployment') return '';
    const selector = Object.entries(
      (at(rest, 'spec', 'selector', 'matchLabels') ?? {}) as Record<string, string>,
    )
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    const pods = await this.#cluster.list(
      `${collection(kinds.pod, metadata.namespace)}${selecting(selector)}`,
    );
    for (const pod of pods) {
      for (const status of listOf(at(pod, 'status', 'containerStatuses'))) {
        const reason = stringOf(at(status, 'state', 'waiting', 'reason'));
        if (reason !== '')
          return ` (container failed to start: ${reason}: ${stringOf(at(status, 'state', 'waiting', 'message'))})`;
      }
      const pending = listOf(at(pod, 'status', 'conditions')).find(
        ({ status, message }) => status === 'False' && message,
      );
      if (pending) return ` (${stringOf(pending['message'])})`;
    }
    return '';
  }

  /** Objects of the same owner and revision that are no longer part of it. */
  async #prune(components: Component[], operator: Operator): Promise<void> {
    const kept = new Set(
      components.flatMap(({ objects }) => objects.map((object) => objectPath(object))),
    );
    const owner = Object.entries(ownerLabels(operator))
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    for (const kind of installedKinds)
      for (const object of await this.find(kind, `${owner},${HAS_COMPONENT}`))
        if (!kept.has(objectPath(object)) && object.metadata.labels?.[IS_KEPT] !== 'true')
          await this.#cluster.delete(objectPath(object));
  }

  /** Objects of a kind, with what lists leave out. */
  async find(kind: Kind, labels: string): Promise<KubeObject[]> {
    const found = await this.#cluster.list(`${collection(kind)}${selecting(labels)}`);
    return found.map((object) => ({ ...object, apiVersion: kind.apiVersion, kind: kind.kind }));
  }
}

/** `helm`-style order: what others need first. */
function orderOf({ kind }: Manifest): number {
  switch (kind) {
    case 'CustomResourceDefinition':
      return 0;
    case 'ServiceAccount':
    case 'ClusterRole':
    case 'Role':
      return 1;
    case 'ClusterRoleBinding':
    case 'RoleBinding':
      return 2;
    case 'ValidatingWebhookConfiguration':
      return 3;
    case 'Deployment':
      return 6;
    case 'ConfigMap':
      return 4;
    default:
      return 5;
  }
}

/** When an object of a kind is ready; others are as soon as they are there. */
const READY: Readonly<Record<string, (object: KubeObject) => boolean>> = {
  CustomResourceDefinition: (object) =>
    listOf(at(object, 'status', 'conditions')).some(
      ({ type, status }) => type === 'Established' && status === 'True',
    ),
  Deployment: (object) => {
    const wanted = numberOf(at(object, 'spec', 'replicas')) ?? 1;
    const seen = numberOf(at(object, 'status', 'observedGeneration')) ?? 0;
    const count = (field: string) => numberOf(at(object, 'status', field)) ?? 0;
    return (
      seen >= (object.metadata.generation ?? 0) &&
      count('updatedReplicas') >= wanted &&
      // The old ones are gone: what is available is new.
      count('replicas') === count('updatedReplicas') &&
      count('availableReplicas') >= wanted
    );
  },
};

function labelled(object: Manifest, labels: Record<string, string>): Manifest {
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, labels: { ...metadata.labels, ...labels } } };
}

/** Whole seconds as Go prints them: `5m0s`. */
export function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds % 60}s`;
}

/** Resolves with false when the object is not there, or no such kind is. */
export async function exists(cluster: ClusterClient, path: string): Promise<boolean> {
  try {
    await cluster.get(path);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
