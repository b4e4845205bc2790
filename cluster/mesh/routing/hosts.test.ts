import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bySpecificity, clusterName, covers, hostsOverlap, resolveHost } from './hosts.ts';

test('a short name means the rule’s own namespace; a name with a dot stands for itself', () => {
  assert.equal(resolveHost('shop', 'app'), 'shop.app.svc.cluster.local');
  assert.equal(resolveHost('shop.app', 'other'), 'shop.app');
  assert.equal(resolveHost('*', 'app'), '*');
});

test('wildcards cover what ends as they do', () => {
  assert.equal(covers('*.app.svc.cluster.local', 'shop.app.svc.cluster.local'), true);
  assert.equal(covers('*.app.svc.cluster.local', 'shop.other.svc.cluster.local'), false);
  assert.equal(hostsOverlap('*.com', '*.example.com'), true);
  assert.equal(hostsOverlap('a.com', '*'), true);
  assert.deepEqual(['*', '*.a.com', 'x.a.com', '*.com'].sort(bySpecificity), [
    'x.a.com',
    '*.a.com',
    '*.com',
    '*',
  ]);
});

test('clusters are named by direction, port, subset and host', () => {
  assert.equal(
    clusterName('outbound', 80, 'v1', 'shop.app.svc.cluster.local'),
    'outbound|80|v1|shop.app.svc.cluster.local',
  );
});
