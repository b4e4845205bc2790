// Lists: which objects of a kind a request means, at which revision, and a page at a time.
// Source: "Retrieving large results sets in chunks" and "Resource versions" of the API concepts documentation.

import type { KubeObject } from '../object.ts';
import {
  type FieldSelector,
  matchesFields,
  parseFieldSelector,
  unsupportedField,
} from '../schema/field-selector.ts';
import { type LabelSelector, matchesLabels, parseLabelSelector } from '../schema/label-selector.ts';
import { forbidden as forbiddenField, goQuote, notSupported } from '../schema/field-errors.ts';
import type { FieldError, ResourceDefinition } from '../schema/resource.ts';
import { parseJson } from '../schema/json.ts';
import { objectKey } from '../object.ts';
import type { Change, Store } from '../store/store.ts';
import { StoreError } from '../store/errors.ts';
import { bytesOf, textOf } from '../streams.ts';
import { base64UrlBytes, base64UrlOf } from './digests.ts';
import { badRequest, expired, invalid, plainError } from './status.ts';
import type { ListMeta } from './representation.ts';

export interface Selection {
  namespace: string | undefined;
  labels: LabelSelector;
  fields: FieldSelector;
}

export interface ListOptions extends Selection {
  limit: number;
  continue: string;
  resourceVersion: string;
  resourceVersionMatch: string;
  /** Of the present list or watch: -1 when it is not set. */
  timeoutSeconds: number;
  allowWatchBookmarks: boolean;
  sendInitialEvents: boolean | undefined;
}

/** Reads the query of a list or watch. Throws StatusError. */
export function listOptions(
  query: URLSearchParams,
  namespace: string | undefined,
  definition: ResourceDefinition,
  watch: boolean,
): ListOptions {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  if ('error' in labels) throw badRequest(labels.error);
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  if ('error' in fields) throw badRequest(fields.error);
  const unsupported = unsupportedField(fields, definition);
  if (unsupported !== undefined) throw badRequest(unsupported);
  const initial = query.get('sendInitialEvents');
  const options: ListOptions = {
    namespace,
    labels,
    fields,
    limit: integer(query, 'limit') ?? 0,
    continue: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    timeoutSeconds: integer(query, 'timeoutSeconds') ?? -1,
    allowWatchBookmarks: boolean(query.get('allowWatchBookmarks')),
    sendInitialEvents: initial === null ? undefined : boolean(initial),
  };
  const errors = problemsOf(options, watch);
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  return options;
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (/^[-+]?\d+$/.test(text)) return Number(text);
  throw badRequest(`strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`);
}

function boolean(text: string | null): boolean {
  return text !== null && !['', '0', 'f', 'false', 'F', 'False', 'FALSE'].includes(text);
}

