// istiod's own objects: its Deployment and Service, what it may do, and the ConfigMaps that it and its injector read.
// Source: the chart `istio-discovery` of Istio 1.30.3.

import { type Fields, at, fieldsOf, listOf, stringMapOf, stringOf } from '../../schema/fields.ts';
import { istiodAccess } from './access.ts';
import { chartLabels, ofRevision } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { meshConfigText } from './mesh-config.ts';
import {
  injectorConfiguration,
  istiodLabels,
  istiodService,
  revisionValidator,
} from './webhooks.ts';

export interface ControlPlane {
  namespace: string;
  /** Empty for the default one. */
  revision: string;
  values: Fields;
  /** The values without the charts' defaults, for whoever looks. */
  asked: Fields;
}

export function controlPlaneObjects(plane: ControlPlane): Manifest[] {
  const { namespace, revision, values } = plane;
  const suffix = revision === '' ? '' : `-${revision}`;
  const pilot = fieldsOf(values['pilot']);
  return [
    ...istiodAccess(namespace, suffix),
    ...configMaps(plane, suffix),
    ...(at(values, 'global', 'operatorManageWebhooks') === true
      ? []
      : [
          injectorConfiguration({
            namespace,
            revision,
            reinvocationPolicy:
              stringOf(at(values, 'sidecarInjectorWebhook', 'reinvocationPolicy')) || 'Never',
          }),
        ]),
    ...(at(values, 'global', 'configValidation') === false
      ? []
      : [revisionValidator(namespace, revision)]),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: `istiod${suffix}`,
        namespace,
        labels: istiodLabels(revision),
        ...annotations(pilot['serviceAnnotations']),
      },
      spec: istiodService(revision),
    },
    deployment(plane, suffix),
  ];
}

function annotations(value: unknown): { annotations?: Record<string, string> } {
  const map = stringMapOf(value);
  return Object.keys(map).length === 0 ? {} : { annotations: map };
}

