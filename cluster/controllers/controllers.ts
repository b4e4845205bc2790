// Everything that keeps a cluster's objects as they say they should be: the controllers and the scheduler, started together.

import type { Cancel } from '../platform.ts';
import { startEventExpiry, startPodGarbageCollector, startTtlAfterFinished } from './cleanup.ts';
import { startDeploymentController } from './deployment.ts';
import { startEndpointsController } from './endpoints.ts';
import { startEndpointSliceController } from './endpointslice.ts';
import { startEndpointSliceMirroring } from './endpointslice-mirroring.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { startJobController } from './job.ts';
import { startNamespaceController } from './namespace.ts';
import { startNodeLifecycleController } from './node-lifecycle.ts';
import { startReplicaSetController } from './replicaset.ts';
import { startScheduler } from './scheduler.ts';
import { startRootCaPublisher, startServiceAccountController } from './service-account.ts';
import { startTokenController } from './service-account-tokens.ts';
import type { World } from './world.ts';

export type { World } from './world.ts';

const CONTROLLERS: readonly ((world: World) => Cancel)[] = [
  startServiceAccountController,
  startRootCaPublisher,
  startNamespaceController,
  startGarbageCollector,
  startNodeLifecycleController,
  startDeploymentController,
  startReplicaSetController,
  startJobController,
  startEndpointsController,
  startEndpointSliceController,
  startEndpointSliceMirroring,
  startScheduler,
  startTtlAfterFinished,
  startPodGarbageCollector,
  startTokenController,
  startEventExpiry,
];

/** Starts them all on what is stored, be it new or restored. The returned function stops them; what they hold is only notes. */
export function startControllers(world: World): Cancel {
  const stops = CONTROLLERS.map((start) => start(world));
  return () => {
    for (const stop of stops.toReversed()) stop();
  };
}
