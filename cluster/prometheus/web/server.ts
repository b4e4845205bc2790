// The HTTP side of Prometheus: routes to answers. Source: Prometheus docs, HTTP API and management API.

import { type HttpHandle, textResponse } from '../../network/http-server.ts';
import { type HttpRequest, type HttpResponse, headerOf } from '../../network/http.ts';
import { timestamp } from '../../time.ts';
import { readAll, textOf } from '../../streams.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { Flags } from '../flags.ts';
import { formatValue } from '../numbers.ts';
import { QueryError } from '../promql/values.ts';
import { evaluateInstant } from '../promql/evaluate.ts';
import type { ScrapeManager } from '../scrape/scrape-manager.ts';
import { ApiFault, type Answered, failure, success } from './answer.ts';
import { labelNames, labelValues, metadata, series, targets } from './metadata-routes.ts';
import { ownMetrics } from './own-metrics.ts';
import { type QueryShown, page } from './page.ts';
import { expressionOf } from './parameters.ts';
import { type QueryContext, formatQuery, query, queryRange } from './query-routes.ts';

export interface WebContext extends QueryContext {
  flags: Flags;
  version: string;
  manager: ScrapeManager;
  hostname: string;
  startedAt: number;
  configuration(): Configuration;
  /** When the configuration was last read, and whether that went well. */
  lastReload(): { at: number; successful: boolean };
  /** False until the first configuration is applied. */
  ready(): boolean;
  /** Reads the configuration again. The reason when it is no good. */
  reload(): string | undefined;
  quit(): void;
}

const PLAIN: [string, string][] = [['Content-Type', 'text/plain; charset=utf-8']];
/** The API server's own limit of a form. */
const FORM = 'application/x-www-form-urlencoded';

export function serveWeb(context: WebContext): HttpHandle {
  return async (request) => {
    const [path = '/', search = ''] = request.target.split('?');
    const { routePrefix } = context.flags;
    if (routePrefix !== '' && path !== routePrefix && !path.startsWith(`${routePrefix}/`))
      return path === '/' ? moved(`${routePrefix}/`) : notFound();
    const route = path.slice(routePrefix.length) || '/';
    const parameters = new URLSearchParams(search);
    if (route.startsWith('/api/v1/')) return api(request, route.slice(8), parameters, context);
    await readAll(request.body);
    return management(request.method, route, parameters, context);
  };
}

