// Everything that keeps a cluster's objects as they say they should be: the controllers and the scheduler, started together.

import type { Cancel } from '../platform.ts';
import { startDeploymentController } from './deployment.ts';
import { startReplicaSetController } from './replicaset.ts';
import { startScheduler } from './scheduler.ts';
import type { World } from './world.ts';

export type { World } from './world.ts';

const CONTROLLERS: readonly ((world: World) => Cancel)[] = [
  startDeploymentController,
  startReplicaSetController,
  startScheduler,
];

/** Starts them all on what is stored, be it new or restored. The returned function stops them; what they hold is only notes. */
export function startControllers(world: World): Cancel {
  const stops = CONTROLLERS.map((start) => start(world));
  return () => {
    for (const stop of stops.toReversed()) stop();
  };
}