/** Source: the validation of ListOptions that the API concepts documentation describes. */
function problemsOf(options: ListOptions, watch: boolean): FieldError[] {
  const match = options.resourceVersionMatch;
  const { resourceVersion, sendInitialEvents } = options;
  const errors: FieldError[] = [];
  if (watch && sendInitialEvents !== undefined) {
    if (match !== 'NotOlderThan')
      errors.push(
        forbiddenField(
          'resourceVersionMatch',
          'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
        ),
      );
    return errors;
  }
  if (sendInitialEvents !== undefined)
    errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  if (match === '') return errors;
  if (watch)
    errors.push(
      forbiddenField(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
    );
  else if (resourceVersion === '')
    errors.push(
      forbiddenField(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden unless resourceVersion is provided',
      ),
    );
  if (options.continue !== '')
    errors.push(
      forbiddenField(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden when continue is provided',
      ),
    );
  if (match !== 'Exact' && match !== 'NotOlderThan')
    errors.push(notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']));
  else if (match === 'Exact' && resourceVersion === '0')
    errors.push(
      forbiddenField(
        'resourceVersionMatch',
        'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
      ),
    );
  return errors;
}

/** A resourceVersion as a number. Throws what a real server says of anything else. */
export function parseRevision(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw plainError(
    `resourceVersion: Invalid value: ${goQuote(text)}: strconv.ParseUint: parsing ${goQuote(text)}: invalid syntax`,
  );
}

export function matches(
  selection: Selection,
  object: KubeObject,
  definition: ResourceDefinition,
): boolean {
  return (
    (selection.namespace === undefined || object.metadata.namespace === selection.namespace) &&
    (selection.labels.length === 0 || matchesLabels(selection.labels, object.metadata.labels)) &&
    (selection.fields.length === 0 || matchesFields(selection.fields, object, definition))
  );
}

/** The objects a selection means right now, in key order. */
export function selected(
  store: Store,
  definition: ResourceDefinition,
  selection: Selection,
): KubeObject[] {
  const all = store.list(definition.storedAs, selection.namespace);
  if (selection.labels.length === 0 && selection.fields.length === 0) return all;
  return all.filter((object) => matches(selection, object, definition));
}

export interface Page {
  objects: KubeObject[];
  meta: ListMeta;
}

interface ContinueToken {
  v: string;
  rv: number;
  start: string;
}

/** One page, or all. Throws StatusError: 410 when the revision it continues is forgotten. */
export function listPage(store: Store, definition: ResourceDefinition, options: ListOptions): Page {
  const token = options.continue === '' ? undefined : decodeToken(options.continue);
  if (token && options.resourceVersion !== '' && options.resourceVersion !== '0')
    throw badRequest('specifying resource version is not allowed when using continue');
  const exact = options.resourceVersionMatch === 'Exact';
  // A page of a large list is one of the revision its first page had; -1 continues at whatever is now.
  const wanted =
    token && token.rv > 0
      ? token.rv
      : exact
        ? parseRevision(options.resourceVersion)
        : store.revision;
  const all =
    wanted === store.revision
      ? store.list(definition.storedAs, options.namespace)
      : listAt(store, definition.storedAs, options.namespace, wanted, token);
  const selective = options.labels.length > 0 || options.fields.length > 0;
  const from = token ? all.findIndex((object) => keyAfter(object, options.namespace, token)) : 0;
  const rest = from === -1 ? [] : all.slice(from);
  const meta: ListMeta = { resourceVersion: String(wanted) };
  if (options.limit <= 0) {
    const objects = selective
      ? rest.filter((object) => matches(options, object, definition))
      : rest;
    return { objects, meta };
  }
  const objects: KubeObject[] = [];
  let at = 0;
  for (; at < rest.length && objects.length < options.limit; at++) {
    const object = rest[at];
    if (object && (!selective || matches(options, object, definition))) objects.push(object);
  }
  const last = rest[at - 1];
  if (at < rest.length && last) {
    meta.continue = encodeToken(wanted, last, options.namespace);
    if (!selective) meta.remainingItemCount = rest.length - at;
  }
  return { objects, meta };
}

function keyAfter(
  object: KubeObject,
  namespace: string | undefined,
  token: ContinueToken,
): boolean {
  return keyWithin(object, namespace) >= token.start;
}

/** The key below the list's own prefix, as continue tokens hold it. */
function keyWithin({ metadata }: KubeObject, namespace: string | undefined): string {
  return namespace === undefined
    ? objectKey(metadata.namespace, metadata.name)
    : `/${metadata.name}`;
}

function encodeToken(rv: number, last: KubeObject, namespace: string | undefined): string {
  const token: ContinueToken = {
    v: 'meta.k8s.io/v1',
    rv,
    start: `${keyWithin(last, namespace)}\u0000`,
  };
  return base64UrlOf(bytesOf(JSON.stringify(token)));
}

function decodeToken(text: string): ContinueToken {
  const bytes = base64UrlBytes(text);
  if (!bytes)
    throw badRequest('invalid continue token: continue key is not valid: illegal base64 data');
  const json = parseJson(textOf(bytes));
  if ('error' in json) {
    const [first = 0] = bytes;
    // Go's decoder reads bytes: it names the first that does not belong as a character of its own.
    const why =
      first < 0x80
        ? json.error
        : `invalid character '${String.fromCharCode(first)}' looking for beginning of value`;
    throw badRequest(`invalid continue token: continue key is not valid: ${why}`);
  }
  const { v, rv, start } = JSON.parse(textOf(bytes)) as Partial<ContinueToken>;
  if (v !== 'meta.k8s.io/v1')
    throw badRequest(
      'invalid continue token: continue key is not valid: server does not recognize this encoded version ""',
    );
  if (typeof rv !== 'number' || typeof start !== 'string' || rv === 0)
    throw badRequest(
      'invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    );
  return { v, rv, start };
}

/** The list as it was: the present one with every later change undone. */
function listAt(
  store: Store,
  resource: string,
  namespace: string | undefined,
  revision: number,
  token: ContinueToken | undefined,
): KubeObject[] {
  let changes: Change[];
  try {
    changes = store.changesSince(revision, resource);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw token
      ? expiredPage(token)
      : expired(`too old resource version: ${revision} (${store.revision})`);
  }
  const objects = new Map(
    store
      .list(resource)
      .map((object) => [objectKey(object.metadata.namespace, object.metadata.name), object]),
  );
  for (const change of changes.toReversed()) {
    const key = objectKey(change.object.metadata.namespace, change.object.metadata.name);
    if (change.previous) objects.set(key, change.previous);
    else objects.delete(key);
  }
  return [...objects.keys()]
    .sort()
    .map((key) => objects.get(key))
    .filter((object): object is KubeObject => object !== undefined)
    .filter((object) => namespace === undefined || object.metadata.namespace === namespace);
}

function expiredPage(token: ContinueToken): Error {
  const anyway = base64UrlOf(bytesOf(JSON.stringify({ v: token.v, rv: -1, start: token.start })));
  return expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    anyway,
  );
}
