// What an installation is asked to be: files of kind IstioOperator laid over each other, then --set paths, over a profile.
// The kind is a file format of istioctl; no cluster knows it.
// Source: istio/istio operator/pkg/render, operator/pkg/values (precedence, paths, types of values), "IstioOperator Options".

import { type Fields, fieldsOf, isFields, stringOf } from '../../schema/fields.ts';
import { parseYaml } from '../../schema/yaml.ts';
import { merge } from './merge.ts';
import { wrongMeshConfig } from './mesh-config.ts';
import { profiles } from './profiles.ts';
import { ISTIO_HUB, ISTIO_VERSION } from '../version.ts';

/** What was asked makes no sense; the message is istioctl's. */
export class OperatorError extends Error {}

export interface Operator {
  profile: string;
  /** As its file names it; empty without one. */
  name: string;
  namespace: string;
  /** Empty for the default one. */
  revision: string;
  components: Fields;
  /** What the profile and the user set; defaults come later. */
  values: Fields;
}

export interface OperatorInputs {
  /** Texts of files, in order. */
  files?: readonly string[];
  /** `path=value`, below `spec`. */
  sets?: readonly string[];
  /** Wrong fields are told, not refused. */
  force?: boolean;
}

/** Throws OperatorError. */
export function operatorOf({ files = [], sets = [], force = false }: OperatorInputs): Operator {
  const asked: Fields = { metadata: {}, spec: {} };
  for (const text of files) merge(asked, fileOf(text));
  for (const set of sets) setPath(asked, set);
  const userSpec = fieldsOf(asked['spec']);
  const wrong = force ? undefined : wrongSpec(asked);
  if (wrong !== undefined) throw new OperatorError(`generate config: ${wrong}`);
  const profile = stringOf(userSpec['profile']) || 'default';
  const base = structuredClone(profiles['default'] ?? {});
  const top = profiles[profile];
  if (!top)
    throw new OperatorError(
      `generate config: merge inputs: profile ${JSON.stringify(profile)} not found: open profiles/${profile}.yaml: file does not exist`,
    );
  merge(base, top);
  const whole: Fields = { metadata: {}, spec: { hub: ISTIO_HUB, tag: ISTIO_VERSION, ...base } };
  merge(whole, asked);
  const spec = fieldsOf(whole['spec']);
  const values = structuredClone(fieldsOf(spec['values']));
  const global: Fields = { hub: spec['hub'], tag: spec['tag'] };
  merge(values, { global, ...(spec['revision'] !== undefined && { revision: spec['revision'] }) });
  merge(values, {
    ...(isFields(spec['meshConfig']) && { meshConfig: spec['meshConfig'] }),
    pilot: { cni: { enabled: enabled(fieldsOf(spec['components'])['cni']) } },
  });
  merge(values, fieldsOf(userSpec['values']));
  const revision = stringOf(values['revision']);
  return {
    profile,
    name: stringOf(fieldsOf(whole['metadata'])['name']),
    namespace:
      stringOf(fieldsOf(values['global'])['istioNamespace']) ||
      stringOf(fieldsOf(whole['metadata'])['namespace']) ||
      'istio-system',
    revision: revision === 'default' ? '' : revision,
    components: fieldsOf(spec['components']),
    values,
  };
}

/** Whether a component is asked for; one that says nothing of it is. */
export function enabled(component: unknown, otherwise = false): boolean {
  if (!isFields(component)) return otherwise;
  return component['enabled'] !== false && component['enabled'] !== 'false';
}

