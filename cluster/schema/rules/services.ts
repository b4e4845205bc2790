// Services, endpoints and endpoint slices, ingresses, network policies.
// Source: their sections of the Kubernetes API reference; words and order of problems as Status objects show them.

import type { KubeObject } from '../../object.ts';
import { duplicate, forbidden, invalid, notSupported, required } from '../field-errors.ts';
import {
  ensured,
  type Fields,
  fieldsOf,
  isFields,
  isSet,
  listOf,
  numberOf,
  same,
  setDefault,
  setDefaultString,
  stringOf,
  stringsOf,
} from '../fields.ts';
import { validateLabels } from '../metadata.ts';
import {
  dnsLabelProblems,
  dnsSubdomainProblems,
  ipProblems,
  isIPv4,
  isIPv6,
  portNumberProblems,
  qualifiedNameProblems,
} from '../names.ts';
import type { FieldError } from '../resource.ts';
import type { KindRules } from '../strategy.ts';
import { named, oneOf, validateLabelSelector } from './checks.ts';
import { validatePortReference } from './container-validation.ts';

/** Seconds that a client keeps its pod with session affinity: three hours. */
const AFFINITY_SECONDS = 10_800;
const KUBELET_PORT = 10_250;

const specOf = (object: KubeObject) => fieldsOf(object['spec']);

export const service: KindRules = {
  nameProblems: dnsLabelProblems,
  default(draft) {
    const spec = ensured(draft, 'spec');
    setDefaultString(spec, 'sessionAffinity', 'None');
    if (spec['sessionAffinity'] === 'None') delete spec['sessionAffinityConfig'];
    if (spec['sessionAffinity'] === 'ClientIP')
      setDefault(
        ensured(ensured(spec, 'sessionAffinityConfig'), 'clientIP'),
        'timeoutSeconds',
        AFFINITY_SECONDS,
      );
    setDefaultString(spec, 'type', 'ClusterIP');
    for (const port of listOf(spec['ports'])) defaultPort(port);
    const type = stringOf(spec['type']);
    const external = type === 'NodePort' || type === 'LoadBalancer';
    if (external || (type === 'ClusterIP' && stringsOf(spec['externalIPs']).length > 0))
      setDefaultString(spec, 'externalTrafficPolicy', 'Cluster');
    if (external || type === 'ClusterIP')
      setDefaultString(spec, 'internalTrafficPolicy', 'Cluster');
    if (type === 'LoadBalancer') setDefault(spec, 'allocateLoadBalancerNodePorts', true);
  },
  prepareForCreate(draft) {
    pairClusterIPs(ensured(draft, 'spec'), undefined);
  },
  prepareForUpdate(draft, old) {
    const spec = ensured(draft, 'spec');
    pairClusterIPs(spec, specOf(old));
    keepAllocated(spec, specOf(old));
    dropTypeDependents(spec, specOf(old));
  },
  validateCreate: validateService,
  validateUpdate: (object, old) => [
    ...validateClusterIPsUpdate(specOf(object), specOf(old)),
    ...validateService(object),
  ],
};

function defaultPort(port: Fields): void {
  setDefaultString(port, 'protocol', 'TCP');
  const target = port['targetPort'];
  if (!isSet(target) || target === 0 || target === '') port['targetPort'] = port['port'];
}

/** clusterIP and clusterIPs[0] are one field under two names: a client may give or clear either. */
function pairClusterIPs(spec: Fields, before: Fields | undefined): void {
  const single = stringOf(spec['clusterIP']);
  const several = stringsOf(spec['clusterIPs']);
  if (before === undefined) {
    if (single !== '' && several.length === 0) spec['clusterIPs'] = [single];
    return;
  }
  const old = stringOf(before['clusterIP']);
  const oldSeveral = stringsOf(before['clusterIPs']);
  if (single === old && same(several, oldSeveral)) return;
  if (single !== old && same(several, oldSeveral))
    spec['clusterIPs'] = single === '' ? [] : [single];
  else if (single === old && several.length > 0) spec['clusterIP'] = several[0];
}

