// DestinationRules: whether their host and the labels of their subsets are there, who else has them, and whether what they say
// of TLS fits what servers accept.

import type { DestinationRule, PeerAuthentication, VirtualService } from '../../mesh/resources.ts';
import { type Host, hostName, isWildcard } from '../hosts.ts';
import { type Check, type Severity, check } from './checks.ts';
import { modeOf, tlsModeFor } from './mutual-tls.ts';
import type { HostRegistry } from './registry.ts';
import type { Validations } from './validations.ts';
import { exportChecks } from './virtual-services.ts';

export interface TlsWorld {
  /** Of the mesh. */
  meshPolicies: readonly PeerAuthentication[];
  /** Of namespaces and workloads. */
  policies: readonly PeerAuthentication[];
}

export function checkDestinationRules(
  found: Validations,
  rules: readonly DestinationRule[],
  virtualServices: readonly VirtualService[],
  registry: HostRegistry,
  tls: TlsWorld,
  unknownHost: Severity,
): void {
  const used = usedSubsets(virtualServices, registry);
  for (const rule of rules) {
    found.seen('DestinationRule', rule);
    const host = registry.host(rule.spec.host, rule.metadata.namespace ?? '');
    if (registry.isKnownToRule(host, rule.metadata.namespace ?? ''))
      checkSubsets(found, rule, host, registry, used);
    else
      found.add('DestinationRule', rule, [check('ruleHost', 'spec/host', unknownHost)], {
        invalid: true,
      });
    found.add('DestinationRule', rule, exportChecks(rule.spec.exportTo, registry), {
      invalid: true,
    });
    found.add('DestinationRule', rule, tlsChecks(rule, tls), { invalid: true });
  }
  checkSameSubsets(found, rules, registry);
  checkOverridden(found, rules, registry);
}

function usedSubsets(rules: readonly VirtualService[], registry: HostRegistry): Set<string> {
  return new Set(
    rules.flatMap(({ metadata, spec }) =>
      [...(spec.http ?? []), ...(spec.tcp ?? []), ...(spec.tls ?? [])]
        .flatMap(({ route }) => route ?? [])
        .map(({ destination }) => {
          const host = registry.host(destination.host, metadata.namespace ?? '');
          return `${hostName(host)} ${destination.subset ?? ''}`;
        }),
    ),
  );
}

/** Labels that no workload has are an error once somebody routes there; until then they are only told. */
function checkSubsets(
  found: Validations,
  rule: DestinationRule,
  host: Host,
  registry: HostRegistry,
  used: ReadonlySet<string>,
): void {
  const subsets = rule.spec.subsets ?? [];
  const withoutLabels: Check[] = [];
  let someMatch = false;
  for (const [index, { name, labels = {} }] of subsets.entries()) {
    const path = `spec/subsets[${index}]`;
    if (Object.keys(labels).length === 0) {
      withoutLabels.push(check('subsetNoLabels', path));
    } else if (isWildcard(host) || matchesWorkload(host, labels, registry)) {
      someMatch = true;
    } else {
      const isUsed = used.has(`${hostName(host)} ${name}`);
      found.add(
        'DestinationRule',
        rule,
        [check('subsetLabels', path, isUsed ? undefined : 'unknown')],
        { invalid: isUsed },
      );
    }
  }
  found.add(
    'DestinationRule',
    rule,
    someMatch ? withoutLabels.map((each) => ({ ...each, severity: 'unknown' })) : withoutLabels,
  );
}

function matchesWorkload(
  host: Host,
  labels: Readonly<Record<string, string>>,
  registry: HostRegistry,
): boolean {
  const has = (own: Readonly<Record<string, string>>, wanted: typeof labels) =>
    Object.entries(wanted).every(([name, value]) => own[name] === value);
  const selector = registry.selectorOf(host);
  if (selector && Object.keys(selector).length > 0)
    return registry
      .workloads(host.namespace)
      .some((workload) => has(workload.labels, selector) && has(workload.labels, labels));
  return registry.serviceEntries
    .flatMap(({ spec }) => spec.endpoints ?? [])
    .some((endpoint) => has(endpoint.labels ?? {}, labels));
}

