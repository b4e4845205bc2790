// VirtualServices that lead nowhere, contradict each other, or name Gateways that are not there.

import type { KubeObject } from '../../object.ts';
import {
  type Fields,
  fieldsOf,
  isFields,
  listOf,
  numberOf,
  stringOf,
  stringsOf,
} from '../../schema/fields.ts';
import { hostsOverlap, resolveHost } from '../routing/hosts.ts';
import { type Message, message } from './messages.ts';
import { fullName, listed, namespaceOf, specOf, type Subjects } from './subjects.ts';

/** What Istio's own objects show of each other: subsets, Gateways and hosts used twice. */
export function virtualServiceMessages(subjects: Subjects): Message[] {
  const services = subjects.of('VirtualService');
  return [
    ...services.flatMap((service) => subsets(service, subjects)),
    ...services.flatMap((service) => gateways(service, subjects)),
    ...sameHosts(services),
  ];
}

/** Where a rule leads, with the words for it: a route or a mirror. */
interface Led {
  to: Fields;
  mirror: boolean;
}

function destinationsOf(spec: Fields): Led[] {
  const http = listOf(spec['http']);
  const routes = [...listOf(spec['tcp']), ...listOf(spec['tls']), ...http].flatMap((rule) =>
    listOf(rule['route']).map((route) => ({ to: fieldsOf(route['destination']), mirror: false })),
  );
  const mirrors = http.flatMap((rule) => [
    ...(isFields(rule['mirror']) ? [rule['mirror']] : []),
    ...listOf(rule['mirrors']).map((mirror) => fieldsOf(mirror['destination'])),
  ]);
  return [...routes, ...mirrors.map((to) => ({ to, mirror: true }))];
}

/** Hosts that no Service and no ServiceEntry has, and ports they have not. */
export function destinationMessages(subjects: Subjects): Message[] {
  return subjects.of('VirtualService').flatMap((service) => destinations(service, subjects));
}

const notFound = (service: KubeObject, what: string, value: string) =>
  message('IST0101', service, `Referenced ${what} not found: ${JSON.stringify(value)}`);

function destinations(service: KubeObject, subjects: Subjects): Message[] {
  return destinationsOf(specOf(service)).flatMap(({ to, mirror }) => {
    const given = stringOf(to['host']);
    const host = subjects.hostFor(namespaceOf(service), given);
    if (!host) return [notFound(service, mirror ? 'mirror host' : 'host', given)];
    if (isFields(to['port'])) {
      const number = numberOf(to['port']['number']) ?? 0;
      return host.ports.includes(number)
        ? []
        : [notFound(service, 'host:port', `${given}:${number}`)];
    }
    if (host.ports.length < 2) return [];
    return [
      message(
        'IST0112',
        service,
        `This VirtualService routes to a service ${JSON.stringify(given)} that exposes multiple ports ${listed(host.ports)}. Specifying a port in the destination is required to disambiguate.`,
      ),
    ];
  });
}

function subsets(service: KubeObject, subjects: Subjects): Message[] {
  return destinationsOf(specOf(service)).flatMap(({ to, mirror }) => {
    const [host, subset] = [stringOf(to['host']), stringOf(to['subset'])];
    if (subset === '' || hasSubset(subjects, namespaceOf(service), host, subset)) return [];
    const what = `${mirror ? 'mirror' : 'host'}+subset in destinationrule`;
    return [notFound(service, what, `${host}+${subset}`)];
  });
}

function hasSubset(subjects: Subjects, namespace: string, host: string, subset: string): boolean {
  const name = resolveHost(host, namespace);
  return subjects.of('DestinationRule').some((rule) => {
    const spec = specOf(rule);
    return (
      resolveHost(stringOf(spec['host']), namespaceOf(rule)) === name &&
      listOf(spec['subsets']).some((each) => each['name'] === subset)
    );
  });
}

function gateways(service: KubeObject, subjects: Subjects): Message[] {
  const namespace = namespaceOf(service);
  const spec = specOf(service);
  const hosts = stringsOf(spec['hosts']);
  return stringsOf(spec['gateways'])
    .filter((name) => name !== 'mesh')
    .flatMap((name) => {
      const full = name.includes('/') ? name : `${namespace}/${name}`;
      const gateway = subjects.of('Gateway').find((each) => fullName(each) === full);
      const messages: Message[] = [];
      if (!gateway)
        messages.push(
          message('IST0101', service, `Referenced gateway not found: ${JSON.stringify(name)}`),
        );
      const served = gateway ? servedHosts(gateway, namespace) : [];
      if (!served.some((host) => hosts.some((each) => hostsOverlap(host, each))))
        messages.push(
          message(
            'IST0132',
            service,
            `one or more host ${listed(hosts)} defined in VirtualService ${fullName(service)} not found in Gateway ${full}.`,
          ),
        );
      return messages;
    });
}

/** Hosts of a Gateway that VirtualServices of this namespace may use. */
function servedHosts(gateway: KubeObject, namespace: string): string[] {
  return listOf(specOf(gateway)['servers'])
    .flatMap((server) => stringsOf(server['hosts']))
    .flatMap((host) => {
      const slash = host.indexOf('/');
      if (slash < 0) return [host];
      const within = host.slice(0, slash) === '.' ? namespaceOf(gateway) : host.slice(0, slash);
      return within === '*' || within === namespace ? [host.slice(slash + 1)] : [];
    });
}

/** The second rule for a host is not used in the mesh: every one of them is told. */
function sameHosts(services: readonly KubeObject[]): Message[] {
  const byHost = new Map<string, KubeObject[]>();
  for (const service of services) {
    const spec = specOf(service);
    const namespace = namespaceOf(service);
    const gatewayNames = stringsOf(spec['gateways']);
    if (gatewayNames.length > 0 && !gatewayNames.includes('mesh')) continue;
    const given = stringsOf(spec['exportTo']);
    const scopes =
      given.length === 0 || given.includes('*')
        ? ['*']
        : [...new Set(given.map((each) => (each === '.' ? namespace : each)))];
    for (const scope of scopes)
      for (const host of stringsOf(spec['hosts'])) {
        const key = `${scope}/${resolveHost(host, namespace)}`;
        byHost.set(key, [...(byHost.get(key) ?? []), service]);
      }
  }
  const told = new Set<KubeObject>();
  return [...byHost].flatMap(([key, own]) => {
    const [scope = '', host = ''] = key.split('/');
    const others =
      scope === '*'
        ? []
        : [...byHost]
            .filter(([other]) => other.startsWith('*/') && hostsOverlap(other.slice(2), host))
            .flatMap(([, each]) => each);
    const all = [...own, ...others];
    if (all.length < 2) return [];
    const names = all
      .map(fullName)
      .sort((a, b) => (a < b ? -1 : 1))
      .join(',');
    return all.flatMap((service) => {
      if (told.has(service)) return [];
      told.add(service);
      return [
        message(
          'IST0109',
          service,
          `The VirtualServices ${names} associated with mesh gateway define the same host ${key} which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource.`,
        ),
      ];
    });
  });
}
