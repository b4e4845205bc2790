// VirtualService: hosts, gateways, and rules for HTTP, TLS and TCP.

import type { KubeObject } from '../../object.ts';
import { type Fields, fieldsOf, listOf, numberOf, stringsOf } from '../../schema/fields.ts';
import { covers, hostsOverlap } from '../routing/hosts.ts';
import { weightedDestinations } from './destination.ts';
import { Findings } from './findings.ts';
import { gatewayNames } from './gateway-names.ts';
import { httpRoute, isClaim } from './http-route.ts';
import { exportTo, ipSubnet, isIp, labels, port, quoted, wildcardDomain } from './names.ts';
import { unusedRules, wordsOf } from './unreachable-rules.ts';

export function virtualService(object: KubeObject): Findings {
  const findings = new Findings();
  const spec = fieldsOf(object['spec']);
  const hosts = stringsOf(spec['hosts']);
  const gateways = stringsOf(spec['gateways']);
  const [http, tls, tcp] = [listOf(spec['http']), listOf(spec['tls']), listOf(spec['tcp'])];
  const delegate = hosts.length === 0;
  if (delegate) {
    if (gateways.length > 0)
      findings.error('delegate virtual service must have no gateways specified');
    if (tls.length > 0) findings.error('delegate virtual service must have no tls route specified');
    if (tcp.length > 0) findings.error('delegate virtual service must have no tcp route specified');
  }
  if (gateways.length > 0) findings.add(gatewayNames(gateways));
  const toGateway = gateways.length > 0 && !gateways.includes('mesh');
  if (!toGateway) findings.add(claims(http, gateways));
  findings.add(hostNames(hosts, toGateway));
  if (http.length === 0 && tcp.length === 0 && tls.length === 0)
    findings.error('http, tcp or tls must be provided in virtual service');
  for (const route of http) findings.add(httpRoute(route, delegate));
  for (const route of tls) findings.add(tlsRoute(route, hosts));
  for (const route of tcp) findings.add(tcpRoute(route));
  findings.add(exportTo(object));
  for (const routes of [http, tcp, tls])
    for (const unused of unusedRules(routes)) findings.warning(wordsOf(unused));
  return findings;
}

function claims(http: Fields[], gateways: string[]): Findings {
  const findings = new Findings();
  for (const match of http.flatMap((route) => listOf(route['match'])))
    for (const field of ['headers', 'withoutHeaders'])
      for (const key of Object.keys(fieldsOf(match[field])).filter(isClaim))
        findings.error(
          `JWT claim based routing (key: ${key}) is only supported for gateway, found no gateways: [${gateways.join(' ')}]`,
        );
  return findings;
}

function hostNames(hosts: string[], toGateway: boolean): Findings {
  const findings = new Findings();
  for (const host of hosts) {
    const problem = wildcardDomain(host);
    if (problem !== undefined && !isIp(host)) findings.error(problem);
    else if (problem === undefined && !toGateway && host === '*')
      findings.error(
        'wildcard host * is not allowed for virtual services bound to the mesh gateway',
      );
  }
  if (findings.errors.length > 0) return findings;
  for (const [index, host] of hosts.entries())
    for (const other of hosts.slice(index + 1))
      if (hostsOverlap(host, other))
        findings.error(`duplicate hosts in virtual service: ${host} & ${other}`);
  return findings;
}

function tlsRoute(route: Fields, hosts: string[]): Findings {
  const findings = new Findings();
  const matches = listOf(route['match']);
  if (matches.length === 0) findings.error('TLS route must have at least one match condition');
  for (const match of matches) {
    const names = stringsOf(match['sniHosts']);
    if (names.length === 0) findings.error('TLS match must have at least one SNI host');
    for (const name of names) findings.add(sniHost(name, hosts));
    findings.add(connectionMatch(match));
  }
  const routes = listOf(route['route']);
  if (routes.length === 0) findings.error('TLS route is required');
  return findings.add(weightedDestinations(routes));
}

function sniHost(name: string, hosts: string[]): Findings {
  const findings = new Findings();
  const problem = wildcardDomain(name);
  if (problem !== undefined)
    return isIp(name)
      ? findings.warning(
          `using an IP address (${quoted(name)}) goes against SNI spec and most clients do not support this`,
        )
      : findings.error(problem);
  if (hosts.some((host) => covers(host, name))) return findings;
  return findings.error(
    `SNI host ${quoted(name)} is not a compatible subset of any of the virtual service hosts: [${hosts.join(', ')}]`,
  );
}

function tcpRoute(route: Fields): Findings {
  const findings = new Findings();
  for (const match of listOf(route['match'])) findings.add(connectionMatch(match));
  const routes = listOf(route['route']);
  if (routes.length === 0) findings.error('TCP route is required');
  return findings.add(weightedDestinations(routes));
}

function connectionMatch(match: Fields): Findings {
  const findings = new Findings();
  for (const subnet of stringsOf(match['destinationSubnets'])) findings.error(ipSubnet(subnet));
  const number = numberOf(match['port']) ?? 0;
  if (number !== 0) findings.error(port(number));
  return findings
    .add(labels(match['sourceLabels']))
    .add(gatewayNames(stringsOf(match['gateways'])));
}
