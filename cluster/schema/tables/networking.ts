// How services, endpoints, ingresses and their kin are listed.
// Source: the columns of `kubectl get … -o wide` for each kind.

import type { KubeObject } from '../../object.ts';
import {
  at,
  type Fields,
  fieldsOf,
  isSet,
  listOf,
  numberOf,
  stringOf,
  stringsOf,
} from '../fields.ts';
import { formatLabelSelector, labelSelectorOf } from '../label-selector.ts';
import { isIPv6 } from '../names.ts';
import {
  age,
  ageColumn,
  column,
  firstThree,
  labelsText,
  nameColumn,
  NONE,
  orNone,
  type Printer,
  wide,
} from './columns.ts';

export const services: Printer = {
  columns: [
    nameColumn,
    column('Type', 'string', '@core.v1.ServiceSpec.type'),
    column('Cluster-IP', 'string', '@core.v1.ServiceSpec.clusterIP'),
    column('External-IP', 'string', '@core.v1.ServiceSpec.externalIPs'),
    column('Port(s)', 'string', '@core.v1.ServiceSpec.ports'),
    ageColumn,
    wide('Selector', '@core.v1.ServiceSpec.selector'),
  ],
  cells(service, now) {
    const spec = fieldsOf(service['spec']);
    return [
      service.metadata.name,
      stringOf(spec['type']),
      orNone(stringsOf(spec['clusterIPs'])[0] ?? stringOf(spec['clusterIP'])),
      externalAddress(service),
      orNone(listOf(spec['ports']).map(servicePort).join(',')),
      age(service, now),
      labelsText(spec['selector']),
    ];
  },
};

function externalAddress(service: KubeObject): string {
  const spec = fieldsOf(service['spec']);
  const external = stringsOf(spec['externalIPs']);
  switch (spec['type']) {
    case 'ClusterIP':
    case 'NodePort':
      return orNone(external.join(','));
    case 'LoadBalancer': {
      const addresses = [...ingressAddresses(service), ...external];
      return addresses.length === 0 ? '<pending>' : addresses.join(',');
    }
    case 'ExternalName':
      return stringOf(spec['externalName']);
    default:
      return '<unknown>';
  }
}

/** What a load balancer has given, in order and once each. */
function ingressAddresses(object: KubeObject): string[] {
  const ingress = listOf(at(object, 'status', 'loadBalancer', 'ingress'));
  const addresses = ingress.map((each) => stringOf(each['ip']) || stringOf(each['hostname']));
  return [...new Set(addresses.filter((address) => address !== ''))].sort();
}

function servicePort(port: Fields): string {
  const nodePort = numberOf(port['nodePort']) ?? 0;
  const number = numberOf(port['port']) ?? 0;
  const protocol = stringOf(port['protocol']);
  return nodePort > 0 ? `${number}:${nodePort}/${protocol}` : `${number}/${protocol}`;
}

export const endpoints: Printer = {
  columns: [nameColumn, column('Endpoints', 'string', '@core.v1.Endpoints.subsets'), ageColumn],
  cells: (object, now) => [object.metadata.name, endpointsText(object), age(object, now)],
};

function endpointsText(object: KubeObject): string {
  const subsets = listOf(object['subsets']);
  if (subsets.length === 0) return NONE;
  const pairs = subsets.flatMap((subset) => {
    const addresses = listOf(subset['addresses']).map((each) => stringOf(each['ip']));
    const ports = listOf(subset['ports']);
    if (ports.length === 0) return addresses;
    return ports.flatMap((port) =>
      addresses.map((ip) => `${isIPv6(ip) ? `[${ip}]` : ip}:${numberOf(port['port']) ?? 0}`),
    );
  });
  return firstThree(pairs);
}

export const endpointSlices: Printer = {
  columns: [
    nameColumn,
    column('AddressType', 'string', '@discovery.v1.EndpointSlice.addressType'),
    column('Ports', 'string', '@discovery.v1.EndpointSlice.ports'),
    column('Endpoints', 'string', '@discovery.v1.EndpointSlice.endpoints'),
    ageColumn,
  ],
  cells: (slice, now) => [
    slice.metadata.name,
    stringOf(slice['addressType']),
    slicePorts(slice),
    sliceAddresses(slice),
    age(slice, now),
  ],
};

