// ServiceEntry and WorkloadEntry: services and workloads that Kubernetes does not know.

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
import { Findings } from './findings.ts';
import {
  exportTo,
  fqdn,
  ipSubnet,
  isIp,
  labels,
  partialWildcard,
  port,
  portName,
  protocol,
  protocols,
  quoted,
  wildcardDomain,
  workloadSelector,
  sortedEntries,
} from './names.ts';
import { unixAddress } from './unix-address.ts';

export function workloadEntry(object: KubeObject): Findings {
  return workload(fieldsOf(object['spec']), undefined, true);
}

export function serviceEntry(object: KubeObject): Findings {
  const findings = new Findings();
  const spec = fieldsOf(object['spec']);
  const selector = isFields(spec['workloadSelector']) ? spec['workloadSelector'] : undefined;
  const selected = workloadSelector(selector, 'labels');
  if (selected.errors.length > 0) return selected;
  for (const warning of selected.warnings)
    findings.warning(`service entry: ${warning}, will be applied to all services in namespace`);
  if (selector && Array.isArray(spec['endpoints']))
    findings.error('only one of WorkloadSelector or Endpoints is allowed in Service Entry');
  const resolution = stringOf(spec['resolution']) || 'NONE';
  findings.add(hostNames(spec, resolution)).add(addresses(spec, resolution)).add(ports(spec));
  findings.add(byResolution(spec, resolution, selector !== undefined));
  if (resolution !== 'NONE' && stringsOf(spec['hosts']).length > 1) {
    const other = listOf(spec['ports']).some(
      (each) =>
        !protocols.isHttp(stringOf(each['protocol'])) &&
        !protocols.isTls(stringOf(each['protocol'])),
    );
    if (other) findings.error('multiple hosts provided with non-HTTP, non-TLS ports');
  }
  return findings.add(exportTo(object, { toNoOne: true }));
}

function hostNames(spec: Fields, resolution: string): Findings {
  const findings = new Findings();
  const hosts = stringsOf(spec['hosts']);
  if (hosts.length === 0) findings.error('service entry must have at least one host');
  for (const host of hosts) {
    if (host === '*') {
      findings.error('invalid host *');
      continue;
    }
    findings.error(wildcardDomain(host));
    const partial = resolution === 'DYNAMIC_DNS' ? undefined : partialWildcard(host);
    if (partial !== undefined) findings.warning(partial);
  }
  return findings;
}

function addresses(spec: Fields, resolution: string): Findings {
  const findings = new Findings();
  const given = stringsOf(spec['addresses']);
  for (const address of given) findings.error(ipSubnet(address));
  if (given.some((each) => each.includes('/')) && !['NONE', 'STATIC'].includes(resolution))
    findings.error('CIDR addresses are allowed only for NONE/STATIC resolution types');
  return findings;
}

function ports(spec: Fields): Findings {
  const findings = new Findings();
  const [names, numbers] = [new Set<string>(), new Set<number>()];
  for (const each of listOf(spec['ports'])) {
    const name = stringOf(each['name']);
    const number = numberOf(each['number']) ?? 0;
    if (names.has(name)) findings.error(`service entry port name ${quoted(name)} already defined`);
    if (numbers.has(number)) findings.error(`service entry port ${number} already defined`);
    names.add(name);
    numbers.add(number);
    const target = numberOf(each['targetPort']) ?? 0;
    if (target !== 0) findings.error(port(target));
    findings.error(portName(name), protocol(stringOf(each['protocol'])), port(number));
  }
  return findings;
}

function byResolution(spec: Fields, resolution: string, selects: boolean): Findings {
  const endpoints = listOf(spec['endpoints']);
  const names = new Set(listOf(spec['ports']).map((each) => stringOf(each['name'])));
  const findings = new Findings();
  switch (resolution) {
    case 'NONE':
      if (endpoints.length > 0)
        findings.error('no endpoints should be provided for resolution type none');
      if (selects)
        findings.warning('workloadSelector should not be set when resolution mode is NONE');
      return findings;
    case 'STATIC':
      for (const endpoint of endpoints) findings.add(workload(endpoint, names, false));
      return findings;
    case 'DYNAMIC_DNS':
      return dynamicDns(spec);
    default:
      return dns(spec, resolution, endpoints, names);
  }
}

