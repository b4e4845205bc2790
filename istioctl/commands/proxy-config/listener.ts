// istioctl proxy-config listener: where a proxy takes connections, by which of their properties, and where they go.
// Source: istio/istio istioctl/pkg/writer/envoy/configdump/listener.go (columns, order, how matches and destinations are told).

import {
  at,
  type Fields,
  fieldsOf,
  listOf,
  numberOf,
  stringOf,
  stringsOf,
} from '../../../cluster/schema/fields.ts';
import type { Command, Invocation } from '../../command.ts';
import { CommandError } from '../../command.ts';
import { configDumpOf } from '../../config-dump.ts';
import type { FlagValues, Flag } from '../../flags.ts';
import { table } from '../../table.ts';
import { compare } from './names.ts';
import { matchText } from './route.ts';
import { fileFlag, printed, requirePod, show, verboseFlag } from './shown.ts';

const QUERY = '?mask=dynamic_listeners,static_listeners';

export const listenerFlags: readonly Flag[] = [
  { name: 'address', type: 'string', usage: 'Only listeners at this address' },
  { name: 'type', type: 'string', usage: 'Only listeners of this type: HTTP, TCP or HTTP+TCP' },
];

export const command: Command = {
  long: 'The listeners of a proxy: which connections it takes, and where they go.',
  flags: [
    ...listenerFlags,
    { name: 'port', type: 'int', usage: 'Only listeners of this port' },
    verboseFlag,
    fileFlag,
  ],
  run: async (invocation: Invocation) => {
    requirePod(invocation);
    const { dump } = await configDumpOf(invocation, QUERY);
    const all = dump.listeners();
    if (all.length === 0) throw new CommandError('no listeners found');
    const listeners = chosenListeners(all, invocation.flags);
    show(invocation, {
      summary: () => table(listenerRows(inOrder(listeners), invocation.flags.bool('verbose')), 1),
      messages: () => printed(listeners),
    });
  },
};

export function chosenListeners(listeners: readonly Fields[], flags: FlagValues): Fields[] {
  const [address = '', type = ''] = ['address', 'type'].map((name) =>
    flags.string(name).toLowerCase(),
  );
  const port = flags.int('port');
  return listeners.filter(
    (listener) =>
      (address === '' || addressOf(listener).toLowerCase() === address) &&
      (type === '' || typeOf(listener).toLowerCase() === type) &&
      (port === 0 || portOf(listener) === port),
  );
}

export function inOrder(listeners: readonly Fields[]): Fields[] {
  return listeners.toSorted(
    (a, b) =>
      portOf(a) - portOf(b) || compare(addressOf(a), addressOf(b)) || compare(typeOf(a), typeOf(b)),
  );
}

export function listenerRows(
  listeners: readonly Fields[],
  verbose: boolean,
  prefix = '',
): string[][] {
  const header = ['ADDRESSES', 'PORT', ...(verbose ? ['MATCH', 'DESTINATION'] : ['TYPE'])];
  const rows = listeners.flatMap((listener) => {
    const named = [
      ...(prefix === '' ? [] : [`${prefix}${stringOf(listener['name'])}`]),
      addressOf(listener),
      String(portOf(listener)),
    ];
    if (!verbose) return [[...named, typeOf(listener)]];
    return chainsOf(listener)
      .map((chain) => ({
        match: chainMatchText(fieldsOf(chain['filter_chain_match'])),
        destination: destinationOf(listOf(chain['filters'])),
      }))
      .toSorted((a, b) => compare(b.destination, a.destination))
      .map(({ match, destination }) => [...named, match, destination]);
  });
  return [prefix === '' ? header : ['NAME', ...header], ...rows];
}

const addressOf = (listener: Fields) =>
  stringOf(at(listener, 'address', 'socket_address', 'address'));
const portOf = (listener: Fields) =>
  numberOf(at(listener, 'address', 'socket_address', 'port_value')) ?? 0;

