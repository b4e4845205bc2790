// Field selectors, `status.phase=Running,spec.nodeName!=a`: read and matched against the fields a kind offers.
// Source: "Field Selectors" of the Kubernetes documentation; error texts as Status objects show them.

import type { KubeObject } from '../object.ts';
import type { ResourceDefinition } from './resource.ts';

export interface FieldRequirement {
  field: string;
  equal: boolean;
  value: string;
}

export type FieldSelector = readonly FieldRequirement[];

/** The selector, or why the text is none. Commas, equals signs and backslashes in values are escaped with a backslash. */
export function parseFieldSelector(text: string): FieldSelector | { error: string } {
  const requirements: FieldRequirement[] = [];
  for (const term of termsOf(text).sort()) {
    if (term === '') continue;
    const match = /^([\s\S]*?)(!=|==|=)([\s\S]*)$/.exec(term);
    if (!match) return { error: `invalid selector: '${text}'; can't understand '${term}'` };
    const value = unescaped(match[3] ?? '');
    if (typeof value !== 'string') return value;
    requirements.push({ field: match[1] ?? '', equal: match[2] !== '!=', value });
  }
  return requirements;
}

function termsOf(text: string): string[] {
  const terms: string[] = [];
  let term = '';
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\') term += char + text.charAt(++at);
    else if (char === ',') {
      terms.push(term);
      term = '';
    } else term += char;
  }
  return [...terms, term];
}

function unescaped(value: string): string | { error: string } {
  let plain = '';
  for (let at = 0; at < value.length; at++) {
    const char = value.charAt(at);
    if (char === '=' || char === ',')
      return {
        error: `invalid field selector: unescaped character in value: ${char.charCodeAt(0)}`,
      };
    if (char !== '\\') {
      plain += char;
      continue;
    }
    const next = value.charAt(++at);
    if (next !== '\\' && next !== ',' && next !== '=')
      return { error: `invalid field selector: invalid escape sequence: \\${next}` };
    plain += next;
  }
  return plain;
}

/** The first field the kind does not offer, in the real words; undefined if it offers all. */
export function unsupportedField(
  selector: FieldSelector,
  definition: Pick<ResourceDefinition, 'selectableFields'>,
): string | undefined {
  const unknown = selector.find(
    ({ field }) =>
      field !== 'metadata.name' &&
      field !== 'metadata.namespace' &&
      !Object.hasOwn(definition.selectableFields, field),
  );
  return unknown && `field label not supported: ${unknown.field}`;
}

export function matchesFields(
  selector: FieldSelector,
  object: KubeObject,
  definition: Pick<ResourceDefinition, 'selectableFields'>,
): boolean {
  return selector.every(({ field, equal, value }) => {
    return (fieldValue(field, object, definition) === value) === equal;
  });
}

function fieldValue(
  field: string,
  object: KubeObject,
  definition: Pick<ResourceDefinition, 'selectableFields'>,
): string {
  if (field === 'metadata.name') return object.metadata.name;
  if (field === 'metadata.namespace') return object.metadata.namespace ?? '';
  return definition.selectableFields[field]?.(object) ?? '';
}
