// Objects for unit tests, complete as the API's defaulting would leave them.

import type { Deployment, DraftOf, Kinds, Node, Pod } from '../kinds.ts';

export function nodeDraft(
  name = 'mesh-lab-control-plane',
  pods = 110,
): DraftOf<Node> & Pick<Node, 'status'> {
  const resources = { cpu: '4', memory: '8Gi', pods: String(pods) };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec: {},
    status: { allocatable: resources, capacity: resources },
  };
}

export function podSpec(extra: Partial<Pod['spec']> = {}): Pod['spec'] {
  return {
    containers: [{ name: 'nginx', image: 'nginx', imagePullPolicy: 'Always', resources: {} }],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    ...extra,
  };
}

export function podDraft(
  name: string,
  spec: Partial<Pod['spec']> = {},
  metadata: DraftOf<Pod>['metadata'] = {},
): DraftOf<Pod> {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', ...metadata },
    spec: podSpec(spec),
  };
}

export function deploymentDraft(
  name: string,
  replicas: number,
  spec: Partial<Deployment['spec']> = {},
): DraftOf<Kinds['deployments.apps']> {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default', labels },
    spec: {
      replicas,
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      selector: { matchLabels: labels },
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' },
      },
      template: { metadata: { labels }, spec: podSpec() },
      ...spec,
    },
  };
}
