// The text of ConfigMap `istio`: the chart's settings of the mesh with the user's over them. And what in the user's is no
// setting at all: an installation refuses it.
// Source: the chart `istio-discovery` of Istio 1.30.3; the field names of istio/api mesh/v1alpha1 (config.proto, proxy.proto).

import { type Fields, at, fieldsOf, isFields, stringOf } from '../../schema/fields.ts';
import { formatYaml } from '../../schema/yaml.ts';
import { merge } from './merge.ts';

/** `data.mesh` */
export function meshConfigText(values: Fields, namespace: string): string {
  const own = fieldsOf(values['meshConfig']);
  const revision = stringOf(values['revision']);
  const meshId = stringOf(at(values, 'global', 'meshID'));
  const mesh: Fields = {
    trustDomain: 'cluster.local',
    rootNamespace:
      stringOf(own['rootNamespace']) ||
      stringOf(at(values, 'global', 'istioNamespace')) ||
      namespace,
    ...(own['defaultProviders'] === undefined &&
      at(values, 'telemetry', 'enabled') !== false && {
        defaultProviders: { metrics: ['prometheus'] },
      }),
    defaultConfig: {
      ...(meshId !== '' && { meshId }),
      discoveryAddress: `istiod${revision === '' ? '' : `-${revision}`}.${namespace}.svc:15012`,
    },
  };
  merge(mesh, own);
  return formatYaml(mesh).trimEnd();
}

const MESH_FIELDS = new Set(
  `proxyListenPort proxyInboundListenPort proxyHttpPort connectTimeout hboneIdleTimeout protocolDetectionTimeout tcpKeepalive
  ingressClass ingressService ingressControllerMode ingressSelector enableTracing accessLogFile accessLogFormat
  accessLogEncoding enableEnvoyAccessLogService disableEnvoyListenerLog defaultConfig outboundTrafficPolicy
  inboundTrafficPolicy configSources enableAutoMtls trustDomain trustDomainAliases caCertificates defaultServiceExportTo
  defaultVirtualServiceExportTo defaultDestinationRuleExportTo rootNamespace localityLbSetting dnsRefreshRate
  h2UpgradePolicy inboundClusterStatName outboundClusterStatName certificates serviceSettings serviceScopeConfigs
  enablePrometheusMerge verifyCertificateAtClient ca extensionProviders defaultProviders discoverySelectors
  pathNormalization defaultHttpRetryPolicy meshMTLS tlsDefaults`.split(/\s+/),
);

const PROXY_FIELDS = new Set(
  `configPath binaryPath serviceCluster tracingServiceName drainDuration discoveryAddress discoveryRefreshDelay
  zipkinAddress statsdUdpAddress envoyMetricsServiceAddress proxyAdminPort availabilityZone controlPlaneAuthPolicy
  customConfigFile statNameLength concurrency proxyBootstrapTemplatePath interceptionMode tracing sds
  envoyAccessLogService envoyMetricsService proxyMetadata runtimeValues statusPort extraStatTags gatewayTopology
  terminationDrainDuration meshId readinessProbe proxyStatsMatcher holdApplicationUntilProxyStarts caCertificatesPem
  image privateKeyProvider proxyHeaders fileFlushInterval fileFlushMinSizeKb statsCompression`.split(
    /\s+/,
  ),
);

/** In the words of the library that reads it, which names the place in the text as JSON; undefined when all is known. */
export function wrongMeshConfig(mesh: unknown): string | undefined {
  if (!isFields(mesh)) return undefined;
  const text = sortedJson(mesh);
  const wrong =
    Object.keys(mesh)
      .toSorted()
      .map((name) => ({ name, inside: '' }))
      .find(({ name }) => !MESH_FIELDS.has(name)) ??
    Object.keys(fieldsOf(mesh['defaultConfig']))
      .toSorted()
      .map((name) => ({ name, inside: '"defaultConfig":' }))
      .find(({ name }) => !PROXY_FIELDS.has(name));
  if (!wrong) return undefined;
  const from = Math.max(0, text.indexOf(wrong.inside));
  const column = text.indexOf(`${JSON.stringify(wrong.name)}:`, from) + 1;
  return `proto: (line 1:${column}): unknown field ${JSON.stringify(wrong.name)}`;
}

function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`;
  if (!isFields(value)) return JSON.stringify(value);
  const fields = Object.keys(value)
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${sortedJson(value[name])}`);
  return `{${fields.join(',')}}`;
}
