// What a request for a graph asks for: the query string, read and refused in the words of the real one.

import type { KialiGraphType } from '../../../protocol/kiali.ts';
import { badRequest } from '../fault.ts';

export type Rates = 'none' | 'received' | 'requests' | 'sent' | 'total';
export type Box = 'app' | 'cluster' | 'namespace';

export interface GraphOptions {
  graphType: KialiGraphType;
  namespaces: readonly string[];
  /** Seconds. */
  duration: number;
  /** Unix second the window ends at. */
  at: number;
  includeIdleEdges: boolean;
  injectServiceNodes: boolean;
  boxBy: readonly Box[];
  /** Undefined: all. */
  appenders: ReadonlySet<string> | undefined;
  rates: { grpc: Rates; http: Rates; tcp: Rates };
  /** 0 is the average. */
  quantile: number;
  throughput: 'request' | 'response';
}

const GRAPH_TYPES: readonly KialiGraphType[] = ['app', 'service', 'versionedApp', 'workload'];
const RATES: readonly Rates[] = ['none', 'received', 'requests', 'sent', 'total'];
const BOXES: readonly Box[] = ['app', 'cluster', 'namespace'];
/** Old and new names; some always run and may be named. */
const APPENDERS = new Set([
  'aggregateNode',
  'ambient',
  'deadNode',
  'health',
  'idleNode',
  'istio',
  'labeler',
  'meshCheck',
  'outsider',
  'responseTime',
  'securityPolicy',
  'serviceEntry',
  'sidecarsCheck',
  'throughput',
  'trafficGenerator',
  'workloadEntry',
]);
const QUANTILES: Readonly<Record<string, number>> = { avg: 0, '50': 0.5, '95': 0.95, '99': 0.99 };

/** Unless asked otherwise: ten minutes, as Kiali's API does (its page asks for one). */
const DEFAULT_SECONDS = 600;
const DEFAULT_QUANTILE = 0.95;

/** @param now Unix seconds. Throws ApiFault. */
export function graphOptions(query: URLSearchParams, now: number): GraphOptions {
  const graphType = oneOf(query, 'graphType', GRAPH_TYPES, 'workload');
  const services = truthOf(query, 'injectServiceNodes');
  const namespaces = (query.get('namespaces') ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const options: GraphOptions = {
    graphType,
    namespaces,
    duration: durationOf(query),
    at: timeOf(query, now),
    includeIdleEdges: truthOf(query, 'includeIdleEdges'),
    injectServiceNodes: services || graphType === 'service',
    boxBy: boxesOf(query),
    appenders: appendersOf(query),
    rates: {
      grpc: oneOf(query, 'rateGrpc', RATES, 'requests', 'gRPC Rate'),
      http: oneOf(query, 'rateHttp', ['none', 'requests'], 'requests', 'HTTP Rate'),
      tcp: oneOf(query, 'rateTcp', ['none', 'received', 'sent', 'total'], 'sent', 'TCP Rate'),
    },
    quantile: quantileOf(query),
    throughput: throughputOf(query),
  };
  checkRefresh(query);
  if (namespaces.length === 0)
    throw badRequest(
      'At least one namespace must be specified via the namespaces query parameter.',
    );
  return options;
}

export function asks({ appenders }: GraphOptions, ...names: readonly string[]): boolean {
  return !appenders || names.some((name) => appenders.has(name));
}

function oneOf<Word extends string>(
  query: URLSearchParams,
  name: string,
  words: readonly Word[],
  fallback: Word,
  called = name,
): Word {
  const text = query.get(name);
  if (!text) return fallback;
  const word = words.find((each) => each === text);
  if (!word) throw badRequest(`Invalid ${called} [${text}]`);
  return word;
}

function truthOf(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  if (!text) return false;
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false;
  throw badRequest(`Invalid ${name} [${text}]`);
}

const UNITS: Readonly<Record<string, number>> = {
  y: 31_536_000,
  w: 604_800,
  d: 86_400,
  h: 3_600,
  m: 60,
  s: 1,
  ms: 0.001,
};

/** Prometheus' notation, `1h30m`: seconds, or undefined for none. */
export function durationSeconds(text: string): number | undefined {
  if (!/^(\d+(y|w|d|h|ms|m|s))+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit = ''] of text.matchAll(/(\d+)(ms|[ywdhms])/g))
    seconds += Number(count) * (UNITS[unit] ?? 0);
  return seconds;
}

function durationOf(query: URLSearchParams): number {
  const text = query.get('duration');
  if (!text) return DEFAULT_SECONDS;
  const seconds = durationSeconds(text);
  if (seconds === undefined) throw badRequest(`Invalid duration [${text}]`);
  return seconds;
}

function timeOf(query: URLSearchParams, now: number): number {
  const text = query.get('queryTime');
  if (!text) return Math.floor(now);
  if (!/^-?\d+$/.test(text)) throw badRequest(`Invalid queryTime [${text}]`);
  return Number(text);
}

function boxesOf(query: URLSearchParams): Box[] {
  const text = query.get('boxBy');
  if (!text) return [];
  return text.split(',').map((each) => {
    const box = BOXES.find((known) => known === each.trim());
    if (!box) throw badRequest(`Invalid boxBy [${text}]`);
    return box;
  });
}

function appendersOf(query: URLSearchParams): Set<string> | undefined {
  const text = query.get('appenders');
  if (text === null) return undefined;
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  for (const name of names)
    if (!APPENDERS.has(name)) throw badRequest(`Invalid appender [${name}]`);
  return new Set(names);
}

function quantileOf(query: URLSearchParams): number {
  const text = query.get('responseTime');
  if (!text) return DEFAULT_QUANTILE;
  const quantile = QUANTILES[text];
  if (quantile === undefined)
    throw badRequest(`Invalid responseTime, must be one of: avg | 50 | 95 | 99: [${text}]`);
  return quantile;
}

function throughputOf(query: URLSearchParams): 'request' | 'response' {
  const text = query.get('throughputType');
  if (!text || text === 'response') return 'response';
  if (text === 'request') return 'request';
  throw badRequest(`Invalid throughputType, expecting one of (request, response). [${text}]`);
}

/** How long a real Kiali would keep the graph. This one makes each anew, and refuses what the real one refuses. */
function checkRefresh(query: URLSearchParams): void {
  const text = query.get('refreshInterval');
  if (!text) return;
  if (!/^-?\d+$/.test(text)) throw badRequest(`Invalid refresh interval [${text}]`);
  const ms = Number(text);
  if (ms > 0 && ms < 10_000)
    throw badRequest(
      'Refresh interval must be at least 10000ms (10 seconds), or 0 to disable caching',
    );
  if (ms > 900_000) throw badRequest('Refresh interval must not exceed 900000ms (15 minutes)');
}
