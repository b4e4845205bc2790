// Why a pod cannot run on a node. Pure: given the pod, the node and what runs there, in the words of a real scheduler.
// Source: reasons as they appear in public FailedScheduling events of 1.35 and newer.

import type { Node, Pod } from '../kinds.ts';
import { selects } from '../labels.ts';
import { type Resources, podResources, quantity } from '../quantity.ts';

export interface NodeView {
  node: Node;
  /** Pods assigned to it that have not ended. */
  pods: readonly Pod[];
}

export interface Rejection {
  reasons: readonly string[];
  /** Whether it could run there if others went: only then would preemption help. */
  resolvable: boolean;
}

interface Cluster {
  views: readonly NodeView[];
}

type Filter = (pod: Pod, view: NodeView, cluster: Cluster) => Rejection | undefined;

const final = (reason: string): Rejection => ({ reasons: [reason], resolvable: false });
const forNow = (reason: string): Rejection => ({ reasons: [reason], resolvable: true });

/** The first filter that objects speaks for the node, in the order of the default profile. */
export function rejectionOf(pod: Pod, view: NodeView, cluster: Cluster): Rejection | undefined {
  for (const filter of FILTERS) {
    const rejection = filter(pod, view, cluster);
    if (rejection) return rejection;
  }
  return undefined;
}

const unschedulable: Filter = (pod, { node }) => {
  const tolerated = tolerates(pod, {
    key: 'node.kubernetes.io/unschedulable',
    effect: 'NoSchedule',
  });
  return node.spec.unschedulable && !tolerated ? final('node(s) were unschedulable') : undefined;
};

const taints: Filter = (pod, { node }) => {
  const untolerated = (node.spec.taints ?? []).some(
    (taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(pod, taint),
  );
  return untolerated ? final('node(s) had untolerated taint(s)') : undefined;
};

interface Taint {
  key: string;
  value?: string;
  effect: string;
}

export function tolerates(pod: Pod, taint: Taint): boolean {
  return (pod.spec.tolerations ?? []).some((toleration) => toleratesTaint(toleration, taint));
}

type Toleration = NonNullable<Pod['spec']['tolerations']>[number];

export function toleratesTaint(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  return (toleration.key ?? '') !== '' && (toleration.value ?? '') === (taint.value ?? '');
}

const nodeAffinity: Filter = (pod, { node }) => {
  const labels = node.metadata.labels ?? {};
  const selected = Object.entries(pod.spec.nodeSelector ?? {}).every(
    ([name, value]) => labels[name] === value,
  );
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      ?.nodeSelectorTerms;
  const matched = !terms || terms.some((term) => matchesTerm(term, node));
  return selected && matched
    ? undefined
    : final("node(s) didn't match Pod's node affinity/selector");
};

interface NodeSelectorTerm {
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
  matchFields?: { key: string; operator: string; values?: string[] }[];
}

function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  // An empty term selects nothing.
  if (expressions.length === 0 && fields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  return (
    expressions.every((expression) => matchesExpression(expression, labels[expression.key])) &&
    fields.every((field) => matchesExpression(field, node.metadata.name))
  );
}

function matchesExpression(
  { operator, values = [] }: { operator: string; values?: string[] },
  value: string | undefined,
): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

const hostPorts: Filter = (pod, { pods }) => {
  const wanted = hostPortsOf(pod);
  if (wanted.size === 0) return undefined;
  const taken = pods.some((other) => [...hostPortsOf(other)].some((port) => wanted.has(port)));
  return taken ? forNow("node(s) didn't have free ports for the requested pod ports") : undefined;
};

function hostPortsOf(pod: Pod): Set<string> {
  const ports = new Set<string>();
  for (const container of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])])
    for (const port of container.ports ?? [])
      if (port.hostPort) ports.add(`${port.protocol ?? 'TCP'}/${port.hostPort}`);
  return ports;
}

