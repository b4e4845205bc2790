import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuthorizationPolicySpec, AuthorizationRule } from '../resources.ts';
import { rule } from '../testing/mesh-lab.ts';
import { type AuthorizationQuestion, authorize } from './authorization.ts';

const policy = (spec: AuthorizationPolicySpec) => rule('AuthorizationPolicy', 'p', spec);
const allowing = (rules: AuthorizationRule[]) => ({ deny: [], allow: [policy({ rules })] });
const denying = (rules: AuthorizationRule[]) => ({ deny: [policy({ rules })], allow: [] });
const tcp: AuthorizationQuestion = {
  principal: undefined,
  ip: '10.0.0.1',
  port: 80,
  http: undefined,
};
const asked = (path: string, host = 'shop'): AuthorizationQuestion => ({
  ...tcp,
  http: { method: 'GET', host, path, headers: [] },
});

test('in a path {*} is one segment and {**} any number of them', () => {
  const paths = ['/store/{*}/cart', '/files/{**}', '/a.b/{**}/z'];
  const { allow } = allowing([{ to: [{ operation: { paths } }] }]);
  const passes = (path: string) => authorize({ deny: [], allow }, asked(path)).allowed;
  for (const path of ['/store/7/cart', '/files/', '/files/a/b', '/a.b/c/d/z'])
    assert.equal(passes(path), true, path);
  for (const path of ['/store/7/8/cart', '/store//cart', '/store/7/cart/x', '/axb/c/z', '/a.b/c'])
    assert.equal(passes(path), false, path);
});

test('hosts match whatever their case, on either side', () => {
  const { allow } = allowing([{ to: [{ operation: { hosts: ['SHOP', '*.Example'] } }] }]);
  const passes = (host: string) => authorize({ deny: [], allow }, asked('/', host)).allowed;
  assert.deepEqual(['shop', 'Shop', 'a.EXAMPLE', 'other'].map(passes), [true, true, true, false]);
});

describe('what asks for HTTP, on plain TCP', () => {
  const httpOnly: AuthorizationRule[][] = [
    [{ to: [{ operation: { methods: ['GET'], ports: ['80'] } }] }],
    [{ when: [{ key: 'request.headers[x]', values: ['1'] }] }],
    [{ from: [{ source: { requestPrincipals: ['*'] } }] }],
  ];
  for (const rules of httpOnly) {
    test(`allows nothing and denies as if it were not asked: ${JSON.stringify(rules)}`, () => {
      assert.equal(authorize(allowing(rules), tcp).allowed, false);
      assert.equal(authorize(denying(rules), tcp).allowed, false);
    });
  }

  test('a DENY rule for another port lets the connection pass', () => {
    const rules = [{ to: [{ operation: { methods: ['GET'], ports: ['81'] } }] }];
    assert.equal(authorize(denying(rules), tcp).allowed, true);
  });
});

test('a service account without a namespace is one of the policy’s own', () => {
  const { allow } = allowing([
    { from: [{ source: { serviceAccounts: ['client', 'other/job'] } }] },
  ]);
  const passes = (account: string) =>
    authorize({ deny: [], allow }, { ...tcp, principal: `cluster.local/ns/${account}` }).allowed;
  assert.deepEqual(['app/sa/client', 'other/sa/job', 'other/sa/client'].map(passes), [
    true,
    true,
    false,
  ]);
});
