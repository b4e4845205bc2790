import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../object.ts';
import type { Authorization } from './authorization/authorization.ts';
import type { ApiClient } from './client.ts';
import { badRequest, forbidden } from './status.ts';
import { TokenReader } from './token-reader.ts';
import type { Tokens } from './tokens.ts';

const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', uid: 'a', resourceVersion: '1', creationTimestamp: '' },
};

/** Accepts the token `good`, which may read pods and deployments. */
function reader(token: string | undefined) {
  const asked: string[] = [];
  const parts = {
    client: {
      list: (resource: string) => {
        if (resource.startsWith('ghosts')) throw badRequest('no resource ghosts is served');
        return [pod];
      },
      get: () => pod,
    },
    tokens: {
      authenticate: (text: string) => (text === 'good' ? { user: { name: 'it' } } : undefined),
    },
    authorization: {
      require: (_: unknown, { verb, group, resource, namespace, name }: Record<string, string>) => {
        asked.push([verb, group, resource, namespace, name].join(' '));
        if (resource === 'secrets') throw forbidden({ group: '', resource }, '', 'no');
      },
    },
  };
  return {
    asked,
    reader: new TokenReader({
      client: parts.client as unknown as ApiClient,
      tokens: parts.tokens as unknown as Tokens,
      authorization: parts.authorization as unknown as Authorization,
      token: () => token,
    }),
  };
}

test('asks for each read whether it may', () => {
  const { reader: it, asked } = reader('good');
  assert.deepEqual(it.list('pods'), [pod]);
  assert.deepEqual(it.list('deployments.apps', 'app'), [pod]);
  assert.equal(it.get('configmaps', 'app', 'a'), pod);
  assert.deepEqual(asked, ['list  pods  ', 'list apps deployments app ', 'get  configmaps app a']);
  assert.throws(() => it.list('secrets'), /secrets is forbidden: no/);
});

test('a kind that nobody serves has no objects', () => {
  assert.deepEqual(reader('good').reader.list('ghosts.example.org'), []);
});

test('a token that is no good opens nothing', () => {
  assert.throws(() => reader('bad').reader.list('pods'), /Unauthorized/);
});
