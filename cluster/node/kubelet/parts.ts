// What the pods of one node share: its runtime, network, images and voices.

import type { Tokens } from '../../api/tokens.ts';
import type { Clock } from '../../clock.ts';
import type { EventRecorder } from '../../controllers/events.ts';
import type { KindsClient } from '../../controllers/kinds.ts';
import type { ClusterLimits } from '../../limits.ts';
import type { ClusterNetwork } from '../../network/cluster-network.ts';
import type { Platform } from '../../platform.ts';
import type { ContainerRuntime } from '../runtime.ts';
import type { AddressPool } from './addresses.ts';
import type { Lookup } from './environment.ts';
import type { ImagePuller } from './images.ts';
import type { Timing } from './timing.ts';

export interface NodeParts {
  client: KindsClient;
  clock: Clock;
  timing: Timing;
  network: Pick<ClusterNetwork, 'addPod' | 'removePod' | 'node'>;
  runtime: ContainerRuntime;
  puller: ImagePuller;
  events: EventRecorder;
  addresses: AddressPool;
  lookup: Lookup;
  /** Told of what a snapshot holds beside objects: lines of a log. */
  noteChange: () => void;
  limits: ClusterLimits;
  /** Signs tokens of service accounts; undefined when the cluster issues none: pods then find no token file. */
  tokens: Pick<Tokens, 'issue'> | undefined;
  random: () => number;
  log: Platform['log'];
  nodeName: string;
  hostIP: string;
  /** Resources of the node that pods may have, as its status lists them. */
  allocatable: Readonly<Record<string, string>>;
}
