// How many pods a workload should have and has, and how many of their proxies have started.

import type { KialiWorkloadStatus } from '../../../protocol/kiali.ts';
import { type Workload, hasSidecar } from '../inventory.ts';

const NO_PROXIES = -1;

export function workloadStatus(workload: Workload): KialiWorkloadStatus {
  const { name, desired, current, available, pods, isGateway } = workload;
  const proxied = pods.filter(hasSidecar);
  return {
    name,
    desiredReplicas: desired,
    currentReplicas: current,
    availableReplicas: available,
    syncedProxies:
      proxied.length === 0 || isGateway
        ? NO_PROXIES
        : proxied.filter(({ status }) => isProxyReady(status)).length,
  };
}

/** A proxy is ready when it has what istiod sent first; later ones reach it within a moment. */
function isProxyReady(
  status:
    | {
        containerStatuses?: readonly { name: string; ready?: boolean }[];
        initContainerStatuses?: readonly { name: string; ready?: boolean }[];
      }
    | undefined,
): boolean {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return all.find(({ name }) => name === 'istio-proxy')?.ready ?? false;
}
