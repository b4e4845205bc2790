// JSON Patch, RFC 6902, with pointers of RFC 6901. Values in, values out; the document given is not changed.

import { same } from '../../schema/fields.ts';
import { copyOf } from '../../copy.ts';
import { define } from '../../define.ts';

export interface JsonPatchOperation {
  op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  path: string;
  from?: string;
  value?: unknown;
}

/** An operation that cannot be carried out, in few words. */
export class JsonPatchError extends Error {}

const OPERATIONS = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);

/** The operations, or why the value is no patch. */
export function parseJsonPatch(value: unknown): JsonPatchOperation[] | { error: string } {
  if (!Array.isArray(value))
    return {
      error: `json: cannot unmarshal ${kindOf(value)} into Go value of type jsonpatch.Patch`,
    };
  for (const each of value as unknown[])
    if (typeof each !== 'object' || each === null || Array.isArray(each))
      return {
        error: `json: cannot unmarshal ${kindOf(each)} into Go value of type jsonpatch.Operation`,
      };
  // Each is an object; what its fields hold is looked at when it is carried out.
  return value as JsonPatchOperation[];
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

export function applyJsonPatch(
  document: unknown,
  operations: readonly JsonPatchOperation[],
): unknown {
  const root = { document: copyOf(document) };
  for (const operation of operations) carryOut(root, operation);
  return root.document;
}

function carryOut(root: { document: unknown }, operation: JsonPatchOperation): void {
  const { op } = operation;
  if (!OPERATIONS.has(op)) throw new JsonPatchError(`Unexpected kind: ${String(op)}`);
  if (typeof operation.path !== 'string')
    throw new JsonPatchError(`${op} operation failed to decode path: missing field`);
  const path = pointer(operation.path);
  switch (op) {
    case 'add':
      return add(root, path, copyOf(required(operation)));
    case 'remove':
      remove(root, path, 'remove');
      return;
    case 'replace':
      if (path.length === 0) root.document = copyOf(required(operation));
      else replace(root, path, copyOf(required(operation)));
      return;
    case 'move': {
      const from = pointer(operation.from ?? '');
      if (startsWith(path, from) && path.length > from.length)
        throw new JsonPatchError('move operation cannot move a value into itself');
      const moved = remove(root, from, 'move');
      return add(root, path, moved);
    }
    case 'copy':
      return add(root, path, copyOf(valueAt(root, pointer(operation.from ?? ''), 'copy')));
    case 'test':
      if (!same(valueOrNull(root, path), operation.value ?? null))
        throw new JsonPatchError(`testing value ${operation.path} failed: test failed`);
  }
}

function required(operation: JsonPatchOperation): unknown {
  if (!('value' in operation)) throw new JsonPatchError(`${operation.op} operation missing value`);
  return operation.value;
}

function pointer(text: string): string[] {
  if (text === '') return [];
  if (!text.startsWith('/')) throw new JsonPatchError(`path ${text} does not begin with /`);
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function startsWith(path: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((part, index) => path[index] === part);
}

type Container = Record<string, unknown> | unknown[];

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

function parentOf(root: { document: unknown }, path: readonly string[], op: string): Container {
  let here = root.document;
  for (const part of path.slice(0, -1)) here = isContainer(here) ? member(here, part) : undefined;
  if (isContainer(here)) return here;
  throw new JsonPatchError(`${op} operation does not apply: doc is missing path: ${show(path)}`);
}

function show(path: readonly string[]): string {
  return `/${path.join('/')}`;
}

function member(container: Container, part: string): unknown {
  if (Array.isArray(container)) return container[indexOf(part, container.length - 1)];
  return Object.hasOwn(container, part) ? container[part] : undefined;
}

function indexOf(part: string, last: number): number {
  if (!/^(0|-?[1-9]\d*)$/.test(part))
    throw new JsonPatchError(`strconv.Atoi: parsing "${part}": invalid syntax`);
  const given = Number(part);
  // Negative indexes count from the end, as the real server's library has it.
  const index = given < 0 ? given + last + 1 : given;
  if (index < 0 || index > last)
    throw new JsonPatchError(`Unable to access invalid index: ${given}: invalid index referenced`);
  return index;
}

function add(root: { document: unknown }, path: readonly string[], value: unknown): void {
  const key = path.at(-1);
  if (key === undefined) {
    root.document = value;
    return;
  }
  const parent = parentOf(root, path, 'add');
  if (!Array.isArray(parent)) define(parent, key, value);
  else if (key === '-') parent.push(value);
  else parent.splice(indexOf(key, parent.length), 0, value);
}

function replace(root: { document: unknown }, path: readonly string[], value: unknown): void {
  const key = path.at(-1) ?? '';
  const parent = parentOf(root, path, 'replace');
  if (Array.isArray(parent)) parent[indexOf(key, parent.length - 1)] = value;
  else if (Object.hasOwn(parent, key)) define(parent, key, value);
  else
    throw new JsonPatchError(
      `replace operation does not apply: doc is missing key: ${show(path)}: missing value`,
    );
}

function remove(root: { document: unknown }, path: readonly string[], op: string): unknown {
  const key = path.at(-1);
  if (key === undefined) throw new JsonPatchError(`${op} operation does not apply to the whole`);
  const parent = parentOf(root, path, op);
  if (Array.isArray(parent)) return parent.splice(indexOf(key, parent.length - 1), 1)[0];
  if (!Object.hasOwn(parent, key))
    throw new JsonPatchError(`Unable to remove nonexistent key: ${key}: missing value`);
  const removed = parent[key];
  delete parent[key];
  return removed;
}

function valueAt(root: { document: unknown }, path: readonly string[], op: string): unknown {
  const value = valueOrNull(root, path);
  if (value === null && path.length > 0) {
    const parent = parentOf(root, path, op);
    if (!Array.isArray(parent) && !Object.hasOwn(parent, path.at(-1) ?? ''))
      throw new JsonPatchError(
        `${op} operation does not apply: doc is missing path: ${show(path)}`,
      );
  }
  return value;
}

/** Absent and null are the same to a test. */
function valueOrNull(root: { document: unknown }, path: readonly string[]): unknown {
  let here = root.document;
  for (const part of path) {
    if (!isContainer(here)) return null;
    if (Array.isArray(here) && !/^(0|[1-9]\d*)$/.test(part)) return null;
    here = Array.isArray(here) ? here[Number(part)] : member(here, part);
  }
  return here ?? null;
}