function configMaps(
  { namespace, revision, values, asked }: ControlPlane,
  suffix: string,
): Manifest[] {
  const labels = { ...ofRevision(revision, 'Pilot'), ...chartLabels('istiod', 'istiod') };
  const configMap = (name: string, data: Record<string, string>): Manifest => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${name}${suffix}`, namespace, labels },
    data,
  });
  const pilot = fieldsOf(values['pilot']);
  const gateways = fieldsOf(values['gateways']);
  const webhook = fieldsOf(values['sidecarInjectorWebhook']);
  const forInjection = {
    gateways: {
      seccompProfile: gateways['seccompProfile'] ?? {},
      securityContext: gateways['securityContext'] ?? {},
    },
    global: values['global'],
    pilot: { cni: pilot['cni'], env: pilot['env'] },
    revision: values['revision'],
    sidecarInjectorWebhook: webhook,
  };
  return [
    configMap('istio', {
      mesh: meshConfigText(values, namespace),
      meshNetworks: 'networks: {}',
    }),
    configMap('istio-sidecar-injector', {
      config: injectorConfig(values),
      values: prettyJson(forInjection),
    }),
    configMap('values', {
      'original-values': prettyJson(asked),
      'merged-values': prettyJson(values),
    }),
  ];
}

/** The template is istiod's own here (docs/not-simulated.md): only what chooses pods can be said. */
function injectorConfig(values: Fields): string {
  const policy = stringOf(at(values, 'global', 'proxy', 'autoInject')) || 'enabled';
  return [
    '# The sidecar itself is built into the simulated istiod: there are no templates here to change.',
    'defaultTemplates: [sidecar]',
    `policy: ${policy}`,
    'alwaysInjectSelector: []',
    'neverInjectSelector: []',
    'injectedAnnotations: {}',
  ].join('\n');
}

/** Keys in order, as Go writes maps. */
function prettyJson(value: unknown): string {
  return JSON.stringify(sorted(value), undefined, 2);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

function deployment({ namespace, revision, values }: ControlPlane, suffix: string): Manifest {
  const pilot = fieldsOf(values['pilot']);
  const global = fieldsOf(values['global']);
  const podLabels = {
    ...istiodLabels(revision),
    istio: revision === '' ? 'pilot' : 'istiod',
    'sidecar.istio.io/inject': 'false',
    'istio.io/dataplane-mode': 'none',
    ...stringMapOf(pilot['podLabels']),
  };
  const { requests, limits } = fieldsOf(pilot['resources'] ?? global['defaultResources']);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: `istiod${suffix}`,
      namespace,
      labels: { ...istiodLabels(revision), ...stringMapOf(pilot['deploymentLabels']) },
    },
    spec: {
      ...(pilot['autoscaleEnabled'] === false && { replicas: pilot['replicaCount'] }),
      strategy: {
        rollingUpdate: {
          maxSurge: pilot['rollingMaxSurge'],
          maxUnavailable: pilot['rollingMaxUnavailable'],
        },
      },
      selector: {
        matchLabels:
          revision === '' ? { istio: 'pilot' } : { app: 'istiod', 'istio.io/rev': revision },
      },
      template: {
        metadata: {
          labels: podLabels,
          annotations: {
            'prometheus.io/port': '15014',
            'prometheus.io/scrape': 'true',
            'sidecar.istio.io/inject': 'false',
            ...stringMapOf(pilot['podAnnotations']),
          },
        },
        spec: {
          serviceAccountName: `istiod${suffix}`,
          tolerations: [
            { key: 'cni.istio.io/not-ready', operator: 'Exists' },
            ...listOf(pilot['tolerations']),
          ],
          ...(Object.keys(fieldsOf(pilot['nodeSelector'])).length > 0 && {
            nodeSelector: pilot['nodeSelector'],
          }),
          containers: [
            {
              name: 'discovery',
              image: imageOf(pilot, global),
              ...(stringOf(global['imagePullPolicy']) && {
                imagePullPolicy: global['imagePullPolicy'],
              }),
              args: [
                'discovery',
                '--monitoringAddr=:15014',
                `--log_output_level=${stringOf(at(global, 'logging', 'level')) || 'default:info'}`,
                '--domain',
                stringOf(at(global, 'proxy', 'clusterDomain')) || 'cluster.local',
                '--keepaliveMaxServerConnectionAge',
                stringOf(pilot['keepaliveMaxServerConnectionAge']) || '30m',
              ],
              ports: [
                { containerPort: 8080, protocol: 'TCP', name: 'http-debug' },
                { containerPort: 15010, protocol: 'TCP', name: 'grpc-xds' },
                { containerPort: 15012, protocol: 'TCP', name: 'tls-xds' },
                { containerPort: 15017, protocol: 'TCP', name: 'https-webhooks' },
                { containerPort: 15014, protocol: 'TCP', name: 'http-monitoring' },
              ],
              readinessProbe: {
                httpGet: { path: '/ready', port: 8080 },
                initialDelaySeconds: 1,
                periodSeconds: 3,
                timeoutSeconds: 5,
              },
              env: environment(namespace, revision, values),
              resources: { ...(requests ? { requests } : {}), ...(limits ? { limits } : {}) },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                runAsNonRoot: true,
                capabilities: { drop: ['ALL'] },
              },
              volumeMounts: [
                { name: 'istio-token', mountPath: '/var/run/secrets/tokens', readOnly: true },
                { name: 'local-certs', mountPath: '/var/run/secrets/istio-dns' },
                { name: 'cacerts', mountPath: '/etc/cacerts', readOnly: true },
                { name: 'istio-kubeconfig', mountPath: '/var/run/secrets/remote', readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: 'local-certs', emptyDir: { medium: 'Memory' } },
            {
              name: 'istio-token',
              projected: {
                sources: [
                  {
                    serviceAccountToken: {
                      audience: 'istio-ca',
                      expirationSeconds: 43_200,
                      path: 'istio-token',
                    },
                  },
                ],
              },
            },
            { name: 'cacerts', secret: { secretName: 'cacerts', optional: true } },
            {
              name: 'istio-kubeconfig',
              secret: { secretName: 'istio-kubeconfig', optional: true },
            },
          ],
        },
      },
    },
  };
}

/** A name with a slash is whole; another is one of the hub's. */
export function imageOf(component: Fields, global: Fields, otherwise = 'pilot'): string {
  const name = stringOf(component['image']) || otherwise;
  if (name.includes('/')) return name;
  const hub = stringOf(component['hub']) || stringOf(global['hub']);
  const tag = textOf(component['tag']) || textOf(global['tag']);
  const variant = stringOf(component['variant']) || stringOf(global['variant']);
  return `${hub}/${name}:${tag}${variant === '' ? '' : `-${variant}`}`;
}

const textOf = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

function environment(namespace: string, revision: string, values: Fields): Fields[] {
  const pilot = fieldsOf(values['pilot']);
  const global = fieldsOf(values['global']);
  const text = (name: string, value: unknown) => ({ name, value: String(value) });
  const field = (name: string, fieldPath: string) => ({
    name,
    valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } },
  });
  const sampling = pilot['traceSampling'];
  return [
    text('REVISION', revision || 'default'),
    text('PILOT_CERT_PROVIDER', global['pilotCertProvider']),
    field('POD_NAME', 'metadata.name'),
    field('POD_NAMESPACE', 'metadata.namespace'),
    field('SERVICE_ACCOUNT', 'spec.serviceAccountName'),
    text('KUBECONFIG', '/var/run/secrets/remote/config'),
    text('CA_TRUSTED_NODE_ACCOUNTS', `${namespace}/ztunnel`),
    ...Object.entries(fieldsOf(pilot['env']))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => text(name, value)),
    ...(sampling ? [text('PILOT_TRACE_SAMPLING', sampling)] : []),
    text('PILOT_ENABLE_ANALYSIS', at(global, 'istiod', 'enableAnalysis') === true),
    text('CLUSTER_ID', stringOf(at(global, 'multiCluster', 'clusterName')) || 'Kubernetes'),
    text('PLATFORM', stringOf(global['platform']) || stringOf(values['platform'])),
  ];
}
