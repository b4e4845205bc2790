// Objects, lists and watch events as JSON text, in the view a client asked for. Texts of stored objects are made once and
// shared; lists are joined strings. Knows views; knows nothing of where objects come from.
// Source: "Receiving resources as Tables" and "Metadata-only fetches" of the API concepts documentation.

import type { KubeObject, ObjectMeta } from '../object.ts';
import { apiVersionOf, tableOf } from '../schema/resource.ts';
import { serialized } from '../store/serialized.ts';
import { orderedMetadata } from './arrange.ts';
import type { Representation } from './negotiation.ts';
import { badRequest } from './status.ts';
import type { ServedKind } from './world.ts';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface ViewOptions {
  representation: Representation;
  includeObject: IncludeObject;
  /** Cluster milliseconds: ages in tables. */
  now: number;
}

export interface ListMeta {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

export function parseIncludeObject(value: string | null): IncludeObject {
  switch (value) {
    case null:
    case '':
    case 'Metadata':
      return 'Metadata';
    case 'None':
    case 'Object':
      return value;
    default:
      throw badRequest(
        `unrecognized includeObject value: ${JSON.stringify(value)}`.replaceAll('"', ''),
      );
  }
}

/** The stored object as a version shows it. Converted objects are kept, so that their text is made once too. */
const converted = new WeakMap<KubeObject, Map<string, KubeObject>>();

export function inVersion({ definition, version }: ServedKind, stored: KubeObject): KubeObject {
  if (version.version === definition.storageVersion && definition.storedAs !== 'events')
    return stored;
  const key = apiVersionOf(definition.group, version.version);
  if (stored.apiVersion === key) return stored;
  let versions = converted.get(stored);
  if (!versions) converted.set(stored, (versions = new Map()));
  let object = versions.get(key);
  if (!object) versions.set(key, (object = definition.fromStored(stored, version.version)));
  return object;
}

/** One object. */
export function objectText(kind: ServedKind, stored: KubeObject, options: ViewOptions): string {
  const { representation } = options;
  switch (representation.view) {
    case 'object':
      return serialized(inVersion(kind, stored));
    case 'metadata':
      return partialText(stored, representation.metaVersion);
    case 'table':
      return tableText(
        kind,
        [stored],
        { resourceVersion: stored.metadata.resourceVersion },
        options,
      );
  }
}

/** A list of objects of one kind. */
export function listText(
  kind: ServedKind,
  stored: readonly KubeObject[],
  meta: ListMeta,
  options: ViewOptions,
): string {
  const { definition, version } = kind;
  const { view, metaVersion } = options.representation;
  if (view === 'table') return tableText(kind, stored, meta, options);
  if (view === 'metadata') {
    const items = stored.map((object) => partialText(object, metaVersion)).join(',');
    return `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/${metaVersion}","metadata":${metaText(meta)},"items":[${items}]}`;
  }
  const apiVersion = apiVersionOf(definition.group, version.version);
  if (definition.custom) {
    const items = stored.map((object) => serialized(inVersion(kind, object))).join(',');
    const { resourceVersion, ...rest } = meta;
    const metadata = metaText({ continue: '', ...rest, resourceVersion });
    return `{"apiVersion":"${apiVersion}","items":[${items}],"kind":"${definition.listKind}","metadata":${metadata}}`;
  }
  const items = stored.map((object) => itemText(inVersion(kind, object))).join(',');
  return `{"kind":"${definition.listKind}","apiVersion":"${apiVersion}","metadata":${metaText(meta)},"items":[${items}]}`;
}

/** Items of built-in lists do not repeat their kind. */
function itemText(object: KubeObject): string {
  const text = serialized(object);
  const head = `{"kind":"${object.kind}","apiVersion":"${object.apiVersion}",`;
  if (text.startsWith(head)) return `{${text.slice(head.length)}`;
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return JSON.stringify(rest);
}

const partials = new WeakMap<KubeObject, Map<string, string>>();

function partialText(object: KubeObject, metaVersion: string): string {
  let texts = partials.get(object);
  if (!texts) partials.set(object, (texts = new Map()));
  let text = texts.get(metaVersion);
  if (text === undefined) {
    const metadata = JSON.stringify(orderedMetadata(object.metadata));
    text = `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${metaVersion}","metadata":${metadata}}`;
    texts.set(metaVersion, text);
  }
  return text;
}

/** What was never stored has no version, and says none. */
function metaText(meta: ListMeta): string {
  if (meta.resourceVersion !== '') return JSON.stringify(meta);
  const { resourceVersion: _none, ...rest } = meta;
  return JSON.stringify(rest);
}

const columnTexts = new WeakMap<object, string>();

function columnsText(table: ReturnType<typeof tableOf>): string {
  let text = columnTexts.get(table);
  if (text === undefined) columnTexts.set(table, (text = JSON.stringify(table.columns)));
  return text;
}

function tableText(
  kind: ServedKind,
  stored: readonly KubeObject[],
  meta: ListMeta,
  options: ViewOptions,
  withColumns = true,
): string {
  const table = tableOf(kind.definition, kind.version.version);
  const { metaVersion } = options.representation;
  const rows = stored.map((object) => {
    const cells = JSON.stringify(table.cells(object, options.now));
    return `{"cells":${cells},"object":${rowObject(kind, object, options)}}`;
  });
  const columns = withColumns ? columnsText(table) : 'null';
  // The table of kinds without columns of their own has no rows at all when it is empty.
  const isPlain =
    rows.length === 0 && table.columns.length === 2 && table.columns[1]?.name === 'Created At';
  return `{"kind":"Table","apiVersion":"meta.k8s.io/${metaVersion}","metadata":${metaText(meta)},"columnDefinitions":${columns},"rows":${isPlain ? 'null' : `[${rows.join(',')}]`}}`;
}

function rowObject(kind: ServedKind, stored: KubeObject, options: ViewOptions): string {
  switch (options.includeObject) {
    case 'None':
      return 'null';
    case 'Object':
      return serialized(inVersion(kind, stored));
    case 'Metadata':
      return partialText(stored, options.representation.metaVersion);
  }
}

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** One line of a watch. Only the first table of a watch names its columns. */
export function eventText(
  type: EventType,
  kind: ServedKind,
  stored: KubeObject,
  options: ViewOptions,
  first: boolean,
): string {
  const object =
    options.representation.view === 'table'
      ? tableText(
          kind,
          type === 'BOOKMARK' ? [] : [stored],
          bookmarkMeta(type, stored),
          options,
          first,
        )
      : objectText(kind, stored, options);
  return `{"type":"${type}","object":${object}}\n`;
}

function bookmarkMeta(type: EventType, { metadata }: KubeObject): ListMeta {
  const { resourceVersion, annotations } = metadata;
  return type === 'BOOKMARK' && annotations
    ? ({ resourceVersion, annotations } as ListMeta)
    : { resourceVersion };
}

/** An empty object of the kind that tells how far a watch has come. */
export function bookmark(kind: ServedKind, revision: number, initialEnd: boolean): KubeObject {
  const { definition, version } = kind;
  const apiVersion = apiVersionOf(definition.group, version.version);
  const metadata = {
    resourceVersion: String(revision),
    ...(initialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    // A bookmark is of nothing: it has a version and no name.
  } as unknown as ObjectMeta;
  const names = { apiVersion, kind: definition.kind, metadata };
  if (definition.custom) return names;
  const conformed = version.conform(names, 'fields');
  const whole = 'error' in conformed ? names : conformed.object;
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = whole;
  return { kind: definition.kind, apiVersion, ...rest, metadata };
}
