// What a rule and a policy say of mutual TLS.

import type {
  ClientTlsMode,
  DestinationRule,
  MtlsMode,
  PeerAuthentication,
} from '../../mesh/resources.ts';

export function modeOf({ spec }: DestinationRule): ClientTlsMode | undefined {
  return spec.trafficPolicy?.tls && (spec.trafficPolicy.tls.mode ?? 'DISABLE');
}

/** Of policies for a namespace or the mesh; one for chosen workloads says nothing of all. */
export function tlsModeFor({ spec }: PeerAuthentication): MtlsMode {
  const isForAll = Object.keys(spec.selector?.matchLabels ?? {}).length === 0;
  return (isForAll ? spec.mtls?.mode : undefined) ?? 'UNSET';
}