/** What was allocated stays, unless the client says otherwise. */
function keepAllocated(spec: Fields, before: Fields): void {
  const needs = (each: Fields) => each['type'] !== 'ExternalName';
  if (needs(spec) && needs(before)) {
    if (stringOf(spec['clusterIP']) === '' && stringsOf(spec['clusterIPs']).length === 0) {
      copy(spec, before, 'clusterIP');
      copy(spec, before, 'clusterIPs');
    }
    for (const name of ['ipFamilyPolicy', 'ipFamilies'])
      if (!isSet(spec[name]) || listIsEmpty(spec[name])) copy(spec, before, name);
  }
  const nodePorts = (each: Fields) =>
    each['type'] === 'NodePort' || each['type'] === 'LoadBalancer';
  if (nodePorts(spec) && nodePorts(before)) keepNodePorts(spec, before);
  if ((numberOf(spec['healthCheckNodePort']) ?? 0) === 0 && nodePorts(spec))
    copy(spec, before, 'healthCheckNodePort');
}

function keepNodePorts(spec: Fields, before: Fields): void {
  const key = (port: Fields) => `${stringOf(port['protocol'])}/${numberOf(port['port']) ?? 0}`;
  const known = new Map(listOf(before['ports']).map((port) => [key(port), port['nodePort']]));
  const taken = new Set(listOf(spec['ports']).map((port) => numberOf(port['nodePort']) ?? 0));
  for (const port of listOf(spec['ports'])) {
    const nodePort = numberOf(known.get(key(port))) ?? 0;
    if ((numberOf(port['nodePort']) ?? 0) === 0 && nodePort !== 0 && !taken.has(nodePort))
      port['nodePort'] = nodePort;
  }
}

function listIsEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function copy(to: Fields, from: Fields, name: string): void {
  if (isSet(from[name])) to[name] = from[name];
}

/** Fields that only make sense for the old type go with it, if the client left them as they were. */
function dropTypeDependents(spec: Fields, before: Fields): void {
  const has = (each: Fields, ...types: string[]) => types.includes(stringOf(each['type']));
  const sameField = (name: string) => same(spec[name], before[name]);
  if (has(before, 'ClusterIP', 'NodePort', 'LoadBalancer') && has(spec, 'ExternalName'))
    for (const name of [
      'clusterIP',
      'clusterIPs',
      'ipFamilies',
      'ipFamilyPolicy',
      'internalTrafficPolicy',
    ])
      if (sameField(name)) delete spec[name];
  if (has(before, 'NodePort', 'LoadBalancer') && has(spec, 'ClusterIP', 'ExternalName')) {
    if (sameNodePorts(spec, before))
      for (const port of listOf(spec['ports'])) delete port['nodePort'];
    if (sameField('externalTrafficPolicy') && stringsOf(spec['externalIPs']).length === 0)
      delete spec['externalTrafficPolicy'];
    if (sameField('healthCheckNodePort')) delete spec['healthCheckNodePort'];
  }
  if (has(before, 'LoadBalancer') && !has(spec, 'LoadBalancer'))
    for (const name of ['allocateLoadBalancerNodePorts', 'loadBalancerClass'])
      if (sameField(name)) delete spec[name];
  if (has(before, 'ExternalName') && !has(spec, 'ExternalName') && sameField('externalName'))
    delete spec['externalName'];
}

function sameNodePorts(spec: Fields, before: Fields): boolean {
  const ports = (each: Fields) =>
    listOf(each['ports']).map((port) => numberOf(port['nodePort']) ?? 0);
  const known = new Set(ports(before));
  return ports(spec).every((port) => port === 0 || known.has(port));
}

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

function validateService(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const type = stringOf(spec['type']);
  const headless = spec['clusterIP'] === 'None';
  const ports = listOf(spec['ports']);
  const errors: FieldError[] = [];
  if (ports.length === 0 && !headless && type !== 'ExternalName')
    errors.push(required('spec.ports'));
  errors.push(...validateByType(spec, type, headless, ports));
  errors.push(...validatePorts(ports));
  errors.push(...validateLabels(spec['selector'], 'spec.selector'));
  errors.push(...oneOf(spec['sessionAffinity'], ['ClientIP', 'None'], 'spec.sessionAffinity'));
  if (spec['sessionAffinity'] === 'ClientIP') errors.push(...validateAffinity(spec));
  errors.push(...validateAddresses(spec, type));
  errors.push(...oneOf(type, TYPES, 'spec.type'));
  errors.push(...validateNodePorts(type, ports));
  errors.push(...validateDistinctPorts(ports));
  errors.push(...validateTraffic(spec, type));
  return errors;
}

