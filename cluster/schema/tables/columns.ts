// The pieces that printers are made of: columns, ages, and the short forms that several kinds share. Knows no kind.
// A description that starts with @ stands for the description of that field, filled in from the generated ones:
// `@core.v1.PodStatus.podIP`.

import type { KubeObject } from '../../object.ts';
import { type Fields, fieldsOf, listOf, stringMapOf, stringOf } from '../fields.ts';
import { ageOf } from '../human-duration.ts';
import type { TableColumn, TableDefinition } from '../resource.ts';

/** A table whose descriptions are still references. */
export type Printer = TableDefinition;

export const NONE = '<none>';

export function column(
  name: string,
  type: TableColumn['type'],
  description: string,
  priority = 0,
): TableColumn {
  return { name, type, format: '', description, priority };
}

/** Shown only with `-o wide`. */
export function wide(name: string, description: string, type: TableColumn['type'] = 'string') {
  return column(name, type, description, 1);
}

export const nameColumn: TableColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: '@meta.v1.ObjectMeta.name',
  priority: 0,
};

export const ageColumn = column('Age', 'string', '@meta.v1.ObjectMeta.creationTimestamp');

export const containersColumn = wide('Containers', 'Names of each container in the template.');
export const imagesColumn = wide('Images', 'Images referenced by each container in the template.');

export function age(object: KubeObject, now: number): string {
  return ageOf(object.metadata.creationTimestamp, now);
}

/** Names and images of a pod template's containers, as two cells. */
export function containerCells(template: unknown): [string, string] {
  const containers = listOf(fieldsOf(fieldsOf(template)['spec'])['containers']);
  const joined = (field: string) => containers.map((each) => stringOf(each[field])).join(',');
  return [joined('name'), joined('image')];
}

/** `app=web,tier=front`, keys in order; `<none>` for no labels. */
export function labelsText(labels: unknown): string {
  const pairs = Object.entries(stringMapOf(labels)).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0 ? NONE : pairs.map(([key, value]) => `${key}=${value}`).join(',');
}

/** A list cut after three: `a,b,c + 2 more...`. */
export function firstThree(items: readonly string[], total = items.length): string {
  const shown = items.slice(0, 3).join(',');
  return total > 3 ? `${shown} + ${total - 3} more...` : shown;
}

export function orNone(text: string): string {
  return text === '' ? NONE : text;
}

export function boolText(value: unknown): string {
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : '<unset>';
}

export function conditionOf(object: KubeObject, type: string): Fields | undefined {
  return listOf(fieldsOf(object['status'])['conditions']).find((each) => each['type'] === type);
}

export function hasCondition(object: KubeObject, type: string): boolean {
  return conditionOf(object, type)?.['status'] === 'True';
}
