// VirtualServices: where their routes lead, what their weights do, and who else has their hosts.

import type { Destination, DestinationRule, VirtualService } from '../../mesh/resources.ts';
import { type Host, hostName } from '../hosts.ts';
import { type Check, type Severity, check } from './checks.ts';
import type { HostRegistry } from './registry.ts';
import type { Validations } from './validations.ts';

interface Routed {
  /** `spec/http[0]/route[1]` */
  path: string;
  destination: Destination;
  weight: number;
}

interface Rule {
  path: string;
  routes: Routed[];
}

export function checkVirtualServices(
  found: Validations,
  rules: readonly VirtualService[],
  destinationRules: readonly DestinationRule[],
  registry: HostRegistry,
  options: { gateways: ReadonlySet<string>; unknownHost: Severity },
): void {
  const subsets = subsetsOf(destinationRules, registry);
  for (const rule of rules) {
    found.seen('VirtualService', rule);
    const namespace = rule.metadata.namespace ?? '';
    const parts = rulesOf(rule);
    const routed = parts.flatMap(({ routes }) => routes);
    const host = ({ destination }: Routed) => registry.host(destination.host, namespace);
    found.add(
      'VirtualService',
      rule,
      routed
        .filter((route) => !registry.isKnown(host(route)))
        .map(({ path }) => check('routeHost', `${path}/destination/host`, options.unknownHost)),
      { invalid: true },
    );
    found.add('VirtualService', rule, gatewayChecks(rule, options.gateways, registry), {
      invalid: true,
    });
    found.add('VirtualService', rule, weightChecks(parts));
    found.add(
      'VirtualService',
      rule,
      parts.flatMap((part) => repeatChecks(part, host)),
    );
    found.add(
      'VirtualService',
      rule,
      routed
        .filter(({ destination }) => destination.subset)
        .filter((route) => !subsets.has(`${hostName(host(route))} ${route.destination.subset}`))
        .map(({ path }) => check('subsetNotFound', `${path}/destination`)),
    );
    found.add('VirtualService', rule, exportChecks(rule.spec.exportTo, registry), {
      invalid: true,
    });
  }
  checkSameHosts(found, rules, registry);
}

function rulesOf({ spec }: VirtualService): Rule[] {
  const read = (
    kind: string,
    list: readonly { route?: readonly { destination: Destination; weight?: number }[] }[] = [],
  ) =>
    list.map(({ route = [] }, index) => ({
      path: `spec/${kind}[${index}]`,
      routes: route.map(({ destination, weight = 0 }, at) => ({
        path: `spec/${kind}[${index}]/route[${at}]`,
        destination,
        weight,
      })),
    }));
  return [...read('http', spec.http), ...read('tcp', spec.tcp), ...read('tls', spec.tls)];
}

function subsetsOf(rules: readonly DestinationRule[], registry: HostRegistry): Set<string> {
  return new Set(
    rules.flatMap(({ metadata, spec }) => {
      const host = hostName(registry.host(spec.host, metadata.namespace ?? ''));
      return (spec.subsets ?? []).map(({ name }) => `${host} ${name}`);
    }),
  );
}

function weightChecks(parts: readonly Rule[]): Check[] {
  return parts.flatMap(({ routes }) => {
    const [only, ...others] = routes;
    if (!only || others.length > 0 || only.weight <= 0 || only.weight >= 100) return [];
    return [check('singleWeight', `${only.path}/weight`)];
  });
}

function repeatChecks({ routes }: Rule, host: (route: Routed) => Host): Check[] {
  const key = (route: Routed) => `${hostName(host(route))} ${route.destination.subset ?? ''}`;
  const keys = routes.map(key);
  return routes
    .filter((route) => keys.filter((each) => each === key(route)).length > 1)
    .map(({ path }) => check('repeatedSubset', `${path}/host`));
}

function gatewayChecks(
  { metadata, spec }: VirtualService,
  gateways: ReadonlySet<string>,
  registry: HostRegistry,
): Check[] {
  return (spec.gateways ?? []).flatMap((name, index) => {
    if (name === 'mesh') return [];
    const path = `spec/gateways[${index}]`;
    const { gateway, isOld } = gatewayOf(name, metadata.namespace ?? '', registry);
    return [
      ...(isOld ? [check('oldGatewayName', path)] : []),
      ...(gateways.has(gateway) ? [] : [check('noGateway', path)]),
    ];
  });
}

/** `namespace/name`, and the older `name.namespace.svc.cluster.local`. */
function gatewayOf(name: string, namespace: string, registry: HostRegistry) {
  if (name.includes('/')) return { gateway: name, isOld: false };
  if (!name.includes('.')) return { gateway: `${namespace}/${name}`, isOld: false };
  const { service, namespace: of, isService } = registry.host(name, namespace);
  const [first = '', second = ''] = name.split('.');
  return { gateway: isService ? `${of}/${service}` : `${second}/${first}`, isOld: true };
}

export function exportChecks(
  exportTo: readonly string[] | undefined,
  { namespaces }: HostRegistry,
): Check[] {
  return (exportTo ?? []).flatMap((name, index) =>
    name === '.' || name === '*' || namespaces.includes(name)
      ? []
      : [check('exportTo', `spec/exportTo[${index}]`)],
  );
}

/** Sidecars follow the oldest of several rules for a host; the others are ignored. Gateways have hosts of their own. */
function checkSameHosts(
  found: Validations,
  rules: readonly VirtualService[],
  registry: HostRegistry,
): void {
  const byHost = new Map<string, Set<VirtualService>>();
  for (const rule of rules)
    for (const name of rule.spec.hosts ?? [])
      for (const gateway of rule.spec.gateways ?? ['']) {
        const host = registry.host(name, rule.metadata.namespace ?? '');
        const key = `${gateway} ${host.namespace} ${hostName(host)}`;
        byHost.set(key, (byHost.get(key) ?? new Set()).add(rule));
      }
  const clash = (own: VirtualService, others: Iterable<VirtualService>) => {
    const references = [...others].filter((other) => other !== own);
    if (references.length > 0)
      found.add('VirtualService', own, [check('sameHost', 'spec/hosts')], { references });
  };
  for (const sharing of byHost.values()) for (const rule of sharing) clash(rule, sharing);
  for (const [key, wild] of byHost) {
    const [gateway = '', namespace = '', host = ''] = key.split(' ');
    if (namespace === '' || !host.startsWith('*.')) continue;
    for (const [other, named] of byHost) {
      if (other === key || !other.startsWith(`${gateway} ${namespace} `)) continue;
      for (const rule of wild) clash(rule, named);
      for (const rule of named) clash(rule, wild);
    }
  }
}
