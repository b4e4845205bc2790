// prometheus.yml as this Prometheus reads it: what it scrapes and how. Everything else of the file is checked for its name
// and has no effect; `unused` lists it. Source: Prometheus docs, configuration.

import { parseYaml } from '../../schema/yaml.ts';
import { isFields } from '../../schema/fields.ts';
import { type RelabelRule } from '../scrape/relabel.ts';
import { ConfigurationError, Section } from './section.ts';
import { relabelRules } from './relabel-rules.ts';

export const ROLES = ['pod', 'endpoints', 'endpointslice', 'service', 'node', 'ingress'] as const;
export type Role = (typeof ROLES)[number];

export interface KubernetesDiscovery {
  role: Role;
  /** Empty for all. */
  namespaces: readonly string[];
  /** Selectors by role, as they are in the file. */
  selectors: readonly { role: string; label: string; field: string }[];
}

export interface StaticTargets {
  targets: readonly string[];
  labels: Readonly<Record<string, string>>;
}

export interface ScrapeConfiguration {
  jobName: string;
  intervalMs: number;
  timeoutMs: number;
  metricsPath: string;
  scheme: string;
  params: Readonly<Record<string, readonly string[]>>;
  honorLabels: boolean;
  kubernetes: readonly KubernetesDiscovery[];
  statics: readonly StaticTargets[];
  relabel: readonly RelabelRule[];
  metricRelabel: readonly RelabelRule[];
  /** 0 for none. */
  sampleLimit: number;
}

export interface Configuration {
  scrapeIntervalMs: number;
  evaluationIntervalMs: number;
  externalLabels: Readonly<Record<string, string>>;
  scrapes: readonly ScrapeConfiguration[];
  /** Sections that are in the file and do nothing here. */
  unused: readonly string[];
  /** As it was read. */
  text: string;
}

const DEFAULT_INTERVAL_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 10_000;

const GLOBAL = [
  'scrape_interval',
  'scrape_timeout',
  'scrape_protocols',
  'evaluation_interval',
  'rule_query_offset',
  'external_labels',
  'query_log_file',
  'scrape_failure_log_file',
  'body_size_limit',
  'sample_limit',
  'label_limit',
  'label_name_length_limit',
  'label_value_length_limit',
  'target_limit',
  'keep_dropped_targets',
  'metric_name_validation_scheme',
  'metric_name_escaping_scheme',
  'scrape_native_histograms',
  'always_scrape_classic_histograms',
  'convert_classic_histograms_to_nhcb',
  'extra_scrape_metrics',
  'runtime',
];

const TOP = [
  'global',
  'runtime',
  'rule_files',
  'scrape_config_files',
  'scrape_configs',
  'alerting',
  'remote_write',
  'remote_read',
  'storage',
  'tracing',
  'otlp',
];

/** Sections that a real server acts on and this one does not. */
const WITHOUT_EFFECT = [
  'rule_files',
  'scrape_config_files',
  'alerting',
  'remote_write',
  'remote_read',
  'tracing',
];

const SCRAPE = [
  'job_name',
  'scrape_interval',
  'scrape_timeout',
  'scrape_protocols',
  'fallback_scrape_protocol',
  'metrics_path',
  'scheme',
  'params',
  'honor_labels',
  'honor_timestamps',
  'track_timestamps_staleness',
  'enable_compression',
  'enable_http2',
  'follow_redirects',
  'basic_auth',
  'authorization',
  'oauth2',
  'bearer_token',
  'bearer_token_file',
  'tls_config',
  'proxy_url',
  'no_proxy',
  'proxy_from_environment',
  'http_headers',
  'static_configs',
  'kubernetes_sd_configs',
  'file_sd_configs',
  'http_sd_configs',
  'dns_sd_configs',
  'relabel_configs',
  'metric_relabel_configs',
  'body_size_limit',
  'sample_limit',
  'label_limit',
  'label_name_length_limit',
  'label_value_length_limit',
  'target_limit',
  'keep_dropped_targets',
  'scrape_native_histograms',
  'native_histogram_bucket_limit',
  'native_histogram_min_bucket_factor',
  'always_scrape_classic_histograms',
  'convert_classic_histograms_to_nhcb',
  'metric_name_validation_scheme',
  'metric_name_escaping_scheme',
  'extra_scrape_metrics',
];

