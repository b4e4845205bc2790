// What a proxy logs and counts: the mesh's settings, and Telemetry objects of the root, the namespace and the workload over
// them. Tracing is not acted upon. Source: istio/istio pilot/pkg/model/telemetry.go (mergeLogs, mergeMetrics);
// istio/api telemetry.proto.

import { includesLabels } from '../../controllers/labels.ts';
import type { MetricsOverride, Telemetry, TelemetryMode } from '../resources.ts';
import type { MeshEnvironment } from './environment.ts';
import type { AccessLogConfig, LogSide, MetricChange, MetricsConfig } from './proxy-config.ts';
import type { ProxyIdentity } from './workloads.ts';

type Side = keyof MetricsConfig;

/** The built-in provider that every mesh has. */
const ENVOY_PROVIDER = 'envoy';
const STDOUT = '/dev/stdout';

/** Undefined when neither side ever writes a line. */
export function accessLogOf(
  environment: MeshEnvironment,
  proxy: ProxyIdentity,
): AccessLogConfig | undefined {
  const { mesh } = environment;
  const logging = inForce(environment, proxy).map(({ spec }) => spec.accessLogging ?? []);
  const outbound = logSide(environment, logging, 'outbound');
  const inbound = logSide(environment, logging, 'inbound');
  if (!outbound.on && !inbound.on) return undefined;
  return {
    file: mesh.accessLogFile || STDOUT,
    json: mesh.accessLogEncoding === 'JSON',
    format: mesh.accessLogFormat,
    outbound,
    inbound,
  };
}

/**
 * What names no provider means those of the wider object. Where nothing is said of this side that way, the mesh's own file
 * decides, even against a bare `disabled`: it is no provider. Of several objects the narrowest that names providers chooses.
 */
function logSide({ mesh }: MeshEnvironment, logging: readonly Logging[], side: Side): LogSide {
  const decided = new Map<string, LogSide>();
  if (logging.every((entries) => entries.length === 0))
    for (const name of mesh.accessLogProviders) decided.set(name, { on: true, filter: undefined });
  const filters = new Map<string, string | undefined>();
  let chosen = mesh.accessLogProviders;
  for (const entries of logging) {
    const own = entries.filter(({ match }) => isFor(match?.mode, side));
    for (const { providers, filter } of own)
      for (const { name } of providers ?? []) filters.set(name, filter?.expression);
    const named = own.flatMap(({ providers }) => (providers ?? []).map(({ name }) => name));
    if (named.length > 0) chosen = named;
  }
  let inherited = mesh.accessLogProviders;
  for (const { providers, match, disabled } of logging.flat()) {
    if (providers?.length) inherited = providers.map(({ name }) => name);
    if (!isFor(match?.mode, side)) continue;
    for (const name of inherited.filter((each) => chosen.includes(each)))
      decided.set(name, disabled ? OFF : { on: true, filter: filters.get(name) });
  }
  if (decided.size === 0) return { on: mesh.accessLogFile !== '', filter: undefined };
  return decided.get(ENVOY_PROVIDER) ?? OFF;
}

type Logging = NonNullable<Telemetry['spec']['accessLogging']>;
const OFF: LogSide = { on: false, filter: undefined };

export function metricsOf(environment: MeshEnvironment, proxy: ProxyIdentity): MetricsConfig {
  const overrides = inForce(environment, proxy).flatMap(({ spec }) =>
    (spec.metrics ?? []).flatMap((metrics) => metrics.overrides ?? []),
  );
  if (overrides.length === 0) return unchanged;
  return { outbound: changes(overrides, 'outbound'), inbound: changes(overrides, 'inbound') };
}

const unchanged: MetricsConfig = { outbound: new Map(), inbound: new Map() };

/** Source: istio/istio pilot/pkg/model/telemetry.go, metricToPrometheusMetric. */
const METRICS: Readonly<Record<string, string>> = {
  REQUEST_COUNT: 'istio_requests_total',
  REQUEST_DURATION: 'istio_request_duration_milliseconds',
  REQUEST_SIZE: 'istio_request_bytes',
  RESPONSE_SIZE: 'istio_response_bytes',
  TCP_OPENED_CONNECTIONS: 'istio_tcp_connections_opened_total',
  TCP_CLOSED_CONNECTIONS: 'istio_tcp_connections_closed_total',
  TCP_SENT_BYTES: 'istio_tcp_sent_bytes_total',
  TCP_RECEIVED_BYTES: 'istio_tcp_received_bytes_total',
  GRPC_REQUEST_MESSAGES: 'istio_request_messages_total',
  GRPC_RESPONSE_MESSAGES: 'istio_response_messages_total',
};

function changes(
  overrides: readonly MetricsOverride[],
  side: Side,
): ReadonlyMap<string, MetricChange> {
  const changed = new Map<string, { off: boolean; tags: Map<string, string | undefined> }>();
  for (const { match, disabled, tagOverrides } of overrides) {
    if (!isFor(match?.mode, side)) continue;
    for (const name of metricsNamed(match)) {
      const change = changed.get(name) ?? { off: false, tags: new Map() };
      changed.set(name, change);
      // A later object may switch on again what an earlier one switched off.
      if (disabled !== undefined) change.off = disabled;
      for (const [tag, { operation, value }] of Object.entries(tagOverrides ?? {}))
        change.tags.set(tag, operation === 'REMOVE' ? undefined : value);
    }
  }
  return changed;
}

function metricsNamed(match: MetricsOverride['match']): readonly string[] {
  if (match?.customMetric) return [`istio_${match.customMetric}`];
  const name = METRICS[match?.metric ?? ''];
  return name === undefined ? Object.values(METRICS) : [name];
}

function isFor(mode: TelemetryMode | undefined, side: Side): boolean {
  return mode !== (side === 'outbound' ? 'SERVER' : 'CLIENT');
}

/** The widest first. Of several in one place the oldest counts. */
function inForce({ mesh, telemetries }: MeshEnvironment, proxy: ProxyIdentity): Telemetry[] {
  const find = (namespace: string, selecting: boolean) =>
    telemetries.find(
      ({ metadata, spec }) =>
        metadata.namespace === namespace &&
        hasSelector(spec) === selecting &&
        includesLabels(proxy.labels, spec.selector?.matchLabels),
    );
  const found = [find(mesh.rootNamespace, false)];
  if (proxy.namespace !== mesh.rootNamespace) found.push(find(proxy.namespace, false));
  found.push(find(proxy.namespace, true));
  return found.filter((telemetry) => telemetry !== undefined);
}

function hasSelector(spec: Telemetry['spec']): boolean {
  return Object.keys(spec.selector?.matchLabels ?? {}).length > 0;
}
