// All checks over the whole cluster. Each takes a few objects at a time; a learner's cluster has few.

import { at, stringOf } from '../../schema/fields.ts';
import { parseYaml } from '../../schema/yaml.ts';
import type { Inventory } from '../inventory.ts';
import { CLUSTER, type KialiSettings } from '../settings.ts';
import { checkDestinationRules } from './destination-rules.ts';
import { checkGateways } from './gateways.ts';
import { checkAuthorizationPolicies, checkPeerAuthentications } from './policies.ts';
import { HostRegistry } from './registry.ts';
import { checkServices, checkWorkloads } from './services.ts';
import { checkServiceEntries, checkSidecars } from './sidecars.ts';
import { Validations } from './validations.ts';
import { checkVirtualServices } from './virtual-services.ts';

export function validate(inventory: Inventory, settings: KialiSettings): Validations {
  const { rootNamespace, istioNamespace } = settings;
  const found = new Validations(CLUSTER);
  const registry = new HostRegistry(inventory);
  const workloads = inventory.allWorkloads();
  const virtualServices = inventory.rules('virtualservices.networking.istio.io');
  const destinationRules = inventory.rules('destinationrules.networking.istio.io');
  const peers = inventory.rules('peerauthentications.security.istio.io');
  const policies = inventory.rules('authorizationpolicies.security.istio.io');
  const gateways = inventory.objects('gateways.networking.istio.io');
  const isOfMesh = ({ metadata }: { metadata: { namespace?: string } }) =>
    metadata.namespace === rootNamespace;
  const tls = {
    meshPolicies: peers.filter(isOfMesh),
    policies: peers.filter((each) => !isOfMesh(each)),
  };
  // Where unknown hosts are let out, one that is not there is no error yet.
  const unknownHost = letsUnknownOut(inventory, istioNamespace) ? 'warning' : 'error';
  checkVirtualServices(found, virtualServices, destinationRules, registry, {
    gateways: new Set(
      gateways.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`),
    ),
    unknownHost,
  });
  checkDestinationRules(found, destinationRules, virtualServices, registry, tls, unknownHost);
  checkGateways(found, gateways, workloads);
  checkPeerAuthentications(found, peers, destinationRules, workloads, rootNamespace);
  checkAuthorizationPolicies(found, policies, {
    registry,
    workloads,
    virtualServices,
    tls,
    unknownHost,
  });
  checkSidecars(
    found,
    inventory.rules('sidecars.networking.istio.io'),
    workloads,
    registry,
    rootNamespace,
  );
  checkServiceEntries(found, registry.serviceEntries, registry);
  checkServices(found, inventory.kinds('services'), workloads, istioNamespace);
  checkWorkloads(found, workloads, policies, rootNamespace);
  return found;
}

function letsUnknownOut(inventory: Inventory, namespace: string): boolean {
  const text = stringOf(at(inventory.configMap(namespace, 'istio')?.['data'], 'mesh'));
  const parsed = parseYaml(text);
  if ('error' in parsed) return true;
  return at(parsed.value, 'outboundTrafficPolicy', 'mode') !== 'REGISTRY_ONLY';
}
