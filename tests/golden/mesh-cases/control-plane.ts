// The least of an Istio installation that cases assume: istiod, its Service, mesh settings with an access log, webhooks.

import { injectorWebhooks } from '../../../cluster/mesh/injection/webhooks.ts';
import type { Manifest } from './cases.ts';

const system = { namespace: 'istio-system' };

const calls = (path: string) => ({
  service: { name: 'istiod', namespace: 'istio-system', path, port: 443 },
});
const asks = { admissionReviewVersions: ['v1'], sideEffects: 'None', failurePolicy: 'Fail' };

export const webhooks: Manifest[] = [
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'istio-sidecar-injector' },
    webhooks: injectorWebhooks('default').map((webhook) => ({
      ...webhook,
      ...asks,
      clientConfig: calls('/inject'),
      rules: [
        { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] },
      ],
    })),
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'istiod-default-validator' },
    webhooks: [
      {
        name: 'validation.istio.io',
        ...asks,
        clientConfig: calls('/validate'),
        rules: [
          {
            operations: ['CREATE', 'UPDATE'],
            apiGroups: [
              'security.istio.io',
              'networking.istio.io',
              'telemetry.istio.io',
              'extensions.istio.io',
            ],
            apiVersions: ['*'],
            resources: ['*'],
          },
        ],
      },
    ],
  },
];

export const controlPlane: Manifest[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'istio', ...system },
    data: { mesh: 'accessLogFile: /dev/stdout\n' },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'istiod', ...system, labels: { app: 'istiod' } },
    spec: {
      selector: { app: 'istiod' },
      ports: [
        { name: 'grpc-xds', port: 15010 },
        { name: 'https-dns', port: 15012 },
        { name: 'https-webhook', port: 443, targetPort: 15017 },
        { name: 'http-monitoring', port: 15014 },
      ],
    },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'istiod', ...system },
    spec: {
      selector: { matchLabels: { app: 'istiod' } },
      template: {
        metadata: { labels: { app: 'istiod' } },
        spec: {
          containers: [
            {
              name: 'discovery',
              image: 'registry.istio.io/release/pilot:1.30.5',
              args: ['discovery'],
              readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  },
];
