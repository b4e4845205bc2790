// What there is in the cluster, as Kiali speaks of it: namespaces, services, workloads, apps and Istio's rules, read through
// the API with Kiali's own rights. One inventory for each request: what it has read once it does not read again.

import {
  type Kinds,
  type Namespace,
  type Pod,
  type Resource,
  type Service,
  asKind,
} from '../controllers/kinds.ts';
import type { KubeObject } from '../object.ts';
import { type MeshKinds, type MeshResource, asMeshKind } from '../mesh/resources.ts';
import { at, isFields, numberOf, stringOf } from '../schema/fields.ts';
import { appOf, versionOf } from './labels.ts';

/** Kubernetes' API as a program in a pod reads it. Throws StatusError when it may not. */
export interface ObjectReader {
  list(resource: string, namespace?: string): readonly KubeObject[];
  get(resource: string, namespace: string | undefined, name: string): KubeObject | undefined;
}

type Labels = Readonly<Record<string, string>>;

export interface Workload {
  name: string;
  namespace: string;
  /** `Deployment`, `ReplicaSet`, `Pod`, `Job` … */
  kind: string;
  apiVersion: string;
  createdAt: string;
  resourceVersion: string;
  /** Of its pods. */
  labels: Labels;
  annotations: Labels;
  app: string | undefined;
  version: string | undefined;
  pods: readonly Pod[];
  desired: number;
  current: number;
  available: number;
  /** Without pods nothing speaks against a proxy. */
  hasSidecar: boolean;
  isGateway: boolean;
  serviceAccounts: readonly string[];
  /** Names and ports of its containers. */
  ports: readonly { name: string; port: number }[];
}

export class Inventory {
  readonly #reader: ObjectReader;
  readonly #lists = new Map<string, readonly KubeObject[]>();
  readonly #workloads = new Map<string, readonly Workload[]>();
  readonly #workloadsByName = new Map<string, ReadonlyMap<string, Workload>>();
  readonly #workloadsByApp = new Map<string, Map<string, Workload[]>>();
  readonly #services = new Map<string, readonly Service[]>();
  readonly #servicesByName = new Map<string, ReadonlyMap<string, Service>>();
  #names: readonly string[] | undefined;

  constructor(reader: ObjectReader) {
    this.#reader = reader;
  }

  objects(resource: string): readonly KubeObject[] {
    let list = this.#lists.get(resource);
    if (!list) this.#lists.set(resource, (list = this.#reader.list(resource)));
    return list;
  }

  kinds<R extends Resource>(resource: R): readonly Kinds[R][] {
    return this.objects(resource).map((object) => asKind(resource, object));
  }

  rules<R extends MeshResource>(resource: R): readonly MeshKinds[R][] {
    return this.objects(resource).map((object) => asMeshKind(resource, object));
  }

  configMap(namespace: string, name: string): KubeObject | undefined {
    return this.#reader.get('configmaps', namespace, name);
  }

  namespaces(): readonly Namespace[] {
    return this.kinds('namespaces');
  }

  namespaceNames(): readonly string[] {
    this.#names ??= this.namespaces().map(({ metadata }) => metadata.name);
    return this.#names;
  }

  services(namespace: string): readonly Service[] {
    let found = this.#services.get(namespace);
    if (!found) this.#services.set(namespace, (found = this.#in('services', namespace)));
    return found;
  }

  service(namespace: string, name: string): Service | undefined {
    let byName = this.#servicesByName.get(namespace);
    if (!byName) {
      byName = new Map(this.services(namespace).map((each) => [each.metadata.name, each]));
      this.#servicesByName.set(namespace, byName);
    }
    return byName.get(name);
  }

  workloads(namespace: string): readonly Workload[] {
    let found = this.#workloads.get(namespace);
    if (!found) this.#workloads.set(namespace, (found = this.#read(namespace)));
    return found;
  }

  workload(namespace: string, name: string): Workload | undefined {
    let byName = this.#workloadsByName.get(namespace);
    if (!byName) {
      byName = new Map(this.workloads(namespace).map((each) => [each.name, each]));
      this.#workloadsByName.set(namespace, byName);
    }
    return byName.get(name);
  }

  /** All versions of an app. */
  workloadsOfApp(namespace: string, app: string): readonly Workload[] {
    let byApp = this.#workloadsByApp.get(namespace);
    if (!byApp) {
      byApp = new Map();
      for (const each of this.workloads(namespace)) {
        if (each.app === undefined) continue;
        const versions = byApp.get(each.app);
        if (versions) versions.push(each);
        else byApp.set(each.app, [each]);
      }
      this.#workloadsByApp.set(namespace, byApp);
    }
    return byApp.get(app) ?? [];
  }

  allWorkloads(): readonly Workload[] {
    return this.namespaceNames().flatMap((name) => this.workloads(name));
  }

