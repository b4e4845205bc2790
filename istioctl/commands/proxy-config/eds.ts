// istioctl proxy-config eds: endpoints as istiod sent them, with their metadata.
// Source: istio/istio istioctl/pkg/writer/envoy/configdump/endpoint.go (columns, order, filters).

import {
  at,
  type Fields,
  fieldsOf,
  listOf,
  numberOf,
  stringOf,
} from '../../../cluster/schema/fields.ts';
import type { Command, Invocation } from '../../command.ts';
import { configDumpOf } from '../../config-dump.ts';
import { table } from '../../table.ts';
import { endpointFlags } from './endpoint.ts';
import { byParts } from './names.ts';
import { fileFlag, printed, requirePod, show } from './shown.ts';

export const command: Command = {
  long: 'Who answers for each cluster, as istiod has sent it.',
  flags: [...endpointFlags, fileFlag],
  run: async (invocation: Invocation) => {
    requirePod(invocation);
    const { dump } = await configDumpOf(invocation, '?include_eds=true');
    const { flags } = invocation;
    const assignments = chosenAssignments(dump.endpoints(), {
      address: flags.string('address'),
      port: flags.int('port'),
      cluster: flags.string('cluster'),
      status: flags.string('status'),
    });
    show(invocation, {
      summary: () => table(assignmentRows(assignments), 5),
      messages: () => printed(assignments),
    });
  },
};

export interface EndpointFilter {
  address: string;
  port: number;
  cluster: string;
  status: string;
}

/** Clusters with the endpoints that the filter leaves; those with none are left out. */
export function chosenAssignments(
  assignments: readonly Fields[],
  { address, port, cluster, status }: EndpointFilter,
): Fields[] {
  const same = (wanted: string, is: string) =>
    wanted === '' || wanted.toLowerCase() === is.toLowerCase();
  return assignments
    .map((assignment) => ({
      ...assignment,
      endpoints: listOf(assignment['endpoints']).map((group) => ({
        ...group,
        lb_endpoints: listOf(group['lb_endpoints']).filter(
          (endpoint) =>
            same(address, addressOf(endpoint)) &&
            (port === 0 || portOf(endpoint) === port) &&
            same(cluster, stringOf(assignment['cluster_name'])) &&
            same(status, stringOf(endpoint['health_status'])),
        ),
      })),
    }))
    .filter(({ endpoints }) => endpoints.some(({ lb_endpoints }) => lb_endpoints.length > 0))
    .toSorted((a, b) => byParts(nameOf(a), nameOf(b)));
}

const nameOf = (assignment: Fields) => stringOf(assignment['cluster_name']);

export function assignmentRows(assignments: readonly Fields[], prefix = ''): string[][] {
  return [
    ['NAME', 'STATUS', 'LOCALITY', 'CLUSTER'],
    ...assignments.flatMap((assignment) =>
      listOf(assignment['endpoints'])
        .flatMap(({ lb_endpoints }) => listOf(lb_endpoints))
        .map((endpoint) => [
          `${prefix}${addressOf(endpoint)}`,
          stringOf(endpoint['health_status']),
          '',
          nameOf(assignment),
        ]),
    ),
  ];
}

const portOf = (endpoint: Fields) =>
  numberOf(at(endpoint, 'endpoint', 'address', 'socket_address', 'port_value')) ?? 0;

function addressOf(endpoint: Fields): string {
  const address = fieldsOf(at(endpoint, 'endpoint', 'address'));
  const pipe = at(address, 'pipe', 'path');
  return typeof pipe === 'string'
    ? pipe
    : `${stringOf(at(address, 'socket_address', 'address'))}:${portOf(endpoint)}`;
}
