// A graph from its beginning to its end: questions to Prometheus, a map for each namespace, what appenders add, all of them
// merged, and the answer.
// Everything is asked at once and counted in Kiali's order.

import type { KialiGraph } from '../../../protocol/kiali.ts';
import { parseTimestamp, timestamp } from '../../time.ts';
import { badRequest, forbidden, unavailable } from '../fault.ts';
import { type Prometheus, PrometheusError, type Sample } from '../vector.ts';
import { deadNodes } from './appenders/dead-nodes.ts';
import { lacksTimes, responseTimes, security, throughput } from './appenders/edge-values.ts';
import { health } from './appenders/health.ts';
import { idleNodes } from './appenders/idle-nodes.ts';
import { istioRules } from './appenders/istio-rules.ts';
import { labels } from './appenders/labels.ts';
import { meshCheck } from './appenders/mesh-check.ts';
import { outsiders } from './appenders/outsiders.ts';
import { roots } from './appenders/roots.ts';
import { serviceEntries } from './appenders/service-entries.ts';
import { type Hash, graphAnswer } from './answer.ts';
import { merge } from './merge.ts';
import { type GraphOptions, asks } from './options.ts';
import {
  type TrafficQuery,
  responseTimeQueries,
  securityQueries,
  throughputQueries,
  trafficQueries,
} from './queries.ts';
import { reduceToServices } from './service-graph.ts';
import { serviceBetween, trafficOf } from './telemetry.ts';
import { TrafficMap } from './traffic-map.ts';
import type { GraphWorld } from './world.ts';

/** @param keep leaves only some of the traffic in, for the graph of one node. */
export async function buildGraph(
  world: GraphWorld,
  prometheus: Prometheus,
  hash: Hash,
  keep: (map: TrafficMap) => void = () => {},
): Promise<KialiGraph> {
  const { options } = world;
  const asked = await Promise.all(
    options.namespaces.map((namespace) => ask(world, prometheus, namespace)),
  );
  const whole = new TrafficMap(options.graphType);
  for (const answers of asked) {
    const map = namespaceMap(answers, options);
    await append(map, world, answers);
    merge(whole, answers.namespace, map);
  }
  outsiders(whole, world);
  if (asks(options, 'istio')) istioRules(whole, world);
  if (asks(options, 'health')) health(whole, world);
  if (asks(options, 'labeler')) labels(whole, world);
  roots(whole, world);
  if (options.graphType === 'service') reduceToServices(whole);
  keep(whole);
  return graphAnswer(whole, options, hash);
}

interface Answers {
  namespace: string;
  traffic: { query: TrafficQuery; samples: readonly Sample[] }[];
  responseTimes: Sample[][];
  /** Asked only when edges are left without a time. */
  callersTimes: () => Promise<Sample[][]>;
  security: Sample[][];
  throughput: Sample[][];
}

async function ask(world: GraphWorld, prometheus: Prometheus, namespace: string): Promise<Answers> {
  const { options } = world;
  const window = { namespace, seconds: secondsOf(world, namespace) };
  const query = async (text: string) => {
    try {
      return await prometheus.query(text, options.at);
    } catch (error) {
      if (!(error instanceof PrometheusError)) throw error;
      throw unavailable(error.message);
    }
  };
  const all = (wanted: boolean, texts: readonly string[]) =>
    Promise.all(wanted ? texts.map(query) : []);
  const [answered = '', called = ''] = responseTimeQueries(options, window);
  const [traffic, times, secured, bytes] = await Promise.all([
    Promise.all(
      trafficQueries(options, window).map(async (each) => ({
        query: each,
        samples: await query(each.query),
      })),
    ),
    all(asks(options, 'responseTime'), [answered]),
    all(asks(options, 'securityPolicy'), securityQueries(options, window)),
    all(asks(options, 'throughput'), throughputQueries(options, window)),
  ]);
  return {
    namespace,
    traffic,
    responseTimes: times,
    callersTimes: () => all(true, [called]),
    security: secured,
    throughput: bytes,
  };
}

/** No window reaches back before its namespace was made. */
function secondsOf({ inventory, options }: GraphWorld, name: string): number {
  const namespace = inventory.namespaces().find(({ metadata }) => metadata.name === name);
  if (!namespace) throw forbidden(`Requested namespace [${name}] is not accessible.`);
  const made = parseTimestamp(namespace.metadata.creationTimestamp) ?? 0;
  const lifetime = options.at - made / 1000;
  if (lifetime <= 0)
    throw badRequest(
      `Namespace [${name}] did not exist at requested queryTime [${timestamp(options.at * 1000)}]`,
    );
  return Math.max(1, Math.floor(Math.min(lifetime, options.duration)));
}

function namespaceMap({ traffic }: Answers, options: GraphOptions): TrafficMap {
  const { rates, graphType, injectServiceNodes } = options;
  const map = new TrafficMap(graphType);
  for (const { query, samples } of traffic)
    for (const sample of samples) {
      const found = trafficOf(sample, query.metric, query.protocol);
      if (!found) continue;
      const { name } = found.protocol;
      // Requests of both protocols come in one answer.
      if (!query.protocol && name !== 'tcp' && rates[name] !== 'requests') continue;
      map.add(found, injectServiceNodes ? serviceBetween(graphType, found.destination) : undefined);
    }
  return map;
}

/** In Kiali's order: later ones build on what earlier ones found. */
async function append(map: TrafficMap, world: GraphWorld, answers: Answers): Promise<void> {
  const { options } = world;
  const { namespace } = answers;
  if (asks(options, 'serviceEntry')) serviceEntries(map, world, namespace, []);
  if (asks(options, 'deadNode')) deadNodes(map, world, namespace, []);
  if (asks(options, 'responseTime')) {
    responseTimes(map, world, namespace, answers.responseTimes);
    // What servers tell comes first, and thousands of buckets need not be read twice.
    if (lacksTimes(map)) responseTimes(map, world, namespace, await answers.callersTimes());
  }
  if (asks(options, 'securityPolicy')) security(map, world, namespace, answers.security);
  if (asks(options, 'throughput')) throughput(map, world, namespace, answers.throughput);
  if (asks(options, 'idleNode')) idleNodes(map, world, namespace, []);
  if (asks(options, 'meshCheck', 'sidecarsCheck')) meshCheck(map, world, namespace, []);
}
