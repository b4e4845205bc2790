import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import type { Evidence } from '../protocol/evidence.ts';
import type { EngineFacts, FeedMessage } from '../protocol/lab.ts';
import type { CheckState } from '../protocol/verdict.ts';
import { limits } from './config.ts';
import { Feed } from './feed.ts';

const none: EngineFacts = {
  name: 'Embedded cluster',
  state: 'none',
  simulated: true,
  versions: {},
};
const ready: EngineFacts = { ...none, state: 'ready', versions: { Kubernetes: 'v1.36.2' } };
const check = (name: string, at: number): CheckState => ({
  check: name,
  at,
  verdict: { state: 'waiting', because: `reason ${at}` },
});

const server = createServer();
const sockets = new WebSocketServer({ noServer: true });
let feed: Feed;
let url: string;
before(async () => {
  server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (page) =>
      feed.serve(page, request.url?.slice(1) ?? ''),
    ),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  feed.close();
  sockets.close();
  server.close();
  server.closeAllConnections();
});
beforeEach(() => (feed = new Feed({ engine: none, log: () => {} })));

/** A page of a learner, and what it has heard. */
async function page(
  learner = 'me',
): Promise<{ socket: WebSocket; heard: FeedMessage[]; next: () => Promise<FeedMessage> }> {
  const socket = new WebSocket(`${url}/${learner}`);
  const heard: FeedMessage[] = [];
  let read = 0;
  let wake = () => {};
  socket.on('message', (data: Buffer) => {
    heard.push(JSON.parse(data.toString()) as FeedMessage);
    wake();
  });
  const next = async () => {
    while (heard.length <= read) await new Promise<void>((resolve) => (wake = resolve));
    return heard[read++] as FeedMessage;
  };
  await once(socket, 'open');
  return { socket, heard, next };
}

test('a page hears the state first, and then what happens', async () => {
  const { next, socket } = await page();
  assert.deepEqual(await next(), { kind: 'state', learner: 'me', engine: none, checks: [] });
  feed.publish('me', { kind: 'engine', engine: ready });
  feed.publish('me', { kind: 'check', check: check('company-runs', 1) });
  feed.publish('me', { kind: 'notice', text: 'The cluster was started again.' });
  assert.deepEqual(await next(), { kind: 'engine', engine: ready });
  assert.deepEqual(await next(), { kind: 'check', check: check('company-runs', 1) });
  assert.deepEqual(await next(), { kind: 'notice', text: 'The cluster was started again.' });
  socket.close();
});

test('a page that comes later is told the newest of each, once', async () => {
  feed.publish('me', { kind: 'engine', engine: ready });
  feed.publish('me', { kind: 'check', check: check('one', 1) });
  feed.publish('me', { kind: 'check', check: check('two', 2) });
  feed.publish('me', { kind: 'check', check: check('one', 3) });
  feed.publish('me', { kind: 'notice', text: 'gone by' });
  const { next, socket } = await page();
  assert.deepEqual(await next(), {
    kind: 'state',
    learner: 'me',
    engine: ready,
    checks: [check('one', 3), check('two', 2)],
  });
  socket.close();
});

test('a page that comes late hears what was measured', async () => {
  const measured: Evidence = {
    measure: 'failed',
    title: 'Failed requests',
    unit: 'requests',
    how: 'Counted.',
    value: 41,
    at: 1,
    engine: 'Embedded cluster',
    simulated: true,
  };
  feed.publish('me', { kind: 'evidence', evidence: [measured] });
  const { next, socket } = await page();
  const state = await next();
  assert.deepEqual(state.kind === 'state' && state.evidence, [measured]);
  socket.close();
});

test('learners hear nothing of each other', async () => {
  const mine = await page('me');
  const theirs = await page('you');
  await Promise.all([mine.next(), theirs.next()]);
  feed.publish('you', { kind: 'check', check: check('secret', 1) });
  feed.publish('me', { kind: 'check', check: check('own', 1) });
  assert.deepEqual(await mine.next(), { kind: 'check', check: check('own', 1) });
  assert.equal(mine.heard.length, 2);
  assert.equal(feed.pages('me'), 1);
  mine.socket.close();
  theirs.socket.close();
});

test('a page that talks is sent away', async () => {
  const { socket } = await page();
  socket.send('hello');
  const [code] = (await once(socket, 'close')) as [number];
  assert.equal(code, 1003);
});

test('a page that does not read is cut off before it costs much', async () => {
  const { socket, next } = await page();
  await next();
  socket.pause();
  const text = 'x'.repeat(64 * 1024);
  const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
  for (let sent = 0; feed.pages('me') > 0 && sent < 2_000; sent++) {
    feed.publish('me', { kind: 'notice', text });
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(feed.pages('me'), 0);
  const grown = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before;
  assert.ok(grown < limits.feedBacklogBytes * 40, `${grown}`);
  socket.terminate();
});