async function management(
  method: string,
  route: string,
  parameters: URLSearchParams,
  context: WebContext,
): Promise<HttpResponse> {
  switch (route) {
    case '/-/healthy':
      return textResponse(200, 'Prometheus Server is Healthy.\n', PLAIN);
    case '/-/ready':
      return context.ready()
        ? textResponse(200, 'Prometheus Server is Ready.\n', PLAIN)
        : textResponse(503, 'Service Unavailable', PLAIN);
    case '/-/reload':
    case '/-/quit':
      return lifecycle(method, route, context);
    case '/metrics':
      return textResponse(200, ownMetrics(context), [
        ['Content-Type', 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores'],
      ]);
    case '/':
    case '/query':
    case '/graph':
    case '/targets':
      return textResponse(200, page(await shown(parameters, context), context.manager.loops), [
        ['Content-Type', 'text/html; charset=utf-8'],
      ]);
    default:
      return notFound();
  }
}

function lifecycle(method: string, route: string, context: WebContext): HttpResponse {
  if (!context.flags.enableLifecycle)
    return textResponse(403, 'Lifecycle API is not enabled.', PLAIN);
  if (method !== 'POST' && method !== 'PUT')
    return textResponse(405, 'Only POST or PUT requests allowed', PLAIN);
  if (route === '/-/quit') {
    context.quit();
    return textResponse(200, 'Requesting termination... Goodbye!', PLAIN);
  }
  const wrong = context.reload();
  if (wrong !== undefined) return textResponse(500, `failed to reload config: ${wrong}\n`, PLAIN);
  return textResponse(200, '');
}

async function api(
  request: HttpRequest,
  route: string,
  parameters: URLSearchParams,
  context: WebContext,
): Promise<HttpResponse> {
  const body = textOf(await readAll(request.body));
  if (request.method === 'OPTIONS') return textResponse(204, '');
  if (request.method !== 'GET' && !(request.method === 'POST' && POSTED.has(route)))
    return textResponse(405, 'Method Not Allowed\n', PLAIN);
  if (headerOf(request.headers, 'content-type')?.startsWith(FORM))
    for (const [name, value] of new URLSearchParams(body)) parameters.append(name, value);
  try {
    const answer = await answerTo(route, parameters, context);
    return answer ? success(answer) : notFound();
  } catch (error) {
    if (!(error instanceof ApiFault)) throw error;
    return failure(error);
  }
}

const POSTED: ReadonlySet<string> = new Set([
  'query',
  'query_range',
  'series',
  'labels',
  'format_query',
  'parse_query',
  'query_exemplars',
]);

function answerTo(
  route: string,
  parameters: URLSearchParams,
  context: WebContext,
): Promise<Answered> | Answered | undefined {
  const { storage, manager } = context;
  const label = /^label\/([^/]*)\/values$/.exec(route);
  if (label) return labelValues(decodeURIComponent(label[1] ?? ''), parameters, storage);
  switch (route) {
    case 'query':
      return query(parameters, context);
    case 'query_range':
      return queryRange(parameters, context);
    case 'format_query':
      return formatQuery(parameters, context);
    case 'query_exemplars':
      return { data: [] };
    case 'series':
      return series(parameters, storage);
    case 'labels':
      return labelNames(parameters, storage);
    case 'metadata':
      return metadata(parameters, manager);
    case 'targets':
      return targets(parameters, manager);
    case 'scrape_pools':
      return { data: { scrapePools: [...manager.jobs].sort() } };
    case 'rules':
      return { data: { groups: [] } };
    case 'alerts':
      return { data: { alerts: [] } };
    case 'alertmanagers':
      return { data: { activeAlertmanagers: [], droppedAlertmanagers: [] } };
    case 'status/config':
      return { data: { yaml: context.configuration().text } };
    case 'status/flags':
      return { data: Object.fromEntries(context.flags.all) };
    case 'status/buildinfo':
      return {
        data: {
          version: context.version,
          revision: 'simulated',
          branch: 'HEAD',
          buildUser: '',
          buildDate: '',
          goVersion: '',
        },
      };
    case 'status/runtimeinfo':
      return { data: runtime(context) };
    case 'status/tsdb':
      return { data: tsdb(context) };
    default:
      return undefined;
  }
}

function runtime(context: WebContext) {
  const { at, successful } = context.lastReload();
  return {
    startTime: timestamp(context.startedAt),
    CWD: '/prometheus',
    hostname: context.hostname,
    serverTime: timestamp(context.now()),
    reloadConfigSuccess: successful,
    lastConfigTime: timestamp(at),
    corruptionCount: 0,
    storageRetention: context.flags.retentionText,
  };
}

function tsdb({ storage }: WebContext) {
  const span = storage.span;
  const counts = [...storage.seriesByName].sort(([, a], [, b]) => b - a).slice(0, 10);
  return {
    headStats: {
      numSeries: storage.seriesCount,
      minTime: span?.oldest ?? 0,
      maxTime: span?.newest ?? 0,
    },
    seriesCountByMetricName: counts.map(([name, value]) => ({ name, value })),
  };
}

async function shown(
  parameters: URLSearchParams,
  context: WebContext,
): Promise<QueryShown | undefined> {
  const expression = parameters.get('expr') ?? parameters.get('g0.expr') ?? '';
  if (expression.trim() === '') return undefined;
  try {
    const { expr } = expressionOf(
      new URLSearchParams({ query: expression }),
      context.limits.queryLength,
    );
    const value = await evaluateInstant(expr, Math.floor(context.now()), {
      storage: context.storage,
      lookbackMs: context.lookbackMs,
      defaultStepMs: context.defaultStepMs(),
      samples: context.limits.querySamples,
      pause: () => context.pause(),
    });
    switch (value.type) {
      case 'scalar':
        return { expression, rows: [['scalar', formatValue(value.value)]], note: '' };
      case 'string':
        return { expression, rows: [['string', value.value]], note: '' };
      case 'vector':
        return {
          expression,
          rows: value.samples.map((each) => [each.labels.toString(), formatValue(each.value)]),
          note:
            value.samples.length === 0
              ? 'Empty query result'
              : `Result series: ${value.samples.length}`,
        };
      case 'matrix':
        return {
          expression,
          rows: value.ranges.map(({ labels, times, values }) => [
            labels.toString(),
            times.map((time, at) => `${formatValue(values[at] ?? NaN)} @${time / 1000}`).join(' '),
          ]),
          note: `Result series: ${value.ranges.length}`,
        };
    }
  } catch (error) {
    if (!(error instanceof ApiFault || error instanceof QueryError)) throw error;
    return { expression, rows: [], note: `Error executing query: ${error.message}` };
  }
}

function moved(location: string): HttpResponse {
  return textResponse(302, '', [['Location', location]]);
}

function notFound(): HttpResponse {
  return textResponse(404, '404 page not found\n', PLAIN);
}
