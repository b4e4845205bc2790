// How single objects are read: at which revision, and how the answer is laid out.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { testCluster } from './testing/cluster.ts';
import { endlessImages } from './testing/images.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';

async function withMap(t: TestContext) {
  const given = await testCluster({ images: endlessImages });
  t.after(() => given.stop());
  const { body } = await given.ask('POST', MAPS, { metadata: { name: 'a' }, data: { k: '1' } });
  return { ...given, revision: Number(body.metadata.resourceVersion) };
}

test('a get at a revision that has been gives the object as it is now', async (t) => {
  const { ask, revision } = await withMap(t);
  for (const wanted of ['', '0', '1', String(revision)]) {
    const { status, body } = await ask('GET', `${MAPS}/a?resourceVersion=${wanted}`);
    assert.equal(status, 200);
    assert.equal(body.metadata.resourceVersion, String(revision));
  }
});

test('a get at a revision that never comes times out and says which is current', async (t) => {
  const { ask } = await withMap(t);
  const { status, body, headers } = await ask('GET', `${MAPS}/a?resourceVersion=99999999`);
  assert.equal(status, 504);
  assert.match(body.message, /^Timeout: Too large resource version: 99999999, current: \d+$/);
  assert.equal(headers['Retry-After'], '1');
});

test('a get at a revision that is no number is refused', async (t) => {
  const { ask } = await withMap(t);
  const { status, body } = await ask('GET', `${MAPS}/a?resourceVersion=abc`);
  assert.equal(status, 500);
  assert.equal(
    body.message,
    'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
  );
});

test('curl, wget and browsers get JSON that people can read; programs get it short', async (t) => {
  const { ask } = await withMap(t);
  const text = async (agent: string, query = '', path = `${MAPS}/a`) =>
    (await ask('GET', `${path}${query}`, undefined, { headers: { 'user-agent': agent } })).text;
  for (const agent of ['curl/8.9.1', 'Wget/1.25', 'Mozilla/5.0 (X11)']) {
    assert.match(await text(agent), /^\{\n {2}"kind": "ConfigMap",\n {2}"apiVersion": "v1",/);
    assert.match(await text(agent, '', `${MAPS}/none`), /^\{\n {2}"kind": "Status",/);
  }
  assert.match(await text('kubectl/v1.36.2'), /^\{"kind":"ConfigMap"/);
  assert.match(await text('kubectl/v1.36.2', '?pretty=true'), /^\{\n/);
  assert.match(await text('curl/8.9.1', '?pretty=false'), /^\{"kind"/);
});

test('a document that is served as it lies is not laid out anew', async (t) => {
  const { ask } = await withMap(t);
  const { text } = await ask('GET', '/openapi/v3?pretty=true');
  assert.match(text, /^\{"paths"/);
});
