// The graph while it is made: nodes and edges with their rates. Adding traffic is all it can do by itself; what else is known
// of a node or an edge is put there by appenders.

import type { KialiHealth, KialiHealthData, KialiNode } from '../../../protocol/kiali.ts';
import {
  BLACK_HOLE,
  type Identity,
  type NodeType,
  PASSTHROUGH,
  type Party,
  UNKNOWN,
  identify,
  isKnown,
  namespaceOf,
} from './identity.ts';
import type { KialiGraphType } from '../../../protocol/kiali.ts';
import { NO_RESPONSE, type ProtocolRates, protocols } from './protocols.ts';

/** What is known of a node besides its traffic, as an answer shows it. */
export type Marks = Partial<
  Pick<
    KialiNode,
    | 'hasCB'
    | 'hasFaultInjection'
    | 'hasMirroring'
    | 'hasRequestRouting'
    | 'hasRequestTimeout'
    | 'hasTCPTrafficShifting'
    | 'hasTrafficShifting'
    | 'hasVS'
    | 'isDead'
    | 'isGateway'
    | 'isIdle'
    | 'isInaccessible'
    | 'isInjected'
    | 'isOutOfMesh'
    | 'isOutside'
    | 'isRoot'
    | 'isServiceEntry'
    | 'labels'
  >
>;

export interface ServiceName {
  cluster: string;
  namespace: string;
  name: string;
}

export interface GraphNode {
  key: string;
  type: NodeType;
  cluster: string;
  namespace: string;
  workload: string;
  app: string;
  version: string;
  service: string;
  edges: GraphEdge[];
  rates: Map<string, number>;
  destServices: Map<string, ServiceName>;
  marks: Marks;
  health?: KialiHealthData;
  /** Of the whole app, where the node is one version of it. */
  appHealth?: KialiHealthData;
}

export interface ResponseDetail {
  flags: Map<string, number>;
  hosts: Map<string, number>;
}

export interface GraphEdge {
  source: GraphNode;
  target: GraphNode;
  protocol: ProtocolRates;
  rates: Map<string, number>;
  responses: Map<string, ResponseDetail>;
  /** Both sides report the same traffic: what has been counted already. */
  counted: Set<string>;
  healthStatus?: KialiHealth;
  mtlsPercent?: number;
  responseTime?: number;
  throughput?: number;
  sourcePrincipal?: string;
  destPrincipal?: string;
}

/** One series of traffic. */
export interface Traffic {
  metric: string;
  protocol: ProtocolRates;
  /** Requests or bytes a second. */
  rate: number;
  code: string;
  flags: string;
  host: string;
  source: Party;
  destination: Party;
}

export class TrafficMap {
  readonly graphType: KialiGraphType;
  readonly nodes = new Map<string, GraphNode>();

  constructor(graphType: KialiGraphType) {
    this.graphType = graphType;
  }

  /** Undefined for what cannot be told apart. */
  node(party: Party): GraphNode | undefined {
    const identity = identify(this.graphType, party);
    if (!identity) return undefined;
    let node = this.nodes.get(identity.key);
    if (!node) this.nodes.set(identity.key, (node = newNode(this.graphType, identity, party)));
    return node;
  }

  *edges(): Generator<GraphEdge> {
    for (const node of this.nodes.values()) yield* node.edges;
  }

  /** @param via the service between the two, where it is drawn. */
  add(traffic: Traffic, via: Party | undefined): void {
    const source = this.node(traffic.source);
    const target = source && this.node(traffic.destination);
    if (!source || !target) return;
    const { destination } = traffic;
    const called: ServiceName = {
      cluster: destination.cluster,
      namespace: destination.serviceNamespace,
      name: destination.service,
    };
    const key = seriesKey(traffic);
    const service = via && this.node(via);
    if (!service) {
      if (addToEdge(source, target, traffic, key)) addCalled(target, called);
      return;
    }
    service.marks.isInjected = true;
    if (!addToEdge(source, service, traffic, key)) return;
    addCalled(service, called);
    addToEdge(service, target, traffic, key);
    addCalled(target, called);
  }

  /** Edges to nodes that are not there any more go with them. */
  delete(keys: readonly string[]): void {
    if (keys.length === 0) return;
    for (const key of keys) this.nodes.delete(key);
    for (const node of this.nodes.values())
      node.edges = node.edges.filter(({ target }) => this.nodes.has(target.key));
  }
}

