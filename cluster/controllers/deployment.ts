// Brings Deployments to their template, a few pods at a time, through ReplicaSets. Decides sizes; ReplicaSets make pods.
// Source: the public documentation of Deployments; events and conditions word for word as a real cluster shows them.

import { objectKey } from '../object.ts';
import type { Cancel } from '../platform.ts';
import { isRolling } from './deployment/replica-sets.ts';
import { Rollout } from './deployment/rollout.ts';
import { EventRecorder } from './events.ts';
import { type KindsClient, type Pod, type ReplicaSet, ofKinds } from './kinds.ts';
import { isEmptySelector, selects } from './labels.ts';
import { controllerOf } from './owners.ts';
import { watchKinds } from './watch.ts';
import { WorkQueue } from './work-queue.ts';
import { CONTROLLER_MANAGER, type World } from './world.ts';

const DEPLOYMENTS = 'deployments.apps';
const REPLICA_SETS = 'replicasets.apps';

export function startDeploymentController(world: World): Cancel {
  const controller = new DeploymentController(world);
  const { queue } = controller;
  const enqueueOwner = (object: ReplicaSet | Pod) => {
    const owner = controllerOf(object);
    if (owner?.kind === 'Deployment') queue.add(objectKey(object.metadata.namespace, owner.name));
    return owner !== undefined;
  };
  const unwatch = watchKinds(world.store, {
    [DEPLOYMENTS]: ({ object }) => queue.add(keyOf(object)),
    [REPLICA_SETS]: ({ object, previous }) => {
      if (previous && controllerOf(previous)?.uid !== controllerOf(object)?.uid)
        enqueueOwner(previous);
      if (!enqueueOwner(object)) controller.enqueueAdopters(object);
    },
    pods: ({ type, object }) => {
      // A Deployment that recreates waits for the last old pod to go.
      if (type === 'DELETED') controller.enqueueRecreating(object);
    },
  });
  return () => {
    unwatch();
    queue.close();
  };
}

function keyOf(object: { metadata: { namespace?: string; name: string } }): string {
  return objectKey(object.metadata.namespace, object.metadata.name);
}

class DeploymentController {
  readonly queue: WorkQueue;
  readonly #world: World;
  readonly #client: KindsClient;
  readonly #events: EventRecorder;

  constructor(world: World) {
    const { clock, log, random } = world;
    this.#world = world;
    this.#client = ofKinds(world.client(CONTROLLER_MANAGER));
    this.#events = new EventRecorder({
      client: this.#client,
      clock,
      random,
      log,
      component: 'deployment-controller',
    });
    this.queue = new WorkQueue({
      name: 'deployment',
      clock,
      log,
      sync: (key) => this.#sync(key),
    });
  }

  /** Deployments whose selector matches an orphaned ReplicaSet. */
  enqueueAdopters(set: ReplicaSet): void {
    for (const deployment of this.#client.list(DEPLOYMENTS, set.metadata.namespace))
      if (selects(deployment.spec.selector, set.metadata.labels)) this.queue.add(keyOf(deployment));
  }

  enqueueRecreating(pod: Pod): void {
    const owner = controllerOf(pod);
    if (owner?.kind !== 'ReplicaSet') return;
    const set = this.#client.get(REPLICA_SETS, pod.metadata.namespace, owner.name);
    const name = set && controllerOf(set)?.name;
    if (name === undefined) return;
    const deployment = this.#client.get(DEPLOYMENTS, pod.metadata.namespace, name);
    if (deployment && !isRolling(deployment)) this.queue.add(keyOf(deployment));
  }

  async #sync(key: string): Promise<void> {
    const [namespace, name] = key.split('/') as [string, string];
    const deployment = this.#client.get(DEPLOYMENTS, namespace, name);
    if (!deployment) return;
    if (isEmptySelector(deployment.spec.selector)) {
      this.#events.event(
        deployment,
        'Warning',
        'SelectingAll',
        'This deployment is selecting all pods. A non-empty selector is required.',
      );
      return;
    }
    const rollout = new Rollout(this.#world, this.#client, this.#events, deployment);
    await rollout.run((ms) => this.queue.addAfter(key, ms));
  }
}
