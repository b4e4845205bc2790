// The operations of a kind as OpenAPI lists them, in a form of our own from which both versions of the document are written.
// Knows verbs, paths and parameters; knows no document format. Deprecated /watch paths are left out.
// Source: the API operations of the Kubernetes API reference 1.36.

import { apiVersionOf, type ResourceDefinition, type SubresourceDefinition } from '../resource.ts';
import { META_PACKAGE } from '../type-names.ts';
import { connectionMethods, connectionParameters } from './connections.ts';

export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

export interface Parameter {
  name: string;
  in: 'query' | 'path';
  type: 'string' | 'integer' | 'boolean';
}

export type Method = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch';

export interface Operation {
  method: Method;
  id: string;
  tag: string;
  action: string;
  gvk: GroupVersionKind;
  parameters: readonly Parameter[];
  /** Type name of the body, and in which media types it comes. */
  body?: { typeName: string; types: readonly string[]; required: boolean };
  /** Type name of the answer; undefined for streams and proxies. */
  answer: string | undefined;
  answerTypes: readonly string[];
  /** Beside 200. */
  codes: readonly string[];
}

export interface PathItem {
  path: string;
  parameters: readonly Parameter[];
  operations: readonly Operation[];
}

const query = (name: string, type: Parameter['type'] = 'string'): Parameter => ({
  name,
  in: 'query',
  type,
});
const inPath = (name: string): Parameter => ({ name, in: 'path', type: 'string' });

const PRETTY = query('pretty');
const DRY_RUN = query('dryRun');
const WRITE = [DRY_RUN, query('fieldManager'), query('fieldValidation')];
const PATCH = [...WRITE, query('force', 'boolean')];
const DELETE = [
  DRY_RUN,
  query('gracePeriodSeconds', 'integer'),
  query('ignoreStoreReadErrorWithClusterBreakingPotential', 'boolean'),
  query('orphanDependents', 'boolean'),
  query('propagationPolicy'),
];
const SELECT = [
  query('continue'),
  query('fieldSelector'),
  query('labelSelector'),
  query('limit', 'integer'),
];
const VERSIONED = [
  query('resourceVersion'),
  query('resourceVersionMatch'),
  query('sendInitialEvents', 'boolean'),
  query('shardSelector'),
  query('timeoutSeconds', 'integer'),
];
const byName = (a: Parameter, b: Parameter) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
const LIST = [
  query('allowWatchBookmarks', 'boolean'),
  ...SELECT,
  ...VERSIONED,
  query('watch', 'boolean'),
];
const DELETE_COLLECTION = [...SELECT, ...DELETE, ...VERSIONED].sort(byName);

const BUILT_IN_TYPES = [
  'application/json',
  'application/vnd.kubernetes.protobuf',
  'application/yaml',
];
const BUILT_IN_LIST_TYPES = [
  'application/json',
  'application/json;stream=watch',
  'application/vnd.kubernetes.protobuf',
  'application/vnd.kubernetes.protobuf;stream=watch',
  'application/yaml',
];
const CUSTOM_TYPES = ['application/json', 'application/yaml'];
const PATCH_TYPES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
];

/** What the operations of one kind in one version share. */
interface Subject {
  definition: ResourceDefinition;
  version: string;
  gvk: GroupVersionKind;
  typeName: string;
  listTypeName: string;
  /** `AppsV1` */
  prefix: string;
  tag: string;
  types: readonly string[];
  listTypes: readonly string[];
  patchTypes: readonly string[];
  bodyTypes: readonly string[];
}

