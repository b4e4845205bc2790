// Envoy's administration on port 15000: which path shows what of one proxy. Knows no process: what lives comes as an interface.
// Source: Envoy docs, administration interface. Paths that are not simulated get Envoy's own answer to unknown ones.

import { textResponse } from '../../network/http-server.ts';
import type { HttpResponse } from '../../network/http.ts';
import type { Fields } from '../../schema/fields.ts';
import type { UpstreamCluster } from '../proxy/upstream.ts';
import type { ProxyConfig } from '../routing/proxy-config.ts';
import { nodeId } from './bootstrap.ts';
import { clustersJson, clustersText } from './cluster-statuses.ts';
import { type DumpOf, askedOf, configDump } from './config-dump.ts';
import { dynamicListeners, staticListeners } from './listeners.ts';
import type { LogLevels } from './log-levels.ts';
import { type StatsInclusion, statType, statsOf } from './stats.ts';

export interface ProxyAdmin {
  dump(): DumpOf;
  clusters(): readonly UpstreamCluster[];
  /** Pushes that were taken. */
  updates(): number;
  inclusion(): StatsInclusion;
  levels: LogLevels;
  /** In Prometheus' text format: Istio's own metrics. */
  metrics(): string;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Command line options, as the server shows them. */
  options: Fields;
}

interface Page {
  path: string;
  help: string;
  /** Changes something, so it takes POST only. */
  changes?: boolean;
  answer(admin: ProxyAdmin, query: URLSearchParams): HttpResponse;
}

const PAGES: readonly Page[] = [
  { path: '/', help: 'Admin home page', answer: () => home() },
  {
    path: '/clusters',
    help: 'upstream cluster status',
    answer: (admin, query) =>
      query.get('format') === 'json'
        ? json(clustersJson(admin.clusters()))
        : plain(clustersText(admin.clusters())),
  },
  {
    path: '/config_dump',
    help: 'dump current Envoy configs',
    answer: (admin, query) => {
      const parts = configDump(admin.dump(), { endpoints: query.has('include_eds') });
      const asked = askedOf(parts, query);
      return 'error' in asked ? plain(`${String(asked['error'])}\n`, 404) : json(asked);
    },
  },
  { path: '/help', help: 'print out list of admin commands', answer: () => plain(helpText()) },
  {
    path: '/listeners',
    help: 'print listener info',
    answer: (admin, query) => listeners(admin, query),
  },
  {
    path: '/logging',
    help: 'query/change logging levels',
    changes: true,
    answer: ({ levels }, query) =>
      levels.change(query) ? plain(levels.text()) : plain(`${LOGGING_USAGE}\n`, 400),
  },
  {
    path: '/ready',
    help: 'print server state, return 200 if LIVE, otherwise return 503',
    answer: (admin) => (isLive(admin) ? plain('LIVE\n') : plain('PRE_INITIALIZING\n', 503)),
  },
  { path: '/server_info', help: 'print server version/status information', answer: serverInfo },
  { path: '/stats', help: 'print server stats', answer: stats },
  {
    path: '/stats/prometheus',
    help: 'print server stats in prometheus format',
    answer: (admin) => plain(prometheusText(admin)),
  },
];

const LOGGING_USAGE =
  'usage: /logging?<name>=<level> (change single level)\nusage: /logging?paths=name1:level1,name2:level2,... (change multiple levels)\nusage: /logging?level=<level> (change all levels)\nlevels: trace debug info warning error critical off';

export function answerAdmin(method: string, target: string, admin: ProxyAdmin): HttpResponse {
  const [path = '/', query = ''] = target.split('?', 2);
  const page = PAGES.find((each) => each.path === path);
  if (!page) return plain(`invalid path. ${helpText()}`, 404);
  if (page.changes && method !== 'POST')
    return plain(`Method ${method} not allowed, POST required.`, 405);
  return page.answer(admin, new URLSearchParams(query));
}

function helpText(): string {
  return `admin commands are:\n${PAGES.map(({ path, help, changes }) => `  ${path}${changes ? ' (POST)' : ''}: ${help}\n`).join('')}`;
}

function home(): HttpResponse {
  const rows = PAGES.map(
    ({ path, help }) => `<tr><td><a href="${path.slice(1)}">${path}</a></td><td>${help}</td></tr>`,
  );
  const page = `<!doctype html><title>Envoy Admin</title><table>${rows.join('')}</table>\n`;
  return textResponse(200, page, [['content-type', 'text/html; charset=UTF-8']]);
}

