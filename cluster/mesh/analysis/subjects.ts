// What is analysed: objects by kind, and the questions that several analyzers ask of them.

import type { KubeObject } from '../../object.ts';
import {
  at,
  type Fields,
  fieldsOf,
  listOf,
  numberOf,
  stringMapOf,
  stringOf,
  stringsOf,
} from '../../schema/fields.ts';
import { covers, resolveHost, serviceHost } from '../routing/hosts.ts';

/** A host that requests may be sent to: a Service's or a ServiceEntry's. */
export interface Host {
  name: string;
  namespace: string;
  /** Namespaces that see it; `*` is all. */
  exportTo: string[];
  ports: number[];
  /** Labels that its workloads have. */
  selector: Record<string, string>;
}

export const specOf = (object: KubeObject): Fields => fieldsOf(object['spec']);
export const namespaceOf = (object: KubeObject) => object.metadata.namespace ?? 'default';
/** `namespace/name` */
export const fullName = (object: KubeObject) => `${namespaceOf(object)}/${object.metadata.name}`;

export class Subjects {
  readonly #byKind = new Map<string, KubeObject[]>();
  readonly hosts: readonly Host[];

  /** Istio's kinds, Namespaces, Services, Pods, Deployments; others are not looked at. */
  constructor(objects: readonly KubeObject[]) {
    for (const object of objects) {
      // Gateway is a kind of the Gateway API too.
      if (object.apiVersion.startsWith('gateway.networking.k8s.io/')) continue;
      const known = this.#byKind.get(object.kind) ?? [];
      this.#byKind.set(object.kind, known);
      known.push(object);
    }
    this.hosts = [
      ...this.of('Service').map(ofService),
      ...this.of('ServiceEntry').flatMap(ofEntry),
    ];
  }

  of(kind: string): readonly KubeObject[] {
    return this.#byKind.get(kind) ?? [];
  }

  /** The host that objects of this namespace mean. */
  hostFor(namespace: string, host: string): Host | undefined {
    const name = resolveHost(host, namespace);
    const visible = this.hosts.filter(
      ({ exportTo }) => exportTo.includes('*') || exportTo.includes(namespace),
    );
    return (
      visible.find((each) => each.name === name) ?? visible.find((each) => covers(each.name, name))
    );
  }

  /** Whether new pods of the namespace get a sidecar because it says so. */
  injects(namespace: string): boolean {
    return this.of('Namespace').some(
      ({ metadata }) =>
        metadata.name === namespace && metadata.labels?.['istio-injection'] === 'enabled',
    );
  }
}

function ofService(service: KubeObject): Host {
  const namespace = namespaceOf(service);
  return {
    name: serviceHost(service.metadata.name, namespace),
    namespace,
    exportTo: ['*'],
    ports: listOf(specOf(service)['ports']).map((port) => numberOf(port['port']) ?? 0),
    selector: stringMapOf(specOf(service)['selector']),
  };
}

function ofEntry(entry: KubeObject): Host[] {
  const namespace = namespaceOf(entry);
  const spec = specOf(entry);
  const given = stringsOf(spec['exportTo']);
  const exportTo =
    given.length === 0 ? ['*'] : given.map((each) => (each === '.' ? namespace : each));
  return stringsOf(spec['hosts']).map((host) => ({
    name: resolveHost(host, namespace),
    namespace,
    exportTo,
    ports: listOf(spec['ports']).map((port) => numberOf(port['number']) ?? 0),
    selector: stringMapOf(at(spec, 'workloadSelector', 'labels')),
  }));
}

/** Whether labels are among those of a workload. No labels select nothing in particular. */
export function selects(
  selector: Record<string, string>,
  labels: Record<string, string> = {},
): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** `a=b,c=d` */
export function selectorText(selector: Record<string, string>): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .sort((a, b) => (a < b ? -1 : 1))
    .join(',');
}

/** Go's `%v` of a list. */
export const listed = (values: readonly (string | number)[]) => `[${values.join(' ')}]`;

export const containersOf = (podSpec: unknown): Fields[] => [
  ...listOf(fieldsOf(podSpec)['containers']),
  ...listOf(fieldsOf(podSpec)['initContainers']),
];

export const hasProxy = (podSpec: unknown) =>
  containersOf(podSpec).some((container) => stringOf(container['name']) === 'istio-proxy');