const resources: Filter = (pod, { node, pods }) => {
  const allocatable = node.status?.allocatable ?? {};
  const reasons: string[] = [];
  let resolvable = true;
  if (pods.length + 1 > quantity(allocatable['pods'])) reasons.push('Too many pods');
  const used = pods.map((other) => podResources(other, 'requests'));
  for (const [name, wanted] of Object.entries(podResources(pod, 'requests'))) {
    if (wanted === 0) continue;
    const total = quantity(allocatable[name]);
    if (wanted + sumOf(used, name) <= total) continue;
    reasons.push(`Insufficient ${name}`);
    if (wanted > total) resolvable = false;
  }
  return reasons.length > 0 ? { reasons, resolvable } : undefined;
};

function sumOf(all: readonly Resources[], name: string): number {
  return all.reduce((total, each) => total + (each[name] ?? 0), 0);
}

const topologySpread: Filter = (pod, { node }) => {
  const missing = (pod.spec.topologySpreadConstraints ?? []).some(
    ({ whenUnsatisfiable, topologyKey }) =>
      whenUnsatisfiable === 'DoNotSchedule' && node.metadata.labels?.[topologyKey] === undefined,
  );
  return missing
    ? final("node(s) didn't match pod topology spread constraints (missing required label)")
    : undefined;
};

const podAffinity: Filter = (pod, view, cluster) => {
  const affinity =
    pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const anti =
    pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const unmet = affinity.some(
    (term) =>
      !neighbours(term, view, cluster).some((other) => matchesPodTerm(term, pod, other)) &&
      // The first pod of a group that wants its own kind near may start anywhere.
      !(
        matchesPodTerm(term, pod, pod) &&
        !cluster.views.some(({ pods }) => pods.some((other) => matchesPodTerm(term, pod, other)))
      ),
  );
  if (unmet) return final("node(s) didn't match pod affinity rules");
  const disliked = anti.some((term) =>
    neighbours(term, view, cluster).some((other) => matchesPodTerm(term, pod, other)),
  );
  if (disliked) return forNow("node(s) didn't match pod anti-affinity rules");
  const unwelcome = cluster.views.some(({ node, pods }) =>
    pods.some((other) =>
      (
        other.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
      ).some(
        (term) => sameDomain(term.topologyKey, node, view.node) && matchesPodTerm(term, other, pod),
      ),
    ),
  );
  return unwelcome ? forNow("node(s) didn't satisfy existing pods anti-affinity rules") : undefined;
};

type PodTerm = NonNullable<
  NonNullable<
    NonNullable<Pod['spec']['affinity']>['podAffinity']
  >['requiredDuringSchedulingIgnoredDuringExecution']
>[number];

function neighbours(term: PodTerm, view: NodeView, cluster: Cluster): Pod[] {
  return cluster.views
    .filter(({ node }) => sameDomain(term.topologyKey, node, view.node))
    .flatMap(({ pods }) => [...pods]);
}

function sameDomain(topologyKey: string, a: Node, b: Node): boolean {
  const domain = a.metadata.labels?.[topologyKey];
  return domain !== undefined && domain === b.metadata.labels?.[topologyKey];
}

function matchesPodTerm(term: PodTerm, owner: Pod, other: Pod): boolean {
  const home = other.metadata.namespace ?? '';
  const inNamespace = term.namespaces
    ? term.namespaces.includes(home)
    : term.namespaceSelector !== undefined || home === owner.metadata.namespace;
  return inNamespace && selects(term.labelSelector, other.metadata.labels);
}

const FILTERS: readonly Filter[] = [
  unschedulable,
  taints,
  nodeAffinity,
  hostPorts,
  resources,
  topologySpread,
  podAffinity,
];

/** The whole sentence of a FailedScheduling event. */
export function unschedulableMessage(rejections: readonly Rejection[]): string {
  if (rejections.length === 0) return 'no nodes available to schedule pods';
  const available = `0/${rejections.length} nodes are available`;
  const reasons = counted(rejections.flatMap(({ reasons }) => [...reasons]));
  const preemption = counted(
    rejections.map(({ resolvable }) =>
      resolvable
        ? 'No preemption victims found for incoming pod'
        : 'Preemption is not helpful for scheduling',
    ),
  );
  return `${available}: ${reasons}. no new claims to deallocate, preemption: ${available}: ${preemption}.`;
}

function counted(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}
