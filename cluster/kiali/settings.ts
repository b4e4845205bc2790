// Kiali's configuration file: what of it has an effect here, with the real one's defaults for the rest.
// Source: kiali.io, Kiali CR reference, whose spec is this file.

import { at, isFields, numberOf, stringOf } from '../schema/fields.ts';
import { parseYaml } from '../schema/yaml.ts';
import { type RateConfig, readRateConfigs } from './health/tolerances.ts';

export interface KialiSettings {
  port: number;
  metricsPort: number;
  /** Without a slash at its end: `/kiali`, or empty. */
  webRoot: string;
  prometheusUrl: string;
  istioNamespace: string;
  rootNamespace: string;
  viewOnly: boolean;
  authStrategy: string;
  rates: readonly RateConfig[];
}

const PORT = 20_001;
const METRICS_PORT = 9_090;

/** Istio's name of the one cluster of a mesh, which telemetry tells. */
export const CLUSTER = 'Kubernetes';

/** Of the addon of the simulated Istio's release. */
export const KIALI_VERSION = 'v2.26.0';

export function readSettings(text: string): KialiSettings | { error: string } {
  const parsed = parseYaml(text);
  if ('error' in parsed) return { error: parsed.error };
  const file: unknown = parsed.value ?? {};
  if (!isFields(file)) return { error: 'the file is no map' };
  const istioNamespace = stringOf(file['istio_namespace']) || 'istio-system';
  return {
    port: numberOf(at(file, 'server', 'port')) ?? PORT,
    metricsPort: numberOf(at(file, 'server', 'observability', 'metrics', 'port')) ?? METRICS_PORT,
    webRoot: stringOf(at(file, 'server', 'web_root')).replace(/\/+$/, ''),
    prometheusUrl:
      stringOf(at(file, 'external_services', 'prometheus', 'url')) ||
      `http://prometheus.${istioNamespace}:9090`,
    istioNamespace,
    rootNamespace:
      stringOf(at(file, 'external_services', 'istio', 'root_namespace')) || istioNamespace,
    viewOnly: at(file, 'deployment', 'view_only_mode') === true,
    authStrategy: stringOf(at(file, 'auth', 'strategy')) || 'token',
    rates: readRateConfigs(file['health_config']),
  };
}
