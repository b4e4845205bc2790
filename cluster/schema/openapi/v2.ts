// Writes the OpenAPI v2 document as protobuf (and its JSON form): older kubectl and the check for unknown kinds read it.
// Writes types, and of the operations what clients look for: PATCH with its parameters, and which kind each speaks of.
// Source: Swagger 2.0; field numbers of the public OpenAPIv2.proto of gnostic-models.

import type { SchemaBundle } from '../bundle.ts';
import type { SchemaNode } from '../openapi.ts';
import { Writer } from '../protobuf.ts';
import type { ResourceDefinition } from '../resource.ts';
import {
  type Method,
  type Operation,
  type Parameter,
  type PathItem,
  pathsOf,
} from './operations.ts';
import { customTypes, objectType, typeNameIn, withReferences } from './types.ts';

export interface V2Part {
  definitions: Record<string, SchemaNode>;
  paths: readonly PathItem[];
}

/** The part of the document that some kinds give: the built-in ones once, custom ones as they come. */
export function v2Part(definitions: readonly ResourceDefinition[], bundle: SchemaBundle): V2Part {
  const paths: PathItem[] = [];
  const custom: Record<string, SchemaNode> = {};
  const roots: string[] = [];
  for (const definition of definitions)
    for (const { version, served } of definition.versions) {
      if (!served) continue;
      const typeName = typeNameIn(definition, version);
      if (definition.custom) Object.assign(custom, customTypes(definition, version, bundle));
      else roots.push(typeName, `${typeName}List`);
      paths.push(
        ...pathsOf(definition, version, typeName, (gvk) => objectType(bundle, definition, gvk)),
      );
    }
  return { definitions: withReferences(custom, roots, bundle), paths };
}

/** Length-delimited fields, wire type 2. */
const LENGTH = 2;

/**
 * Bytes of the document. Messages of protobuf merge when concatenated, so that custom kinds are appended to the built-in
 * ones without writing those again.
 */
export function v2Protobuf(part: V2Part, head: boolean): Uint8Array {
  const writer = Writer.create();
  if (head) {
    text(writer, 1, '2.0');
    message(writer, 2, (info) => {
      text(info, 1, 'Kubernetes');
      text(info, 2, '1.36');
    });
  }
  message(writer, 8, (paths) => {
    for (const item of part.paths)
      message(paths, 2, (named) => {
        text(named, 1, item.path);
        message(named, 2, (path) => writePath(path, item));
      });
  });
  message(writer, 9, (definitions) => {
    for (const [name, node] of Object.entries(part.definitions))
      message(definitions, 1, (named) => {
        text(named, 1, name);
        message(named, 2, (schema) => writeSchema(schema, node));
      });
  });
  return writer.finish();
}

function text(writer: Writer, field: number, value: string | undefined): void {
  if (value !== undefined && value !== '') writer.uint32((field << 3) | LENGTH).string(value);
}

function message(writer: Writer, field: number, write: (inner: Writer) => void): void {
  writer.uint32((field << 3) | LENGTH).fork();
  write(writer);
  writer.ldelim();
}

/** PathItem's fields of the methods. */
const METHOD_FIELDS: Readonly<Record<Method, number>> = {
  get: 2,
  put: 3,
  post: 4,
  delete: 5,
  options: 6,
  head: 7,
  patch: 8,
};

function writePath(writer: Writer, item: PathItem): void {
  for (const operation of item.operations)
    message(writer, METHOD_FIELDS[operation.method], (inner) => writeOperation(inner, operation));
  for (const parameter of item.parameters)
    message(writer, 9, (inner) => writeParameter(inner, parameter));
}

function writeOperation(writer: Writer, operation: Operation): void {
  text(writer, 1, operation.tag);
  text(writer, 5, operation.id);
  for (const parameter of operation.parameters)
    message(writer, 8, (inner) => writeParameter(inner, parameter));
  message(writer, 9, (responses) =>
    message(responses, 1, (named) => {
      text(named, 1, '200');
      message(named, 2, (value) =>
        message(value, 1, (response) => {
          text(response, 1, 'OK');
          const { answer } = operation;
          if (answer !== undefined)
            message(response, 2, (item) =>
              message(item, 1, (schema) => text(schema, 1, `#/definitions/${answer}`)),
            );
        }),
      );
    }),
  );
  const { group, kind, version } = operation.gvk;
  extension(writer, 13, 'x-kubernetes-action', operation.action);
  extension(
    writer,
    13,
    'x-kubernetes-group-version-kind',
    `group: ${group === '' ? '""' : group}\nkind: ${kind}\nversion: ${version}\n`,
  );
}

/** ParametersItem.parameter.non_body_parameter.{query,path}_parameter_sub_schema */
function writeParameter(writer: Writer, parameter: Parameter): void {
  const inPath = parameter.in === 'path';
  message(writer, 1, (item) =>
    message(item, 2, (nonBody) =>
      message(nonBody, inPath ? 4 : 3, (schema) => {
        if (inPath) schema.uint32(1 << 3).bool(true);
        text(schema, 2, parameter.in);
        text(schema, 4, parameter.name);
        text(schema, inPath ? 5 : 6, parameter.type);
      }),
    ),
  );
}

