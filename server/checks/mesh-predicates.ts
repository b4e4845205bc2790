// What the named conditions of checks mean in Istio's terms: which rules speak for a host, and what they come to together.
// Pure functions of what the API server said; like predicates.ts they answer no, null or nothing rather than fail.

import { parse, YAMLParseError } from 'yaml';
import { at, items, type Json } from './json.ts';

const PROXY = 'istio-proxy';

/** A pod that was given Istio's proxy, ready or not. Source: the injection template, native and classic. */
export function proxied(pod: Json): boolean {
  const native = items(at(pod, 'spec', 'initContainers')).some(
    (container) => at(container, 'name') === PROXY && at(container, 'restartPolicy') === 'Always',
  );
  return (
    native ||
    items(at(pod, 'spec', 'containers')).some((container) => at(container, 'name') === PROXY)
  );
}

/** Those of a list whose labels include all that are asked for. Nothing asked for selects nothing: a subset needs labels. */
export function labelled(list: Json, labels: Json): Json[] {
  if (typeof labels !== 'object' || labels === null) return [];
  const wanted = Object.entries(labels);
  if (wanted.length === 0) return [];
  return items(list).filter((object) =>
    wanted.every(([name, value]) => at(object, 'metadata', 'labels', name) === value),
  );
}

/**
 * The VirtualServices or DestinationRules of a list that speak for a host inside the mesh, in the order in which istiod
 * looks at them: the oldest first, then by name. `host` is the full name; short names count in their rule's own namespace.
 * Source: pilot/pkg/model/config.go (sortConfigByCreationTime), ResolveShortnameToFQDN.
 */
export function rulesFor(list: Json, host: Json): Json[] {
  return items(list)
    .filter((rule) => {
      const namespace = text(at(rule, 'metadata', 'namespace')) || 'default';
      const gateways = items(at(rule, 'spec', 'gateways'));
      if (gateways.length > 0 && !gateways.includes('mesh')) return false;
      const hosts = [...items(at(rule, 'spec', 'hosts')), at(rule, 'spec', 'host')];
      return hosts.some((one) => typeof one === 'string' && fullName(one, namespace) === host);
    })
    .toSorted(
      (a, b) =>
        byText(at(a, 'metadata', 'creationTimestamp'), at(b, 'metadata', 'creationTimestamp')) ||
        byText(at(a, 'metadata', 'name'), at(b, 'metadata', 'name')),
    );
}

/**
 * The DestinationRules of a host as one: subsets of all, the oldest of a name; the traffic policy of the oldest that has
 * one. Null when there are none. Source: pilot/pkg/model/destination_rule.go (mergeDestinationRule).
 */
export function mergedRule(list: Json, host: Json): Json {
  const rules = rulesFor(list, host);
  if (rules.length === 0) return null;
  const subsets = new Map<Json, Json>();
  for (const subset of rules.flatMap((rule) => items(at(rule, 'spec', 'subsets')))) {
    const name = at(subset, 'name');
    if (!subsets.has(name)) subsets.set(name, subset);
  }
  const trafficPolicy = rules
    .map((rule) => at(rule, 'spec', 'trafficPolicy'))
    .find((policy) => policy !== undefined);
  return { subsets: [...subsets.values()], ...(trafficPolicy !== undefined && { trafficPolicy }) };
}

/** A text of YAML as what it says, with integers as CEL has them; null when it is no YAML. */
export function yaml(text: Json): Json {
  if (typeof text !== 'string') return null;
  try {
    return parse(text, { intAsBigInt: true });
  } catch (error) {
    if (error instanceof YAMLParseError) return null; // somebody's draft
    throw error;
  }
}

function fullName(host: string, namespace: string): string {
  return host.includes('.') ? host : `${host}.${namespace}.svc.cluster.local`;
}

function byText(a: Json, b: Json): number {
  const [left, right] = [text(a), text(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function text(value: Json): string {
  return typeof value === 'string' ? value : '';
}