/** Throws ConfigurationError, in the words of the real server. */
export function parseConfiguration(text: string): Configuration {
  const parsed = parseYaml(text);
  if ('error' in parsed) throw new ConfigurationError(parsed.error);
  if (parsed.duplicates !== undefined) throw new ConfigurationError(parsed.duplicates);
  const value = parsed.value ?? {};
  if (!isFields(value))
    throw new ConfigurationError(
      'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str into config.plain',
    );
  const top = new Section(value, 'config.plain', text);
  top.allow(TOP);
  const global = top.section('global', 'config.plain');
  global.allow(GLOBAL);
  const intervalMs = global.duration('scrape_interval') ?? DEFAULT_INTERVAL_MS;
  const timeoutMs = global.duration('scrape_timeout') ?? Math.min(DEFAULT_TIMEOUT_MS, intervalMs);
  if (timeoutMs > intervalMs)
    throw new ConfigurationError('global scrape timeout greater than scrape interval');
  const scrapes = top
    .list('scrape_configs', 'config.ScrapeConfig')
    .map((section) => scrapeOf(section, { intervalMs, timeoutMs }));
  const names = new Set<string>();
  for (const { jobName } of scrapes) {
    if (names.has(jobName))
      throw new ConfigurationError(
        `found multiple scrape configs with job name ${JSON.stringify(jobName)}`,
      );
    names.add(jobName);
  }
  return {
    scrapeIntervalMs: intervalMs,
    evaluationIntervalMs: global.duration('evaluation_interval') ?? DEFAULT_INTERVAL_MS,
    externalLabels: global.strings('external_labels'),
    scrapes,
    unused: WITHOUT_EFFECT.filter((name) => top.has(name)),
    text,
  };
}

function scrapeOf(
  section: Section,
  global: { intervalMs: number; timeoutMs: number },
): ScrapeConfiguration {
  section.allow(SCRAPE);
  const jobName = section.text('job_name');
  if (!jobName) throw new ConfigurationError('job_name is empty');
  const intervalMs = section.duration('scrape_interval') ?? global.intervalMs;
  const timeoutMs = section.duration('scrape_timeout') ?? Math.min(global.timeoutMs, intervalMs);
  if (timeoutMs > intervalMs)
    throw new ConfigurationError(
      `scrape timeout greater than scrape interval for scrape config with job name ${JSON.stringify(jobName)}`,
    );
  return {
    jobName,
    intervalMs,
    timeoutMs,
    metricsPath: section.text('metrics_path') ?? '/metrics',
    scheme: section.text('scheme') ?? 'http',
    params: section.lists('params'),
    honorLabels: section.flag('honor_labels') ?? false,
    kubernetes: section.list('kubernetes_sd_configs', 'kubernetes.SDConfig').map(discoveryOf),
    statics: section.list('static_configs', 'struct').map((each) => {
      each.allow(['targets', 'labels']);
      return { targets: each.words('targets'), labels: each.strings('labels') };
    }),
    relabel: relabelRules(section, 'relabel_configs'),
    metricRelabel: relabelRules(section, 'metric_relabel_configs'),
    sampleLimit: section.number('sample_limit') ?? 0,
  };
}

function discoveryOf(section: Section): KubernetesDiscovery {
  section.allow([
    'api_server',
    'role',
    'kubeconfig_file',
    'namespaces',
    'selectors',
    'attach_metadata',
    'basic_auth',
    'authorization',
    'oauth2',
    'bearer_token',
    'bearer_token_file',
    'tls_config',
    'proxy_url',
    'follow_redirects',
    'enable_http2',
    'http_headers',
  ]);
  const role = section.text('role');
  if (!role)
    throw new ConfigurationError(
      'role missing (one of: pod, service, endpoints, endpointslice, node, ingress)',
    );
  const known = ROLES.find((each) => each === role);
  if (!known) throw new ConfigurationError(`unknown Kubernetes SD role ${JSON.stringify(role)}`);
  const namespaces = section.section('namespaces', 'kubernetes.plain');
  namespaces.allow(['own_namespace', 'names']);
  return {
    role: known,
    namespaces: namespaces.words('names'),
    selectors: section.list('selectors', 'kubernetes.SelectorConfig').map((each) => ({
      role: each.text('role') ?? '',
      label: each.text('label') ?? '',
      field: each.text('field') ?? '',
    })),
  };
}
