// A cluster's objects for tests of Kiali: a reader over a list, and short ways to write workloads and services.

import type { KubeObject } from '../../object.ts';
import type { ObjectReader } from '../inventory.ts';

const CREATED = '2026-11-29T09:00:00Z';

export function readerOver(objects: readonly (KubeObject & { resource: string })[]): ObjectReader {
  return {
    list: (resource, namespace) =>
      objects.filter(
        (each) =>
          each.resource === resource &&
          (namespace === undefined || each.metadata.namespace === namespace),
      ),
    get: (resource, namespace, name) =>
      objects.find(
        ({ resource: own, metadata }) =>
          own === resource && metadata.namespace === namespace && metadata.name === name,
      ),
  };
}

export type TestObject = KubeObject & { resource: string };

function object(
  resource: string,
  kind: string,
  namespace: string | undefined,
  name: string,
  fields: Record<string, unknown>,
  metadata: Partial<KubeObject['metadata']> = {},
): TestObject {
  return {
    resource,
    apiVersion: 'v1',
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid: `${kind}-${namespace}-${name}`,
      resourceVersion: '1',
      creationTimestamp: CREATED,
      ...metadata,
    },
    ...fields,
  };
}

export function namespace(name: string, labels: Record<string, string> = {}): TestObject {
  return object('namespaces', 'Namespace', undefined, name, {}, { labels });
}

export function service(
  name: string,
  selector: Record<string, string> = { app: name },
  {
    namespace: place = 'app',
    ports = [{ name: 'http', port: 80 }],
  }: {
    namespace?: string;
    ports?: { name: string; port: number; targetPort?: number }[];
  } = {},
): TestObject {
  return object(
    'services',
    'Service',
    place,
    name,
    { spec: { selector, ports } },
    { labels: { app: name } },
  );
}

export interface DeploymentDraft {
  replicas?: number;
  available?: number;
  labels?: Record<string, string>;
  namespace?: string;
  /** Default true. */
  injected?: boolean;
  annotations?: Record<string, string>;
  ports?: number[];
}

/** With its ReplicaSet and as many pods. */
export function deployment(name: string, draft: DeploymentDraft = {}): TestObject[] {
  const { replicas = 1, namespace: place = 'app', injected = true } = draft;
  const { available = replicas, labels = { app: name, version: 'v1' } } = draft;
  const containers = [
    { name, ports: (draft.ports ?? [80]).map((containerPort) => ({ containerPort })) },
  ];
  const template = { metadata: { labels }, spec: { containers } };
  const set = `${name}-5d8`;
  const owner = (kind: string, of: string) => [
    { apiVersion: 'apps/v1', kind, name: of, uid: of, controller: true },
  ];
  const pods = Array.from({ length: replicas }, (_, index) =>
    object(
      'pods',
      'Pod',
      place,
      `${set}-${index}`,
      {
        spec: { containers, serviceAccountName: 'default' },
        status: {
          conditions: [{ type: 'Ready', status: index < available ? 'True' : 'False' }],
          ...(injected
            ? { initContainerStatuses: [{ name: 'istio-proxy', ready: index < available }] }
            : {}),
        },
      },
      {
        labels,
        ownerReferences: owner('ReplicaSet', set),
        ...(injected
          ? {
              annotations: {
                'sidecar.istio.io/status':
                  '{"initContainers":["istio-init","istio-proxy"],"containers":null}',
              },
            }
          : {}),
      },
    ),
  );
  return [
    object(
      'deployments.apps',
      'Deployment',
      place,
      name,
      { spec: { replicas, template }, status: { replicas, availableReplicas: available } },
      { labels, ...(draft.annotations ? { annotations: draft.annotations } : {}) },
    ),
    object(
      'replicasets.apps',
      'ReplicaSet',
      place,
      set,
      { spec: { replicas, template } },
      { ownerReferences: owner('Deployment', name) },
    ),
    ...pods,
  ];
}

export function rule(
  resource: string,
  kind: string,
  name: string,
  spec: unknown,
  place = 'app',
): TestObject {
  return object(resource, kind, place, name, { spec });
}

export const virtualService = (name: string, spec: unknown, place?: string) =>
  rule('virtualservices.networking.istio.io', 'VirtualService', name, spec, place);
export const destinationRule = (name: string, spec: unknown, place?: string) =>
  rule('destinationrules.networking.istio.io', 'DestinationRule', name, spec, place);
