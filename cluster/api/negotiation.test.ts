import assert from 'node:assert/strict';
import { test } from 'node:test';
import { negotiate, parseAccept, parseMediaType } from './negotiation.ts';
import { StatusError } from './status.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

test('a media type is its name and its parameters', () => {
  assert.deepEqual(parseMediaType(' Application/JSON ; charset="utf-8"; Q=0.5'), {
    type: 'application/json',
    parameters: { charset: 'utf-8', q: '0.5' },
  });
});

test('the best accepted type comes first, the others in their order', () => {
  const types = parseAccept('text/plain;q=0.1, application/json, application/yaml;q=0.9, a/b;q=0');
  assert.deepEqual(
    types.map(({ type }) => type),
    ['application/json', 'application/yaml', 'text/plain'],
  );
});

test('what kubectl get accepts is a table', () => {
  const accept = `${TABLE},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`;
  assert.deepEqual(negotiate(accept), { view: 'table', metaVersion: 'v1', encoding: 'json' });
});

test('a view nobody knows is passed over for the next type', () => {
  const accept = 'application/json;as=Graph;v=v1;g=meta.k8s.io, application/json';
  assert.deepEqual(negotiate(accept), { view: 'object', metaVersion: 'v1', encoding: 'json' });
});

test('a client that wants protobuf and takes JSON gets JSON', () => {
  const accept = 'application/vnd.kubernetes.protobuf,application/json';
  assert.equal(negotiate(accept).encoding, 'json');
});

test('metadata alone can be asked for, of one object and of lists', () => {
  for (const as of ['PartialObjectMetadata', 'PartialObjectMetadataList'])
    assert.equal(negotiate(`application/json;as=${as};v=v1;g=meta.k8s.io`).view, 'metadata');
});

test('no Accept header and */* mean JSON', () => {
  assert.equal(negotiate(undefined).encoding, 'json');
  assert.equal(negotiate('*/*').encoding, 'json');
});

test('what cannot be sent is refused with 406 and a list of what can', () => {
  assert.throws(
    () => negotiate('text/html'),
    (error) =>
      error instanceof StatusError &&
      error.status.code === 406 &&
      error.message ===
        '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
  );
});