  #read(namespace: string): Workload[] {
    const podsOf = new Map<string, Pod[]>();
    const workloads: Workload[] = [];
    for (const pod of this.#in('pods', namespace)) {
      const owner = ownerOf(pod);
      const key = owner ?? `Pod ${pod.metadata.name}`;
      podsOf.set(key, [...(podsOf.get(key) ?? []), pod]);
    }
    for (const resource of CONTROLLERS) {
      for (const object of this.#in(resource, namespace)) {
        const owner = ownerOf(object);
        const key = `${object.kind} ${object.metadata.name}`;
        const pods = podsOf.get(key) ?? [];
        podsOf.delete(key);
        // Pods of a Deployment's ReplicaSet are the Deployment's.
        if (owner !== undefined) {
          podsOf.set(owner, [...(podsOf.get(owner) ?? []), ...pods]);
          continue;
        }
        workloads.push(controllerWorkload(object, pods));
      }
    }
    for (const [key, pods] of podsOf) {
      const [kind = '', name = ''] = key.split(' ');
      const [pod] = pods;
      if (pod) workloads.push(looseWorkload(kind, name, pod, pods));
    }
    return workloads.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  #in<R extends Resource>(resource: R, namespace: string): readonly Kinds[R][] {
    return this.kinds(resource).filter(({ metadata }) => metadata.namespace === namespace);
  }
}

/** Those whose pods are counted before their owners'. */
const CONTROLLERS = ['replicasets.apps', 'deployments.apps', 'jobs.batch'] as const;

/** `ReplicaSet web-5d8` */
function ownerOf({ metadata }: { metadata: KubeObject['metadata'] }): string | undefined {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return owner && `${owner.kind} ${owner.name}`;
}

function controllerWorkload(
  object: Kinds[(typeof CONTROLLERS)[number]],
  pods: readonly Pod[],
): Workload {
  const template = object.spec?.template;
  const labels = template?.metadata?.labels ?? object.metadata.labels ?? {};
  const status = object.status;
  const isJob = object.kind === 'Job';
  const count = (name: string, fallback: number) => numberOf(at(status, name)) ?? fallback;
  const desired = isJob ? 1 : (numberOf(at(object.spec, 'replicas')) ?? 1);
  return {
    ...common(object, labels, pods),
    annotations: object.metadata.annotations ?? {},
    desired,
    current: isJob ? count('active', 0) + count('succeeded', 0) : count('replicas', 0),
    available: isJob ? count('active', 0) + count('succeeded', 0) : count('availableReplicas', 0),
    ports: portsOf(template?.spec?.containers ?? []),
  };
}

/** A pod on its own, or pods of a controller that is not there. */
function looseWorkload(kind: string, name: string, pod: Pod, pods: readonly Pod[]): Workload {
  const ready = pods.filter(isReady).length;
  return {
    ...common(pod, pod.metadata.labels ?? {}, pods),
    kind,
    name,
    annotations: pod.metadata.annotations ?? {},
    desired: pods.length,
    current: pods.length,
    available: ready,
    ports: portsOf(pod.spec.containers),
  };
}

function common(
  object: Pod | Kinds[(typeof CONTROLLERS)[number]],
  labels: Labels,
  pods: readonly Pod[],
): Omit<Workload, 'annotations' | 'desired' | 'current' | 'available' | 'ports'> {
  const { metadata, kind, apiVersion } = object;
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    kind,
    apiVersion,
    createdAt: metadata.creationTimestamp,
    resourceVersion: metadata.resourceVersion,
    labels,
    app: appOf(labels),
    version: versionOf(labels),
    pods,
    hasSidecar: pods.every(hasSidecar),
    isGateway: labels['istio'] === 'ingressgateway' || labels['istio'] === 'egressgateway',
    serviceAccounts: [...new Set(pods.map(({ spec }) => spec.serviceAccountName ?? 'default'))],
  };
}

function portsOf(
  containers: readonly { ports?: readonly { name?: string; containerPort: number }[] }[],
) {
  return containers.flatMap(({ ports = [] }) =>
    ports.map(({ name = '', containerPort }) => ({ name, port: containerPort })),
  );
}

export function isReady({ status }: Pod): boolean {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
}

/** What was read of a pod once stays true of it: a changed pod is another object. */
const sidecars = new WeakMap<Pod, boolean>();

/** By what the injection wrote down of it. */
export function hasSidecar(pod: Pod): boolean {
  let known = sidecars.get(pod);
  if (known === undefined) sidecars.set(pod, (known = readSidecar(pod)));
  return known;
}

function readSidecar({ metadata }: Pod): boolean {
  const text = metadata.annotations?.['sidecar.istio.io/status'];
  if (text === undefined) return false;
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Somebody wrote something else there: no proxy then, as for the real one.
    return false;
  }
  if (!isFields(written)) return false;
  const named = (name: string) => {
    const list = written[name];
    return Array.isArray(list) ? list.map(stringOf) : [];
  };
  return named('containers').length > 0 || named('initContainers').includes('istio-proxy');
}