/** A vendor extension: its value is YAML. */
function extension(writer: Writer, field: number, name: string, yaml: string): void {
  message(writer, field, (named) => {
    text(named, 1, name);
    message(named, 2, (any) => text(any, 2, yaml.endsWith('\n') ? yaml : `${yaml}\n`));
  });
}

function writeSchema(writer: Writer, node: SchemaNode): void {
  text(writer, 1, node.$ref?.replace('#/components/schemas/', '#/definitions/'));
  const type = typeOf(node);
  text(writer, 2, node.format);
  text(writer, 4, node.description);
  for (const name of node.required ?? []) text(writer, 19, name);
  for (const value of node.enum ?? [])
    message(writer, 20, (any) => text(any, 2, `${JSON.stringify(value)}\n`));
  const others = node.additionalProperties;
  if (typeof others === 'object')
    message(writer, 21, (item) => message(item, 1, (schema) => writeSchema(schema, others)));
  if (type !== undefined && node.$ref === undefined)
    message(writer, 22, (item) => text(item, 1, type));
  const { items } = node;
  if (items)
    message(writer, 23, (item) => message(item, 1, (schema) => writeSchema(schema, items)));
  if (node.properties) {
    const properties = Object.entries(node.properties);
    message(writer, 25, (inner) => {
      for (const [name, property] of properties)
        message(inner, 1, (named) => {
          text(named, 1, name);
          message(named, 2, (schema) => writeSchema(schema, property));
        });
    });
  }
  writeExtensions(writer, node);
}

/** v2 has no alternatives: a quantity is a string there. */
function typeOf(node: SchemaNode): string | undefined {
  if (node.type !== undefined) return node.type;
  return node.oneOf?.some((each) => each.type === 'string') ? 'string' : undefined;
}

const EXTENSIONS = [
  'x-kubernetes-list-type',
  'x-kubernetes-map-type',
  'x-kubernetes-patch-strategy',
  'x-kubernetes-patch-merge-key',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-int-or-string',
  'x-kubernetes-embedded-resource',
] as const;

function writeExtensions(writer: Writer, node: SchemaNode): void {
  const kinds = node['x-kubernetes-group-version-kind'];
  if (kinds)
    extension(
      writer,
      31,
      'x-kubernetes-group-version-kind',
      kinds
        .map(
          ({ group, kind, version }) =>
            `- group: ${group === '' ? '""' : group}\n  kind: ${kind}\n  version: ${version}\n`,
        )
        .join(''),
    );
  const keys = node['x-kubernetes-list-map-keys'];
  if (keys)
    extension(writer, 31, 'x-kubernetes-list-map-keys', keys.map((key) => `- ${key}\n`).join(''));
  for (const name of EXTENSIONS) {
    const value = node[name];
    if (value !== undefined) extension(writer, 31, name, `${value}\n`);
  }
}

/** The same as JSON, for clients that do not accept protobuf. */
export function v2Json(parts: readonly V2Part[]): object {
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: '1.36' },
    paths: Object.fromEntries(
      parts.flatMap((part) => part.paths).map((item) => [item.path, jsonPath(item)]),
    ),
    definitions: Object.assign(
      {},
      ...parts.map((part) =>
        Object.fromEntries(
          Object.entries(part.definitions).map(([name, node]) => [name, jsonSchema(node)]),
        ),
      ),
    ) as Record<string, object>,
  };
}

function jsonPath(item: PathItem): object {
  return {
    ...Object.fromEntries(item.operations.map((each) => [each.method, jsonOperation(each)])),
    parameters: item.parameters.map(jsonParameter),
  };
}

function jsonParameter({ name, in: where, type }: Parameter): object {
  return {
    name,
    in: where,
    type,
    uniqueItems: true,
    ...(where === 'path' ? { required: true } : {}),
  };
}

function jsonOperation(operation: Operation): object {
  const schema =
    operation.answer === undefined ? {} : { schema: { $ref: `#/definitions/${operation.answer}` } };
  return {
    tags: [operation.tag],
    operationId: operation.id,
    parameters: operation.parameters.map(jsonParameter),
    responses: { 200: { description: 'OK', ...schema }, 401: { description: 'Unauthorized' } },
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.gvk,
  };
}

function jsonSchema(node: SchemaNode): object {
  const {
    $ref,
    default: _default,
    oneOf: _oneOf,
    properties,
    items,
    additionalProperties,
    ...rest
  } = node;
  const type = typeOf(node);
  return {
    ...rest,
    ...(type === undefined || $ref !== undefined ? {} : { type }),
    ...($ref === undefined
      ? {}
      : { $ref: $ref.replace('#/components/schemas/', '#/definitions/') }),
    ...(properties
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, each]) => [name, jsonSchema(each)]),
          ),
        }
      : {}),
    ...(items ? { items: jsonSchema(items) } : {}),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: jsonSchema(additionalProperties) }
      : {}),
  };
}
