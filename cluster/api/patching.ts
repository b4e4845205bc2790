// PATCH: four kinds of patches made into a change of an object. Knows which kind takes which; knows nothing of the store.
// Source: "Update mechanisms" of the Kubernetes documentation; refusals as recorded from a real server.

import type { ManagedFieldsEntry, KubeObject } from '../object.ts';
import type { FieldValidation } from '../schema/decode.ts';
import { invalid as invalidField, required } from '../schema/field-errors.ts';
import { isFields } from '../schema/fields.ts';
import { parseJson } from '../schema/json.ts';
import { apiVersionOf } from '../schema/resource.ts';
import { jsonKind } from '../schema/typed.ts';
import { parseYaml } from '../schema/yaml.ts';
import { textOf } from '../streams.ts';
import { timestamp } from '../time.ts';
import { type Writer, applied } from './fields/managed-fields.ts';
import { managementOf } from './fields/management.ts';
import { isTrue } from './request-info.ts';
import { parseMediaType } from './negotiation.ts';
import type { ApiRequest } from './http.ts';
import { JsonPatchError, applyJsonPatch, parseJsonPatch } from './patches/json-patch.ts';
import { applyMergePatch } from './patches/merge-patch.ts';
import {
  StrategicPatchError,
  applyStrategicMergePatch,
  goMap,
  spentPatch,
} from './patches/strategic-merge-patch.ts';
import { StatusError, badRequest, invalid, plainError, unsupportedMediaType } from './status.ts';
import type { Caller, ServedKind, World } from './world.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

/** A real server's bound on the operations of one patch. */
const MAX_OPERATIONS = 10_000;

export interface PatchedObject {
  object: KubeObject | undefined;
  managedFields?: ManagedFieldsEntry[];
}

export interface Patch {
  /** Apply creates what is not there. */
  creates: boolean;
  /** In the version of the request, both ways. */
  apply(current: KubeObject | undefined): PatchedObject;
}

/** Reads a PATCH. Throws StatusError for media types, bodies and options that are none. */
export function readPatch(
  world: World,
  request: ApiRequest,
  kind: ServedKind,
  target: { namespace: string | undefined; name: string; subresource: string | undefined },
  validation: FieldValidation,
  caller: Caller,
): Patch {
  const { type } = parseMediaType(request.headers['content-type'] ?? '');
  const accepted = kind.definition.custom
    ? [JSON_PATCH, MERGE_PATCH, APPLY_PATCH]
    : [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH];
  if (!accepted.includes(type)) throw unsupportedMediaType(accepted);
  const force = request.query.get('force');
  if (type !== APPLY_PATCH && force !== null)
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
      {
        type: 'FieldValueForbidden',
        field: 'force',
        message: 'Forbidden: may not be specified for non-apply patch',
      },
    ]);
  const finish = (value: unknown, shown: () => string, source: 'json' | 'fields') =>
    conform(kind, value, shown, source, validation, caller);
  switch (type) {
    case JSON_PATCH:
      return jsonPatch(request, finish);
    case MERGE_PATCH:
      return mergePatch(request, finish);
    case STRATEGIC_PATCH:
      return strategicPatch(request, kind, finish);
    default:
      return applyPatch(world, request, kind, target, isTrue(force), validation, caller);
  }
}

type Finish = (value: unknown, shown: () => string, source: 'json' | 'fields') => KubeObject;

function existing(current: KubeObject | undefined): KubeObject {
  if (!current) throw new Error('only apply patches create');
  return current;
}

function jsonBody(request: ApiRequest): unknown {
  const json = parseJson(textOf(request.body));
  if ('error' in json) throw badRequest(`error decoding patch: ${json.error}`);
  return json.value;
}

function jsonPatch(request: ApiRequest, finish: Finish): Patch {
  const operations = parseJsonPatch(jsonBody(request));
  if ('error' in operations) throw badRequest(`error decoding patch: ${operations.error}`);
  if (operations.length > MAX_OPERATIONS)
    throw new StatusError({
      message: `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`,
      reason: 'RequestEntityTooLarge',
      code: 413,
    });
  return {
    creates: false,
    apply(current) {
      let patched: unknown;
      try {
        patched = applyJsonPatch(existing(current), operations);
      } catch (error) {
        if (!(error instanceof JsonPatchError)) throw error;
        // A real server keeps the reason to itself.
        throw new StatusError({
          message: 'the server rejected our request due to an error in our request',
          reason: 'Invalid',
          details: {},
          code: 422,
        });
      }
      return { object: finish(patched, () => JSON.stringify(patched), 'json') };
    },
  };
}

function mergePatch(request: ApiRequest, finish: Finish): Patch {
  const patch = jsonBody(request);
  if (!isFields(patch)) throw badRequest('Invalid JSON Patch');
  return {
    creates: false,
    apply(current) {
      const patched = applyMergePatch(existing(current), patch);
      return { object: finish(patched, () => JSON.stringify(patched), 'json') };
    },
  };
}

