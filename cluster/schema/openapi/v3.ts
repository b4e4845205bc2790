// Writes OpenAPI v3 documents, one a group version: what kubectl explains from and asks for `fieldValidation` in.
// Source: OpenAPI 3.0 as the API server's /openapi/v3 serves it. Parameters have no descriptions here.

import type { SchemaBundle } from '../bundle.ts';
import type { SchemaNode } from '../openapi.ts';
import { apiVersionOf, type ResourceDefinition } from '../resource.ts';
import { META_PACKAGE } from '../type-names.ts';
import {
  groupVersionNames,
  type Operation,
  type Parameter,
  type PathItem,
  pathsOf,
} from './operations.ts';
import { customTypes, objectType, sharedKinds, typeNameIn, withReferences } from './types.ts';

const REF = '#/components/schemas/';
const INFO = { title: 'Kubernetes', version: '1.36' };
const SECURITY = {
  BearerToken: {
    type: 'apiKey',
    description: 'Bearer Token authentication',
    name: 'authorization',
    in: 'header',
  },
};

/** The document of one group version. */
export function v3Document(
  group: string,
  version: string,
  definitions: readonly ResourceDefinition[],
  bundle: SchemaBundle,
): object {
  const items = definitions.flatMap((definition) =>
    pathsOf(definition, version, typeNameIn(definition, version), (gvk) =>
      objectType(bundle, definition, gvk),
    ),
  );
  const custom = definitions
    .filter((definition) => definition.custom)
    .map((definition) => customTypes(definition, version, bundle));
  const isCustom = custom.length > 0;
  const roots = items.flatMap((item) => item.operations.flatMap(typesOf));
  if (!isCustom) roots.push(`${META_PACKAGE}.APIResourceList`);
  const types = withReferences(
    Object.assign({}, ...custom) as Record<string, SchemaNode>,
    roots,
    bundle,
  );
  const paths = Object.fromEntries(
    items
      .map((item) => [item.path, pathObject(item)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return {
    openapi: '3.0.0',
    info: INFO,
    paths: isCustom ? paths : { ...discoveryPath(group, version), ...paths },
    components: {
      schemas: Object.fromEntries(
        Object.entries(types).map(([name, node]) => [
          name,
          withGroupVersionKinds(name, rendered(node), group, version),
        ]),
      ),
      securitySchemes: SECURITY,
    },
  };
}

function typesOf(operation: Operation): string[] {
  return [
    ...(operation.answer === undefined ? [] : [operation.answer]),
    ...(operation.body ? [operation.body.typeName] : []),
  ];
}

function pathObject(item: PathItem): object {
  return {
    ...Object.fromEntries(item.operations.map((each) => [each.method, operationObject(each)])),
    parameters: item.parameters.map(parameterObject),
  };
}

function parameterObject({ name, in: where, type }: Parameter): object {
  return {
    name,
    in: where,
    ...(where === 'path' ? { required: true } : {}),
    schema: { type, uniqueItems: true },
  };
}

function operationObject(operation: Operation): object {
  const answer = (description: string) => ({
    description,
    content: content(operation.answerTypes, operation.answer),
  });
  const words: Readonly<Record<string, string>> = { 201: 'Created', 202: 'Accepted' };
  return {
    tags: [operation.tag],
    operationId: operation.id,
    ...(operation.parameters.length > 0
      ? { parameters: operation.parameters.map(parameterObject) }
      : {}),
    ...(operation.body
      ? {
          requestBody: {
            content: content(operation.body.types, operation.body.typeName),
            ...(operation.body.required ? { required: true } : {}),
          },
        }
      : {}),
    responses: {
      200: answer('OK'),
      ...Object.fromEntries(operation.codes.map((code) => [code, answer(words[code] ?? 'OK')])),
      401: { description: 'Unauthorized' },
    },
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.gvk,
  };
}

function content(types: readonly string[], typeName: string | undefined): object {
  const schema = typeName === undefined ? { type: 'string' } : { $ref: REF + typeName };
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

function discoveryPath(group: string, version: string): object {
  const root = group === '' ? '/api/v1/' : `/apis/${apiVersionOf(group, version)}/`;
  const types = ['application/json', 'application/vnd.kubernetes.protobuf', 'application/yaml'];
  const { prefix, tag } = groupVersionNames(group, version);
  return {
    [root]: {
      get: {
        tags: [tag],
        description: 'get available resources',
        operationId: `get${prefix}APIResources`,
        responses: {
          200: { description: 'OK', content: content(types, `${META_PACKAGE}.APIResourceList`) },
          401: { description: 'Unauthorized' },
        },
      },
    },
  };
}

/** A reference with anything beside it stands in an allOf: OpenAPI 3.0 ignores what is beside a $ref. */
export function rendered(node: SchemaNode): SchemaNode {
  const { $ref, ...rest } = node;
  if ($ref !== undefined)
    return Object.keys(rest).length === 0 ? { $ref } : { ...rest, allOf: [{ $ref }] };
  const copy: SchemaNode = { ...node };
  if (node.properties)
    copy.properties = Object.fromEntries(
      Object.entries(node.properties).map(([name, property]) => [name, rendered(property)]),
    );
  if (node.items) copy.items = rendered(node.items);
  if (typeof node.additionalProperties === 'object')
    copy.additionalProperties = rendered(node.additionalProperties);
  return copy;
}

/** Types that every group version decodes say so. */
function withGroupVersionKinds(
  name: string,
  node: SchemaNode,
  group: string,
  version: string,
): SchemaNode {
  const kind = name.startsWith(`${META_PACKAGE}.`) ? name.slice(META_PACKAGE.length + 1) : '';
  const everywhere = kind === 'DeleteOptions' || kind === 'WatchEvent';
  if (!everywhere && kind !== 'Status' && kind !== 'APIResourceList') return node;
  const versions = everywhere ? sharedKinds(group, version) : sharedKinds('', 'v1');
  return {
    ...node,
    'x-kubernetes-group-version-kind': versions.map((each) => ({
      group: each.group,
      kind,
      version: each.version,
    })),
  };
}