export function newNode(
  graphType: KialiGraphType,
  { key, type }: Identity,
  party: Party,
): GraphNode {
  const { cluster, workload, app, version, service } = party;
  const ofVersion = graphType === 'versionedApp';
  const named = {
    unknown: { workload, app, version, service },
    service: { workload: '', app: '', version: '', service },
    workload: { workload, app: known(app), version: known(version), service: '' },
    app: {
      workload: ofVersion ? workload : '',
      app,
      version: ofVersion ? version : '',
      service: '',
    },
  };
  return {
    key,
    type,
    cluster,
    namespace: namespaceOf(party),
    ...named[type],
    edges: [],
    rates: new Map(),
    destServices: new Map(),
    marks: {},
  };
}

function known(name: string): string {
  return name === UNKNOWN ? '' : name;
}

/** Where traffic that leaves the mesh goes, or ends. */
export function isEgress({ type, service }: GraphNode): boolean {
  return type === 'service' && (service === PASSTHROUGH || service === BLACK_HOLE);
}

export function edgeBetween(
  source: GraphNode,
  target: GraphNode,
  protocol: ProtocolRates,
): GraphEdge {
  const found = source.edges.find(
    (edge) => edge.target.key === target.key && edge.protocol === protocol,
  );
  if (found) return found;
  const edge: GraphEdge = {
    source,
    target,
    protocol,
    rates: new Map(),
    responses: new Map(),
    counted: new Set(),
  };
  source.edges.push(edge);
  return edge;
}

/** One text, and no list for it: a graph of sixty services asks for a thousand. */
function seriesKey({ metric, source, destination, code, flags, host }: Traffic): string {
  return `${metric}\n${partyKey(source)}\n${partyKey(destination)}\n${code}\n${flags}\n${host}`;
}

function partyKey(party: Party): string {
  const { cluster, serviceNamespace, service, namespace, workload, app, version } = party;
  return `${cluster}\n${serviceNamespace}\n${service}\n${namespace}\n${workload}\n${app}\n${version}`;
}

/** False when the other side has told the same already. */
function addToEdge(
  source: GraphNode,
  target: GraphNode,
  { protocol, rate, code, flags, host }: Traffic,
  key: string,
): boolean {
  const edge = edgeBetween(source, target, protocol);
  if (edge.counted.has(key)) return false;
  edge.counted.add(key);
  if (rate <= 0) return true;
  const { name, outgoing } = protocol;
  const kind = protocol.kindOf(code);
  increase(source.rates, outgoing, rate);
  increase(target.rates, `${name}In`, rate);
  increase(edge.rates, name, rate);
  if (kind !== '') {
    increase(target.rates, `${name}In${kind}`, rate);
    increase(edge.rates, `${name}${kind}`, rate);
  }
  addResponse(edge, code || NO_RESPONSE, flags, host, rate);
  return true;
}

function addResponse(
  edge: GraphEdge,
  code: string,
  flags: string,
  host: string,
  rate: number,
): void {
  let detail = edge.responses.get(code);
  if (!detail) edge.responses.set(code, (detail = { flags: new Map(), hosts: new Map() }));
  if (flags !== '') increase(detail.flags, flags, rate);
  if (host !== '') increase(detail.hosts, host, rate);
}

function addCalled(node: GraphNode, called: ServiceName): void {
  if (!isKnown(called.name)) return;
  node.destServices.set(`${called.cluster} ${called.namespace} ${called.name}`, called);
}

export function increase(rates: Map<string, number>, name: string, by: number): void {
  if (by > 0) rates.set(name, (rates.get(name) ?? 0) + by);
}

/** Rates of one edge on top of another's, when two edges become one. */
export function mergeEdge(into: GraphEdge, edge: GraphEdge): void {
  for (const [name, rate] of edge.rates) increase(into.rates, name, rate);
  for (const [code, { flags, hosts }] of edge.responses) {
    for (const [flag, rate] of flags) addResponse(into, code, flag, '', rate);
    for (const [host, rate] of hosts) addResponse(into, code, '', host, rate);
  }
}

/** What a node sends by one more edge. */
export function addOutgoing(node: GraphNode, edge: GraphEdge): void {
  increase(node.rates, edge.protocol.outgoing, edge.rates.get(edge.protocol.name) ?? 0);
}

export function forgetOutgoing(node: GraphNode): void {
  for (const { outgoing } of protocols) node.rates.delete(outgoing);
}
