import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDeclaration } from './declarations.ts';

test('fields, maps, lists, enums and texts are read; what every object has is left out', () => {
  const text = `export interface IBoat {
    /**
     * The boat; as
     * ordered.
     */
    "spec": {
        "crew"?: Array<{
            /**
             * Who.
             *
             * Valid Options: ROWER, COX
             */
            "role": "ROWER" | "COX";
        }>;
        "flags"?: {
            [key: string]: number;
        };
        "draft"?: number | string;
    };
    "apiVersion": "yard/v1";
    "metadata"?: IObjectMeta;
}`;
  assert.deepEqual(readDeclaration(text, 'Boat'), {
    type: 'object',
    required: ['spec'],
    properties: {
      spec: {
        description: 'The boat; as\nordered.',
        type: 'object',
        properties: {
          crew: {
            type: 'array',
            items: {
              type: 'object',
              required: ['role'],
              properties: {
                role: {
                  description: 'Who.\n\nValid Options: ROWER, COX',
                  type: 'string',
                  enum: ['ROWER', 'COX'],
                },
              },
            },
          },
          flags: { type: 'object', additionalProperties: { type: 'integer' } },
          draft: {
            anyOf: [{ type: 'integer' }, { type: 'string' }],
            'x-kubernetes-int-or-string': true,
          },
        },
      },
    },
  });
});

test('a base joined with alternatives allows at most one of them', () => {
  const base = '{ "exact"?: string; "prefix"?: string; }';
  const text = `export interface IMatch { "spec"?: ${base} & (Exclude<${base}, ${base}> | { "exact": string; "prefix"?: string; } | { "exact"?: string; "prefix": string; }); }`;
  assert.deepEqual(readDeclaration(text, 'Match').properties?.['spec']?.oneOf, [
    { not: { anyOf: [{ required: ['exact'] }, { required: ['prefix'] }] } },
    { required: ['exact'] },
    { required: ['prefix'] },
  ]);
});

test('two groups of alternatives are two conditions', () => {
  const base = '{ "a"?: string; "b"?: string; }';
  const text = `export interface IMatch { "spec"?: ${base} & (${base} & (Exclude<${base}, ${base}> | { "a": string; "b"?: string; })) & (Exclude<${base}, ${base}> | { "a"?: string; "b": string; }); }`;
  assert.deepEqual(readDeclaration(text, 'Match').properties?.['spec']?.allOf, [
    { oneOf: [{ not: { anyOf: [{ required: ['a'] }] } }, { required: ['a'] }] },
    { oneOf: [{ not: { anyOf: [{ required: ['b'] }] } }, { required: ['b'] }] },
  ]);
});

test('a type never seen before is told with its word', () => {
  assert.throws(
    () => readDeclaration('export interface IBoat { "spec"?: bigint; }', 'Boat'),
    /bigint: a type these declarations have not used before/,
  );
});
