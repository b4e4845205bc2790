// The whole configuration of one proxy, from one moment of the mesh. Pure: the same input gives the same plain data.

import { outboundClusters } from './clusters.ts';
import type { MeshEnvironment } from './environment.ts';
import { inboundConfig } from './inbound.ts';
import { outboundListeners, unknownCluster } from './listeners.ts';
import type { AccessLogConfig, ProxyConfig } from './proxy-config.ts';
import { accessLogOf } from './telemetry.ts';
import { visibleTo } from './visibility.ts';
import type { ProxyIdentity } from './workloads.ts';

export function proxyConfig(environment: MeshEnvironment, proxy: ProxyIdentity): ProxyConfig {
  const visible = visibleTo(environment, proxy);
  const accessLog: AccessLogConfig | undefined = accessLogOf(environment, proxy);
  return {
    outbound: {
      ...outboundListeners(environment, visible, proxy),
      clusters: outboundClusters(environment, visible, proxy),
      unknown: unknownCluster(visible),
    },
    inbound: inboundConfig(environment, proxy),
    accessLog,
    trustDomain: environment.mesh.trustDomain,
  };
}
