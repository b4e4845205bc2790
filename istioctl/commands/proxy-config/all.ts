// istioctl proxy-config all: every part of a proxy's configuration, as one summary after the other or as the whole dump.
// Source: istio/istio istioctl/pkg/writer/envoy/configdump/configdump.go (order, headers).

import { formatYaml } from '../../../cluster/schema/yaml.ts';
import { type Command, CommandError, type Invocation } from '../../command.ts';
import { type ConfigDump, configDumpOf } from '../../config-dump.ts';
import { table } from '../../table.ts';
import { bootstrapSummary } from './bootstrap.ts';
import { chosen, clusterFlags, clusterRows } from './cluster.ts';
import { assignmentRows, chosenAssignments } from './eds.ts';
import { chosenListeners, inOrder, listenerFlags, listenerRows } from './listener.ts';
import { chosenTables, routeRows } from './route.ts';
import { secretSummary } from './secret.ts';
import { fileFlag, requirePod, sorted, verboseFlag } from './shown.ts';

export const command: Command = {
  long: 'Everything that the proxy of a pod was told, one table after the other, or its whole dump.',
  flags: [
    ...clusterFlags,
    ...listenerFlags,
    { name: 'name', type: 'string', usage: 'Only the route table of this name' },
    { name: 'port', type: 'int', usage: 'Only clusters, listeners and endpoints of this port' },
    { name: 'with-headers', type: 'bool', usage: 'Put a title above each table' },
    verboseFlag,
    fileFlag,
  ],
  run: async (invocation: Invocation) => {
    requirePod(invocation);
    const { dump, text } = await configDumpOf(invocation, '?include_eds=true');
    const output = invocation.flags.string('output');
    switch (output) {
      case 'short':
        return invocation.io.out(summary(dump, invocation));
      case 'json':
        return invocation.io.out(`${text}\n`);
      case 'yaml':
        return invocation.io.out(`${formatYaml(sorted(JSON.parse(text)))}\n`);
      default:
        throw new CommandError(`output format ${JSON.stringify(output)} not supported`);
    }
  },
};

function summary(dump: ConfigDump, { flags }: Invocation): string {
  const verbose = flags.bool('verbose');
  const parts: [title: string, text: string][] = [
    ['BOOTSTRAP', bootstrapSummary(dump.part('BootstrapConfigDump'))],
    ['CLUSTER', table(clusterRows(chosen(dump.clusters(), flags), 'cluster/'), 5)],
    [
      'LISTENER',
      table(
        listenerRows(inOrder(chosenListeners(dump.listeners(), flags)), verbose, 'listener/'),
        1,
      ),
    ],
    ['ROUTE', table(routeRows(chosenTables(dump.routes(), flags), verbose, 'route/'), 5)],
    ['SECRET', secretSummary(dump.part('SecretsConfigDump'), 'secret/')],
    [
      'ENDPOINTS',
      table(
        assignmentRows(
          chosenAssignments(dump.endpoints(), {
            address: flags.string('address'),
            port: flags.int('port'),
            cluster: '',
            status: '',
          }),
          'endpoint/',
        ),
        5,
      ),
    ],
  ];
  return parts
    .map(
      ([title, text]) =>
        `${flags.bool('with-headers') ? `------ ${title} INFO ------\n\n` : ''}${text}`,
    )
    .join('\n');
}
