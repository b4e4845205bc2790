// What every part of the API is given of its cluster, and what it knows of whoever asks.

import type { Clock } from '../clock.ts';
import type { ClusterLimits } from '../limits.ts';
import type { Platform } from '../platform.ts';
import type { SchemaBundle } from '../schema/bundle.ts';
import type { Registry, ResourceDefinition, VersionDefinition } from '../schema/resource.ts';
import type { Store } from '../store/store.ts';
import type { UserInfo } from './http.ts';
import type { ApiDialer, Kubelet } from './kubelet.ts';

export interface World {
  store: Store;
  registry: Registry;
  bundle: SchemaBundle;
  clock: Clock;
  platform: Platform;
  limits: ClusterLimits;
  /** Uniform in [0, 1), seeded by the cluster. */
  random: () => number;
  /** Absent while no node runs: requests for containers are then refused. */
  kubelet: Kubelet | undefined;
  /** Absent while there is no network. */
  dialer: ApiDialer | undefined;
}

/** A kind in the version that a request speaks. */
export interface ServedKind {
  definition: ResourceDefinition;
  version: VersionDefinition;
}

/** Who asks, and how. One for each request. */
export interface Caller {
  user: UserInfo;
  /** Owner of the fields that the request sets. */
  fieldManager: string;
  dryRun: boolean;
  /** Told to the client in a Warning header. */
  warn(message: string): void;
}

/** `system:masters` may do everything, in every Kubernetes. */
export const MASTERS = 'system:masters';

export const ANONYMOUS: UserInfo = {
  name: 'system:anonymous',
  groups: ['system:unauthenticated'],
};
