// istioctl proxy-status: whether each proxy has what istiod sent it; for one of them, how what it has differs from what istiod
// would send now.
// Source: istio/istio istioctl/pkg/proxystatus, istioctl/pkg/writer/pilot, istioctl/pkg/writer/compare (columns, words).

import { humanDuration } from '../../cluster/schema/human-duration.ts';
import { type Fields, fieldsOf, listOf, stringOf } from '../../cluster/schema/fields.ts';
import { formatYaml } from '../../cluster/schema/yaml.ts';
import { unifiedDiff } from '../../cluster/schema/unified-diff.ts';
import type { KubeObject } from '../../cluster/object.ts';
import { type Command, CommandError, type Invocation } from '../command.ts';
import { askEnvoy, ConfigDump, fileText, inCamelCase } from '../config-dump.ts';
import { askIstiod, istiodPods } from '../istiod.ts';
import { podMeant } from '../pods.ts';
import { table } from '../table.ts';

export const command: Command = {
  long: 'Whether each proxy has taken what istiod sent it last; for one proxy, how the two differ',
  example: `  # All proxies of the mesh
  istioctl proxy-status

  # Those of one namespace
  istioctl proxy-status --namespace staging

  # One proxy against its istiod
  istioctl proxy-status deploy/frontend.default`,
  flags: [
    { name: 'file', type: 'string', usage: 'Read the dump of the proxy from this file' },
    {
      name: 'output',
      short: 'o',
      type: 'string',
      default: 'table',
      usage: 'How to print: table, json or yaml',
    },
    { name: 'revision', short: 'r', type: 'string', usage: 'Only istiods of this revision' },
    {
      name: 'verbosity',
      short: 'v',
      type: 'int',
      usage: '1: each type of configuration with its age',
    },
    {
      name: 'xds-label',
      type: 'string',
      usage: 'Only istiods with these labels',
    },
  ],
  run: async (invocation: Invocation) => {
    const [pod] = invocation.args;
    return pod === undefined ? statusOfAll(invocation) : compareOne(invocation, pod);
  },
};

/** Envoy's types by istioctl's short names. */
const SHORT: Readonly<Record<string, string>> = {
  'type.googleapis.com/envoy.config.cluster.v3.Cluster': 'CDS',
  'type.googleapis.com/envoy.config.listener.v3.Listener': 'LDS',
  'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment': 'EDS',
  'type.googleapis.com/envoy.config.route.v3.RouteConfiguration': 'RDS',
  'type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig': 'ECDS',
};
/** In this order they are named. */
const NAMED = ['CDS', 'LDS', 'EDS', 'RDS', 'ECDS'];
/** In this order a matrix shows them: that of their full names. */
const MATRIX = ['CDS', 'ECDS', 'EDS', 'LDS', 'RDS'];

interface Proxy {
  id: string;
  namespace: string;
  cluster: string;
  istiod: string;
  version: string;
  /** By short name. */
  types: Map<string, { status: string; at: string | undefined }>;
}

async function statusOfAll(invocation: Invocation): Promise<void> {
  const { flags, io } = invocation;
  const pods = await istiods(invocation);
  const responses: { istiod: KubeObject; statuses: Fields[] }[] = [];
  for (const istiod of pods) {
    const statuses = listOf(JSON.parse(await ask(invocation, istiod, 'debug/syncz')));
    responses.push({ istiod, statuses });
  }
  const only = flags.string('namespace');
  const isWanted = (status: Fields) =>
    only === '' || namespaceOf(stringOf(status['proxy'])) === only;
  switch (flags.string('output')) {
    case 'table':
      break;
    case 'json':
    case 'yaml':
      for (const { istiod, statuses } of responses) {
        const response = discoveryResponse(istiod, statuses.filter(isWanted));
        io.out(
          flags.string('output') === 'json'
            ? `${JSON.stringify(response, null, 4)}\n`
            : `${formatYaml(response)}\n`,
        );
      }
      return;
    default:
      throw new CommandError(
        `output format ${JSON.stringify(flags.string('output'))} not supported`,
      );
  }
  const proxies = responses
    .flatMap(({ istiod, statuses }) =>
      statuses.filter(isWanted).map((status) => proxyOf(status, istiod.metadata.name)),
    )
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  io.out(table(flags.int('verbosity') > 0 ? matrixRows(proxies) : rows(proxies), 5));
}

