// Services: whether the names of their ports tell Istio the protocol, and whether somebody listens behind them. Workloads:
// whether any policy says who may call them.

import type { Service } from '../../controllers/kinds.ts';
import type { AuthorizationPolicy } from '../../mesh/resources.ts';
import type { Workload } from '../inventory.ts';
import { selects } from '../lists.ts';
import { type Check, check } from './checks.ts';
import type { Validations } from './validations.ts';

const PROTOCOLS = [
  'grpc',
  'grpc-web',
  'http',
  'http2',
  'https',
  'mongo',
  'redis',
  'tcp',
  'tls',
  'udp',
  'mysql',
];

export function checkServices(
  found: Validations,
  services: readonly Service[],
  workloads: readonly Workload[],
  controlPlane: string,
): void {
  for (const service of services) {
    const { metadata, spec } = service;
    const behind = workloads.filter(
      ({ namespace, labels }) => namespace === metadata.namespace && selects(spec.selector, labels),
    );
    const isMeshed = behind.length > 0 && behind.every(({ hasSidecar }) => hasSidecar);
    const checks = isMeshed ? nameChecks(service) : [];
    const deployment = behind.find(({ kind }) => kind === 'Deployment');
    if (deployment && metadata.namespace !== controlPlane)
      checks.push(...portChecks(service, deployment));
    found.add('service', service, checks, { invalid: true });
  }
}

function nameChecks({ spec }: Service): Check[] {
  return (spec.ports ?? []).flatMap(({ name = '', appProtocol, protocol }, index) => {
    const path = `spec/ports[${index}]`;
    if (protocol === 'UDP') return [];
    if (appProtocol !== undefined)
      return PROTOCOLS.includes(appProtocol.toLowerCase()) ? [] : [check('appProtocol', path)];
    const tells = PROTOCOLS.some(
      (each) => name.toLowerCase() === each || name.startsWith(`${each}-`),
    );
    return tells ? [] : [check('portName', path)];
  });
}

function portChecks({ spec }: Service, { ports }: Workload): Check[] {
  return (spec.ports ?? []).flatMap(({ port, targetPort }, index) => {
    const listens = ports.some((each) =>
      typeof targetPort === 'string' && targetPort !== ''
        ? each.name === targetPort
        : each.port === (targetPort || port),
    );
    return listens ? [] : [check('portNotFound', `spec/ports[${index}]`)];
  });
}

export function checkWorkloads(
  found: Validations,
  workloads: readonly Workload[],
  policies: readonly AuthorizationPolicy[],
  rootNamespace: string,
): void {
  for (const workload of workloads) {
    const { name, namespace, labels } = workload;
    const isCovered = policies.some(({ metadata, spec }) => {
      if (metadata.namespace !== namespace && metadata.namespace !== rootNamespace) return false;
      const wanted = spec.selector?.matchLabels ?? {};
      return Object.keys(wanted).length === 0 || selects(wanted, labels);
    });
    found.add(
      'workload',
      { metadata: { name, namespace } },
      isCovered ? [] : [check('uncovered', 'workload')],
    );
  }
}
