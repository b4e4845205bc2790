// Whether and how a proxy writes an access log: the mesh's setting, and Telemetry objects that change it.
// Source: istio/istio pilot/pkg/model/telemetry.go (mergeLogs); istio/api telemetry.proto, AccessLogging.
// Per-direction matches, filters and metric overrides of Telemetry are not acted upon.

import { includesLabels } from '../../controllers/labels.ts';
import type { Telemetry } from '../resources.ts';
import type { MeshEnvironment } from './environment.ts';
import type { AccessLogConfig } from './proxy-config.ts';
import type { ProxyIdentity } from './workloads.ts';

/** The built-in provider that every mesh has. */
const ENVOY_PROVIDER = 'envoy';
const STDOUT = '/dev/stdout';

export function accessLogOf(
  { mesh, telemetries }: MeshEnvironment,
  proxy: ProxyIdentity,
): AccessLogConfig | undefined {
  const inForce = (namespace: string, selecting: boolean) =>
    telemetries.find(
      ({ metadata, spec }) =>
        metadata.namespace === namespace &&
        (spec.accessLogging ?? []).length > 0 &&
        hasSelector(spec) === selecting &&
        includesLabels(proxy.labels, spec.selector?.matchLabels),
    );
  const telemetry =
    inForce(proxy.namespace, true) ??
    inForce(proxy.namespace, false) ??
    inForce(mesh.rootNamespace, false);
  const settings = {
    json: mesh.accessLogEncoding === 'JSON',
    format: mesh.accessLogFormat,
  };
  if (!telemetry) return mesh.accessLogFile ? { file: mesh.accessLogFile, ...settings } : undefined;
  const on = (telemetry.spec.accessLogging ?? []).some(
    ({ disabled, providers }) =>
      !disabled && (!providers || providers.some(({ name }) => name === ENVOY_PROVIDER)),
  );
  return on ? { file: mesh.accessLogFile || STDOUT, ...settings } : undefined;
}

function hasSelector(spec: Telemetry['spec']): boolean {
  return Object.keys(spec.selector?.matchLabels ?? {}).length > 0;
}