async function istiods(invocation: Invocation): Promise<KubeObject[]> {
  const { flags, istioNamespace } = invocation;
  const pods = await istiodPods(
    invocation.cluster(),
    istioNamespace,
    flags.string('revision') || undefined,
  );
  if (pods.length === 0)
    throw new CommandError(`no running Istio pods in ${JSON.stringify(istioNamespace)}`);
  return pods;
}

async function ask(invocation: Invocation, istiod: KubeObject, path: string): Promise<string> {
  try {
    return await askIstiod(invocation.cluster(), istiod, path);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(
      `could not get XDS from discovery pod ${JSON.stringify(istiod.metadata.name)}: ${error.message}`,
    );
  }
}

const namespaceOf = (proxy: string) => proxy.slice(proxy.lastIndexOf('.') + 1);

function proxyOf(status: Fields, istiod: string): Proxy {
  const id = stringOf(status['proxy']);
  const types = Object.entries(fieldsOf(status['resources'])).map(
    ([url, resource]): [string, { status: string; at: string | undefined }] => {
      const { sent, acked, sentTime } = fieldsOf(resource);
      const is = sent === undefined ? 'NOT SENT' : sent === acked ? 'SYNCED' : 'STALE';
      return [SHORT[url] ?? url, { status: is, at: stringOf(sentTime) || undefined }];
    },
  );
  return {
    id,
    namespace: namespaceOf(id),
    cluster: stringOf(status['cluster_id']),
    istiod,
    version: stringOf(status['istio_version']),
    types: new Map(types),
  };
}

function rows(proxies: readonly Proxy[]): string[][] {
  return [
    ['NAME', 'CLUSTER', 'ISTIOD', 'VERSION', 'SUBSCRIBED TYPES'],
    ...proxies.map(({ id, cluster, istiod, version, types }) => {
      const names = NAMED.filter((name) => types.has(name));
      const told = names.length === 0 ? '0' : `${names.length} (${names.join(',')})`;
      return [id, cluster, istiod, version, told];
    }),
  ];
}

function matrixRows(proxies: readonly Proxy[]): string[][] {
  return [
    ['NAME', 'CLUSTER', ...MATRIX, 'ISTIOD', 'VERSION'],
    ...proxies.map(({ id, cluster, istiod, version, types }) => [
      id,
      cluster,
      ...MATRIX.map((name) => {
        const type = types.get(name);
        if (!type) return 'IGNORED';
        if (type.at === undefined) return type.status;
        return `${type.status} (${humanDuration(Date.now() - Date.parse(type.at))})`;
      }),
      istiod,
      version,
    ]),
  ];
}

/** As istiod's answer to such a question looks in JSON. */
function discoveryResponse({ metadata }: KubeObject, statuses: readonly Fields[]): Fields {
  return {
    resources: statuses.map((status) => ({
      '@type': 'type.googleapis.com/envoy.service.status.v3.ClientConfig',
      node: {
        id: status['proxy'],
        metadata: {
          CLUSTER_ID: status['cluster_id'],
          ISTIO_VERSION: status['istio_version'],
          NAMESPACE: namespaceOf(stringOf(status['proxy'])),
        },
      },
      genericXdsConfigs: Object.entries(fieldsOf(status['resources']))
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([typeUrl, resource]) => {
          const { sent, acked, sentTime } = fieldsOf(resource);
          return {
            typeUrl,
            ...(sentTime === undefined ? {} : { lastUpdated: sentTime }),
            configStatus: sent === undefined ? 'NOT_SENT' : sent === acked ? 'SYNCED' : 'STALE',
          };
        }),
    })),
    typeUrl: 'type.googleapis.com/envoy.service.status.v3.ClientConfig',
    controlPlane: {
      identifier: JSON.stringify({
        Component: 'istiod',
        ID: metadata.name,
        Info: { version: stringOf(statuses[0]?.['istio_version']) },
      }),
    },
  };
}

