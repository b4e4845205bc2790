// Makes the embedded cluster that a host asks for, with this process's schemas.

import { Cluster } from '../../../cluster/cluster.ts';
import type { ClusterLimits } from '../../../cluster/limits.ts';
import { schemaBundle } from '../../apiserver/schema-bundle.ts';
import type { ClusterInit, HostedCluster } from './host.ts';

export interface ClusterSettings {
  clockSpeed: number;
  /** Makes chance inside the cluster repeatable. */
  seed?: number;
  /** Where they differ from every cluster's. */
  limits?: Partial<ClusterLimits>;
}

export function createCluster(init: ClusterInit, settings: ClusterSettings): HostedCluster {
  return new Cluster({ ...init, ...settings, schemas: schemaBundle() });
}
