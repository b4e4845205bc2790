// What a request asks for, read from its method and path alone: which resource, which verb.
// Knows the shape of API paths; knows no kinds. Source: "API Concepts" and "Authorization" of the Kubernetes documentation.

export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  | 'head'
  | 'options'
  | '';

export interface ResourceRequest {
  isResource: true;
  verb: Verb;
  path: string;
  group: string;
  version: string;
  namespace: string;
  resource: string;
  /** As in the path; empty for collections. */
  name: string;
  /** The one name a list or watch selects, or the path's: roles for one name cover it. */
  authorizedName: string;
  subresource: string;
  /** What follows the subresource: the path behind a proxy. */
  rest: string;
}

export interface OtherRequest {
  isResource: false;
  /** The method in lower case: non-resource rules are about these. */
  verb: string;
  path: string;
}

export type RequestInfo = ResourceRequest | OtherRequest;

const VERBS: Readonly<Record<string, Verb>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** What may stand behind a namespace's name and is about the namespace itself. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

export function requestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const other: OtherRequest = { isResource: false, verb: method.toLowerCase(), path };
  const parts = path.split('/').filter((part) => part !== '');
  const prefix = parts.shift();
  let group = '';
  if (prefix === 'apis') {
    if (parts.length < 3) return other;
    group = parts.shift() ?? '';
  } else if (prefix !== 'api' || parts.length < 2) {
    return other;
  }
  const version = parts.shift() ?? '';

  let verb = VERBS[method] ?? '';
  // `/api/v1/watch/pods` is how watches were asked for before there was a query for it.
  const oldWatch = parts[0] === 'watch' && parts.length > 1;
  if (oldWatch) parts.shift();

  const info: ResourceRequest = {
    isResource: true,
    verb,
    path,
    group,
    version,
    namespace: '',
    resource: '',
    name: '',
    authorizedName: '',
    subresource: '',
    rest: '',
  };
  if (parts[0] === 'namespaces') {
    if (parts.length > 1) info.namespace = parts[1] ?? '';
    if (parts.length > 2 && !NAMESPACE_SUBRESOURCES.has(parts[2] ?? '')) parts.splice(0, 2);
  }
  info.resource = parts[0] ?? '';
  info.name = parts[1] ?? '';
  info.subresource = parts[2] ?? '';
  info.rest = parts.slice(3).join('/');
  // The path behind a proxy keeps its last slash: servers tell `/app` from `/app/`.
  if (info.rest !== '' && path.endsWith('/')) info.rest += '/';

  if (info.name === '') {
    if (verb === 'get') verb = oldWatch || isTrue(query.get('watch')) ? 'watch' : 'list';
    else if (verb === 'delete') verb = 'deletecollection';
  } else if (oldWatch) {
    verb = 'watch';
  }
  info.verb = verb;
  info.authorizedName =
    info.name === '' && (verb === 'list' || verb === 'watch') ? selectedName(query) : info.name;
  return info;
}

function selectedName(query: URLSearchParams): string {
  const match = /(?:^|,)metadata\.name==?([^,]+)(?:$|,)/.exec(query.get('fieldSelector') ?? '');
  return match?.[1] ?? '';
}

/** Go's strconv.ParseBool, and a bare `?watch`. */
export function isTrue(value: string | null): boolean {
  return value !== null && !['', '0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value);
}
