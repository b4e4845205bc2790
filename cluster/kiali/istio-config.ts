// Istio's objects as Kiali lists and shows them, by kind.

import type { KubeObject } from '../object.ts';
import type { Inventory } from './inventory.ts';
import { type ObjectKind, kindText } from './validations/validations.ts';

interface ConfigKind {
  gvk: ObjectKind;
  resource: string;
}

const kind = (Group: string, Version: string, Kind: string, resource: string): ConfigKind => ({
  gvk: { Group, Version, Kind },
  resource: `${resource}.${Group}`,
});

const NETWORKING = 'networking.istio.io';
const SECURITY = 'security.istio.io';

export const configKinds: readonly ConfigKind[] = [
  kind(NETWORKING, 'v1', 'DestinationRule', 'destinationrules'),
  kind(NETWORKING, 'v1alpha3', 'EnvoyFilter', 'envoyfilters'),
  kind(NETWORKING, 'v1', 'Gateway', 'gateways'),
  kind(NETWORKING, 'v1', 'ServiceEntry', 'serviceentries'),
  kind(NETWORKING, 'v1', 'Sidecar', 'sidecars'),
  kind(NETWORKING, 'v1', 'VirtualService', 'virtualservices'),
  kind(NETWORKING, 'v1', 'WorkloadEntry', 'workloadentries'),
  kind(NETWORKING, 'v1', 'WorkloadGroup', 'workloadgroups'),
  kind('extensions.istio.io', 'v1alpha1', 'WasmPlugin', 'wasmplugins'),
  kind('telemetry.istio.io', 'v1', 'Telemetry', 'telemetries'),
  kind(SECURITY, 'v1', 'AuthorizationPolicy', 'authorizationpolicies'),
  kind(SECURITY, 'v1', 'PeerAuthentication', 'peerauthentications'),
  kind(SECURITY, 'v1', 'RequestAuthentication', 'requestauthentications'),
];

/** Managed fields are nobody's to read. */
function shown(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** @param namespace undefined for all. @param wanted kinds as `kindText` writes them; empty for all. */
export function configList(
  inventory: Inventory,
  namespace: string | undefined,
  wanted: readonly string[],
): Record<string, KubeObject[]> {
  const list: Record<string, KubeObject[]> = {};
  for (const { gvk, resource } of configKinds) {
    const name = kindText(gvk);
    list[name] =
      wanted.length > 0 && !wanted.includes(name)
        ? []
        : inventory
            .objects(resource)
            .filter(({ metadata }) => !namespace || metadata.namespace === namespace)
            .map(shown);
  }
  return list;
}

export function configObject(
  inventory: Inventory,
  gvk: ObjectKind,
  namespace: string,
  name: string,
): KubeObject | undefined {
  const found = configKinds.find(({ gvk: each }) => kindText(each) === kindText(gvk));
  const object =
    found &&
    inventory
      .objects(found.resource)
      .find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  return object && shown(object);
}
