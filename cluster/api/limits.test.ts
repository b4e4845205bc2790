// Past each bound a client gets what a real cluster would say. Sizes of logs: node/kubelet/container-log.test.ts; of request
// bodies: server/apiserver/api-server.test.ts.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ClusterLimits } from '../limits.ts';
import { textOf } from '../streams.ts';
import { type TestCluster, testCluster, until } from './testing/cluster.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';

async function limited(t: TestContext, limits: Partial<ClusterLimits>): Promise<TestCluster> {
  const it = await testCluster({ limits });
  t.after(() => {
    it.stop();
    assert.deepEqual(it.logged, []);
  });
  return it;
}

/** All that a watch says until it ends. */
async function heard(it: TestCluster, query: string): Promise<string> {
  const { body } = await it.open('GET', `${MAPS}?watch=1&timeoutSeconds=1&${query}`);
  return textOfAll(body as AsyncIterable<Uint8Array>);
}

async function textOfAll(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += textOf(chunk);
  return text;
}

const map = (name: string, data = 'x') => ({ metadata: { name }, data: { data } });
const pod = (name: string) => ({
  metadata: { name },
  spec: { containers: [{ name: 'nginx', image: 'nginx' }] },
});

test('objects past the count are refused as a full etcd refuses, and there is room again after a deletion', async (t) => {
  const it = await limited(t, { objects: 400 });
  let status = 201;
  let made = 0;
  let body;
  while (status === 201 && made < 400)
    ({ status, body } = await it.ask('POST', MAPS, map(`map-${made++}`)));
  assert.equal(status, 500);
  assert.equal(body.message, 'etcdserver: mvcc: database space exceeded');
  assert.equal(body.kind, 'Status');
  // Reading and changing go on.
  assert.equal((await it.ask('PATCH', `${MAPS}/map-0`, { data: { data: 'y' } })).status, 200);
  await it.ask('DELETE', `${MAPS}/map-0`);
  await it.ask('DELETE', `${MAPS}/map-1`);
  assert.equal((await it.ask('POST', MAPS, map('again'))).status, 201);
});

test('bytes past the space are refused likewise, an object past its size by its size', async (t) => {
  const it = await limited(t, { storeBytes: 1_500_000, objectBytes: 600_000 });
  const big = 'x'.repeat(500_000);
  assert.equal((await it.ask('POST', MAPS, map('one', big))).status, 201);
  assert.equal((await it.ask('POST', MAPS, map('two', big))).status, 201);
  const third = await it.ask('POST', MAPS, map('three', big));
  assert.equal(third.status, 500);
  assert.equal(third.body.message, 'etcdserver: mvcc: database space exceeded');
  const huge = await it.ask('POST', MAPS, map('huge', 'x'.repeat(700_000)));
  assert.equal(huge.status, 500);
  assert.equal(huge.body.message, 'etcdserver: request is too large');
});

test('the pod past the node’s number stays Pending, and says why', async (t) => {
  const it = await limited(t, { podsPerNode: 2 });
  const account = '/api/v1/namespaces/default/serviceaccounts/default';
  await until('an account for pods', async () => (await it.ask('GET', account)).status === 200);
  for (const name of ['a', 'b', 'c'])
    assert.equal((await it.ask('POST', PODS, pod(name))).status, 201);
  const unschedulable = async () =>
    (await it.ask('GET', PODS)).body.items
      .flatMap((each: { status: { conditions?: { type: string; message?: string }[] } }) =>
        (each.status.conditions ?? []).filter(({ type }) => type === 'PodScheduled'),
      )
      .filter(({ message }: { message?: string }) => message !== undefined);
  await until('a pod that found no place', async () => (await unschedulable()).length === 1);
  assert.match(
    (await unschedulable())[0].message,
    /^0\/1 nodes are available: 1 Too many pods\. no new claims/,
  );
});

test('a watch too many is asked to come later, and comes when another has gone', async (t) => {
  const it = await limited(t, { watches: 2 });
  const stop = new AbortController();
  await it.open('GET', `${MAPS}?watch=1`, undefined, { signal: stop.signal });
  await it.open('GET', `${MAPS}?watch=1`);
  const { status, headers, body } = await it.ask('GET', `${MAPS}?watch=1`);
  assert.equal(status, 429);
  assert.equal(headers['Retry-After'], '1');
  assert.equal(body.reason, 'TooManyRequests');
  stop.abort();
  assert.equal((await it.open('GET', `${MAPS}?watch=1`)).status, 200);
});

test('requests past the rate get 429 in the API server’s words; health stays open', async (t) => {
  const it = await limited(t, { requestBurst: 20, requestsPerSecond: 1 });
  const answers = [];
  for (let request = 0; request < 30; request++) answers.push(await it.ask('GET', MAPS));
  assert.equal(answers.filter(({ status }) => status === 200).length, 20);
  const { status, headers, text } = answers[29] ?? assert.fail();
  assert.equal(status, 429);
  assert.equal(headers['Retry-After'], '1');
  assert.equal(headers['Content-Type'], 'text/plain; charset=utf-8');
  assert.equal(text, 'Too many requests, please try again later.\n');
  assert.equal((await it.ask('GET', '/readyz')).status, 200);
  await until('the rate has room again', async () => (await it.ask('GET', MAPS)).status === 200);
});

test('a watch sees all that is there, however much, and gets 410 when it then falls behind', async (t) => {
  const it = await limited(t, { watchQueue: 10 });
  for (let index = 0; index < 30; index++) await it.ask('POST', MAPS, map(`map-${index}`));
  const { body } = await it.open('GET', `${MAPS}?watch=1`);
  for (let index = 30; index < 45; index++) await it.ask('POST', MAPS, map(`map-${index}`));
  assert.match(await textOfAll(body as AsyncIterable<Uint8Array>), /^\{"type":"ERROR".*"code":410/);
  assert.equal((await heard(it, '')).match(/"type":"ADDED"/g)?.length, 46);
});

test('a large object that changes again and again is not kept in all its versions', async (t) => {
  const it = await limited(t, { historyBytes: 1_000_000 });
  await it.ask('POST', MAPS, map('large', 'x'.repeat(100_000)));
  const from = it.cluster.revision;
  for (let version = 0; version < 30; version++)
    await it.ask('PATCH', `${MAPS}/large`, { data: { version: String(version) } });
  assert.match(await heard(it, `resourceVersion=${from}`), /"code":410/);
  const recent = await heard(it, `resourceVersion=${it.cluster.revision - 3}`);
  assert.equal(recent.match(/"type":"MODIFIED"/g)?.length, 3);
});
