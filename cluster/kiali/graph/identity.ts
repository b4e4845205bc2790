// Which node of a graph a workload, an app or a service is: its identity decides which traffic falls together.
// Knows names as telemetry gives them, in which `unknown` and the empty text both mean that nobody knows.

import type { KialiGraphType, KialiNode } from '../../../protocol/kiali.ts';

export const UNKNOWN = 'unknown';
export const PASSTHROUGH = 'PassthroughCluster';
export const BLACK_HOLE = 'BlackHoleCluster';

export type NodeType = Exclude<KialiNode['nodeType'], 'box'>;

/** One end of some traffic. */
export interface Party {
  cluster: string;
  /** Of the workload. */
  namespace: string;
  workload: string;
  app: string;
  version: string;
  /** Empty for who calls. */
  service: string;
  serviceNamespace: string;
}

export interface Identity {
  key: string;
  type: NodeType;
}

export function isKnown(name: string): boolean {
  return name !== '' && name !== UNKNOWN;
}

/** What the nodes of one app share, and its box is named by; undefined for what belongs to no known app. */
export function appBoxKey({
  cluster,
  namespace,
  app = '',
}: {
  cluster: string;
  namespace: string;
  app?: string;
}): string | undefined {
  return isKnown(app) ? `box_${cluster}_${namespace}_${app}` : undefined;
}

/** The canonical revision of what has no version is `latest`. */
export function isVersion(version: string): boolean {
  return isKnown(version) && version !== 'latest';
}

export function namespaceOf({ namespace, serviceNamespace }: Party): string {
  return isKnown(namespace) ? namespace : serviceNamespace;
}

/** A service as a node of its own. */
export function serviceParty(cluster: string, namespace: string, service: string): Party {
  return {
    cluster,
    namespace: '',
    workload: '',
    app: '',
    version: '',
    service,
    serviceNamespace: namespace,
  };
}

/** Undefined for what telemetry tells too little of. A service graph begins as a graph of workloads. */
export function identify(graphType: KialiGraphType, party: Party): Identity | undefined {
  const { cluster, workload, app, version, service } = party;
  const namespace = namespaceOf(party);
  const nobody = workload === UNKNOWN && app === UNKNOWN;
  if (nobody && namespace === UNKNOWN && service === '')
    return { key: `${cluster}_unknown_source`, type: 'unknown' };
  const place = `${cluster}_${namespace}`;
  const toService = (name: string): Identity => ({ key: `svc_${place}_${name}`, type: 'service' });
  const toWorkload: Identity = { key: `wl_${place}_${workload}`, type: 'workload' };
  if (nobody && service === UNKNOWN) return toService(UNKNOWN);
  if (!isKnown(workload) && !isKnown(app) && !isKnown(service)) return undefined;
  if (graphType === 'workload' || graphType === 'service') {
    if (isKnown(workload)) return toWorkload;
    return toService(isKnown(service) ? service : UNKNOWN);
  }
  if (!isKnown(app)) return isKnown(workload) ? toWorkload : toService(service);
  // A version is one workload: its name tells versions apart even where labels do not.
  if (graphType === 'versionedApp') {
    if (isKnown(workload)) return { key: `vapp_${place}_${workload}`, type: 'app' };
    if (isVersion(version)) return { key: `vapp_${place}_${app}_${version}`, type: 'app' };
  }
  return { key: `app_${place}_${app}`, type: 'app' };
}