const ALL = '~';

/** Istio merges rules for one host in ways that are hard to foresee: each subset belongs to one rule. */
function checkSameSubsets(
  found: Validations,
  rules: readonly DestinationRule[],
  registry: HostRegistry,
): void {
  const seen: { rule: DestinationRule; host: Host; subsets: readonly string[] }[] = [];
  for (const rule of rules) {
    const host = registry.host(rule.spec.host, rule.metadata.namespace ?? '');
    // A rule for all hosts that switches mutual TLS on is meant to lie under others.
    if (isWildcard(host) && modeOf(rule) === 'ISTIO_MUTUAL') continue;
    const names = (rule.spec.subsets ?? []).map(({ name }) => name);
    const subsets = names.length > 0 ? names : [ALL];
    for (const other of seen) {
      if (!overlap(host, other.host)) continue;
      const clashes =
        subsets.includes(ALL) ||
        other.subsets.includes(ALL) ||
        subsets.some((name) => other.subsets.includes(name));
      if (!clashes) continue;
      const told = [check('sameSubset', 'spec/host')];
      found.add('DestinationRule', rule, told, { references: [other.rule] });
      found.add('DestinationRule', other.rule, told, { references: [rule] });
    }
    seen.push({ rule, host, subsets });
  }
}

function overlap(a: Host, b: Host): boolean {
  if (hostName(a) === hostName(b) || isWildcard(a)) return true;
  return isWildcard(b) && (b.service === '*' || hostName(a).endsWith(hostName(b).slice(1)));
}

/** A rule without TLS settings below a wider one that has them takes those away. */
function checkOverridden(
  found: Validations,
  rules: readonly DestinationRule[],
  registry: HostRegistry,
): void {
  const wide = rules.filter(
    (rule) => rule.spec.host.startsWith('*') && modeOf(rule) === 'ISTIO_MUTUAL',
  );
  for (const rule of rules) {
    if (wide.includes(rule) || modeOf(rule) !== undefined) continue;
    const host = registry.host(rule.spec.host, rule.metadata.namespace ?? '');
    const references = wide.filter(({ spec }) => hostName(host).endsWith(spec.host.slice(1)));
    if (references.length > 0)
      found.add('DestinationRule', rule, [check('tlsOverridden', 'spec/trafficPolicy')], {
        references,
      });
  }
}

function tlsChecks(rule: DestinationRule, { meshPolicies, policies }: TlsWorld): Check[] {
  const path = 'spec/trafficPolicy/tls/mode';
  const namespace = rule.metadata.namespace ?? '';
  const own = policies.filter(({ metadata }) => metadata.namespace === namespace);
  const has = (list: readonly PeerAuthentication[], ...modes: string[]) =>
    list.some((policy) => modes.includes(tlsModeFor(policy)));
  const mode = modeOf(rule);
  const mutual = mode === 'ISTIO_MUTUAL' || mode === 'MUTUAL';
  if (rule.spec.host === '*.local') {
    if (mode === 'DISABLE' && has(meshPolicies, 'STRICT')) return [check('meshPolicyStrict', path)];
    if (mutual && !has(meshPolicies, 'STRICT', 'PERMISSIVE'))
      return [check('meshPolicyMissing', path)];
    return [];
  }
  if (rule.spec.host !== `*.${namespace}.svc.cluster.local`) return [];
  if (mode === 'DISABLE') {
    if (has(own, 'STRICT')) return [check('policyStrict', path)];
    if (has(own, 'PERMISSIVE', 'DISABLE')) return [];
    return has(meshPolicies, 'STRICT') ? [check('meshPolicyStrict', path)] : [];
  }
  if (mutual && !has(own, 'STRICT', 'PERMISSIVE') && !has(meshPolicies, 'STRICT', 'PERMISSIVE'))
    return [check('namespacePolicyMissing', path)];
  return [];
}