function strategicPatch(request: ApiRequest, kind: ServedKind, finish: Finish): Patch {
  const json = parseJson(textOf(request.body));
  if ('error' in json) throw badRequest(json.error);
  const patch = json.value;
  if (!isFields(patch))
    throw badRequest(
      `json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`,
    );
  return {
    creates: false,
    apply(current) {
      let patched: Record<string, unknown>;
      try {
        patched = applyStrategicMergePatch(existing(current), patch, kind.version.schema);
      } catch (error) {
        if (!(error instanceof StrategicPatchError)) throw error;
        throw plainError(error.message);
      }
      const left = () => goMap(spentPatch(existing(current), patch, kind.version.schema));
      return { object: finish(patched, left, 'fields') };
    },
  };
}

/** What a patch made, as an object of the kind. What does not fit is blamed on the patch. */
function conform(
  { definition, version }: ServedKind,
  value: unknown,
  shown: () => string,
  source: 'json' | 'fields',
  validation: FieldValidation,
  caller: Caller,
): KubeObject {
  const blame = (why: string) =>
    invalid({ group: '', kind: '' }, '', [invalidField('patch', shown(), why)]);
  if (isFields(value)) {
    const apiVersion = apiVersionOf(definition.group, version.version);
    if (value['kind'] !== undefined && value['kind'] !== definition.kind)
      throw badRequest(
        `the kind in the data (${goMap(value['kind'])}) does not match the expected kind (${definition.kind})`,
      );
    if (value['apiVersion'] !== undefined && value['apiVersion'] !== apiVersion)
      throw badRequest(
        `the API version in the data (${goMap(value['apiVersion'])}) does not match the expected API version (${apiVersion})`,
      );
  }
  const result = version.conform(value, source);
  if ('error' in result) throw blame(result.error);
  if (result.problems.length > 0) {
    if (validation === 'Strict')
      throw blame(`strict decoding error: ${result.problems.join(', ')}`);
    if (validation === 'Warn') for (const problem of result.problems) caller.warn(problem);
  }
  return result.object;
}

function applyPatch(
  world: World,
  request: ApiRequest,
  kind: ServedKind,
  target: { namespace: string | undefined; name: string; subresource: string | undefined },
  force: boolean,
  validation: FieldValidation,
  caller: Caller,
): Patch {
  const { definition, version } = kind;
  if (!request.query.get('fieldManager'))
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
      required('fieldManager', 'is required for apply patch'),
    ]);
  const yaml = parseYaml(textOf(request.body));
  if ('error' in yaml) throw badRequest(`error decoding YAML: ${yaml.error}`);
  const given = yaml.value;
  if (!isFields(given))
    throw badRequest(
      'error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal value into Go value of type map[string]interface {}',
    );
  const wanted = typeWords(apiVersionOf(definition.group, version.version), definition.kind);
  const typed = typeWords(given['apiVersion'], given['kind']);
  if (typed !== wanted) throw badRequest(`invalid object type: ${typed}`);
  const duplicates = yaml.duplicates;
  if (duplicates !== undefined && duplicates.length > 0) {
    const words = `error strict decoding YAML: ${String(duplicates)}`;
    if (validation === 'Strict') throw badRequest(words);
    if (validation === 'Warn') caller.warn(words);
  }
  const config = placedConfig(given, definition.kind, target);
  const writer: Writer = {
    manager: caller.fieldManager,
    subresource: target.subresource,
    time: timestamp(world.clock.now()),
  };
  return {
    creates: true,
    apply(current) {
      const management = managementOf(kind, target.subresource);
      const result = applied(management, current, config, writer, force);
      const { resourceVersion } = config.metadata;
      if (!result.changed && current) {
        const object = { ...current, metadata: { ...current.metadata } };
        return { object, managedFields: result.managedFields };
      }
      const whole = version.conform(result.object, 'fields');
      if ('error' in whole) throw plainError(whole.error);
      const { object } = whole;
      object.metadata = {
        ...object.metadata,
        name: target.name,
        ...(resourceVersion ? { resourceVersion } : {}),
      };
      return { object, managedFields: result.managedFields };
    },
  };
}

/** `apps/v1, Kind=Deployment`, as Go prints a type; the core group is empty. */
function typeWords(apiVersion: unknown, kind: unknown): string {
  const version = typeof apiVersion === 'string' ? apiVersion : '';
  return `${version.includes('/') ? '' : '/'}${version}, Kind=${typeof kind === 'string' ? kind : ''}`;
}

/** The configuration as an object in its place: the path's name and namespace count. */
function placedConfig(
  given: Record<string, unknown>,
  kind: string,
  target: { namespace: string | undefined; name: string },
): KubeObject {
  const metadata = isFields(given['metadata']) ? given['metadata'] : {};
  const name = metadata['name'];
  if (name !== undefined && name !== target.name)
    throw badRequest(
      `the name of the object (${goMap(name)}) does not match the name on the URL (${target.name})`,
    );
  const namespace = metadata['namespace'];
  if (namespace !== undefined && namespace !== target.namespace)
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  // Decoded from YAML, and about to be checked against the schema: its metadata has a name, which is all that is relied on.
  return {
    ...given,
    kind,
    metadata: {
      ...metadata,
      name: target.name,
      ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
    },
  } as unknown as KubeObject;
}
