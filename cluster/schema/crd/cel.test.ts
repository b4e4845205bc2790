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

test('a value that a rule cannot be worked out on is refused with the reason', () => {
  assert.deepEqual(messages({ spec: { timeout: '30x' } }), [
    `spec.timeout: Invalid value: "30x": type conversion error from 'string' to 'google.protobuf.Duration' evaluating rule: must be longer than 1ms`,
  ]);
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