function fileOf(text: string): Fields {
  const documents = text
    .split(/^---.*$/m)
    .filter((document) => document.replaceAll(/^\s*#.*$/gm, '').trim() !== '');
  if (documents.length > 1)
    throw new OperatorError(
      'generate config: merge inputs: contains multiple IstioOperator CRs, only one per file is supported',
    );
  const parsed = parseYaml(text);
  if ('error' in parsed)
    throw new OperatorError(
      `generate config: merge inputs: unable to parse file: error converting YAML to JSON: ${parsed.error}`,
    );
  const file = structuredClone(fieldsOf(parsed.value));
  if (file['spec'] === null) delete file['spec'];
  return file;
}

/** Below these paths every value stays text. */
const ALWAYS_TEXT = [
  'tag',
  'compatibilityVersion',
  'values.compatibilityVersion',
  'values.global.tag',
  'meshConfig.defaultConfig.proxyMetadata.',
  'values.meshConfig.defaultConfig.proxyMetadata.',
];

function setPath(asked: Fields, set: string): void {
  const at = set.indexOf('=');
  const path = (at < 0 ? set : set.slice(0, at)).trim();
  const text = at < 0 ? '' : set.slice(at + 1).trim();
  const value = ALWAYS_TEXT.some((prefix) => path.startsWith(prefix)) ? text : valueOf(text);
  put(asked, ['spec', ...segmentsOf(path)], value, path);
}

function valueOf(text: string): unknown {
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text);
  if (['true', 'True', 'TRUE', 't', 'T'].includes(text)) return true;
  if (['false', 'False', 'FALSE', 'f', 'F'].includes(text)) return false;
  return text.replaceAll('\\,', ',');
}

/** `a.b[0].c` and `a.[name:x].b`; a dot after a backslash belongs to its name. */
function segmentsOf(path: string): string[] {
  return path
    .split(/(?<!\\)\./)
    .filter((segment) => segment !== '')
    .map((segment) => segment.replaceAll('\\.', '.'))
    .flatMap((segment) => {
      const bracket = segment.indexOf('[');
      return bracket > 0 ? [segment.slice(0, bracket), segment.slice(bracket)] : [segment];
    });
}

function put(fields: Fields, segments: readonly string[], value: unknown, path: string): void {
  const [name = '', next, ...rest] = segments;
  if (next === undefined) {
    fields[name] = value;
    return;
  }
  if (!next.startsWith('[')) {
    const there = fields[name];
    const inner: Fields = isFields(there) ? there : {};
    fields[name] = inner;
    put(inner, [next, ...rest], value, path);
    return;
  }
  const there = fields[name];
  const list: unknown[] = Array.isArray(there) ? [...(there as unknown[])] : [];
  fields[name] = list;
  const index = placeOf(next, list);
  if (index === undefined)
    throw new OperatorError(`generate config: merge inputs: element ${next} not found`);
  if (rest.length === 0) {
    list[index] = value;
    return;
  }
  const element = list[index];
  const inner: Fields = isFields(element) ? { ...element } : {};
  list[index] = inner;
  put(inner, rest, value, path);
}

/** A place beyond the end is the next one; a name that is not there has none. */
function placeOf(segment: string, list: readonly unknown[]): number | undefined {
  const inner = segment.replace(/^\[|\]$/g, '');
  if (/^\d+$/.test(inner)) return Math.min(Number(inner), list.length);
  const [key = '', wanted] = inner.split(':');
  const found = list.findIndex((each) => fieldsOf(each)[key] === wanted);
  return found < 0 ? undefined : found;
}

const SPEC_FIELDS = new Set([
  'profile',
  'installPackagePath',
  'hub',
  'tag',
  'namespace',
  'revision',
  'compatibilityVersion',
  'meshConfig',
  'components',
  'values',
  'unvalidatedValues',
]);
const COMPONENTS = new Set([
  'base',
  'pilot',
  'cni',
  'ztunnel',
  'istiodRemote',
  'ingressGateways',
  'egressGateways',
]);

/** What a strict reading finds first, or undefined. */
function wrongSpec(asked: Fields): string | undefined {
  const spec = fieldsOf(asked['spec']);
  const unknown = (names: Iterable<string>, known: ReadonlySet<string>) =>
    [...names].toSorted().find((name) => !known.has(name));
  const field =
    unknown(Object.keys(asked), new Set(['apiVersion', 'kind', 'metadata', 'spec', 'status'])) ??
    unknown(Object.keys(spec), SPEC_FIELDS) ??
    unknown(Object.keys(fieldsOf(spec['components'])), COMPONENTS);
  if (field !== undefined)
    return `could not unmarshal: json: unknown field ${JSON.stringify(field)}`;
  const revision = stringOf(spec['revision']);
  if (revision !== '' && !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(revision))
    return `invalid revision specified: ${revision}`;
  return (
    wrongMeshConfig(spec['meshConfig']) ?? wrongMeshConfig(fieldsOf(spec['values'])['meshConfig'])
  );
}