function dns(spec: Fields, resolution: string, endpoints: Fields[], names: Set<string>): Findings {
  const findings = new Findings();
  const hosts = stringsOf(spec['hosts']);
  const unnamed =
    endpoints.length > 0 ? undefined : hosts.map(fqdn).find((each) => each !== undefined);
  if (unnamed !== undefined)
    findings.error(
      `hosts must be FQDN or contain only prefix wildcards if no endpoints are provided for resolution mode ${resolution}, ${unnamed}`,
    );
  if (resolution === 'DNS_ROUND_ROBIN' && endpoints.length > 1)
    findings.error(`there must only be 0 or 1 endpoint for resolution mode ${resolution}`);
  for (const endpoint of endpoints) {
    const address = stringOf(endpoint['address']);
    if (!isIp(address) && fqdn(address) !== undefined)
      findings.error(`endpoint address ${quoted(address)} is not a valid FQDN or an IP address`);
    findings.add(labels(endpoint['labels'])).add(endpointPorts(endpoint, names));
  }
  const tcp = listOf(spec['ports']).some((each) => protocols.isTcp(stringOf(each['protocol'])));
  if (stringsOf(spec['addresses']).length > 0 && tcp && hosts.length > 1)
    findings.warning(
      'service entry can not have more than one host specified simultaneously with address and tcp port',
    );
  return findings;
}

function dynamicDns(spec: Fields): Findings {
  const findings = new Findings();
  const mode = 'DYNAMIC_DNS';
  for (const host of stringsOf(spec['hosts']))
    if (!host.startsWith('*'))
      findings.error(`host must be wildcarded for resolution mode ${mode}`);
  if (stringsOf(spec['addresses']).length > 0)
    findings.error(
      `addresses cannot be set for resolution type ${mode}. HTTP route domains will only be generatedfrom the hosts field values`,
    );
  if (listOf(spec['endpoints']).length > 0)
    findings.error(
      `endpoints cannot be set for resolution type ${mode}. Destination IP address determined from hostsfield values`,
    );
  for (const each of listOf(spec['ports']))
    if (!['http', 'tls', 'grpc', 'http2'].includes(stringOf(each['protocol']).toLowerCase()))
      findings.error(
        `only HTTP, TLS, GRPC, and HTTP2 protocols are supported for resolution type ${mode}`,
      );
  return findings;
}

/** A workload, alone or as an endpoint of a service with these ports. */
function workload(spec: Fields, names: Set<string> | undefined, mayBeName: boolean): Findings {
  const findings = new Findings();
  const address = stringOf(spec['address']);
  const network = stringOf(spec['network']);
  if (address === '') {
    if (network === '') return findings.error('address is required');
    findings.warning(`address is unset with network ${quoted(network)}`);
  }
  const unix = address.startsWith('unix://');
  if (unix) {
    findings.error(unixAddress(address));
    if (Object.keys(fieldsOf(spec['ports'])).length > 0)
      findings.error(`unix endpoint ${address} must not include ports`);
  } else if (address !== '' && !isIp(address)) {
    if (!mayBeName) findings.error(`endpoint address ${quoted(address)} is not a valid IP address`);
    else if (fqdn(address) !== undefined)
      findings.error(`endpoint address ${quoted(address)} is not a valid FQDN or an IP address`);
  }
  findings.add(endpointPorts(spec, names)).add(labels(spec['labels']));
  if (unix && names && names.size !== 1)
    findings.error('exactly 1 service port required for unix endpoints');
  return findings;
}

function endpointPorts(endpoint: Fields, names: Set<string> | undefined): Findings {
  const findings = new Findings();
  for (const [name, value] of sortedEntries(endpoint['ports'])) {
    const number = numberOf(value) ?? 0;
    if (names && !names.has(name))
      findings.error(`endpoint port ${number} is not defined by the service entry`);
    findings.error(portName(name), port(number));
  }
  return findings;
}
