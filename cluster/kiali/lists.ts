// Lists and details of namespaces, workloads, services and apps, in the shape of Kiali's API.

import type { Namespace, Service } from '../controllers/kinds.ts';
import type { Healths } from './health/namespace-health.ts';
import { emptyHealth } from './health/health.ts';
import type { Inventory, Workload } from './inventory.ts';
import { appOf } from './labels.ts';
import { CLUSTER, type KialiSettings } from './settings.ts';

type Labels = Readonly<Record<string, string>>;

const REVISION = 'istio.io/rev';
const INJECTION = 'istio-injection';

export function namespaceItem({ metadata }: Namespace, { istioNamespace }: KialiSettings) {
  const { name, labels = {}, annotations = {} } = metadata;
  const revision = labels[INJECTION] === 'enabled' ? 'default' : labels[REVISION];
  return {
    name,
    cluster: CLUSTER,
    isAmbient: false,
    isControlPlane: name === istioNamespace,
    labels,
    annotations,
    ...(revision === undefined ? {} : { revision }),
  };
}

export function workloadItem(workload: Workload, healths: Healths) {
  const { name, namespace, kind, apiVersion, labels, annotations, app, version, pods } = workload;
  const [group = '', apiName] = apiVersion.split('/');
  return {
    name,
    namespace,
    cluster: CLUSTER,
    gvk:
      apiName === undefined
        ? { Group: '', Version: group, Kind: kind }
        : { Group: group, Version: apiName, Kind: kind },
    createdAt: workload.createdAt,
    resourceVersion: workload.resourceVersion,
    istioSidecar: workload.hasSidecar,
    isAmbient: false,
    isGateway: workload.isGateway,
    isWaypoint: false,
    isZtunnel: false,
    labels,
    appLabel: app !== undefined,
    versionLabel: version !== undefined,
    podCount: pods.length,
    annotations,
    healthAnnotations: healthAnnotations(annotations),
    istioReferences: [],
    serviceAccountNames: workload.serviceAccounts,
    health: healths[name] ?? emptyHealth(),
  };
}

/** Of one workload: its pods and the services that lead to it, too. */
export function workloadDetails(workload: Workload, inventory: Inventory, healths: Healths) {
  const { desired, current, available, pods, namespace, labels } = workload;
  return {
    ...workloadItem(workload, healths),
    desiredReplicas: desired,
    currentReplicas: current,
    availableReplicas: available,
    pods: pods.map(({ metadata, spec, status }) => ({
      name: metadata.name,
      labels: metadata.labels ?? {},
      createdAt: metadata.creationTimestamp,
      containers: spec.containers.map(({ name, image }) => ({ name, image: image ?? '' })),
      istioInitContainers: (spec.initContainers ?? [])
        .filter(({ name }) => name.startsWith('istio-'))
        .map(({ name, image }) => ({ name, image: image ?? '' })),
      status: status?.phase ?? '',
      appLabel: appOf(metadata.labels) !== undefined,
      versionLabel: workload.version !== undefined,
      serviceAccountName: spec.serviceAccountName ?? 'default',
    })),
    services: inventory
      .services(namespace)
      .filter(({ spec }) => selects(spec.selector, labels))
      .map(({ metadata }) => ({ name: metadata.name, namespace, cluster: CLUSTER })),
  };
}

export function serviceItem(service: Service, inventory: Inventory, healths: Healths) {
  const { metadata, spec } = service;
  const namespace = metadata.namespace ?? '';
  const labels = metadata.labels ?? {};
  const annotations = metadata.annotations ?? {};
  const behind = workloadsOf(service, inventory);
  return {
    name: metadata.name,
    namespace,
    istioSidecar: behind.length > 0 && behind.every(({ hasSidecar }) => hasSidecar),
    cluster: CLUSTER,
    isAmbient: false,
    appLabel: appOf(labels) !== undefined,
    annotations,
    healthAnnotations: healthAnnotations(annotations),
    ports: Object.fromEntries((spec.ports ?? []).map(({ name = '', port }) => [name, port])),
    labels,
    selector: spec.selector ?? {},
    istioReferences: [],
    kialiWizard: '',
    serviceRegistry: 'Kubernetes',
    health: healths[metadata.name] ?? emptyHealth(),
  };
}

export function workloadsOf({ metadata, spec }: Service, inventory: Inventory): Workload[] {
  return inventory
    .workloads(metadata.namespace ?? '')
    .filter(({ labels }) => selects(spec.selector, labels));
}

/** A service without a selector leads to no workload by itself. */
export function selects(selector: Labels | undefined, labels: Labels): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([name, value]) => labels[name] === value);
}

export function appItems(namespace: string, inventory: Inventory, healths: Healths) {
  const apps = new Map<string, Workload[]>();
  for (const workload of inventory.workloads(namespace))
    if (workload.app !== undefined)
      apps.set(workload.app, [...(apps.get(workload.app) ?? []), workload]);
  return [...apps].map(([name, workloads]) => ({
    name,
    namespace,
    cluster: CLUSTER,
    istioSidecar: workloads.every(({ hasSidecar }) => hasSidecar),
    isAmbient: false,
    isGateway: workloads.some(({ isGateway }) => isGateway),
    labels: joined(workloads),
    istioReferences: [],
    health: healths[name] ?? emptyHealth(),
  }));
}

/** Values of the same label side by side: `v1,v2`. */
function joined(workloads: readonly Workload[]): Record<string, string> {
  const values = new Map<string, Set<string>>();
  for (const { labels } of workloads)
    for (const [name, value] of Object.entries(labels))
      values.set(name, (values.get(name) ?? new Set()).add(value));
  return Object.fromEntries([...values].map(([name, all]) => [name, [...all].join(',')]));
}

function healthAnnotations(annotations: Labels): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations).filter(([name]) => name.startsWith('health.kiali.io/')),
  );
}
