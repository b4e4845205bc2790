// istioctl proxy-config cluster: the clusters of a proxy, by their names' parts, with the DestinationRule of each.
// Source: istio/istio istioctl/pkg/writer/envoy/configdump/cluster.go (columns, order, filters).

import { type Fields, stringOf } from '../../../cluster/schema/fields.ts';
import type { Command, Invocation } from '../../command.ts';
import { configDumpOf } from '../../config-dump.ts';
import type { FlagValues, Flag } from '../../flags.ts';
import { table } from '../../table.ts';
import { byParts, partsOf, ruleOf } from './names.ts';
import { fileFlag, printed, requirePod, show } from './shown.ts';

const QUERY = '?mask=dynamic_active_clusters,dynamic_warming_clusters,static_clusters';

export const clusterFlags: readonly Flag[] = [
  { name: 'fqdn', type: 'string', usage: 'Only clusters whose host has this in its name' },
  { name: 'direction', type: 'string', usage: 'Only inbound or outbound clusters' },
  { name: 'subset', type: 'string', usage: 'Only clusters whose subset has this in its name' },
];

export const command: Command = {
  long: 'The clusters of a proxy: where it may send what, and by which DestinationRule.',
  flags: [
    ...clusterFlags,
    { name: 'port', type: 'int', usage: 'Only clusters of this port' },
    fileFlag,
  ],
  run: async (invocation: Invocation) => {
    requirePod(invocation);
    const { dump } = await configDumpOf(invocation, QUERY);
    const clusters = chosen(dump.clusters(), invocation.flags);
    show(invocation, {
      summary: () => table(clusterRows(clusters), 5),
      messages: () => printed(clusters),
    });
  },
};

/** Those that the filters leave, in order. */
export function chosen(clusters: readonly Fields[], flags: FlagValues): Fields[] {
  const [fqdn, direction, subset] = ['fqdn', 'direction', 'subset'].map((name) =>
    flags.string(name),
  );
  const port = flags.int('port');
  const wanted = [fqdn, direction, subset, port === 0 ? '' : `|${port}|`];
  return clusters
    .filter(({ name }) => wanted.every((part = '') => stringOf(name).includes(part)))
    .toSorted((a, b) => byParts(stringOf(a['name']), stringOf(b['name'])));
}

/** @param prefix put before names: `cluster/`, in a summary of everything. */
export function clusterRows(clusters: readonly Fields[], prefix = ''): string[][] {
  const header = ['SERVICE FQDN', 'PORT', 'SUBSET', 'DIRECTION', 'TYPE', 'DESTINATION RULE'];
  const rows = clusters.map((cluster) => {
    const name = stringOf(cluster['name']);
    const parts = partsOf(name);
    const own = parts
      ? [parts.host, String(parts.port), parts.subset || '-', parts.direction]
      : [`${prefix}${name}`, '-', '-', '-'];
    const named = prefix === '' ? [] : [`${prefix}${name}`];
    return [...named, ...own, stringOf(cluster['type']), ruleOf(cluster)];
  });
  return [prefix === '' ? header : ['NAME', ...header], ...rows];
}