function validateByType(
  spec: Fields,
  type: string,
  headless: boolean,
  ports: Fields[],
): FieldError[] {
  const errors: FieldError[] = [];
  if (type === 'LoadBalancer')
    ports.forEach((port, index) => {
      if (port['port'] === KUBELET_PORT)
        errors.push(
          invalid(
            `spec.ports[${index}]`,
            KUBELET_PORT,
            'may not expose port 10250 externally since it is used by kubelet',
          ),
        );
    });
  if ((type === 'LoadBalancer' || type === 'NodePort') && headless)
    errors.push(
      invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`),
    );
  if (type === 'ExternalName') {
    if (stringsOf(spec['clusterIPs']).length > 0)
      errors.push(forbidden('spec.clusterIPs', "may not be set when `type` is 'ExternalName'"));
    const name = stringOf(spec['externalName']).replace(/\.$/, '');
    if (name === '') errors.push(required('spec.externalName'));
    else errors.push(...named(name, 'spec.externalName', dnsSubdomainProblems));
  }
  return errors;
}

function validatePorts(ports: Fields[]): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const path = `spec.ports[${index}]`;
    const errors: FieldError[] = [];
    const name = stringOf(port['name']);
    if (name === '') {
      if (ports.length > 1) errors.push(required(`${path}.name`));
    } else {
      errors.push(...named(name, `${path}.name`, dnsLabelProblems));
      if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
      names.add(name);
    }
    const number = numberOf(port['port']) ?? 0;
    for (const problem of portNumberProblems(number))
      errors.push(invalid(`${path}.port`, number, problem));
    errors.push(...oneOf(port['protocol'], ['SCTP', 'TCP', 'UDP'], `${path}.protocol`));
    errors.push(...validatePortReference(port['targetPort'], `${path}.targetPort`));
    const protocol = stringOf(port['appProtocol']);
    if (protocol !== '')
      errors.push(...named(protocol, `${path}.appProtocol`, qualifiedNameProblems));
    return errors;
  });
}

function validateAffinity(spec: Fields): FieldError[] {
  const path = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
  const seconds = numberOf(
    fieldsOf(fieldsOf(spec['sessionAffinityConfig'])['clientIP'])['timeoutSeconds'],
  );
  // One day at most.
  return seconds !== undefined && (seconds <= 0 || seconds > 86_400)
    ? [invalid(path, seconds, 'must be greater than 0 and less than 86400')]
    : [];
}

function validateAddresses(spec: Fields, type: string): FieldError[] {
  const errors: FieldError[] = [];
  const single = stringOf(spec['clusterIP']);
  const several = stringsOf(spec['clusterIPs']);
  if (type !== 'ExternalName') {
    if (several.length > 0 && single === '')
      errors.push(
        invalid('spec.clusterIPs', several, 'must be empty when `clusterIP` is not specified'),
      );
    if (several.length > 0 && single !== '' && several[0] !== single)
      errors.push(invalid('spec.clusterIPs', several, 'first value must match `clusterIP`'));
    several.forEach((address, index) => {
      if (address === 'None' || address === '') return;
      errors.push(...named(address, `spec.clusterIPs[${index}]`, ipProblems));
    });
  }
  stringsOf(spec['externalIPs']).forEach((address, index) =>
    errors.push(...named(address, `spec.externalIPs[${index}]`, ipProblems)),
  );
  return errors;
}

function validateNodePorts(type: string, ports: Fields[]): FieldError[] {
  const errors: FieldError[] = [];
  const taken = new Set<string>();
  ports.forEach((port, index) => {
    const nodePort = numberOf(port['nodePort']) ?? 0;
    if (nodePort === 0) return;
    const path = `spec.ports[${index}].nodePort`;
    if (type === 'ClusterIP')
      errors.push(forbidden(path, "may not be used when `type` is 'ClusterIP'"));
    const key = `${stringOf(port['protocol'])}/${nodePort}`;
    if (taken.has(key)) errors.push(duplicate(path, nodePort));
    taken.add(key);
  });
  return errors;
}

function validateDistinctPorts(ports: Fields[]): FieldError[] {
  const taken = new Set<string>();
  return ports.flatMap((port, index) => {
    const key = `${stringOf(port['protocol'])}/${numberOf(port['port']) ?? 0}`;
    if (!taken.has(key)) {
      taken.add(key);
      return [];
    }
    // The real server shows its own struct with only these two fields set.
    const shown = {
      Name: '',
      Protocol: stringOf(port['protocol']),
      AppProtocol: null,
      Port: numberOf(port['port']) ?? 0,
      TargetPort: 0,
      NodePort: 0,
    };
    return [
      {
        ...duplicate(`spec.ports[${index}]`, ''),
        message: `Duplicate value: ${JSON.stringify(shown)}`,
      },
    ];
  });
}

function validateTraffic(spec: Fields, type: string): FieldError[] {
  const errors: FieldError[] = [];
  const external = stringOf(spec['externalTrafficPolicy']);
  const reachable =
    type === 'NodePort' ||
    type === 'LoadBalancer' ||
    (type === 'ClusterIP' && stringsOf(spec['externalIPs']).length > 0);
  if (external !== '' && !reachable)
    errors.push(
      invalid(
        'spec.externalTrafficPolicy',
        external,
        'may only be set for externally-accessible services',
      ),
    );
  if (reachable)
    errors.push(...oneOf(external, ['Cluster', 'Local'], 'spec.externalTrafficPolicy'));
  const internal = stringOf(spec['internalTrafficPolicy']);
  // A type that is none needs no policy; a policy that is there is looked at with any type.
  if (internal !== '' || ['ClusterIP', 'NodePort', 'LoadBalancer'].includes(type))
    errors.push(...oneOf(internal, ['Cluster', 'Local'], 'spec.internalTrafficPolicy'));
  if (isSet(spec['allocateLoadBalancerNodePorts']) && type !== 'LoadBalancer')
    errors.push(
      forbidden(
        'spec.allocateLoadBalancerNodePorts',
        "may only be used when `type` is 'LoadBalancer'",
      ),
    );
  return errors;
}

/** A service keeps its address for life, unless it becomes or was an ExternalName. */
function validateClusterIPsUpdate(spec: Fields, before: Fields): FieldError[] {
  if (spec['type'] === 'ExternalName' || before['type'] === 'ExternalName') return [];
  const now = stringsOf(spec['clusterIPs']);
  const was = stringsOf(before['clusterIPs']);
  if (was.length === 0 || now[0] === was[0]) return [];
  return [invalid('spec.clusterIPs[0]', now, 'may not change once set')];
}

export const endpoints: KindRules = {
  default(draft) {
    for (const subset of listOf(draft['subsets']))
      for (const port of listOf(subset['ports'])) setDefaultString(port, 'protocol', 'TCP');
  },
  prepareForCreate: sortSubsets,
  prepareForUpdate: sortSubsets,
  validateCreate: (object) =>
    listOf(object['subsets']).flatMap((subset, index) =>
      validateSubset(subset, `subsets[${index}]`),
    ),
};

/** Addresses and ports are kept in one order, so that equal endpoints are equal objects. */
function sortSubsets(draft: KubeObject): void {
  for (const subset of listOf(draft['subsets'])) {
    for (const name of ['addresses', 'notReadyAddresses'])
      if (Array.isArray(subset[name])) subset[name] = listOf(subset[name]).toSorted(byAddress);
  }
}

function byAddress(a: Fields, b: Fields): number {
  const key = (each: Fields) => stringOf(each['ip']);
  return key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0;
}

function validateSubset(subset: Fields, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const ready = listOf(subset['addresses']);
  const notReady = listOf(subset['notReadyAddresses']);
  if (ready.length === 0 && notReady.length === 0)
    errors.push(required(path, 'must specify `addresses` or `notReadyAddresses`'));
  for (const [name, addresses] of [
    ['addresses', ready],
    ['notReadyAddresses', notReady],
  ] as const)
    addresses.forEach((address, index) =>
      errors.push(...named(stringOf(address['ip']), `${path}.${name}[${index}].ip`, ipProblems)),
    );
  const ports = listOf(subset['ports']);
  ports.forEach((port, index) => {
    const here = `${path}.ports[${index}]`;
    const name = stringOf(port['name']);
    if (name === '' && ports.length > 1) errors.push(required(`${here}.name`));
    else if (name !== '') errors.push(...named(name, `${here}.name`, dnsLabelProblems));
    const number = numberOf(port['port']) ?? 0;
    for (const problem of portNumberProblems(number))
      errors.push(invalid(`${here}.port`, number, problem));
    errors.push(...oneOf(port['protocol'], ['SCTP', 'TCP', 'UDP'], `${here}.protocol`));
  });
  return errors;
}

/** A slice holds at most a thousand endpoints and a hundred addresses each. */
const SLICE = { endpoints: 1000, addresses: 100, ports: 20_000 };

export const endpointSlice: KindRules = {
  default(draft) {
    for (const port of listOf(draft['ports'])) {
      setDefault(port, 'name', '');
      setDefaultString(port, 'protocol', 'TCP');
    }
  },
  validateCreate: validateSlice,
  validateUpdate: (object, old) => [
    ...validateSlice(object),
    ...(same(object['addressType'], old['addressType'])
      ? []
      : [invalid('addressType', object['addressType'], 'field is immutable')]),
  ],
  wants: (object) => [object['endpoints'], object['ports']],
};

function validateSlice(object: KubeObject): FieldError[] {
  const type = stringOf(object['addressType']);
  const errors = oneOf(type, ['FQDN', 'IPv4', 'IPv6'], 'addressType');
  const endpointList = listOf(object['endpoints']);
  if (endpointList.length > SLICE.endpoints)
    errors.push({
      type: 'FieldValueTooMany',
      field: 'endpoints',
      message: `Too many: ${endpointList.length}: must have at most ${SLICE.endpoints} items`,
    });
  endpointList.forEach((endpoint, index) => {
    const path = `endpoints[${index}].addresses`;
    const addresses = stringsOf(endpoint['addresses']);
    if (addresses.length === 0) errors.push(required(path, 'must contain at least 1 address'));
    addresses.forEach((address, at) =>
      errors.push(...validateAddress(type, address, `${path}[${at}]`)),
    );
  });
  const names = new Set<string>();
  listOf(object['ports']).forEach((port, index) => {
    const name = stringOf(port['name']);
    const path = `ports[${index}]`;
    if (name !== '') errors.push(...named(name, `${path}.name`, dnsLabelProblems));
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    errors.push(...oneOf(port['protocol'], ['SCTP', 'TCP', 'UDP'], `${path}.protocol`));
  });
  return errors;
}

function validateAddress(type: string, address: string, path: string): FieldError[] {
  if (type === 'IPv4' && !isIPv4(address))
    return [invalid(path, address, 'must be an IPv4 address')];
  if (type === 'IPv6' && !isIPv6(address))
    return [invalid(path, address, 'must be an IPv6 address')];
  return type === 'FQDN' ? named(address, path, dnsSubdomainProblems) : [];
}

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];

export const ingress: KindRules = {
  validateCreate(object) {
    const spec = specOf(object);
    const errors: FieldError[] = [];
    const rules = listOf(spec['rules']);
    if (rules.length === 0 && !isSet(spec['defaultBackend']))
      errors.push(
        invalid(
          'spec',
          spec['rules'] ?? null,
          'either `defaultBackend` or `rules` must be specified',
        ),
      );
    rules.forEach((rule, index) => {
      listOf(fieldsOf(rule['http'])['paths']).forEach((path, at) => {
        const here = `spec.rules[${index}].http.paths[${at}]`;
        const type = stringOf(path['pathType']);
        if (type === '') errors.push(required(`${here}.pathType`, 'pathType must be specified'));
        else if (!PATH_TYPES.includes(type))
          errors.push(notSupported(`${here}.pathType`, type, PATH_TYPES));
        else if (type !== 'ImplementationSpecific' && !stringOf(path['path']).startsWith('/'))
          errors.push(invalid(`${here}.path`, stringOf(path['path']), 'must be an absolute path'));
      });
    });
    return errors;
  },
};

export const networkPolicy: KindRules = {
  default(draft) {
    const spec = ensured(draft, 'spec');
    for (const direction of ['ingress', 'egress'])
      for (const rule of listOf(spec[direction]))
        for (const port of listOf(rule['ports'])) setDefault(port, 'protocol', 'TCP');
    if (stringsOf(spec['policyTypes']).length === 0)
      spec['policyTypes'] = listOf(spec['egress']).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  },
  validateCreate: (object) =>
    validateLabelSelector(specOf(object)['podSelector'], 'spec.podSelector'),
};

export const ingressClass: KindRules = {
  default(draft) {
    const parameters = specOf(draft)['parameters'];
    if (isFields(parameters)) setDefaultString(parameters, 'scope', 'Cluster');
  },
};
