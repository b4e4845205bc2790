// The proxy that injection would add to a pod, for a cluster that has no webhook yet: the least that the data plane needs.

import type { Manifest } from './cases.ts';

interface PodTemplate {
  metadata?: { labels?: Record<string, string> };
  spec: {
    initContainers?: unknown[];
    containers: { name: string; readinessProbe?: { httpGet?: Record<string, unknown> } }[];
  };
}

const INJECTED = new Set(['app', 'other']);

export function injectedByHand(manifest: Manifest): Manifest {
  const namespace = manifest.metadata.namespace ?? 'app';
  if (manifest.kind !== 'Deployment' || !INJECTED.has(namespace)) return manifest;
  const spec = manifest.spec as { template: PodTemplate };
  const { template } = spec;
  const labels = template.metadata?.labels ?? {};
  const probers: Record<string, unknown> = {};
  const containers = template.spec.containers.map((container) => {
    const get = container.readinessProbe?.httpGet;
    if (!get) return container;
    const path = `/app-health/${container.name}/readyz`;
    probers[path] = { httpGet: get, timeoutSeconds: 1 };
    return { ...container, readinessProbe: { httpGet: { path, port: 15020 } } };
  });
  const field = (name: string, fieldPath: string) => ({
    name,
    valueFrom: { fieldRef: { fieldPath } },
  });
  const proxy = {
    name: 'istio-proxy',
    image: 'registry.istio.io/release/proxyv2:1.30.5',
    args: ['proxy', 'sidecar'],
    restartPolicy: 'Always',
    env: [
      field('POD_NAME', 'metadata.name'),
      field('POD_NAMESPACE', 'metadata.namespace'),
      { name: 'ISTIO_KUBE_APP_PROBERS', value: JSON.stringify(probers) },
    ],
    ports: [{ containerPort: 15090, name: 'http-envoy-prom' }],
    startupProbe: {
      httpGet: { path: '/healthz/ready', port: 15021 },
      periodSeconds: 1,
      failureThreshold: 600,
    },
    readinessProbe: { httpGet: { path: '/healthz/ready', port: 15021 }, periodSeconds: 15 },
  };
  return {
    ...manifest,
    spec: {
      ...spec,
      template: {
        ...template,
        metadata: {
          ...template.metadata,
          labels: {
            ...labels,
            'security.istio.io/tlsMode': 'istio',
            'service.istio.io/canonical-name': labels['app'] ?? manifest.metadata.name,
            'service.istio.io/canonical-revision': labels['version'] ?? 'latest',
          },
        },
        spec: {
          ...template.spec,
          initContainers: [proxy, ...(template.spec.initContainers ?? [])],
          containers,
        },
      },
    },
  };
}
