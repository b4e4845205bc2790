import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestInfo } from './request-info.ts';

/** What was understood of a request, without what is empty. */
function understood(line: string): Record<string, unknown> {
  const [method = '', url = ''] = line.split(' ');
  const [path = '', query = ''] = url.split('?');
  const {
    path: _path,
    isResource,
    ...rest
  } = requestInfo(method, path, new URLSearchParams(query));
  const filled = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== ''));
  return isResource ? filled : { ...filled, isResource };
}

const cases: readonly (readonly [string, Record<string, unknown>])[] = [
  ['GET /api/v1/pods', { verb: 'list', version: 'v1', resource: 'pods' }],
  [
    'GET /api/v1/namespaces/default/pods/web',
    {
      verb: 'get',
      version: 'v1',
      namespace: 'default',
      resource: 'pods',
      name: 'web',
      authorizedName: 'web',
    },
  ],
  [
    'GET /api/v1/namespaces/default/pods?watch=true',
    { verb: 'watch', version: 'v1', namespace: 'default', resource: 'pods' },
  ],
  [
    'GET /api/v1/watch/namespaces/default/pods',
    { verb: 'watch', version: 'v1', namespace: 'default', resource: 'pods' },
  ],
  [
    'GET /api/v1/namespaces/default/pods?fieldSelector=metadata.name%3Dweb&watch=1',
    { verb: 'watch', version: 'v1', namespace: 'default', resource: 'pods', authorizedName: 'web' },
  ],
  [
    'PATCH /apis/apps/v1/namespaces/default/deployments/web/scale',
    {
      verb: 'patch',
      group: 'apps',
      version: 'v1',
      namespace: 'default',
      resource: 'deployments',
      name: 'web',
      authorizedName: 'web',
      subresource: 'scale',
    },
  ],
  [
    'DELETE /apis/apps/v1/namespaces/default/deployments',
    {
      verb: 'deletecollection',
      group: 'apps',
      version: 'v1',
      namespace: 'default',
      resource: 'deployments',
    },
  ],
  [
    'GET /api/v1/namespaces/shop',
    {
      verb: 'get',
      version: 'v1',
      namespace: 'shop',
      resource: 'namespaces',
      name: 'shop',
      authorizedName: 'shop',
    },
  ],
  [
    'PUT /api/v1/namespaces/shop/finalize',
    {
      verb: 'update',
      version: 'v1',
      namespace: 'shop',
      resource: 'namespaces',
      name: 'shop',
      authorizedName: 'shop',
      subresource: 'finalize',
    },
  ],
  [
    'POST /api/v1/namespaces/default/services/web:http/proxy/a/b/',
    {
      verb: 'create',
      version: 'v1',
      namespace: 'default',
      resource: 'services',
      name: 'web:http',
      authorizedName: 'web:http',
      subresource: 'proxy',
      rest: 'a/b/',
    },
  ],
  ['GET /apis/apps/v1', { verb: 'get', isResource: false }],
  ['GET /api/v1', { verb: 'get', isResource: false }],
  ['POST /healthz', { verb: 'post', isResource: false }],
];

for (const [line, expected] of cases)
  test(`${line} is understood`, () => assert.deepEqual(understood(line), expected));
