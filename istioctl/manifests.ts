// Objects in files, directories and stdin, one by one with the place where each begins. Knows nothing of what is done to them.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { KubeObject } from '../cluster/object.ts';
import { type Fields, fieldsOf, isFields, listOf, stringOf } from '../cluster/schema/fields.ts';
import { parseYaml } from '../cluster/schema/yaml.ts';

export const EXTENSIONS = ['.json', '.yaml', '.yml'];

export interface Document {
  /** The first line of the document in its file. */
  line: number;
  text: string;
}

/** The parts of a file between lines of dashes. */
export function documentsOf(text: string): Document[] {
  const documents: Document[] = [];
  let lines: string[] = [];
  let line = 1;
  const end = (next: number) => {
    // Comments and empty lines before an object are not where it begins.
    const first = lines.findIndex((each) => !/^\s*(#|$)/.test(each));
    if (first >= 0) documents.push({ line: line + first, text: lines.slice(first).join('\n') });
    lines = [];
    line = next;
  };
  for (const [index, each] of text.split('\n').entries())
    if (/^---(\s|$)/.test(each)) end(index + 2);
    else lines.push(each);
  end(line);
  return documents;
}

/** The object of a document and, for a list, those in it; what is wrong with the text; nothing for an empty document. */
export function objectsIn(document: Document): KubeObject[] | { error: string } {
  const parsed = parseYaml(document.text);
  if ('error' in parsed) return parsed;
  if (parsed.duplicates !== undefined) return { error: parsed.duplicates };
  if (!isFields(parsed.value)) return [];
  return flattened(parsed.value);
}

function flattened(value: Fields): KubeObject[] {
  if (stringOf(value['kind']).endsWith('List') && Array.isArray(value['items']))
    return listOf(value['items']).flatMap(flattened);
  const metadata = fieldsOf(value['metadata']);
  // Text that is no object of Kubernetes' has a kind of its own, or none; a name may be missing.
  return [
    {
      ...value,
      apiVersion: stringOf(value['apiVersion']),
      kind: stringOf(value['kind']),
      metadata: { ...metadata, name: stringOf(metadata['name']) } as KubeObject['metadata'],
    },
  ];
}

/** Files of a directory and those below it, in order of their names. */
export function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
}

export const isManifest = (path: string): boolean => EXTENSIONS.includes(extname(path));

/** Undefined for a path where nothing is. */
export function kindOfPath(path: string): 'file' | 'directory' | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && (found.isDirectory() ? 'directory' : 'file');
}

export const textOf = (path: string): string => readFileSync(path, 'utf8');
