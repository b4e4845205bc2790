// DestinationRules of one host become one, and each proxy finds the one that is its own.
// Source: istio/istio pilot/pkg/model/destination_rule.go (mergeDestinationRule), push_context.go (destinationRule).

import { includesLabels } from '../../controllers/labels.ts';
import type {
  DestinationRule,
  DestinationRuleSpec,
  PortTrafficPolicy,
  Subset,
  TrafficPolicy,
} from '../resources.ts';
import { isExportedTo } from './exports.ts';
import { bySpecificity, covers, isWildcard, resolveHost } from './hosts.ts';
import type { MeshConfig } from './mesh-config.ts';
import type { ProxyIdentity } from './workloads.ts';

export interface PreparedRule {
  /** The oldest of the objects merged into it: what `istioctl proxy-config cluster` shows. */
  name: string;
  namespace: string;
  host: string;
  exportTo: readonly string[];
  selector: DestinationRuleSpec['workloadSelector'];
  trafficPolicy: TrafficPolicy | undefined;
  subsets: readonly Subset[];
}

/** @param objects the oldest first: it is the base, later ones add. */
export function prepareDestinationRules(
  objects: readonly DestinationRule[],
  mesh: MeshConfig,
): PreparedRule[] {
  const rules: PreparedRule[] = [];
  for (const { metadata, spec } of objects) {
    const namespace = metadata.namespace ?? '';
    const rule: PreparedRule = {
      name: metadata.name,
      namespace,
      host: resolveHost(spec.host, namespace),
      exportTo: spec.exportTo?.length ? spec.exportTo : mesh.defaultExportTo.destinationRules,
      selector: spec.workloadSelector,
      trafficPolicy: spec.trafficPolicy,
      subsets: spec.subsets ?? [],
    };
    const at = rules.findIndex((other) => mergeable(other, rule));
    const base = rules[at];
    if (base) rules[at] = merged(base, rule);
    else rules.push(rule);
  }
  return rules;
}

function mergeable(base: PreparedRule, rule: PreparedRule): boolean {
  return (
    base.namespace === rule.namespace &&
    base.host === rule.host &&
    !base.selector &&
    !rule.selector &&
    base.exportTo.toSorted().join() === rule.exportTo.toSorted().join()
  );
}

/** New subset names are appended; the newer policy counts only where the older rule has none. */
function merged(base: PreparedRule, rule: PreparedRule): PreparedRule {
  const known = new Set(base.subsets.map(({ name }) => name));
  return {
    ...base,
    subsets: [...base.subsets, ...rule.subsets.filter(({ name }) => !known.has(name))],
    trafficPolicy: base.trafficPolicy ?? rule.trafficPolicy,
  };
}

/** The rule a proxy applies to a host: of its own namespace, of the service's, of the root's; never of a third one. */
export function ruleFor(
  rules: readonly PreparedRule[],
  service: { host: string; namespace: string },
  proxy: Pick<ProxyIdentity, 'namespace' | 'labels'>,
  rootNamespace: string,
): PreparedRule | undefined {
  const fitting = rules.filter(
    ({ host, selector, namespace }) =>
      covers(host, service.host) &&
      (!selector ||
        (namespace === proxy.namespace && includesLabels(proxy.labels, selector.matchLabels))),
  );
  const visible = fitting.filter((rule) =>
    isExportedTo(rule.exportTo, rule.namespace, proxy.namespace),
  );
  return (
    best(fitting.filter(({ namespace }) => namespace === proxy.namespace)) ??
    best(visible.filter(({ namespace }) => namespace === service.namespace)) ??
    best(visible.filter(({ namespace }) => namespace === rootNamespace))
  );
}

/** One that selects workloads before others, an exact host before wildcards. */
function best(rules: readonly PreparedRule[]): PreparedRule | undefined {
  return rules.toSorted(
    (a, b) =>
      Number(isWildcard(a.host)) - Number(isWildcard(b.host)) ||
      Number(b.selector !== undefined) - Number(a.selector !== undefined) ||
      bySpecificity(a.host, b.host),
  )[0];
}

/**
 * What holds for one port of a subset. Each block of the subset replaces the host's; settings of a port replace them all,
 * and what they leave out is the default. Source: pilot/pkg/networking/util, MergeTrafficPolicy.
 */
export function policyFor(
  rule: PreparedRule | undefined,
  subset: Subset | undefined,
  port: number,
): PortTrafficPolicy {
  const host = atPort({}, rule?.trafficPolicy, port);
  return atPort(host, subset?.trafficPolicy, port);
}

function atPort(
  base: PortTrafficPolicy,
  policy: TrafficPolicy | undefined,
  port: number,
): PortTrafficPolicy {
  if (!policy) return base;
  const { portLevelSettings, ...whole } = policy;
  const own = portLevelSettings?.find((each) => each.port?.number === port);
  if (!own) return { ...base, ...whole };
  const { port: _, ...settings } = own;
  return settings;
}