function slicePorts(slice: KubeObject): string {
  const ports = listOf(slice['ports']);
  if (ports.length === 0) return '<unset>';
  return firstThree(
    ports.map((port) => (isSet(port['port']) ? `${numberOf(port['port']) ?? 0}` : '*')),
  );
}

function sliceAddresses(slice: KubeObject): string {
  const addresses = listOf(slice['endpoints']).flatMap((each) => stringsOf(each['addresses']));
  return addresses.length === 0 ? '<unset>' : firstThree(addresses);
}

export const ingresses: Printer = {
  columns: [
    nameColumn,
    column(
      'Class',
      'string',
      'The name of the IngressClass resource that should be used for additional configuration',
    ),
    column(
      'Hosts',
      'string',
      'Hosts that incoming requests are matched against before the ingress rule',
    ),
    column(
      'Address',
      'string',
      'Address is a list containing ingress points for the load-balancer',
    ),
    column('Ports', 'string', 'Ports of TLS configurations that open'),
    ageColumn,
  ],
  cells(ingress, now) {
    const spec = fieldsOf(ingress['spec']);
    return [
      ingress.metadata.name,
      orNone(stringOf(spec['ingressClassName'])),
      ingressHosts(listOf(spec['rules'])),
      ingressAddresses(ingress).join(','),
      listOf(spec['tls']).length > 0 ? '80, 443' : '80',
      age(ingress, now),
    ];
  },
};

function ingressHosts(rules: Fields[]): string {
  const hosts = rules.map((rule) => stringOf(rule['host'])).filter((host) => host !== '');
  return hosts.length === 0 ? '*' : firstThree(hosts, Math.max(hosts.length, rules.length));
}

export const ingressClasses: Printer = {
  columns: [
    nameColumn,
    column('Controller', 'string', 'Controller that is responsible for handling this class'),
    column('Parameters', 'string', 'A reference to a resource with additional parameters'),
    ageColumn,
  ],
  cells(object, now) {
    const parameters = at(object, 'spec', 'parameters');
    const { kind, name, apiGroup } = fieldsOf(parameters);
    const group = stringOf(apiGroup);
    return [
      object.metadata.name,
      stringOf(at(object, 'spec', 'controller')),
      isSet(parameters)
        ? `${stringOf(kind)}${group === '' ? '' : `.${group}`}/${stringOf(name)}`
        : NONE,
      age(object, now),
    ];
  },
};

export const networkPolicies: Printer = {
  columns: [
    nameColumn,
    column('Pod-Selector', 'string', '@networking.v1.NetworkPolicySpec.podSelector'),
    ageColumn,
  ],
  cells: (object, now) => [
    object.metadata.name,
    orNone(formatLabelSelector(labelSelectorOf(fieldsOf(at(object, 'spec', 'podSelector'))))),
    age(object, now),
  ],
};

export const ipAddresses: Printer = {
  columns: [
    nameColumn,
    column('ParentRef', 'string', '@networking.v1.IPAddressSpec.parentRef'),
    ageColumn,
  ],
  cells(object, now) {
    const parent = fieldsOf(at(object, 'spec', 'parentRef'));
    const parts = ['group', 'resource', 'namespace', 'name'].map((field) =>
      stringOf(parent[field]),
    );
    return [object.metadata.name, parts.filter((part) => part !== '').join('/'), age(object, now)];
  },
};

export const serviceCIDRs: Printer = {
  columns: [
    nameColumn,
    column('CIDRs', 'string', '@networking.v1.ServiceCIDRSpec.cidrs'),
    ageColumn,
  ],
  cells: (object, now) => [
    object.metadata.name,
    stringsOf(at(object, 'spec', 'cidrs')).join(','),
    age(object, now),
  ],
};
