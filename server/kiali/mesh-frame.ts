// Kiali's graph of versioned apps, without services between → the picture a page draws: one node an app, its versions inside; one
// call for each pair and protocol. Pure. Knows nothing of who asked, or how it is drawn.

import type {
  CallHealth,
  MeshCall,
  MeshCode,
  MeshFrame,
  MeshNode,
  MeshVersion,
} from '../../protocol/graph.ts';
import { healthOf, type Outcomes, worst } from './health.ts';
import { type GraphEdge, type GraphNode, type KialiAnswer, podsOf } from './kiali-graph.ts';

/** Kiali's word for what telemetry does not know. */
const UNKNOWN = 'unknown';
/** Istio's canonical revision of pods without a version. */
const UNLABELLED = 'latest';
/** Where a proxy sends what it knows no service for. */
const BEYOND = ['PassthroughCluster', 'BlackHoleCluster'];

const RULES = {
  hasTrafficShifting: 'traffic shifting',
  hasTCPTrafficShifting: 'traffic shifting',
  hasRequestRouting: 'request routing',
  hasRequestTimeout: 'timeout',
  hasFaultInjection: 'fault injection',
  hasMirroring: 'mirroring',
  hasCB: 'circuit breaker',
} as const satisfies Partial<Record<keyof GraphNode, string>>;

export function meshFrame(answer: KialiAnswer): MeshFrame {
  const places = new Places(answer.nodes);
  const calls = new Map<string, CallSum>();
  const nodes = new Map<string, NodeSum>();
  for (const node of answer.nodes) {
    const id = places.idOf(node);
    nodes.set(id, (nodes.get(id) ?? new NodeSum(id)).add(node));
  }
  for (const edge of answer.edges) {
    const [from, to] = [places.node(edge.source), places.node(edge.target)];
    const protocol = protocolOf(edge);
    if (!from || !to || !protocol) continue;
    const ends = { from: places.idOf(from), to: places.idOf(to) };
    const version = to.nodeType === 'service' ? '' : versionOf(to);
    nodes.get(ends.to)?.answers(edge, protocol, version);
    const id = `${ends.from} ${ends.to} ${protocol}`;
    const call = calls.get(id) ?? new CallSum(id, ends.from, ends.to, protocol);
    const oneSided = isWithoutProxy(from) || isWithoutProxy(to);
    calls.set(id, call.add(edge, oneSided, version));
  }
  return {
    at: answer.timestamp * 1_000,
    seconds: answer.seconds,
    nodes: [...nodes.values()].map((node) => node.sum()).sort(byId),
    calls: [...calls.values()].map((call) => call.sum()).sort(byId),
  };
}

/** Which of Kiali's nodes are one for a reader: an app's versions, and the services by which they are called. */
class Places {
  readonly #byKiali: Map<string, GraphNode>;
  /** `default/backend` of the service → the app behind it. */
  readonly #behind = new Map<string, string>();

  constructor(nodes: readonly GraphNode[]) {
    this.#byKiali = new Map(nodes.map((node) => [node.id, node]));
    for (const node of nodes) {
      if (node.nodeType === 'service') continue;
      for (const { namespace, name } of node.destServices ?? [])
        this.#behind.set(`${namespace}/${name}`, ownName(node));
    }
  }

  node(id: string): GraphNode | undefined {
    return this.#byKiali.get(id);
  }

  idOf(node: GraphNode): string {
    const own = ownName(node);
    return node.nodeType === 'service' ? (this.#behind.get(own) ?? own) : own;
  }
}

function ownName({ nodeType, namespace, app, workload, service }: GraphNode): string {
  if (nodeType === UNKNOWN) return UNKNOWN;
  const known = [nodeType === 'service' ? service : undefined, app, workload, service];
  const name = known.find((one) => one !== undefined && one !== UNKNOWN) ?? UNKNOWN;
  return `${namespace}/${name}`;
}

class NodeSum {
  readonly #id: string;
  readonly #rules = new Set<string>();
  readonly #versions = new Map<string, Outcomes>();
  #kind: MeshNode['kind'] = 'service';
  #proxy = true;
  #tcp: boolean | undefined;
  #pods: { wanted: number; available: number } | undefined;

