// From a series of Istio's telemetry to the traffic it tells of: who calls whom, by which protocol and with which outcome.
// Labels are taken as Istio gives them, with what is known to be wrong in them put right or left out.

import type { KialiGraphType } from '../../../protocol/kiali.ts';
import type { Sample } from '../vector.ts';
import { PASSTHROUGH, type Party, UNKNOWN, identify, isKnown, serviceParty } from './identity.ts';
import { NO_RESPONSE, type ProtocolRates, isHttpError, protocolOf } from './protocols.ts';
import type { Traffic } from './traffic-map.ts';

const SOURCE = [
  'source_cluster',
  'source_workload_namespace',
  'source_workload',
  'source_canonical_service',
  'source_canonical_revision',
];

const DESTINATION = [
  'destination_cluster',
  'destination_service_namespace',
  'destination_service',
  'destination_service_name',
  'destination_workload_namespace',
  'destination_workload',
  'destination_canonical_service',
  'destination_canonical_revision',
];

/** What every query about pairs is grouped by. */
export const PAIR_LABELS = [...SOURCE, ...DESTINATION];

export interface Pair {
  source: Party;
  destination: Party;
  /** `destination_service`: the host of the service, or what was asked for. */
  host: string;
}

/** Undefined for a series that lacks labels, or whose labels are known to be wrong. */
export function pairOf({ labels }: Sample): Pair | undefined {
  const label = (name: string) => labels[name];
  const needed = ['source_workload', 'destination_workload', 'destination_service_name'];
  if (needed.some((name) => label(name) === undefined)) return undefined;
  const source: Party = {
    cluster: label('source_cluster') ?? UNKNOWN,
    namespace: label('source_workload_namespace') ?? '',
    workload: label('source_workload') ?? '',
    app: label('source_canonical_service') ?? '',
    version: label('source_canonical_revision') ?? '',
    service: '',
    serviceNamespace: label('source_workload_namespace') ?? '',
  };
  const destination: Party = {
    cluster: label('destination_cluster') ?? UNKNOWN,
    namespace: label('destination_workload_namespace') ?? '',
    workload: label('destination_workload') ?? '',
    app: label('destination_canonical_service') ?? '',
    version: label('destination_canonical_revision') ?? '',
    service: label('destination_service_name') ?? '',
    serviceNamespace: label('destination_service_namespace') ?? '',
  };
  // A request that reached nobody tells its service and no cluster: there is one, the caller's.
  if (
    !isKnown(destination.cluster) &&
    isKnown(source.cluster) &&
    isKnown(destination.serviceNamespace)
  )
    destination.cluster = source.cluster;
  const host = label('destination_service') ?? '';
  if (isHalfTold(source) || isHalfReached(destination, host)) return undefined;
  return { source, destination, host };
}

/** A proxy that has just started knows its namespace before its workload. */
function isHalfTold({ namespace, workload, app, cluster }: Party): boolean {
  if (!isKnown(namespace)) return false;
  return (!isKnown(workload) && !isKnown(app)) || !isKnown(cluster);
}

const ADDRESS = /^\d+\.\d+\.\d+\.\d+(:\d+)?$/;

/** An address in place of a service, while its pod comes or goes. */
function isHalfReached({ workload, service, serviceNamespace, cluster }: Party, host: string) {
  if (!isKnown(workload) && service === host && ADDRESS.test(service)) return true;
  return isKnown(serviceNamespace) && !isKnown(cluster);
}

/** The service to draw between the two: none where it is unknown, not one of the cluster's, or the end itself. */
export function serviceBetween(graphType: KialiGraphType, destination: Party): Party | undefined {
  const { service, cluster, serviceNamespace } = destination;
  if (!isKnown(service) || service === PASSTHROUGH) return undefined;
  const end = identify(graphType, destination);
  if (!end || end.type === 'service') return undefined;
  return serviceParty(cluster, serviceNamespace, service);
}

/** @param protocol of a metric that counts bytes or messages; requests name theirs. */
export function trafficOf(
  sample: Sample,
  metric: string,
  protocol: ProtocolRates | undefined,
): Traffic | undefined {
  const pair = pairOf(sample);
  const { labels, value } = sample;
  const spoken = protocol ?? protocolOf(labels['request_protocol'] ?? '');
  if (!pair || !spoken) return undefined;
  return {
    metric,
    protocol: spoken,
    rate: value,
    code: protocol ? '' : codeOf(spoken, labels),
    flags: labels['response_flags'] ?? '',
    host: pair.host,
    source: pair.source,
    destination: pair.destination,
  };
}

/** Code 0 is no response, whatever the protocol. gRPC has codes of its own unless HTTP failed below it. */
function codeOf(protocol: ProtocolRates, labels: Sample['labels']): string {
  const code = labels['response_code'] ?? '';
  if (code === '0') return NO_RESPONSE;
  const status = labels['grpc_response_status'];
  if (protocol.name !== 'grpc' || isHttpError(code) || status === undefined) return code;
  return status;
}
