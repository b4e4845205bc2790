// Reads Kubernetes' types from kubernetes-models' declarations: names, required fields, enums, references, descriptions.
// Knows how that package writes its .d.ts files; knows nothing of formats, list types or defaults.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { commentText } from './comment.ts';

export interface ModelField {
  type: ModelType;
  required: boolean;
  description: string;
}

export type ModelType =
  | { kind: 'string' | 'number' | 'boolean' }
  | { kind: 'enum'; values: string[] }
  | { kind: 'reference'; name: string }
  | { kind: 'array'; items: ModelType }
  | { kind: 'map'; values: ModelType }
  /** Any JSON: `unknown`, `any`, `object`. */
  | { kind: 'any' };

export interface Model {
  /** `io.k8s.api.core.v1.PodSpec` */
  name: string;
  description: string;
  fields: Map<string, ModelField>;
  /** What a type without fields of its own stands for: `string`, `number | string`, nothing. */
  alias: string;
}

/** Type name as the package writes it (`IoK8sApiCoreV1PodSpec`) → model. */
export function readModels(packageRoots: readonly string[]): Map<string, Model> {
  const models = new Map<string, Model>();
  for (const root of packageRoots) {
    for (const file of declarationsBelow(root)) {
      const model = parseModel(readFileSync(file, 'utf8'), basename(file, '.d.ts'));
      if (model) models.set(model.compact, model);
    }
  }
  return models;
}

function declarationsBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && entry.name.endsWith('.d.ts') && entry.name !== 'index.d.ts',
    )
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (path) => !path.includes('_schemas') && !path.slice(root.length).includes('node_modules'),
    )
    .sort();
}

function parseModel(text: string, file: string): (Model & { compact: string }) | undefined {
  const compact = new RegExp(`\\bI${file} as I(Io\\w+)`).exec(text)?.[1];
  if (compact === undefined) return undefined;
  const name = dottedName(compact, file);
  const opening = new RegExp(`export interface I${file}(?: extends \\w+)? \\{`).exec(text);
  const before = opening ?? new RegExp(`export type I${file} = ([^;]*);`).exec(text);
  const description = before ? commentBefore(text, before.index) : '';
  const fields = new Map<string, ModelField>();
  if (opening) parseFields(text.slice(opening.index + opening[0].length), file, compact, fields);
  return { compact, name, description, fields, alias: opening ? '' : (before?.[1] ?? '') };
}

/** The text of the comment that ends right before `at`. */
function commentBefore(text: string, at: number): string {
  const head = text.slice(0, at).trimEnd();
  if (!head.endsWith('*/')) return '';
  return commentText(head.slice(head.lastIndexOf('/**')));
}

/** Reads the fields of one interface, from behind its opening brace to its closing one. */
function parseFields(body: string, file: string, compact: string, fields: Map<string, ModelField>) {
  const HEAD = /\s*(\/\*\*[\s\S]*?\*\/)?\s*"([^"]+)"(\??): /y;
  for (let match = HEAD.exec(body); match; match = HEAD.exec(body)) {
    const end = endOfType(body, HEAD.lastIndex);
    const [, comment, field, optional] = match;
    fields.set(field ?? '', {
      type: parseType(body.slice(HEAD.lastIndex, end).trim(), file, compact),
      required: optional !== '?',
      description: comment ? commentText(comment) : '',
    });
    HEAD.lastIndex = end + 1;
  }
}

/** Where the semicolon stands that ends a field: braces of an object type nest and hold semicolons of their own. */
function endOfType(body: string, from: number): number {
  let depth = 0;
  // A brace too many closes the interface: the field had no end.
  for (let at = from; at < body.length && depth >= 0; at++) {
    if (body.startsWith('/*', at)) at = body.indexOf('*/', at) + 1;
    else if (body[at] === '{') depth++;
    else if (body[at] === '}') depth--;
    else if (body[at] === ';' && depth === 0) return at;
  }
  throw new Error(`no end of the field type at "${body.slice(from, from + 40)}"`);
}

function parseType(text: string, file: string, compact: string): ModelType {
  const inner = /^Array<([\s\S]*)>$/.exec(text)?.[1];
  if (inner !== undefined) return { kind: 'array', items: parseType(inner, file, compact) };
  const values = /^\{\s*(?:\/\*\*[\s\S]*?\*\/\s*)?\[key: string\]: ([\s\S]*?);?\s*\}$/.exec(
    text,
  )?.[1];
  if (values !== undefined) return { kind: 'map', values: parseType(values, file, compact) };
  if (text === 'string' || text === 'number' || text === 'boolean') return { kind: text };
  if (text.startsWith('"'))
    return {
      kind: 'enum',
      values: [...text.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? ''),
    };
  if (text === `I${file}`) return { kind: 'reference', name: compact };
  const reference = /^I(Io\w+)$/.exec(text)?.[1];
  if (reference !== undefined) return { kind: 'reference', name: reference };
  return { kind: 'any' };
}

/** `IoK8sApiCoreV1PodSpec`, `PodSpec` → `io.k8s.api.core.v1.PodSpec`. */
export function dottedName(compact: string, type: string): string {
  const pkg = compact.slice(0, compact.length - type.length);
  const words = pkg.match(/[A-Z][a-z]*(?:\d+[a-z]*(?:\d+)?)?/g) ?? [];
  return (
    words
      .join('.')
      .toLowerCase()
      .replace('apiextensions.apiserver.', 'apiextensions-apiserver.')
      .replace('kube.aggregator.', 'kube-aggregator.') + `.${type}`
  );
}
