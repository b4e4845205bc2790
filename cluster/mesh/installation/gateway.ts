// A gateway as an installation makes it: a Deployment of the proxy's image as a router, and its Service. The simulated proxy
// takes no part in traffic from outside (docs/not-simulated.md): it is ready, has its ports and shows its metrics.
// Source: the charts `istio-ingress` and `istio-egress` of Istio 1.30.3.

import { type Fields, at, fieldsOf, listOf, stringMapOf, stringOf } from '../../schema/fields.ts';
import { account, role } from './access.ts';
import { imageOf, type ControlPlane } from './control-plane.ts';
import { chartLabels, type ComponentName, ofRevision } from './labels.ts';
import type { Manifest } from './manifest.ts';

const KINDS = {
  IngressGateways: { values: 'istio-ingressgateway', chart: 'istio-ingress' },
  EgressGateways: { values: 'istio-egressgateway', chart: 'istio-egress' },
} as const;

export type GatewayComponent = keyof typeof KINDS & ComponentName;

export function gatewayObjects(
  component: GatewayComponent,
  { namespace, revision, values }: ControlPlane,
  /** What the component's entry says: a name, labels, a namespace. */
  entry: Fields,
): Manifest[] {
  const kind = KINDS[component];
  const gateway = fieldsOf(at(values, 'gateways', kind.values));
  const name = stringOf(entry['name']) || kind.values;
  const where = stringOf(entry['namespace']) || namespace;
  const own = { ...stringMapOf(gateway['labels']), ...stringMapOf(entry['label']) };
  const labels = {
    ...own,
    ...ofRevision(revision, component),
    ...chartLabels(kind.values, kind.chart),
  };
  const ports = listOf(gateway['ports']);
  const serviceAccount = `${name}-service-account`;
  const annotations = stringMapOf(gateway['serviceAnnotations']);
  return [
    account(serviceAccount, where, labels),
    ...role(
      `${name}-sds`,
      [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'watch', 'list'] }],
      serviceAccount,
      where,
      labels,
    ),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: where, labels },
      spec: {
        ...(gateway['replicaCount'] !== undefined &&
          gateway['autoscaleEnabled'] === false && { replicas: gateway['replicaCount'] }),
        selector: { matchLabels: own },
        strategy: {
          rollingUpdate: {
            maxSurge: gateway['rollingMaxSurge'],
            maxUnavailable: gateway['rollingMaxUnavailable'],
          },
        },
        template: {
          metadata: {
            labels: {
              ...labels,
              'service.istio.io/canonical-name': name,
              'service.istio.io/canonical-revision': 'latest',
              'sidecar.istio.io/inject': 'false',
              'istio.io/dataplane-mode': 'none',
            },
            annotations: {
              'istio.io/rev': revision || 'default',
              'prometheus.io/port': '15020',
              'prometheus.io/scrape': 'true',
              'prometheus.io/path': '/stats/prometheus',
              'sidecar.istio.io/inject': 'false',
              ...stringMapOf(gateway['podAnnotations']),
            },
          },
          spec: {
            securityContext: { runAsUser: 1337, runAsGroup: 1337, runAsNonRoot: true },
            serviceAccountName: serviceAccount,
            containers: [router(name, where, ports, gateway, revision, values)],
            volumes: [
              { name: 'istio-envoy', emptyDir: {} },
              { name: 'istio-data', emptyDir: {} },
              { name: 'istiod-ca-cert', configMap: { name: 'istio-ca-root-cert', optional: true } },
              {
                name: 'istio-token',
                projected: {
                  sources: [
                    {
                      serviceAccountToken: {
                        path: 'istio-token',
                        expirationSeconds: 43_200,
                        audience: 'istio-ca',
                      },
                    },
                  ],
                },
              },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name,
        namespace: where,
        labels,
        ...(Object.keys(annotations).length > 0 && { annotations }),
      },
      spec: {
        type: stringOf(gateway['type']) || 'LoadBalancer',
        selector: own,
        ports,
      },
    },
  ];
}

function router(
  name: string,
  namespace: string,
  ports: readonly Fields[],
  gateway: Fields,
  revision: string,
  values: Fields,
): Fields {
  const global = fieldsOf(values['global']);
  const proxy = fieldsOf(global['proxy']);
  const text = (variable: string, value: string) => ({ name: variable, value });
  const field = (variable: string, fieldPath: string) => ({
    name: variable,
    valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } },
  });
  const { requests, limits } = fieldsOf(gateway['resources']);
  return {
    name: 'istio-proxy',
    image: imageOf({ image: proxy['image'], tag: gateway['tag'] }, global, 'proxyv2'),
    ports: [
      ...ports.map((port) => ({
        containerPort: port['targetPort'] ?? port['port'],
        protocol: stringOf(port['protocol']) || 'TCP',
      })),
      { containerPort: 15090, protocol: 'TCP', name: 'http-envoy-prom' },
    ],
    args: [
      'proxy',
      'router',
      '--domain',
      `$(POD_NAMESPACE).svc.${stringOf(proxy['clusterDomain'])}`,
      `--proxyLogLevel=${stringOf(proxy['logLevel'])}`,
      `--proxyComponentLogLevel=${stringOf(proxy['componentLogLevel'])}`,
      `--log_output_level=${stringOf(at(global, 'logging', 'level'))}`,
    ],
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
    },
    readinessProbe: {
      failureThreshold: 30,
      httpGet: { path: '/healthz/ready', port: 15021, scheme: 'HTTP' },
      initialDelaySeconds: 1,
      periodSeconds: 2,
      timeoutSeconds: 1,
    },
    resources: { ...(requests ? { requests } : {}), ...(limits ? { limits } : {}) },
    env: [
      text('PILOT_CERT_PROVIDER', 'istiod'),
      text(
        'CA_ADDR',
        `istiod${revision === '' ? '' : `-${revision}`}.${stringOf(global['istioNamespace'])}.svc:15012`,
      ),
      field('NODE_NAME', 'spec.nodeName'),
      field('POD_NAME', 'metadata.name'),
      field('POD_NAMESPACE', 'metadata.namespace'),
      field('INSTANCE_IP', 'status.podIP'),
      field('HOST_IP', 'status.hostIP'),
      field('SERVICE_ACCOUNT', 'spec.serviceAccountName'),
      text('ISTIO_META_WORKLOAD_NAME', name),
      text(
        'ISTIO_META_OWNER',
        `kubernetes://apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
      ),
      text('ISTIO_META_MESH_ID', 'cluster.local'),
      text('TRUST_DOMAIN', 'cluster.local'),
      text('ISTIO_META_UNPRIVILEGED_POD', 'true'),
      text('ISTIO_META_CLUSTER_ID', 'Kubernetes'),
    ],
    volumeMounts: [
      { name: 'istio-envoy', mountPath: '/etc/istio/proxy' },
      { name: 'istio-data', mountPath: '/var/lib/istio/data' },
      { name: 'istiod-ca-cert', mountPath: '/var/run/secrets/istio' },
      { name: 'istio-token', mountPath: '/var/run/secrets/tokens', readOnly: true },
    ],
  };
}