// One proxy against its istiod.

async function compareOne(invocation: Invocation, text: string): Promise<void> {
  const { flags, io } = invocation;
  const pod = await podMeant(invocation, text);
  const file = flags.string('file');
  let own: string;
  try {
    own =
      file === ''
        ? await askEnvoy(invocation, pod, 'config_dump')
        : await fileText(invocation, file);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(`could not contact sidecar: ${error.message}`);
  }
  const [envoy, istiod] = [
    new ConfigDump(own),
    await istiodsDump(invocation, `${pod.name}.${pod.namespace}`),
  ];
  const parts: [title: string, of: (dump: ConfigDump) => Fields[]][] = [
    ['Clusters', (dump) => dynamic(dump.clusters())],
    ['Listeners', (dump) => dynamic(dump.listeners())],
    ['Routes', (dump) => dynamic(dump.routes())],
  ];
  for (const [title, of] of parts) {
    const diff = unifiedDiff(linesOf(of(istiod)), linesOf(of(envoy)));
    if (diff !== '')
      io.out(`${title} Don't Match\n--- Istiod ${title}\n+++ Envoy ${title}\n${diff}\n`);
    else
      io.out(
        title === 'Routes'
          ? `Routes Match (RDS last loaded at ${loadedAt(envoy)})\n`
          : `${title} Match\n`,
      );
  }
}

async function istiodsDump(invocation: Invocation, proxy: string): Promise<ConfigDump> {
  for (const istiod of await istiods(invocation))
    try {
      const path = `debug/config_dump?proxyID=${encodeURIComponent(proxy)}`;
      return new ConfigDump(await askIstiod(invocation.cluster(), istiod, path));
    } catch (error) {
      // It may be connected to another one.
      if (!(error instanceof CommandError && error.message.includes('404'))) throw error;
    }
  throw new CommandError('unable to find config dump in Istiod responses');
}

/** What istiod sends: the proxy's own parts, from its bootstrap, are called otherwise. */
function dynamic(messages: readonly Fields[]): Fields[] {
  const own = ['agent', 'prometheus_stats', 'sds-grpc', 'xds-grpc', ''];
  return messages
    .filter(
      ({ name }) =>
        !own.includes(stringOf(name)) &&
        !/^inbound\||^InboundPassthroughCluster$/.test(stringOf(name)),
    )
    .toSorted((a, b) => (stringOf(a['name']) < stringOf(b['name']) ? -1 : 1));
}

const linesOf = (messages: readonly Fields[]): string[] =>
  messages.flatMap((message) => JSON.stringify(inCamelCase(message), null, 4).split('\n'));

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const DAYS = 'Sun Mon Tue Wed Thu Fri Sat'.split(' ');

/** `Sun, 22 Nov 2026 10:00:00 UTC`, of the newest table. */
function loadedAt(dump: ConfigDump): string {
  const times = listOf(dump.part('RoutesConfigDump')['dynamic_route_configs']).map(
    ({ last_updated }) => Date.parse(stringOf(last_updated)),
  );
  const at = new Date(Math.max(0, ...times.filter(Number.isFinite)));
  const two = (number: number) => String(number).padStart(2, '0');
  return `${DAYS[at.getUTCDay()] ?? ''}, ${two(at.getUTCDate())} ${MONTHS[at.getUTCMonth()] ?? ''} ${at.getUTCFullYear()} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} UTC`;
}
