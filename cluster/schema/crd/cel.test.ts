import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SchemaNode } from '../openapi.ts';
import { celRules } from './cel.ts';

const timeout: SchemaNode = {
  properties: {
    spec: {
      type: 'object',
      properties: {
        timeout: {
          type: 'string',
          'x-kubernetes-validations': [
            { rule: "duration(self) >= duration('1ms')", message: 'must be longer than 1ms' },
          ],
        },
        ports: {
          type: 'object',
          additionalProperties: {
            type: 'integer',
            'x-kubernetes-validations': [{ rule: '0 < self && self <= 65535' }],
          },
        },
      },
      'x-kubernetes-validations': [
        { rule: 'has(self.timeout) || has(self.ports)', message: 'one must be set' },
      ],
    },
  },
};

const messages = (value: unknown, old?: unknown) =>
  celRules.evaluate(value, old, timeout).map(({ field, message }) => `${field}: ${message}`);

test('a rule that holds says nothing', () => {
  assert.deepEqual(messages({ spec: { timeout: '1.5s', ports: { http: 80 } } }), []);
});

test('a scalar is repeated in the refusal, an object is not', () => {
  assert.deepEqual(messages({ spec: { timeout: '0.1ms' } }), [
    'spec.timeout: Invalid value: "0.1ms": must be longer than 1ms',
  ]);
  assert.deepEqual(messages({ spec: {} }), ['spec: Invalid value: one must be set']);
});

test('a rule without a message is named itself; keys of maps stand in brackets', () => {
  assert.deepEqual(messages({ spec: { ports: { http: 70_000 } } }), [
    'spec.ports[http]: Invalid value: 70000: failed rule: 0 < self && self <= 65535',
  ]);
});

test('a value that a rule cannot be worked out on is refused by its type, with the reason', () => {
  assert.deepEqual(messages({ spec: { timeout: '30x' } }), [
    `spec.timeout: Invalid value: "string": type conversion error from 'string' to 'google.protobuf.Duration' evaluating rule: must be longer than 1ms`,
  ]);
});

test('a rule says what kind of error it is', () => {
  const refusal = (reason: string) =>
    celRules.evaluate({ a: 1 }, undefined, {
      properties: {
        a: {
          type: 'integer',
          'x-kubernetes-validations': [{ rule: 'self > 1', message: 'is too small', reason }],
        },
      },
    })[0];
  assert.deepEqual(refusal('FieldValueForbidden'), {
    type: 'FieldValueForbidden',
    field: 'a',
    message: 'Forbidden: is too small',
  });
  assert.equal(refusal('FieldValueRequired')?.message, 'Required value: is too small');
  assert.equal(refusal('FieldValueDuplicate')?.message, 'Duplicate value: 1');
});

test('what an update leaves alone is not judged again', () => {
  const bad = { spec: { timeout: '0.1ms' } };
  assert.deepEqual(messages({ spec: { timeout: '0.1ms', ports: { a: 1 } } }, bad), []);
});

test('rules about changes wait for a change', () => {
  const schema: SchemaNode = {
    properties: {
      size: {
        type: 'integer',
        'x-kubernetes-validations': [{ rule: 'self >= oldSelf', message: 'may only grow' }],
      },
    },
  };
  assert.deepEqual(celRules.evaluate({ size: 1 }, undefined, schema), []);
  assert.deepEqual(
    celRules.evaluate({ size: 1 }, { size: 2 }, schema).map(({ message }) => message),
    ['Invalid value: 1: may only grow'],
  );
});
