// What the pods of one node share: its runtime, network, images and voices.

import type { Clock } from '../../clock.ts';
import type { EventRecorder } from '../../controllers/events.ts';
import type { KindsClient, Pod } from '../../controllers/kinds.ts';
import type { ClusterLimits } from '../../limits.ts';
import type { ClusterNetwork } from '../../network/cluster-network.ts';
import type { Platform } from '../../platform.ts';
import type { ContainerRuntime } from '../runtime.ts';
import type { AddressPool } from './addresses.ts';
import type { Lookup } from './environment.ts';
import type { ImagePuller } from './images.ts';

export interface NodeParts {
  client: KindsClient;
  clock: Clock;
  network: Pick<ClusterNetwork, 'addPod' | 'removePod' | 'node'>;
  runtime: ContainerRuntime;
  puller: ImagePuller;
  events: EventRecorder;
  addresses: AddressPool;
  lookup: Lookup;
  limits: ClusterLimits;
  /** A token of the pod's service account; undefined when the cluster issues none: the file is then left out. */
  serviceAccountToken: ((pod: Pod, wanted: TokenWanted) => string | undefined) | undefined;
  random: () => number;
  log: Platform['log'];
  nodeName: string;
  hostIP: string;
  /** Resources of the node that pods may have, as its status lists them. */
  allocatable: Readonly<Record<string, string>>;
}

export interface TokenWanted {
  /** Default: the API server. */
  audience?: string;
  expirationSeconds?: number;
}
