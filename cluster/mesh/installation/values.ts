// The values of an installation: the chart's defaults, then the profile's, then what was asked.
// Source: the charts `istio-discovery` and `istio-ingress` of Istio 1.30.3 (names and defaults).

import { type Fields, fieldsOf, stringOf } from '../../schema/fields.ts';
import { ISTIO_HUB, ISTIO_VERSION } from '../version.ts';
import { merge } from './merge.ts';
import type { Operator } from './operator.ts';
import { valuesOfProfile } from './profiles.ts';

const proxyResources = {
  requests: { cpu: '100m', memory: '128Mi' },
  limits: { cpu: '2000m', memory: '1024Mi' },
};

const gatewayDefaults = (name: string, label: string, ports: readonly Fields[]): Fields => ({
  name,
  labels: { app: name, istio: label },
  ports: ports.map((port) => ({ ...port, protocol: 'TCP' })),
  type: 'LoadBalancer',
  rollingMaxSurge: '100%',
  rollingMaxUnavailable: '25%',
  autoscaleEnabled: true,
  autoscaleMin: 1,
  autoscaleMax: 5,
  resources: proxyResources,
  serviceAnnotations: {},
  podAnnotations: {},
  env: {},
  nodeSelector: {},
  tolerations: [],
});

const DEFAULTS: Fields = {
  revision: '',
  revisionTags: [],
  ownerName: '',
  meshConfig: { enablePrometheusMerge: true },
  pilot: {
    autoscaleEnabled: true,
    autoscaleMin: 1,
    autoscaleMax: 5,
    replicaCount: 1,
    rollingMaxSurge: '100%',
    rollingMaxUnavailable: '25%',
    hub: '',
    tag: '',
    variant: '',
    image: 'pilot',
    traceSampling: 1,
    resources: { requests: { cpu: '500m', memory: '2048Mi' } },
    cni: { enabled: false, provider: 'default' },
    env: {},
    keepaliveMaxServerConnectionAge: '30m',
    deploymentLabels: {},
    podLabels: {},
    podAnnotations: {},
    serviceAnnotations: {},
    nodeSelector: {},
    tolerations: [],
  },
  sidecarInjectorWebhook: {
    neverInjectSelector: [],
    alwaysInjectSelector: [],
    injectedAnnotations: {},
    enableNamespacesByDefault: false,
    reinvocationPolicy: 'Never',
    rewriteAppHTTPProbe: true,
    templates: {},
    defaultTemplates: [],
  },
  telemetry: {
    enabled: true,
    v2: { enabled: true, prometheus: { enabled: true }, stackdriver: { enabled: false } },
  },
  global: {
    istioNamespace: 'istio-system',
    hub: ISTIO_HUB,
    tag: ISTIO_VERSION,
    variant: '',
    imagePullPolicy: '',
    imagePullSecrets: [],
    configValidation: true,
    defaultResources: { requests: { cpu: '10m' } },
    istiod: { enableAnalysis: false },
    logAsJson: false,
    logging: { level: 'default:info' },
    meshID: '',
    meshNetworks: {},
    multiCluster: { clusterName: '' },
    network: '',
    operatorManageWebhooks: false,
    pilotCertProvider: 'istiod',
    priorityClassName: '',
    proxy: {
      autoInject: 'enabled',
      clusterDomain: 'cluster.local',
      componentLogLevel: 'misc:error',
      excludeIPRanges: '',
      excludeInboundPorts: '',
      excludeOutboundPorts: '',
      image: 'proxyv2',
      includeIPRanges: '*',
      includeInboundPorts: '*',
      includeOutboundPorts: '',
      logLevel: 'warning',
      privileged: false,
      readinessFailureThreshold: 4,
      readinessInitialDelaySeconds: 0,
      readinessPeriodSeconds: 15,
      resources: proxyResources,
      startupProbe: { enabled: true, failureThreshold: 600 },
      statusPort: 15020,
      tracer: 'none',
    },
    proxy_init: { forceApplyIptables: false, image: 'proxyv2' },
    sds: { token: { aud: 'istio-ca' } },
    sts: { servicePort: 0 },
  },
  gateways: {
    securityContext: {},
    seccompProfile: {},
    'istio-ingressgateway': gatewayDefaults('istio-ingressgateway', 'ingressgateway', [
      { port: 15021, targetPort: 15021, name: 'status-port' },
      { port: 80, targetPort: 8080, name: 'http2' },
      { port: 443, targetPort: 8443, name: 'https' },
    ]),
    'istio-egressgateway': {
      ...gatewayDefaults('istio-egressgateway', 'egressgateway', [
        { port: 80, targetPort: 8080, name: 'http2' },
        { port: 443, targetPort: 8443, name: 'https' },
      ]),
      type: 'ClusterIP',
    },
  },
};

export function valuesOf({ values }: Operator): Fields {
  const whole = structuredClone(DEFAULTS);
  merge(whole, valuesOfProfile[stringOf(values['profile'])] ?? {});
  merge(whole, values);
  const { tag } = fieldsOf(whole['global']);
  // `--set tag=1.30` is a number in YAML, and a tag all the same.
  if (typeof tag === 'number') merge(whole, { global: { tag: String(tag) } });
  return whole;
}
