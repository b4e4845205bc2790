// Joins the declarations with our tables into CustomResourceDefinitions. Knows the shape of a CRD; knows no kind.

import type { SchemaNode } from '../../../cluster/schema/openapi.ts';
import { type Constraint, constraints, requiredOrder } from './constraints.ts';
import { readDeclaration } from './declarations.ts';
import { type Column, type IstioKind, istioKinds } from './kinds.ts';
import { newerFields, trafficExtension } from './newer.ts';

export interface IstioDefinition {
  apiVersion: 'apiextensions.k8s.io/v1';
  kind: 'CustomResourceDefinition';
  metadata: { name: string; labels: Record<string, string>; annotations: Record<string, string> };
  spec: unknown;
}

/** What the definitions are made from. */
export interface IstioSources {
  /** The text of a declaration: `networking.istio.io/v1/Gateway`. */
  declaration(path: string): string;
  /** What Kubernetes says of metadata.creationTimestamp. */
  creationTimestamp: string;
}

export function istioDefinitions(sources: IstioSources): IstioDefinition[] {
  const unmet = new Set(constraints.flatMap(({ at }) => at));
  const definitions = istioKinds.map((kind) => definitionOf(kind, sources, unmet));
  if (unmet.size > 0)
    throw new Error(`constraints.ts: no field answers to ${[...unmet].join(', ')}; mend the rows`);
  return definitions;
}

function definitionOf(kind: IstioKind, sources: IstioSources, unmet: Set<string>): IstioDefinition {
  const singular = kind.kind.toLowerCase();
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${kind.plural}.${kind.group}`,
      // Source: the chart `base` of an Istio release, whose installers look for these.
      labels: {
        app: 'istio-pilot',
        chart: 'istio',
        heritage: 'Tiller',
        ...(kind.part === undefined ? {} : { istio: kind.part }),
        release: 'istio',
      },
      annotations: { 'helm.sh/resource-policy': 'keep' },
    },
    spec: {
      group: kind.group,
      names: {
        categories: [
          'istio-io',
          kind.group.replaceAll('.', '-').replace(/^(\w+)-.*/, '$1-istio-io'),
        ],
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        ...(kind.shortNames ? { shortNames: kind.shortNames } : {}),
        singular,
      },
      scope: 'Namespaced',
      versions: [...kind.versions].sort().map((version) => {
        const schema = schemaOf(kind, version, sources);
        constrain(schema, kind.kind, unmet);
        return {
          ...(kind.columns ? { additionalPrinterColumns: columnsOf(kind, schema, sources) } : {}),
          name: version,
          schema: { openAPIV3Schema: schema },
          served: true,
          storage: version === kind.versions[0],
          subresources: { status: {} },
        };
      }),
    },
  };
}

function schemaOf({ group, kind }: IstioKind, version: string, sources: IstioSources): SchemaNode {
  const declared = (name: string) =>
    readDeclaration(sources.declaration(`${group}/${version}/${name}`), name);
  const schema =
    kind === 'TrafficExtension' ? trafficExtension(declared('WasmPlugin')) : declared(kind);
  const newer = { ...newerFields[kind] };
  walk(schema, (node, path) => {
    // The generator of the real documents puts a blank line before the options even where nothing stands before it.
    if (node.description?.startsWith('Valid Options:'))
      node.description = `\n\n${node.description}`;
    node.required?.sort(byFieldNumber);
    const fields = newer[path];
    if (!fields) return;
    node.properties = sorted({ ...node.properties, ...structuredClone(fields) });
    delete newer[path];
  });
  const [lost] = Object.keys(newer);
  if (lost !== undefined) throw new Error(`newer.ts: ${kind} has no ${lost}`);
  return schema;
}

function byFieldNumber(a: string, b: string): number {
  const [at, bt] = [requiredOrder.indexOf(a), requiredOrder.indexOf(b)];
  return at < 0 || bt < 0 ? 0 : at - bt;
}

/** Adds what the rows say that meet a field. Rows of one field add up; their CEL rules too. */
function constrain(schema: SchemaNode, kind: string, unmet: Set<string>): void {
  walk(schema, (node, path) => {
    for (const { at, is } of constraints) {
      const met = at.filter((end) => meets(kind, path, end));
      if (met.length === 0) continue;
      for (const end of met) unmet.delete(end);
      add(node, is);
    }
  });
}

function meets(kind: string, path: string, end: string): boolean {
  const colon = end.indexOf(':');
  const only = colon < 0 ? kind : end.slice(0, colon);
  const text = end.slice(colon + 1);
  return only === kind && (`.${path}` === text || path === text || path.endsWith(`.${text}`));
}

function add(node: SchemaNode, is: Constraint['is']): void {
  const rules = [
    ...(node['x-kubernetes-validations'] ?? []),
    ...(is['x-kubernetes-validations'] ?? []),
  ];
  Object.assign(node, structuredClone(is));
  if (rules.length > 0) node['x-kubernetes-validations'] = rules;
}

/** Visits a schema and all below it with their paths: `spec.http[].match[].headers{}.exact`. */
export function walk(
  node: SchemaNode,
  visit: (node: SchemaNode, path: string) => void,
  path = '',
): void {
  visit(node, path);
  for (const [name, property] of Object.entries(node.properties ?? {}))
    walk(property, visit, path === '' ? name : `${path}.${name}`);
  if (node.items) walk(node.items, visit, `${path}[]`);
  if (typeof node.additionalProperties === 'object')
    walk(node.additionalProperties, visit, `${path}{}`);
}

function columnsOf(kind: IstioKind, schema: SchemaNode, sources: IstioSources) {
  return (kind.columns ?? []).map((column) => ({
    description: descriptionOf(kind, column, schema, sources),
    jsonPath: column.path,
    name: column.name,
    type: column.path.startsWith('.metadata.') ? 'date' : 'string',
  }));
}

function descriptionOf(
  kind: IstioKind,
  column: Column,
  schema: SchemaNode,
  { creationTimestamp }: IstioSources,
): string {
  if (column.description !== undefined) return column.description;
  if (column.path.startsWith('.metadata.')) {
    const text = creationTimestamp.replaceAll(/\n+/g, ' ');
    const link = /More info: https:\/\/git\.k8s\.io\/(\S+)$/;
    // Links as the markers of the messages write them: two ways, one of them of an older address.
    return kind.kind === 'DestinationRule'
      ? text
          .replace(
            link,
            'For more information, see [Kubernetes API Conventions](https://github.com/kubernetes/$1)',
          )
          .replace('kubernetes/community/', 'kubernetes/community/blob/master/')
      : text.replace('/sig-architecture/', '/');
  }
  let found: string | undefined;
  walk(schema, (node, path) => {
    if (`.${path}` === column.path) found = node.description;
  });
  if (found === undefined)
    throw new Error(`${kind.kind}: no description for column ${column.name}`);
  return found.replace(/\.$/, '');
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
