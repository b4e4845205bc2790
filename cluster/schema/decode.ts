// A request's body → an object of the kind and version asked for, by its content type, with the real server's refusals.
// Joins json, yaml and protobuf readers with the version's own conforming. Knows nothing of HTTP beyond the media type.

import { textOf } from '../streams.ts';
import type { KubeObject } from '../object.ts';
import type { SchemaBundle } from './bundle.ts';
import { goQuote } from './field-errors.ts';
import { isFields, stringOf } from './fields.ts';
import { parseJson } from './json.ts';
import { readEnvelope, readMessage } from './protobuf.ts';
import { apiVersionOf, type ResourceDefinition, type VersionDefinition } from './resource.ts';
import { parseYaml } from './yaml.ts';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export const JSON_TYPE = 'application/json';
export const YAML_TYPE = 'application/yaml';
export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';

/** What a body is expected to be. */
export interface Expected {
  group: string;
  version: string;
  kind: string;
  /** Custom resources have no protobuf form. */
  custom: boolean;
  conform: VersionDefinition['conform'];
}

export type Decoded =
  | { object: KubeObject; /** For `Warning` headers. */ warnings: string[] }
  | { refused: 'UnsupportedMediaType' | 'BadRequest'; message: string };

export function expectedOf(definition: ResourceDefinition, version: string): Expected | undefined {
  const found = definition.versions.find((each) => each.version === version);
  return (
    found && {
      group: definition.group,
      version,
      kind: definition.kind,
      custom: definition.custom,
      conform: (value, source) => found.conform(value, source),
    }
  );
}

/**
 * Decodes a whole object. A body that names no kind is taken for the expected one, as the real server does.
 * `contentType` is the header as it came; empty counts as JSON.
 */
export function decodeObject(
  bundle: SchemaBundle,
  contentType: string,
  bytes: Uint8Array,
  expected: Expected,
  validation: FieldValidation,
): Decoded {
  const type = mediaType(contentType);
  const accepted = expected.custom ? [JSON_TYPE, YAML_TYPE] : [JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE];
  if (!accepted.includes(type))
    return {
      refused: 'UnsupportedMediaType',
      message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
    };
  const body = readBody(bundle, type, bytes);
  if ('error' in body) return refuse(unrecognized(expected, body.error, bytes));
  return conformBody(body, expected, validation);
}

interface Body {
  value: unknown;
  /** Of fields given more than once, as the strict decoder words them. */
  problems: string[];
}

function readBody(bundle: SchemaBundle, type: string, bytes: Uint8Array): Body | { error: string } {
  if (type === PROTOBUF_TYPE) {
    const envelope = readEnvelope(bytes);
    if ('error' in envelope) return envelope;
    const message = readMessage(bundle, envelope);
    return 'error' in message ? message : { value: message.value, problems: [] };
  }
  const text = textOf(bytes);
  if (type === YAML_TYPE) {
    const yaml = parseYaml(text);
    if ('error' in yaml) return { error: `error converting YAML to JSON: ${yaml.error}` };
    return { value: yaml.value, problems: yaml.duplicates === undefined ? [] : [yaml.duplicates] };
  }
  const json = parseJson(text);
  if ('error' in json)
    return { error: `couldn't get version/kind; json parse error: ${json.error}` };
  return { value: json.value, problems: duplicateFields(json.value, json.duplicates) };
}

/** `duplicate field "spec.replicas"`, in the order of the text. */
function duplicateFields(
  value: unknown,
  duplicates: ReadonlyMap<object, readonly string[]>,
): string[] {
  if (duplicates.size === 0) return [];
  const problems: string[] = [];
  const walk = (here: unknown, path: string) => {
    if (typeof here !== 'object' || here === null) return;
    if (Array.isArray(here)) {
      here.forEach((item, index) => walk(item, `${path}[${index}]`));
      return;
    }
    const join = (key: string) => (path === '' ? key : `${path}.${key}`);
    for (const [key, inner] of Object.entries(here)) walk(inner, join(key));
    for (const key of duplicates.get(here) ?? [])
      problems.push(`duplicate field ${goQuote(join(key))}`);
  };
  walk(value, '');
  return problems;
}

function conformBody(body: Body, expected: Expected, validation: FieldValidation): Decoded {
  const given = isFields(body.value) ? body.value : {};
  const kind = stringOf(given['kind']) || expected.kind;
  const wanted = apiVersionOf(expected.group, expected.version);
  const apiVersion = stringOf(given['apiVersion']) || wanted;
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  const cannot = (why: string) =>
    refuse(
      `${kind} in version ${goQuote(version)} cannot be handled as a ${expected.kind}: ${why}`,
    );
  if (kind !== expected.kind) return cannot(unknownConversion(kind, version, expected));
  if (apiVersion !== wanted)
    return refuse(
      `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`,
    );
  const conformed = expected.conform({ ...given, kind, apiVersion }, 'json');
  if ('error' in conformed) return cannot(conformed.error);
  const problems = [...body.problems, ...conformed.problems];
  if (validation === 'Strict' && problems.length > 0)
    return cannot(`strict decoding error: ${problems.join(', ')}`);
  return { object: conformed.object, warnings: validation === 'Warn' ? problems : [] };
}

/** Go's name of the type inside the server: `core.ConfigMap`, `apps.Deployment`. */
function unknownConversion(kind: string, version: string, expected: Expected): string {
  const internal = expected.group === '' ? 'core' : expected.group.split('.')[0];
  return `converting (${version}.${kind}) to (${internal}.${expected.kind}): unknown conversion`;
}

/** Bytes of a body that a refusal repeats. */
const SHOWN_BYTES = 30;

function unrecognized(expected: Expected, error: string, bytes: Uint8Array): string {
  return `the object provided is unrecognized (must be of type ${expected.kind}): ${error} (${summary(bytes)})`;
}

function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return '<empty>';
  const shown = bytes.subarray(0, SHOWN_BYTES);
  const rest = bytes.length > SHOWN_BYTES ? ' ...' : '';
  const looksLikeJson = bytes[0] === 0x7b;
  if (looksLikeJson) return textOf(shown) + rest;
  return [...shown].map((byte) => byte.toString(16).padStart(2, '0')).join('') + rest;
}

function mediaType(contentType: string): string {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  return type === '' ? JSON_TYPE : type;
}

function refuse(message: string): Decoded {
  return { refused: 'BadRequest', message };
}
