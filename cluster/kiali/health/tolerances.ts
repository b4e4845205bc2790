// How many errors of which kind make something degraded or failed: Kiali's defaults, its configuration's `health_config`, and
// the annotation `health.kiali.io/rate` of a workload or service.
// Source: kiali.io, Traffic Health.

import { type Fields, at, isFields, numberOf, stringOf } from '../../schema/fields.ts';

export interface Tolerance {
  code: RegExp;
  protocol: RegExp;
  direction: RegExp;
  /** Percent from which it is degraded; 0: any error. */
  degraded: number;
  /** Percent from which it has failed; 0: never. */
  failure: number;
}

export interface RateConfig {
  namespace: RegExp;
  kind: RegExp;
  name: RegExp;
  tolerances: readonly Tolerance[];
}

export const RATE_ANNOTATION = 'health.kiali.io/rate';

/** Any 5xx degrades; one in ten of them fails. 4xx may be the caller's fault. */
export const defaultTolerances: readonly Tolerance[] = [
  tolerance('5XX', 'http', '.*', 0, 10),
  tolerance('4XX', 'http', '.*', 10, 20),
  tolerance('^[1-9]$|^1[0-6]$', 'grpc', '.*', 0, 10),
  tolerance('^-$', 'http|grpc', '.*', 0, 10),
];

function tolerance(
  code: string,
  protocol: string,
  direction: string,
  degraded: number,
  failure: number,
): Tolerance {
  return {
    code: pattern(code.replaceAll(/x/gi, '\\d')),
    protocol: pattern(protocol),
    direction: pattern(direction),
    degraded,
    failure,
  };
}

/** What is no regular expression matches nothing. */
function pattern(text: string): RegExp {
  try {
    return new RegExp(text === '' ? '.*' : text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return /(?!)/;
  }
}

export function readRateConfigs(configuration: unknown): RateConfig[] {
  const rates = at(configuration, 'rate');
  if (!Array.isArray(rates)) return [];
  return rates.filter(isFields).map((rate) => ({
    namespace: whole(stringOf(rate['namespace'])),
    kind: whole(stringOf(rate['kind'])),
    name: whole(stringOf(rate['name'])),
    tolerances: (Array.isArray(rate['tolerance']) ? rate['tolerance'] : [])
      .filter(isFields)
      .map(readTolerance),
  }));
}

function whole(text: string): RegExp {
  return text === '' ? /.*/ : pattern(`^(?:${text})$`);
}

function readTolerance(fields: Fields): Tolerance {
  const text = (name: string) => {
    const value = fields[name];
    return typeof value === 'number' ? String(value) : stringOf(value);
  };
  return tolerance(
    text('code'),
    text('protocol'),
    text('direction'),
    numberOf(fields['degraded']) ?? 0,
    numberOf(fields['failure']) ?? 0,
  );
}

/** `code,degraded,failure,protocol,direction`, several of them separated by semicolons; undefined when it is not that. */
export function readRateAnnotation(text: string | undefined): Tolerance[] | undefined {
  if (!text) return undefined;
  const read: Tolerance[] = [];
  for (const part of text.split(';')) {
    const [code, degraded, failure, protocol, direction, ...more] = part.split(',');
    if (direction === undefined || more.length > 0) return undefined;
    read.push(
      tolerance(code ?? '', protocol ?? '', direction, Number(degraded) || 0, Number(failure) || 0),
    );
  }
  return read;
}

/** Which of them are meant for what: asked for each edge and node of a graph, and always the same few. */
const meant = new WeakMap<readonly Tolerance[], Map<string, readonly Tolerance[]>>();

export function meantFor(
  tolerances: readonly Tolerance[],
  direction: 'inbound' | 'outbound',
  protocol: string,
): readonly Tolerance[] {
  let known = meant.get(tolerances);
  if (!known) meant.set(tolerances, (known = new Map()));
  const key = `${direction} ${protocol}`;
  let found = known.get(key);
  if (!found) {
    found = tolerances.filter(
      (each) => each.direction.test(direction) && each.protocol.test(protocol),
    );
    known.set(key, found);
  }
  return found;
}

export class Tolerances {
  readonly #configs: readonly RateConfig[];

  constructor(configs: readonly RateConfig[] = []) {
    this.#configs = configs;
  }

  /** The annotation's, else those of the first entry that is meant for it, else the defaults. */
  of(
    entity: { namespace: string; kind: string; name: string },
    annotation: string | undefined,
  ): readonly Tolerance[] {
    const own = readRateAnnotation(annotation);
    if (own) return own;
    const { namespace, kind, name } = entity;
    const config = this.#configs.find(
      (each) => each.namespace.test(namespace) && each.kind.test(kind) && each.name.test(name),
    );
    return config?.tolerances ?? defaultTolerances;
  }
}