/** The paths of a kind. `typeNames` says which type a subresource's kind is. */
export function pathsOf(
  definition: ResourceDefinition,
  version: string,
  typeName: string,
  typeOf: (gvk: GroupVersionKind) => string | undefined,
): PathItem[] {
  const subject = subjectOf(definition, version, typeName);
  const root = `/${definition.group === '' ? 'api' : 'apis'}/${apiVersionOf(definition.group, version)}`;
  const collection = definition.namespaced
    ? `${root}/namespaces/{namespace}/${definition.resource}`
    : `${root}/${definition.resource}`;
  const items: PathItem[] = [];
  const has = (verb: string) => definition.verbs.includes(verb);
  const add = (path: string, parameters: readonly Parameter[], operations: Operation[]) => {
    if (operations.length > 0) items.push(pathItem(path, parameters, operations));
  };
  if (definition.namespaced && has('list'))
    add(
      `${root}/${definition.resource}`,
      [PRETTY],
      [
        operation(subject, 'get', `list`, 'list', {
          id: `list${subject.prefix}${definition.kind}ForAllNamespaces`,
          parameters: LIST,
          answer: subject.listTypeName,
          answerTypes: subject.listTypes,
        }),
      ],
    );
  const where = definition.namespaced ? [inPath('namespace')] : [];
  add(collection, [...where, PRETTY], collectionOperations(subject, has));
  const named = [inPath('name'), ...where];
  const object = `${collection}/{name}`;
  add(object, [...named, PRETTY], objectOperations(subject, has));
  for (const sub of definition.subresources) {
    const path = `${object}/${sub.name}`;
    const options = connectionParameters(sub.name);
    if (sub.name === 'log') add(path, [...named, PRETTY], [logOperation(subject, sub, options)]);
    else if (options) {
      const operations = connections(subject, sub);
      add(path, [...named, ...options], operations);
      if (sub.name === 'proxy')
        add(
          `${path}/{path}`,
          [...named, inPath('path'), ...options],
          operations.map((each) => ({ ...each, id: `${each.id}WithPath` })),
        );
    } else add(path, [...named, PRETTY], subresourceOperations(subject, sub, typeOf));
  }
  return items;
}

/** Parameters that all operations of a path share stand beside them: all parameters, where there is but one operation. */
function pathItem(
  path: string,
  shared: readonly Parameter[],
  operations: readonly Operation[],
): PathItem {
  const [only, ...others] = operations;
  if (!only || others.length > 0) return { path, parameters: [...shared].sort(byName), operations };
  return {
    path,
    parameters: [...shared, ...only.parameters].sort(byName),
    operations: [{ ...only, parameters: [] }],
  };
}

/** `AppsV1`, `apps_v1`: how operations of a group version are named and tagged. */
export function groupVersionNames(
  groupName: string,
  version: string,
): { prefix: string; tag: string } {
  const words = groupName
    .replace(/\.k8s\.io$/, '')
    .split('.')
    .filter((word) => word !== '');
  const group = (words.length === 0 ? ['core'] : words).map(capitalised).join('');
  return {
    prefix: `${group}${capitalised(version)}`,
    tag: `${group.charAt(0).toLowerCase()}${group.slice(1)}_${version}`,
  };
}