function chainsOf(listener: Fields): Fields[] {
  const fallback = listener['default_filter_chain'];
  return [
    ...listOf(listener['filter_chains']),
    ...(fallback === undefined ? [] : [fieldsOf(fallback)]),
  ];
}

const HTTP = 'envoy.filters.network.http_connection_manager';
const TCP = 'envoy.filters.network.tcp_proxy';
const BLACK_HOLE = 'BlackHoleCluster';

function typeOf(listener: Fields): string {
  const filters = chainsOf(listener).flatMap((chain) => listOf(chain['filters']));
  const http = filters.some(({ name }) => name === HTTP);
  const tcp = filters.some(
    ({ name, typed_config }) => name === TCP && fieldsOf(typed_config)['cluster'] !== BLACK_HOLE,
  );
  if (http) return tcp ? 'HTTP+TCP' : 'HTTP';
  return tcp ? 'TCP' : 'UNKNOWN';
}

const KNOWN_PROTOCOLS: Readonly<Record<string, string>> = {
  'http/1.0,http/1.1,h2c,istio-http/1.0,istio-http/1.1,istio-h2': 'HTTP TLS',
  'istio,istio-http/1.0,istio-http/1.1,istio-h2': 'Istio HTTP Plain',
  'istio-peer-exchange,istio': 'TCP TLS',
  'http/1.0,http/1.1,h2c': 'HTTP',
};

function chainMatchText(match: Fields): string {
  const names = stringsOf(match['server_names']).join(',');
  const transport = stringOf(match['transport_protocol']);
  const protocols = stringsOf(match['application_protocols']).join(',');
  const port = numberOf(match['destination_port']);
  const blocks = listOf(match['prefix_ranges'])
    .map(
      ({ address_prefix, prefix_len }) =>
        `${stringOf(address_prefix)}/${numberOf(prefix_len) ?? 0}`,
    )
    .join(',');
  const told = [
    ...(names === '' ? [] : [`SNI: ${names}`]),
    ...(transport === '' ? [] : [`Trans: ${transport}`]),
    ...(protocols === '' ? [] : [`App: ${KNOWN_PROTOCOLS[protocols] ?? protocols}`]),
    ...(blocks !== ''
      ? [`Addr: ${blocks}${port === undefined ? '' : `:${port}`}`]
      : port === undefined
        ? []
        : [`Addr: *:${port}`]),
  ];
  return told.length === 0 ? 'ALL' : told.join('; ');
}

function destinationOf(filters: readonly Fields[]): string {
  for (const { name, typed_config } of filters) {
    const config = fieldsOf(typed_config);
    if (name === HTTP) {
      if (config['route_config'] !== undefined) return inlineText(fieldsOf(config['route_config']));
      const table = stringOf(at(config, 'rds', 'route_config_name'));
      return table === '' ? 'HTTP' : `Route: ${table}`;
    }
    if (name === TCP && config['cluster'] !== BLACK_HOLE)
      return clusterText(stringOf(config['cluster']));
  }
  return 'Non-HTTP/Non-TCP';
}

/** Names of Envoy's own clusters say what they are. */
const clusterText = (cluster: string) =>
  cluster.includes('Cluster') ? cluster : `Cluster: ${cluster}`;

function inlineText(routes: Fields): string {
  const hosts = listOf(routes['virtual_hosts']);
  const [only] = hosts;
  const [route, ...others] = listOf(only?.['routes']);
  const cluster = stringOf(at(route, 'route', 'cluster'));
  const everything =
    hosts.length === 1 &&
    stringsOf(only?.['domains']).join(',') === '*' &&
    others.length === 0 &&
    at(route, 'match', 'prefix') === '/';
  if (everything && cluster !== '') return clusterText(cluster);
  const told = hosts.map((host) => {
    const domains = stringsOf(host['domains']).join('/');
    const paths = listOf(host['routes'])
      .map(({ match }) => matchText(fieldsOf(match)))
      .join(', ');
    return domains === '*' ? paths : `${domains} ${paths}`;
  });
  return `Inline Route: ${told.join('; ')}`;
}
