// istioctl proxy-config route: the route tables of a proxy, one line a route, with the VirtualService of each.
// Source: istio/istio istioctl/pkg/writer/envoy/configdump/route.go (columns, and how domains and matches are told).

import {
  at,
  type Fields,
  fieldsOf,
  listOf,
  stringOf,
  stringsOf,
} from '../../../cluster/schema/fields.ts';
import type { Command, Invocation } from '../../command.ts';
import { CommandError } from '../../command.ts';
import { configDumpOf } from '../../config-dump.ts';
import type { FlagValues } from '../../flags.ts';
import { table } from '../../table.ts';
import { ruleOf } from './names.ts';
import { fileFlag, printed, requirePod, show, verboseFlag } from './shown.ts';

const QUERY = '?mask=dynamic_route_configs,static_route_configs';

export const command: Command = {
  long: 'The routes of a proxy: which request goes where, and by which VirtualService.',
  flags: [
    {
      name: 'name',
      type: 'string',
      usage: 'Only the route table of this name: a port, such as 80',
    },
    verboseFlag,
    fileFlag,
  ],
  run: async (invocation: Invocation) => {
    requirePod(invocation);
    const { dump } = await configDumpOf(invocation, QUERY);
    const all = dump.routes();
    if (all.length === 0) throw new CommandError('no routes found');
    const tables = chosenTables(all, invocation.flags);
    show(invocation, {
      summary: () => table(routeRows(tables, invocation.flags.bool('verbose')), 5),
      messages: () => printed(tables),
    });
  },
};

/** Tables that are called by a port come in the order of ports, among the others as they are. */
export function chosenTables(tables: readonly Fields[], flags: FlagValues): Fields[] {
  const wanted = flags.string('name');
  const portOf = (routes: Fields) => Number.parseInt(stringOf(routes['name']), 10);
  const isPort = (routes: Fields) => /^\d+$/.test(stringOf(routes['name']));
  const ports = tables.filter(isPort).toSorted((a, b) => portOf(a) - portOf(b));
  return [...ports, ...tables.filter((each) => !isPort(each))].filter(
    ({ name }) => wanted === '' || stringOf(name) === wanted,
  );
}

export function routeRows(tables: readonly Fields[], verbose: boolean, prefix = ''): string[][] {
  if (!verbose)
    return [
      ['NAME', 'VIRTUAL HOSTS'],
      ...tables.map((routes) => [
        `${prefix}${stringOf(routes['name'])}`,
        String(listOf(routes['virtual_hosts']).length),
      ]),
    ];
  return [
    ['NAME', 'VHOST NAME', 'DOMAINS', 'MATCH', 'VIRTUAL SERVICE'],
    ...tables.flatMap((routes) =>
      listOf(routes['virtual_hosts']).flatMap((host) =>
        hostRows(host).map((row) => [`${prefix}${stringOf(routes['name'])}`, ...row]),
      ),
    ),
  ];
}

function hostRows(host: Fields): string[][] {
  const named = [stringOf(host['name']), domainsText(stringsOf(host['domains']))];
  const routes = listOf(host['routes']);
  if (routes.length === 0) return [[...named, '/*', '404']];
  return routes
    .filter((route) => at(route, 'route', 'cluster') !== 'PassthroughCluster')
    .map((route) => [...named, matchText(fieldsOf(route['match'])), ruleOf(route)]);
}

/** How many domains are told before `+ N more...`. */
const TOLD = 2;

/** Longer forms of a name that is there too are left out. */
function domainsText(domains: readonly string[]): string {
  if (domains.length <= 1) return domains[0] ?? '';
  const known = new Set(domains);
  const isLonger = (domain: string) =>
    ['.svc.cluster.local', '.svc'].some(
      (suffix) => domain.endsWith(suffix) && known.has(domain.slice(0, -suffix.length)),
    );
  const told = domains.filter((domain) => !domain.includes(':') && !isLonger(domain));
  const first = told.slice(0, TOLD).join(', ');
  return told.length > TOLD ? `${first} + ${told.length - TOLD} more...` : first;
}

/** The path alone: headers are not told. */
export function matchText(match: Fields): string {
  const [prefix, path] = [stringOf(match['prefix']), stringOf(match['path'])];
  const regex = match['safe_regex'];
  return [
    ...(prefix === '' ? [] : [`${prefix}*`]),
    ...(path === '' ? [] : [path]),
    ...(regex === undefined ? [] : [`regex ${stringOf(fieldsOf(regex)['regex'])}`]),
  ].join(' ');
}
