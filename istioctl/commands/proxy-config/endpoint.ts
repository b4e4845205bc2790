// istioctl proxy-config endpoint: who answers for each cluster, as the proxy sees their health now.
// Source: istio/istio istioctl/pkg/writer/envoy/clusters/clusters.go (columns, order, filters).

import {
  at,
  type Fields,
  fieldsOf,
  listOf,
  numberOf,
  stringOf,
} from '../../../cluster/schema/fields.ts';
import { type Command, CommandError, type Invocation } from '../../command.ts';
import { askEnvoy, fileText } from '../../config-dump.ts';
import type { Flag } from '../../flags.ts';
import { podMeant } from '../../pods.ts';
import { table } from '../../table.ts';
import { compare } from './names.ts';
import { fileFlag, printed, requirePod, show } from './shown.ts';

export const endpointFlags: readonly Flag[] = [
  { name: 'address', type: 'string', usage: 'Only endpoints at this address' },
  { name: 'port', type: 'int', usage: 'Only endpoints of this port' },
  { name: 'cluster', type: 'string', usage: 'Only endpoints of the cluster with this whole name' },
  { name: 'status', type: 'string', usage: 'Only endpoints in this state, such as healthy' },
];

export const command: Command = {
  long: 'Who answers for each cluster, and how the proxy sees their health.',
  flags: [...endpointFlags, fileFlag],
  run: async (invocation: Invocation) => {
    requirePod(invocation);
    const clusters = listOf(
      fieldsOf(JSON.parse(await clustersText(invocation)))['cluster_statuses'],
    );
    const wanted = filterOf(invocation);
    const hosts = clusters.flatMap((cluster) =>
      listOf(cluster['host_statuses'])
        .map((host) => ({ host, cluster: stringOf(cluster['name']) }))
        .filter(({ host, cluster: name }) => wanted(host, name)),
    );
    show(invocation, {
      summary: () => table([HEADER, ...hosts.toSorted(byAddress).map(rowOf)], 5),
      messages: () =>
        printed(
          clusters.filter((cluster) =>
            listOf(cluster['host_statuses']).some((host) =>
              wanted(host, stringOf(cluster['name'])),
            ),
          ),
        ),
    });
  },
};

const HEADER = ['ENDPOINT', 'STATUS', 'OUTLIER CHECK', 'CLUSTER'];

async function clustersText(invocation: Invocation): Promise<string> {
  const [pod] = invocation.args;
  if (pod === undefined) return fileText(invocation, invocation.flags.string('file'));
  const meant = await podMeant(invocation, pod);
  try {
    return await askEnvoy(invocation, meant, 'clusters?format=json', {
      port: invocation.flags.int('proxy-admin-port'),
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(`failed to execute command on Envoy: ${error.message}`);
  }
}

function filterOf({ flags }: Invocation): (host: Fields, cluster: string) => boolean {
  const [address = '', cluster = '', status = ''] = ['address', 'cluster', 'status'].map((name) =>
    flags.string(name).toLowerCase(),
  );
  const port = flags.int('port');
  return (host, name) =>
    (address === '' || addressOf(host).toLowerCase() === address) &&
    (port === 0 || portOf(host) === port) &&
    (cluster === '' || name.toLowerCase() === cluster) &&
    (status === '' || statusOf(host).toLowerCase() === status);
}

const portOf = (host: Fields) => numberOf(at(host, 'address', 'socket_address', 'port_value')) ?? 0;
const statusOf = (host: Fields) => stringOf(at(host, 'health_status', 'eds_health_status'));

/** A socket in the file system says so. */
function addressOf(host: Fields): string {
  const pipe = at(host, 'address', 'pipe', 'path');
  return typeof pipe === 'string'
    ? `unix://${pipe}`
    : stringOf(at(host, 'address', 'socket_address', 'address'));
}

interface Shown {
  host: Fields;
  cluster: string;
}

function byAddress(a: Shown, b: Shown): number {
  return (
    compare(addressOf(a.host), addressOf(b.host)) ||
    portOf(a.host) - portOf(b.host) ||
    compare(a.cluster, b.cluster)
  );
}

function rowOf({ host, cluster }: Shown): string[] {
  const failed = at(host, 'health_status', 'failed_outlier_check') === true;
  const port = portOf(host);
  return [
    port === 0 ? addressOf(host) : `${addressOf(host)}:${port}`,
    statusOf(host),
    failed ? 'FAILED' : 'OK',
    cluster,
  ];
}
