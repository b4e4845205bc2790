// Bodies of requests as objects: of a kind, of a type that only subresources speak, or options. Throws StatusError.
// Joins schema/decode.ts with the query's field validation; knows no verbs.

import type { KubeObject } from '../object.ts';
import { type Expected, type FieldValidation, decodeObject } from '../schema/decode.ts';
import { notSupported } from '../schema/field-errors.ts';
import { fieldsOf, numberOf, stringOf } from '../schema/fields.ts';
import { parseJson } from '../schema/json.ts';
import { readEnvelope, readMessage } from '../schema/protobuf.ts';
import { META_PACKAGE, typeNameOf } from '../schema/type-names.ts';
import { conformTyped } from '../schema/typed.ts';
import { parseYaml } from '../schema/yaml.ts';
import { textOf } from '../streams.ts';
import type { Deletion } from './deletion.ts';
import type { ApiRequest } from './http.ts';
import { BODY_TYPES, parseMediaType } from './negotiation.ts';
import { badRequest, invalid, StatusError, unsupportedMediaType } from './status.ts';
import type { Caller, ServedKind, World } from './world.ts';

const VALIDATIONS = ['Ignore', 'Strict', 'Warn'];

/** What to do about unknown fields; `Warn` unless the client says otherwise. */
export function fieldValidation(query: URLSearchParams, optionsKind: string): FieldValidation {
  const given = query.get('fieldValidation') ?? '';
  if (given === '' || given === 'Warn') return 'Warn';
  if (given === 'Ignore' || given === 'Strict') return given;
  throw invalid({ group: 'meta.k8s.io', kind: optionsKind }, '', [
    notSupported('fieldValidation', given, ['', ...VALIDATIONS]),
  ]);
}

/** The object of a POST or PUT. */
export function objectBody(
  world: World,
  request: ApiRequest,
  { definition, version }: ServedKind,
  validation: FieldValidation,
  caller: Caller,
): KubeObject {
  const expected: Expected = {
    group: definition.group,
    version: version.version,
    kind: definition.kind,
    custom: definition.custom,
    conform: (value, source) => version.conform(value, source),
  };
  return decoded(world, request, expected, validation, caller);
}

/** The object of a subresource with a type of its own: Scale, Eviction, Binding, TokenRequest. */
export function typedBody(
  world: World,
  request: ApiRequest,
  type: { group: string; version: string; kind: string },
  caller: Caller,
): KubeObject {
  const typeName = typeNameOf(type.group, type.version, type.kind);
  const expected: Expected = {
    ...type,
    custom: false,
    conform: (value, source) => conformed(world, typeName, value, source),
  };
  return decoded(world, request, expected, fieldValidation(request.query, 'CreateOptions'), caller);
}

/** Makes any value a whole object of a built-in type. */
export function conformed(
  world: World,
  typeName: string,
  value: unknown,
  source: 'json' | 'fields',
): { object: KubeObject; problems: string[] } | { error: string } {
  const result = conformTyped(world.bundle, typeName, value, source);
  if ('error' in result) return result;
  const { apiVersion, kind, ...rest } = { ...fieldsOf(value), ...result.value };
  // The type has made sure of everything but the name, which subresources take from the path.
  const object = { kind, apiVersion, ...rest } as unknown as KubeObject;
  object.metadata ??= {} as KubeObject['metadata'];
  return { object, problems: result.problems };
}

function decoded(
  world: World,
  request: ApiRequest,
  expected: Expected,
  validation: FieldValidation,
  caller: Caller,
): KubeObject {
  const type = request.headers['content-type'] ?? '';
  const result = decodeObject(world.bundle, type, request.body, expected, validation);
  if ('refused' in result)
    throw new StatusError({
      message: result.message,
      reason: result.refused,
      code: result.refused === 'UnsupportedMediaType' ? 415 : 400,
    });
  for (const warning of result.warnings) caller.warn(warning);
  return result.object;
}

/** DeleteOptions, from the body and from the query; the query counts where the body says nothing. */
export function deletionOf(world: World, request: ApiRequest): Deletion & { dryRun: string[] } {
  const { query } = request;
  const fields = request.body.length > 0 ? optionsBody(world, request) : {};
  const preconditions = fieldsOf(fields['preconditions']);
  const grace = numberOf(fields['gracePeriodSeconds']) ?? integerOf(query, 'gracePeriodSeconds');
  const policy = stringOf(fields['propagationPolicy']) || query.get('propagationPolicy') || '';
  const orphan = fields['orphanDependents'] ?? booleanOf(query.get('orphanDependents'));
  const uid = stringOf(preconditions['uid']);
  const resourceVersion = stringOf(preconditions['resourceVersion']);
  const dryRun = fields['dryRun'];
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(policy === '' ? {} : { propagationPolicy: policy }),
    ...(typeof orphan === 'boolean' ? { orphanDependents: orphan } : {}),
    preconditions: {
      ...(uid === '' ? {} : { uid }),
      ...(resourceVersion === '' ? {} : { resourceVersion }),
    },
    dryRun: Array.isArray(dryRun) ? dryRun.map(String) : query.getAll('dryRun'),
  };
}

function optionsBody(world: World, request: ApiRequest): Record<string, unknown> {
  const value = plainBody(world, request);
  const result = conformTyped(world.bundle, `${META_PACKAGE}.DeleteOptions`, value, 'json');
  if ('error' in result)
    throw badRequest(
      `DeleteOptions in version "v1" cannot be handled as a DeleteOptions: ${result.error}`,
    );
  return result.value;
}

/** A body as a plain value, whatever group its apiVersion names. */
function plainBody(world: World, request: ApiRequest): unknown {
  const { type } = parseMediaType(request.headers['content-type'] ?? 'application/json');
  switch (type === '' ? 'application/json' : type) {
    case 'application/json': {
      const json = parseJson(textOf(request.body));
      if ('error' in json)
        throw badRequest(`couldn't get version/kind; json parse error: ${json.error}`);
      return json.value;
    }
    case 'application/yaml': {
      const yaml = parseYaml(textOf(request.body));
      if ('error' in yaml) throw badRequest(`error converting YAML to JSON: ${yaml.error}`);
      return yaml.value;
    }
    case 'application/vnd.kubernetes.protobuf': {
      const envelope = readEnvelope(request.body);
      if ('error' in envelope) throw badRequest(envelope.error);
      const message = readMessage(world.bundle, envelope);
      if ('error' in message) throw badRequest(message.error);
      return message.value;
    }
    default:
      throw unsupportedMediaType(BODY_TYPES);
  }
}

function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  return text !== null && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

function booleanOf(text: string | null): boolean | undefined {
  if (text === null || text === '') return undefined;
  return ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text);
}

/** `dryRun` must be `All`, or nothing. */
export function isDryRun(values: readonly string[], optionsKind: string): boolean {
  if (values.length === 0) return false;
  const wrong = values.filter((value) => value !== 'All');
  if (wrong.length > 0)
    throw invalid(
      { group: 'meta.k8s.io', kind: optionsKind },
      '',
      wrong.map((value) => notSupported('dryRun', value, ['All'])),
    );
  return true;
}