  constructor(id: string) {
    this.#id = id;
  }

  add(node: GraphNode): this {
    if (node.nodeType === UNKNOWN) this.#kind = 'unknown';
    else if (node.isServiceEntry !== undefined || BEYOND.includes(node.service ?? ''))
      this.#kind = 'outside';
    if (isWithoutProxy(node)) this.#proxy = false;
    for (const [field, rule] of Object.entries(RULES)) {
      if (node[field as keyof typeof RULES] === true) this.#rules.add(rule);
    }
    if (node.nodeType !== 'service' && !this.#versions.has(versionOf(node)))
      this.#put(versionOf(node));
    const pods = podsOf(node);
    if (pods) {
      this.#pods = {
        wanted: pods.wanted + (this.#pods?.wanted ?? 0),
        available: pods.available + (this.#pods?.available ?? 0),
      };
    }
    return this;
  }

  /** `version` is empty where the requests reached no pod: Kiali ends them at the service. */
  answers(edge: GraphEdge, protocol: string, version: string): void {
    this.#tcp = protocol === 'tcp' && this.#tcp !== false;
    add(this.#versions.get(version) ?? this.#put(version), outcomesOf(edge));
  }

  #put(version: string): Outcomes {
    const fresh = none();
    this.#versions.set(version, fresh);
    return fresh;
  }

  sum(): MeshNode {
    const [namespace = '', name = this.#id] = this.#id.split('/');
    const outcomes = [...this.#versions.values()];
    const all = outcomes.reduce((sum, each) => add(sum, each), none());
    return {
      id: this.#id,
      name: this.#id === UNKNOWN ? UNKNOWN : name,
      namespace: this.#id === UNKNOWN ? '' : namespace,
      kind: this.#kind,
      proxy: this.#proxy && this.#kind !== 'unknown',
      tcp: this.#tcp ?? false,
      health: worst(healthOf(all), ...outcomes.map(healthOf)),
      versions: versionsOf(this.#versions),
      ...(this.#pods && { pods: this.#pods }),
      rules: [...this.#rules].sort(),
    };
  }
}

class CallSum {
  readonly #ends: Pick<MeshCall, 'id' | 'from' | 'to' | 'protocol'>;
  readonly #outcomes = none();
  readonly #versions = new Map<string, Outcomes>();
  readonly #codes = new Map<string, { rate: number; flags: Set<string> }>();
  readonly #verdicts: (CallHealth | undefined)[] = [];
  #mtls = 0;
  #p95: number | undefined;
  #oneSided = false;

  constructor(id: string, from: string, to: string, protocol: MeshCall['protocol']) {
    this.#ends = { id, from, to, protocol };
  }

  add(edge: GraphEdge, oneSided: boolean, version: string): this {
    const outcomes = outcomesOf(edge);
    add(this.#outcomes, outcomes);
    const known = this.#versions.get(version);
    if (known) add(known, outcomes);
    else this.#versions.set(version, outcomes);
    this.#mtls += outcomes.all * (numberOf(edge.isMTLS) / 100);
    const p95 = numberOf(edge.responseTime);
    if (p95 > 0) this.#p95 = Math.max(p95, this.#p95 ?? 0);
    this.#oneSided ||= oneSided;
    this.#verdicts.push(verdictOf(edge));
    for (const [code, { flags = {} }] of Object.entries(edge.traffic.responses ?? {})) {
      const sum = this.#codes.get(code) ?? { rate: 0, flags: new Set() };
      for (const [flag, percent] of Object.entries(flags)) {
        sum.rate += (outcomes.all * numberOf(percent)) / 100;
        if (flag !== '-' && numberOf(percent) > 0) sum.flags.add(flag);
      }
      this.#codes.set(code, sum);
    }
    return this;
  }

  sum(): MeshCall {
    const { all, refused, failed, unanswered } = this.#outcomes;
    const part = (rate: number) => (all > 0 ? rate / all : 0);
    // Kiali's own verdict counts where it is about the same thing: custom tolerances are its to know.
    const [only] = this.#verdicts.length === 1 ? this.#verdicts : [];
    const split = versionsOf(this.#versions);
    return {
      ...this.#ends,
      rate: all,
      failed: part(failed + unanswered),
      refused: part(refused),
      health: only ?? healthOf(this.#outcomes),
      ...(this.#p95 !== undefined && { p95: this.#p95 }),
      mtls: part(this.#mtls),
      oneSided: this.#oneSided,
      codes: this.#ends.protocol === 'tcp' ? [] : codesOf(this.#codes, all),
      split: split.length > 1 || split[0]?.name === '' ? split : [],
    };
  }
}

function codesOf(
  codes: ReadonlyMap<string, { rate: number; flags: ReadonlySet<string> }>,
  all: number,
): MeshCode[] {
  return [...codes]
    .map(([code, { rate, flags }]) => ({
      code,
      share: all > 0 ? rate / all : 0,
      flags: [...flags].sort(),
    }))
    .sort((a, b) => b.share - a.share);
}

function versionsOf(versions: ReadonlyMap<string, Outcomes>): MeshVersion[] {
  const all = [...versions.values()].reduce((sum, each) => sum + each.all, 0);
  return [...versions]
    .map(([name, { all: own, failed, unanswered }]) => ({
      name,
      ...(all > 0 && { share: own / all }),
      failed: own > 0 ? (failed + unanswered) / own : 0,
    }))
    .filter(({ name, share }) => name !== '' || (share ?? 0) > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function outcomesOf({ traffic: { protocol = '', rates = {} } }: GraphEdge): Outcomes {
  const rate = (name: string) => numberOf(rates[name]);
  if (protocol === 'http') {
    return {
      all: rate('http'),
      refused: rate('http4xx'),
      failed: rate('http5xx'),
      unanswered: rate('httpNoResponse'),
    };
  }
  if (protocol === 'grpc') {
    return {
      all: rate('grpc'),
      refused: 0,
      failed: rate('grpcErr'),
      unanswered: rate('grpcNoResponse'),
    };
  }
  return { ...none(), all: rate('tcp') };
}

function protocolOf({ traffic: { protocol } }: GraphEdge): MeshCall['protocol'] | undefined {
  return protocol === 'http' || protocol === 'grpc' || protocol === 'tcp' ? protocol : undefined;
}

/** By name in some versions of Kiali, in an object in others. */
function verdictOf({ healthStatus }: GraphEdge): CallHealth | undefined {
  const status: unknown =
    typeof healthStatus === 'object' && healthStatus !== null
      ? Reflect.get(healthStatus, 'status')
      : healthStatus;
  if (status === 'Healthy') return 'healthy';
  if (status === 'Degraded') return 'degraded';
  return status === 'Failure' ? 'failure' : undefined;
}

function isWithoutProxy({ nodeType, isOutOfMesh }: GraphNode): boolean {
  return nodeType === UNKNOWN || isOutOfMesh === true;
}

function versionOf({ version = UNKNOWN }: GraphNode): string {
  return version === UNKNOWN ? UNLABELLED : version;
}

/** Absent is nought, and so is what is no number. */
function numberOf(text: string | undefined): number {
  const value = Number(text ?? 0);
  return Number.isFinite(value) ? value : 0;
}

const none = (): Outcomes => ({ all: 0, refused: 0, failed: 0, unanswered: 0 });

function add(sum: Outcomes, more: Outcomes): Outcomes {
  sum.all += more.all;
  sum.refused += more.refused;
  sum.failed += more.failed;
  sum.unanswered += more.unanswered;
  return sum;
}

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : 1;
}
