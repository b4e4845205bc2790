// One moment of everything routing depends on, indexed and sorted once: each proxy's view is computed from it.
// Source of the order: istio/istio pilot/pkg/model/config.go, sortByCreationTimestamp (time, then name, then namespace).

import type {
  AuthorizationPolicy,
  DestinationRule,
  PeerAuthentication,
  Resource,
  ServiceEntry,
  Sidecar,
  Telemetry,
  VirtualService,
} from '../resources.ts';
import { type PreparedRule, prepareDestinationRules } from './destination-rules.ts';
import type { MeshConfig } from './mesh-config.ts';
import { type MeshService, type ServiceSources, meshServices } from './services.ts';
import { type PreparedVirtualService, prepareVirtualServices } from './virtual-services.ts';

export interface MeshSources extends Omit<ServiceSources, 'mesh'> {
  mesh: MeshConfig;
  virtualServices: readonly VirtualService[];
  destinationRules: readonly DestinationRule[];
  serviceEntries: readonly ServiceEntry[];
  sidecars: readonly Sidecar[];
  peerAuthentications: readonly PeerAuthentication[];
  authorizationPolicies: readonly AuthorizationPolicy[];
  telemetries: readonly Telemetry[];
}

export interface MeshEnvironment {
  mesh: MeshConfig;
  services: readonly MeshService[];
  virtualServices: readonly PreparedVirtualService[];
  destinationRules: readonly PreparedRule[];
  sidecars: readonly Sidecar[];
  peerAuthentications: readonly PeerAuthentication[];
  authorizationPolicies: readonly AuthorizationPolicy[];
  telemetries: readonly Telemetry[];
}

export function meshEnvironment(sources: MeshSources): MeshEnvironment {
  return {
    mesh: sources.mesh,
    services: meshServices(sources),
    virtualServices: prepareVirtualServices(oldestFirst(sources.virtualServices), sources.mesh),
    destinationRules: prepareDestinationRules(oldestFirst(sources.destinationRules), sources.mesh),
    sidecars: oldestFirst(sources.sidecars),
    peerAuthentications: oldestFirst(sources.peerAuthentications),
    authorizationPolicies: oldestFirst(sources.authorizationPolicies),
    telemetries: oldestFirst(sources.telemetries),
  };
}

export function oldestFirst<Object extends Resource<unknown>>(
  objects: readonly Object[],
): Object[] {
  return objects.toSorted(
    ({ metadata: a }, { metadata: b }) =>
      compare(a.creationTimestamp, b.creationTimestamp) ||
      compare(a.name, b.name) ||
      compare(a.namespace ?? '', b.namespace ?? ''),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
