// The built-in profiles: what each sets below `spec`, over `default`.
// Source: "Installation Configuration Profiles" of Istio's documentation; manifests/profiles of istio/istio 1.30.3.

import type { Fields } from '../../schema/fields.ts';

const gateway = (name: string, enabled: boolean) => [{ name, enabled }];
const noIngress = { ingressGateways: gateway('istio-ingressgateway', false) };

const small = { requests: { cpu: '10m', memory: '40Mi' } };

/** What the chart's own profile `demo` changes of the values: less resources, more to see. */
const demoValues: Fields = {
  meshConfig: {
    accessLogFile: '/dev/stdout',
    extensionProviders: [
      {
        name: 'otel',
        envoyOtelAls: {
          service: 'opentelemetry-collector.observability.svc.cluster.local',
          port: 4317,
        },
      },
      {
        name: 'skywalking',
        skywalking: { service: 'tracing.istio-system.svc.cluster.local', port: 11800 },
      },
      {
        name: 'otel-tracing',
        opentelemetry: {
          port: 4317,
          service: 'opentelemetry-collector.observability.svc.cluster.local',
        },
      },
      {
        name: 'jaeger',
        opentelemetry: { port: 4317, service: 'jaeger-collector.istio-system.svc.cluster.local' },
      },
    ],
  },
  global: { proxy: { resources: small }, waypoint: { resources: small } },
  pilot: {
    autoscaleEnabled: false,
    traceSampling: 100,
    resources: { requests: { cpu: '10m', memory: '100Mi' } },
  },
  gateways: {
    'istio-egressgateway': { autoscaleEnabled: false, resources: small },
    'istio-ingressgateway': {
      autoscaleEnabled: false,
      ports: [
        { port: 15021, targetPort: 15021, name: 'status-port' },
        { port: 80, targetPort: 8080, name: 'http2' },
        { port: 443, targetPort: 8443, name: 'https' },
        { port: 31400, targetPort: 31400, name: 'tcp' },
        { port: 15443, targetPort: 15443, name: 'tls' },
      ],
      resources: small,
    },
  },
};

export const profiles: Readonly<Record<string, Fields>> = {
  default: {
    components: {
      base: { enabled: true },
      pilot: { enabled: true },
      ingressGateways: gateway('istio-ingressgateway', true),
      egressGateways: gateway('istio-egressgateway', false),
    },
    values: {
      defaultRevision: '',
      global: { istioNamespace: 'istio-system', configValidation: true },
      gateways: { 'istio-ingressgateway': {}, 'istio-egressgateway': {} },
    },
  },
  demo: {
    components: { egressGateways: gateway('istio-egressgateway', true) },
    values: { profile: 'demo' },
  },
  minimal: { components: noIngress },
  empty: {
    components: { base: { enabled: false }, pilot: { enabled: false }, ...noIngress },
  },
  preview: { values: { profile: 'preview' } },
  stable: { values: { profile: 'stable' } },
  remote: { components: noIngress, values: { profile: 'remote' } },
  ambient: {
    components: { cni: { enabled: true }, ztunnel: { enabled: true }, ...noIngress },
    values: { profile: 'ambient' },
  },
  openshift: { components: { cni: { enabled: true } }, values: { platform: 'openshift' } },
};

/** What `values.profile` brings besides. */
export const valuesOfProfile: Readonly<Record<string, Fields>> = {
  demo: demoValues,
  preview: {
    meshConfig: { defaultConfig: { proxyMetadata: { ISTIO_META_ENABLE_PREVIEW: 'true' } } },
  },
};
