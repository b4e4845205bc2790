import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ApiServer } from '../checks/api-server.ts';
import { differences, fileDifferences } from './difference.ts';
import type { ClusterFile } from './pack.ts';

const deployment = (name: string, replicas: number, labels = {}) => ({
  metadata: { name, namespace: 'default' },
  spec: { replicas, template: { metadata: { labels } } },
});
const service = (ip: string) => ({
  metadata: { name: 'backend', namespace: 'default' },
  spec: { clusterIP: ip, ports: [{ port: 80 }] },
});
const recorded = (objects: Record<string, unknown[]>): ClusterFile => ({
  format: 1,
  revision: 1,
  snapshot: { store: { objects }, node: { pods: [] }, tokenKey: '', time: 0 },
});

let answers: Record<string, unknown[]> = {};
const server = createServer((request, response) => {
  const items = answers[request.url ?? ''];
  response
    .writeHead(items ? 200 : 404)
    .end(JSON.stringify(items ? { items } : { message: 'no such kind' }));
});
const directory = mkdtempSync(join(tmpdir(), 'difference-'));
let api: ApiServer;
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const file = join(directory, 'kubeconfig');
  const { port } = server.address() as AddressInfo;
  writeFileSync(
    file,
    JSON.stringify({
      clusters: [
        {
          name: 'c',
          cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true },
        },
      ],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  api = await ApiServer.fromKubeconfig(file);
});
after(() => {
  server.close();
  server.closeAllConnections();
  rmSync(directory, { recursive: true });
});

test('names what is missing, what is there too much, and the smallest field that differs', async () => {
  answers = { '/apis/apps/v1/deployments': [deployment('backend', 1), deployment('mine', 1)] };
  const found = await differences(
    recorded({ 'deployments.apps': [deployment('backend', 3), deployment('frontend', 2)] }),
    api,
  );
  assert.deepEqual(found, [
    {
      what: 'Deployment backend in default',
      is: 'other',
      where: 'spec.replicas',
      yours: '1',
      should: '3',
    },
    { what: 'Deployment frontend in default', is: 'missing' },
    { what: 'Deployment mine in default', is: 'extra' },
  ]);
});

test('what a cluster fills in by itself is no difference', async () => {
  answers = { '/api/v1/services': [service('10.96.0.9')] };
  assert.deepEqual(await differences(recorded({ services: [service('10.96.7.1')] }), api), []);
});

test('pods of a controller, and what belongs to the system, are nobody’s difference', async () => {
  const owned = { metadata: { name: 'backend-x', namespace: 'default', ownerReferences: [{}] } };
  const system = { metadata: { name: 'coredns', namespace: 'kube-system' } };
  answers = { '/api/v1/pods': [owned, system] };
  assert.deepEqual(await differences(recorded({ pods: [] }), api), []);
});

test('a cluster that should be there, or should not, is said in one line', async () => {
  assert.deepEqual(await differences(recorded({}), undefined), [
    { what: 'The cluster', is: 'missing' },
  ]);
  assert.deepEqual(await differences(undefined, api), [{ what: 'The cluster', is: 'extra' }]);
  assert.deepEqual(await differences(undefined, undefined), []);
});

test('a file of the steps so far that reads otherwise is named, one of later steps is not', () => {
  const files = [
    { path: 'labs/a.md', have: 'mine', want: 'ours', changedBy: [0] },
    { path: 'labs/b.md', have: null, want: 'ours', changedBy: [1] },
    { path: 'labs/c.md', have: 'mine', want: null, changedBy: [2] },
  ];
  assert.deepEqual(fileDifferences(files, 1), [
    { what: 'labs/a.md', is: 'other' },
    { what: 'labs/b.md', is: 'missing' },
  ]);
});
