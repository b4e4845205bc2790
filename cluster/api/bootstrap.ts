// What every cluster has before anybody comes: the system's namespaces, priorities, roles and bindings, the Service of the API
// itself, and the list of API groups. Made once; a cluster from a snapshot has them already.
// Source: objects of a 1.36 cluster before its first user, as `kubectl get -A` lists them.

import type { ApiClient, Draft } from './client.ts';
import { bootstrapPolicy } from './authorization/bootstrap-policy.ts';
import { isAlreadyExists } from './status.ts';

export interface BootstrapOptions {
  /** Writes as `kube-apiserver`. */
  client: ApiClient;
  nodeIp: string;
  apiPort: number;
}

const NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease', 'default'];
export const KUBERNETES_IP = '10.96.0.1';

interface Item {
  resource: string;
  draft: Draft;
}

/** Resolves when all of it is there. */
export async function bootstrap(options: BootstrapOptions): Promise<void> {
  const { client } = options;
  for (const item of itemsOf(options)) {
    const { namespace, name = '' } = item.draft.metadata;
    // Restored with a snapshot. Its address is taken, by itself: a second try would be refused for that.
    if (client.get(item.resource, namespace, name)) continue;
    try {
      await client.create(item.resource, item.draft);
    } catch (error) {
      // A controller was faster: it looks after some of them too.
      if (!isAlreadyExists(error)) throw error;
    }
  }
}

function* itemsOf(options: BootstrapOptions): Generator<Item> {
  for (const name of NAMESPACES)
    yield {
      resource: 'namespaces',
      draft: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    };
  yield* priorityClasses();
  yield* policy();
  yield* kubernetesService(options);
}

function* priorityClasses(): Generator<Item> {
  const classes: readonly (readonly [string, number, string])[] = [
    [
      'system-node-critical',
      2_000_001_000,
      'Used for system critical pods that must not be moved from their current node.',
    ],
    [
      'system-cluster-critical',
      2_000_000_000,
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    ],
  ];
  for (const [name, value, description] of classes)
    yield {
      resource: 'priorityclasses.scheduling.k8s.io',
      draft: {
        apiVersion: 'scheduling.k8s.io/v1',
        kind: 'PriorityClass',
        metadata: { name },
        value,
        description,
      },
    };
}

const RBAC = 'rbac.authorization.k8s.io';
const RESOURCES: Readonly<Record<string, string>> = {
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  Role: 'roles',
  RoleBinding: 'rolebindings',
};

function* policy(): Generator<Item> {
  for (const draft of bootstrapPolicy())
    yield { resource: `${RESOURCES[draft.kind] ?? ''}.${RBAC}`, draft };
}

function* kubernetesService({ nodeIp, apiPort }: BootstrapOptions): Generator<Item> {
  const place = { name: 'kubernetes', namespace: 'default' };
  yield {
    resource: 'services',
    draft: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...place, labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: {
        type: 'ClusterIP',
        clusterIP: KUBERNETES_IP,
        ipFamilyPolicy: 'SingleStack',
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: apiPort }],
        sessionAffinity: 'None',
      },
    },
  };
  yield {
    resource: 'endpoints',
    draft: {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { ...place, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: [
        {
          addresses: [{ ip: nodeIp }],
          ports: [{ name: 'https', port: apiPort, protocol: 'TCP' }],
        },
      ],
    },
  };
  yield {
    resource: 'endpointslices.discovery.k8s.io',
    draft: {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...place, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [nodeIp], conditions: { ready: true } }],
      ports: [{ name: 'https', port: apiPort, protocol: 'TCP' }],
    },
  };
}
