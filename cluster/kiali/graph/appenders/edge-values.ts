// Values that belong to edges, from questions of their own: response times, throughput, and whether it is mutual TLS.

import type { Sample } from '../../vector.ts';
import type { Party } from '../identity.ts';
import { identify } from '../identity.ts';
import { pairOf, serviceBetween } from '../telemetry.ts';
import type { GraphEdge, TrafficMap } from '../traffic-map.ts';
import type { GraphWorld, NamespaceAppender } from '../world.ts';

/** Times are told where requests are answered: between service and workload. */
export const responseTimes: NamespaceAppender = (map, world, _namespace, answers) => {
  const { rates } = world.options;
  if (rates.grpc !== 'requests' && rates.http !== 'requests') return;
  const times = firstValues(map, world, answers.flat(), ({ labels }) => labels['request_protocol']);
  for (const edge of map.edges()) {
    const time = times.get(`${edgeKey(edge)} ${edge.protocol.name}`);
    if (time !== undefined) edge.responseTime ??= time;
  }
};

/** Whether an edge with requests has no time yet. Where a service lies between, only its second half has one. */
export function lacksTimes(map: TrafficMap): boolean {
  return [...map.edges()].some(
    ({ target, protocol, responseTime }) =>
      responseTime === undefined && protocol.name !== 'tcp' && !target.marks.isInjected,
  );
}

export const throughput: NamespaceAppender = (map, world, _namespace, answers) => {
  const values = firstValues(map, world, answers.flat(), () => '');
  for (const edge of map.edges()) {
    const value = values.get(`${edgeKey(edge)} `);
    if (value !== undefined) edge.throughput = value;
  }
};

/** By the two ends and one more word. What is told first counts. */
function firstValues(
  map: TrafficMap,
  world: GraphWorld,
  samples: readonly Sample[],
  word: (sample: Sample) => string | undefined,
): Map<string, number> {
  const values = new Map<string, number>();
  for (const sample of samples) {
    if (Number.isNaN(sample.value)) continue;
    const ends = endsOf(map, world, sample);
    if (!ends) continue;
    const [source, , target] = ends;
    const from = ends[1] ?? source;
    const key = `${keyOf(map, from)} ${keyOf(map, target)} ${word(sample) ?? ''}`;
    if (!values.has(key)) values.set(key, sample.value);
  }
  return values;
}

const MUTUAL = 'mutual_tls';

interface Security {
  mutual: number;
  all: number;
  source: string;
  destination: string;
}

export const security: NamespaceAppender = (map, world, _namespace, answers) => {
  const found = new Map<string, Security>();
  const tell = (from: Party, to: Party, { labels, value }: Sample) => {
    const key = `${keyOf(map, from)} ${keyOf(map, to)}`;
    const known = found.get(key) ?? {
      mutual: 0,
      all: 0,
      source: labels['source_principal'] ?? '',
      destination: labels['destination_principal'] ?? '',
    };
    known.all += value;
    if (labels['connection_security_policy'] === MUTUAL) known.mutual += value;
    found.set(key, known);
  };
  for (const sample of answers.flat()) {
    const ends = endsOf(map, world, sample);
    if (!ends) continue;
    const [source, service, target] = ends;
    if (service) {
      tell(source, service, sample);
      tell(service, target, sample);
    } else tell(source, target, sample);
  }
  for (const edge of map.edges()) {
    const known = found.get(edgeKey(edge));
    if (!known) continue;
    if (known.mutual > 0) edge.mtlsPercent = (known.mutual / known.all) * 100;
    edge.sourcePrincipal = known.source;
    edge.destPrincipal = known.destination;
  }
};

/** Who calls, the service between, who answers. */
function endsOf(
  map: TrafficMap,
  { options }: GraphWorld,
  sample: Sample,
): [Party, Party | undefined, Party] | undefined {
  const pair = pairOf(sample);
  if (!pair) return undefined;
  const service = options.injectServiceNodes
    ? serviceBetween(map.graphType, pair.destination)
    : undefined;
  return [pair.source, service, pair.destination];
}

function keyOf(map: TrafficMap, party: Party): string {
  return identify(map.graphType, party)?.key ?? '';
}

function edgeKey({ source, target }: GraphEdge): string {
  return `${source.key} ${target.key}`;
}