function subjectOf(definition: ResourceDefinition, version: string, typeName: string): Subject {
  return {
    definition,
    version,
    gvk: { group: definition.group, version, kind: definition.kind },
    typeName,
    listTypeName: `${typeName}List`,
    ...groupVersionNames(definition.group, version),
    types: definition.custom ? CUSTOM_TYPES : BUILT_IN_TYPES,
    listTypes: definition.custom ? CUSTOM_TYPES : BUILT_IN_LIST_TYPES,
    patchTypes: definition.custom
      ? PATCH_TYPES
      : [...PATCH_TYPES, 'application/strategic-merge-patch+json'],
    bodyTypes: definition.custom ? CUSTOM_TYPES : ['*/*'],
  };
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function operation(
  subject: Subject,
  method: Operation['method'],
  verb: string,
  action: string,
  more: Partial<Operation>,
): Operation {
  const scope = subject.definition.namespaced ? 'Namespaced' : '';
  return {
    method,
    id: `${verb}${subject.prefix}${scope}${subject.definition.kind}`,
    tag: subject.tag,
    action,
    gvk: subject.gvk,
    parameters: [],
    answer: subject.typeName,
    answerTypes: subject.types,
    codes: [],
    ...more,
  };
}

function collectionOperations(subject: Subject, has: (verb: string) => boolean): Operation[] {
  const operations: Operation[] = [];
  if (has('list'))
    operations.push(
      operation(subject, 'get', 'list', 'list', {
        parameters: LIST,
        answer: subject.listTypeName,
        answerTypes: subject.listTypes,
      }),
    );
  if (has('create'))
    operations.push(
      operation(subject, 'post', 'create', 'post', {
        parameters: WRITE,
        body: { typeName: subject.typeName, types: subject.bodyTypes, required: true },
        codes: ['201', '202'],
      }),
    );
  if (has('deletecollection'))
    operations.push(
      operation(subject, 'delete', 'delete', 'deletecollection', {
        id: `delete${subject.prefix}Collection${subject.definition.namespaced ? 'Namespaced' : ''}${subject.definition.kind}`,
        parameters: subject.definition.custom ? LIST : DELETE_COLLECTION,
        ...(subject.definition.custom ? {} : { body: deleteBody(subject) }),
        answer: `${META_PACKAGE}.Status`,
      }),
    );
  return operations;
}

function deleteBody(subject: Subject) {
  return {
    typeName: `${META_PACKAGE}.DeleteOptions`,
    types: subject.bodyTypes,
    required: false,
  };
}

function objectOperations(subject: Subject, has: (verb: string) => boolean): Operation[] {
  const operations: Operation[] = [];
  if (has('get'))
    operations.push(
      operation(subject, 'get', 'read', 'get', {
        parameters: subject.definition.custom ? [query('resourceVersion')] : [],
      }),
    );
  operations.push(...writeOperations(subject, subject.typeName, has));
  if (has('delete'))
    operations.push(
      operation(subject, 'delete', 'delete', 'delete', {
        parameters: DELETE,
        body: deleteBody(subject),
        answer: subject.definition.returnsDeleted ? subject.typeName : `${META_PACKAGE}.Status`,
        codes: ['202'],
      }),
    );
  return operations;
}

function writeOperations(
  subject: Subject,
  typeName: string,
  has: (verb: string) => boolean,
): Operation[] {
  const operations: Operation[] = [];
  if (has('update'))
    operations.push(
      operation(subject, 'put', 'replace', 'put', {
        parameters: WRITE,
        body: { typeName, types: subject.bodyTypes, required: true },
        answer: typeName,
        codes: ['201'],
      }),
    );
  if (has('patch'))
    operations.push(
      operation(subject, 'patch', 'patch', 'patch', {
        parameters: PATCH,
        body: {
          typeName: `${META_PACKAGE}.Patch`,
          types: subject.patchTypes,
          required: true,
        },
        answer: typeName,
        codes: subject.definition.custom ? [] : ['201'],
      }),
    );
  return operations;
}

function subresourceOperations(
  subject: Subject,
  sub: SubresourceDefinition,
  typeOf: (gvk: GroupVersionKind) => string | undefined,
): Operation[] {
  const gvk = kindOf(subject, sub);
  const typeName = typeOf(gvk);
  if (typeName === undefined) return [];
  const has = (verb: string) => sub.verbs.includes(verb);
  const operations: Operation[] = [];
  if (has('get'))
    operations.push(
      operation(subject, 'get', 'read', 'get', {
        answer: typeName,
        parameters: subject.definition.custom ? [query('resourceVersion')] : [],
      }),
    );
  operations.push(...writeOperations(subject, typeName, has));
  if (has('create'))
    operations.push(
      operation(subject, 'post', 'create', 'post', {
        parameters: WRITE,
        body: { typeName, types: subject.bodyTypes, required: true },
        answer: typeName,
        codes: ['201', '202'],
      }),
    );
  return operations.map((each) => ({ ...each, id: `${each.id}${capitalised(sub.name)}`, gvk }));
}

function kindOf(subject: Subject, sub: SubresourceDefinition): GroupVersionKind {
  return {
    group: sub.group ?? subject.gvk.group,
    version: sub.version ?? subject.version,
    kind: sub.kind,
  };
}

function logOperation(
  subject: Subject,
  sub: SubresourceDefinition,
  parameters: Parameter[] = [],
): Operation {
  const read = operation(subject, 'get', 'read', 'get', {
    parameters,
    answer: undefined,
    answerTypes: [...BUILT_IN_TYPES, 'text/plain'],
  });
  return { ...read, id: `${read.id}Log`, gvk: kindOf(subject, sub) };
}

function connections(subject: Subject, sub: SubresourceDefinition): Operation[] {
  return connectionMethods(sub.name).map((method) => {
    const connect = operation(subject, method, 'connect', 'connect', {
      answer: undefined,
      answerTypes: ['*/*'],
      gvk: kindOf(subject, sub),
    });
    const rest = connect.id.slice(`connect${subject.prefix}`.length);
    return {
      ...connect,
      id: `connect${subject.prefix}${capitalised(method)}${rest}${capitalised(sub.name)}`,
    };
  });
}
