// istiod's pages on 8080 and 15014: who is connected and in step, what istiod knows of services, endpoints and rules.
// Knows no process. Source: istio/istio pilot/pkg/xds/debug.go (paths and shapes).

import { textResponse } from '../../network/http-server.ts';
import type { HttpResponse } from '../../network/http.ts';
import type { Fields } from '../../schema/fields.ts';
import { discoveryDump } from '../admin/config-dump.ts';
import { moment } from '../admin/protobuf-json.ts';
import type { Mesh } from '../mesh.ts';
import { nodeId } from '../admin/bootstrap.ts';
import { istiodMetrics } from './metrics.ts';
import { endpointShards, registry } from './registry.ts';
import { syncStatuses } from './sync-status.ts';

export interface IstiodPage {
  mesh: Mesh;
  /** The pod that answers. */
  pod: string;
  version: string;
  /** The caller is the pod itself, or came through a port-forward. */
  local: boolean;
}

interface Page {
  path: string;
  help: string;
  answer(page: IstiodPage, query: URLSearchParams): HttpResponse;
}

/** Shown to the pod itself only, as others must say who they are. */
const DEBUG_PAGES: readonly Page[] = [
  {
    path: '/debug/adsz',
    help: 'Status and debug interface for ADS',
    answer: (page) => json(clients(page)),
  },
  {
    path: '/debug/config_dump',
    help: 'ConfigDump in the form of the Envoy admin config dump API for passed in proxyID',
    answer: configDump,
  },
  {
    path: '/debug/configz',
    help: 'Debug support for config',
    answer: ({ mesh }) => json(mesh.rules()),
  },
  {
    path: '/debug/endpointShardz',
    help: 'Info about the endpoint shards',
    answer: ({ mesh }) => json(endpointShards(mesh.environment())),
  },
  {
    path: '/debug/endpointz',
    help: 'Obsolete, use endpointShardz',
    answer: ({ mesh }) => json(endpointShards(mesh.environment())),
  },
  { path: '/debug/list', help: 'List all supported debug commands in json', answer: list },
  {
    path: '/debug/mesh',
    help: 'Active mesh config',
    answer: ({ mesh }) => textResponse(200, mesh.meshConfigText() ?? ''),
  },
  {
    path: '/debug/registryz',
    help: 'Debug support for registry',
    answer: ({ mesh }) => json(registry(mesh.environment())),
  },
  {
    path: '/debug/syncz',
    help: 'Synchronization status of all Envoys connected to this Pilot instance',
    answer: ({ mesh, pod }) => json(syncStatuses(mesh.connected, pod)),
  },
];

export function answerIstiod(target: string, page: IstiodPage): HttpResponse {
  const [raw = '/', query = ''] = target.split('?', 2);
  const path = raw.replace(/^\/+/, '/');
  switch (path) {
    case '/ready':
      return textResponse(200, '');
    case '/version':
      // Version, revision, status: the three words that istioctl takes apart.
      return textResponse(200, `${page.version}-simulated-Clean`);
    case '/metrics':
      return textResponse(200, istiodMetrics(page), [
        ['content-type', 'text/plain; version=0.0.4'],
      ]);
    case '/debug':
      return index();
  }
  const found = DEBUG_PAGES.find((each) => each.path === path);
  if (!found) return textResponse(404, '404 page not found\n');
  if (!page.local) return textResponse(401, '');
  return found.answer(page, new URLSearchParams(query));
}

function index(): HttpResponse {
  const rows = DEBUG_PAGES.map(
    ({ path, help }) => `<tr><td><a href="${path}">${path}</a></td><td>${help}</td></tr>`,
  );
  return textResponse(
    200,
    `<!doctype html><title>Pilot Debug Console</title><table>${rows.join('')}</table>\n`,
    [['content-type', 'text/html; charset=utf-8']],
  );
}

function list(): HttpResponse {
  return json(DEBUG_PAGES.map(({ path }) => path));
}

function clients({ mesh, pod }: IstiodPage): Fields {
  const connected = mesh.connected.filter(({ istiod }) => istiod === pod);
  return {
    totalClients: connected.length,
    clients: connected.map(({ id, connectedAt, namespace, pod: name }) => ({
      connectionId: id,
      connectedAt: moment(connectedAt),
      address: mesh.configOf(namespace, name)?.identity.ip ?? '',
    })),
  };
}

/** What istiod would send the proxy now. */
function configDump({ mesh, pod, version }: IstiodPage, query: URLSearchParams): HttpResponse {
  const proxy = query.get('proxyID');
  if (proxy === null) return textResponse(400, 'You must provide a proxyID in the query string');
  const connection = mesh.connected.find(
    (each) => each.istiod === pod && (each.proxy === proxy || each.pod === proxy),
  );
  const pushed = connection && mesh.configOf(connection.namespace, connection.pod);
  if (!connection || !pushed)
    return textResponse(
      404,
      'Proxy not connected to this Pilot instance. It may be connected to another instance.',
    );
  const { watched } = connection;
  const newest = watched.get('CDS');
  return json({
    node: nodeId(pushed.identity),
    istiod: { pod, version },
    configs: discoveryDump({
      config: pushed.config,
      at: newest?.sentAt ?? 0,
      version: newest?.sent ?? '',
    }),
  });
}

function json(value: unknown): HttpResponse {
  return textResponse(200, `${JSON.stringify(value, null, 4)}\n`, [
    ['content-type', 'application/json'],
  ]);
}
