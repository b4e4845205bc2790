// The table of a custom resource: its additionalPrinterColumns, read by JSONPath.
// Source: "Additional printer columns" of the CustomResourceDefinition documentation.

import type { KubeObject } from '../../object.ts';
import { parseTimestamp } from '../../time.ts';
import { type Fields, listOf, numberOf, stringOf } from '../fields.ts';
import { goJson } from '../field-errors.ts';
import { humanDuration } from '../human-duration.ts';
import { findValues, type JsonPath, parseJsonPath } from '../json-path.ts';
import type { TableColumn, TableDefinition } from '../resource.ts';
import { nameColumn } from '../tables/columns.ts';
import { described } from '../tables/index.ts';

interface CustomColumn {
  column: TableColumn;
  path: JsonPath;
}

/** Without columns of its own a custom resource shows its age. */
const AGE: Fields = {
  name: 'Age',
  type: 'date',
  description: '@meta.v1.ObjectMeta.creationTimestamp',
  jsonPath: '.metadata.creationTimestamp',
};

export function customTable(
  version: Fields,
  descriptions: Readonly<Record<string, string>>,
): TableDefinition {
  const declared = listOf(version['additionalPrinterColumns']);
  const columns = (declared.length > 0 ? declared : [AGE]).map(customColumn);
  return described(
    {
      columns: [nameColumn, ...columns.map((each) => each.column)],
      cells: (object, now) => [
        object.metadata.name,
        ...columns.map((each) => cellOf(each, object, now)),
      ],
    },
    descriptions,
  );
}

const TYPES = ['string', 'integer', 'number', 'boolean', 'date'] as const;

function customColumn(declared: Fields): CustomColumn {
  const path = parseJsonPath(stringOf(declared['jsonPath']));
  const name = stringOf(declared['name']);
  return {
    column: {
      name,
      type: TYPES.find((type) => type === declared['type']) ?? 'string',
      format: stringOf(declared['format']),
      description:
        stringOf(declared['description']) ||
        `Custom resource definition column (in JSONPath format): ${stringOf(declared['jsonPath'])}`,
      priority: numberOf(declared['priority']) ?? 0,
    },
    path: 'error' in path ? [{ kind: 'field', name: '' }] : path,
  };
}

function cellOf(
  { column, path }: CustomColumn,
  object: KubeObject,
  now: number,
): string | number | boolean | null {
  const values = findValues(path, object);
  const [value] = values;
  if (value === undefined || value === null) return null;
  switch (column.type) {
    case 'string':
      return values.map(textOf).join(',');
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return dateCell(value, now);
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : goJson(value);
}

function dateCell(value: unknown, now: number): string | null {
  if (typeof value !== 'string') return null;
  const then = parseTimestamp(value);
  return then === undefined ? '<invalid>' : humanDuration(now - then);
}