const isLive = (admin: ProxyAdmin) => admin.dump().received !== undefined;

function serverInfo(admin: ProxyAdmin): HttpResponse {
  const { bootstrap } = admin.dump();
  const uptime = `${Math.floor((admin.now() - bootstrap.since) / 1000)}s`;
  return json({
    // No Envoy runs here, and whoever looks for its build is told so.
    version: `simulated/${bootstrap.version}/Clean/RELEASE/none`,
    state: isLive(admin) ? 'LIVE' : 'PRE_INITIALIZING',
    hot_restart_version: 'disabled',
    command_line_options: admin.options,
    node: { id: nodeId(bootstrap.identity), user_agent_name: 'envoy' },
    uptime_current_epoch: uptime,
    uptime_all_epochs: uptime,
  });
}

function listeners(admin: ProxyAdmin, query: URLSearchParams): HttpResponse {
  const { received } = admin.dump();
  const all = [...staticListeners(), ...(received ? dynamicListeners(received.config) : [])];
  if (query.get('format') === 'json')
    return json({
      listener_statuses: all.map(({ name = '', address }) => ({ name, local_address: address })),
    });
  const lines = all.map(({ name = '', address }) => {
    const { socket_address } = address as {
      socket_address: { address: string; port_value: number };
    };
    return `${String(name)}::${socket_address.address}:${socket_address.port_value}\n`;
  });
  return plain(lines.join(''));
}

function numbers(admin: ProxyAdmin): [name: string, value: number][] {
  const { received, bootstrap } = admin.dump();
  return statsOf(
    {
      clusters: admin.clusters(),
      listeners: staticListeners().length + (received ? listenerCount(received.config) : 0),
      updates: admin.updates(),
      uptimeSeconds: (admin.now() - bootstrap.since) / 1000,
      live: received !== undefined,
    },
    admin.inclusion(),
  );
}

/** virtualOutbound and virtualInbound, which stand beside those of services. */
const VIRTUAL_LISTENERS = 2;

/** Scrapes ask again and again, so nothing is written out to be counted. */
function listenerCount({ outbound }: ProxyConfig): number {
  return outbound.listeners.size + VIRTUAL_LISTENERS;
}

function stats(admin: ProxyAdmin, query: URLSearchParams): HttpResponse {
  const filter = query.get('filter');
  let expression: RegExp | undefined;
  try {
    expression = filter === null ? undefined : new RegExp(filter);
  } catch (error) {
    if (error instanceof SyntaxError) return plain(`Invalid re2 regex\n`, 400);
    throw error;
  }
  const shown = numbers(admin).filter(([name]) => expression?.test(name) ?? true);
  const format = query.get('format');
  if (format === 'json') return json({ stats: shown.map(([name, value]) => ({ name, value })) });
  if (format === 'prometheus') return plain(prometheusText(admin));
  return plain(shown.map(([name, value]) => `${name}: ${value}\n`).join(''));
}

/** Istio's metrics, and Envoy's own under the names that Prometheus knows them by. */
export function prometheusText(admin: ProxyAdmin): string {
  const byName = new Map<string, string[]>();
  for (const [name, value] of numbers(admin)) {
    const [, cluster, rest] = /^cluster\.([^;]+);?\.(.+)$/.exec(name) ?? [];
    const metric = `envoy_${(rest === undefined ? name : `cluster_${rest}`).replaceAll(/[^a-zA-Z0-9_]/g, '_')}`;
    const label = cluster === undefined ? '{}' : `{cluster_name="${cluster}"}`;
    byName.set(metric, [...(byName.get(metric) ?? []), `${metric}${label} ${value}\n`]);
  }
  const own = [...byName].map(
    ([metric, lines]) => `# TYPE ${metric} ${statType(metric)}\n${lines.join('')}`,
  );
  return `${admin.metrics()}${own.join('')}`;
}

function plain(text: string, status = 200): HttpResponse {
  return textResponse(status, text, [['content-type', 'text/plain; charset=UTF-8']]);
}

function json(value: unknown): HttpResponse {
  return textResponse(200, `${JSON.stringify(value, null, 1)}\n`, [
    ['content-type', 'application/json'],
  ]);
}
