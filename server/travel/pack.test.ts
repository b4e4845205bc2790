import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Step } from '../../protocol/lesson.ts';
import { inTime } from './moved-in-time.ts';
import { type ClusterFile, packed, StatePack, stepDigests } from './pack.ts';

const directory = mkdtempSync(join(tmpdir(), 'pack-'));
after(() => rmSync(directory, { recursive: true }));

const TIME = Date.parse('2026-11-29T12:00:00Z');
const namespace = { kind: 'Namespace', metadata: { creationTimestamp: '2026-11-29T11:59:00Z' } };
const cluster = (lines: number): ClusterFile => ({
  format: 1,
  revision: 7,
  snapshot: {
    store: { objects: { namespaces: [namespace], events: [{ kind: 'Event' }] } },
    node: {
      pods: [{ containers: [{ log: Array.from({ length: lines }, (_, at) => `line ${at}`) }] }],
    },
    tokenKey: 'recorded',
    time: TIME,
  },
});
const step = (id: string, text: string): Step => ({
  id,
  number: '1.1',
  title: id,
  blocks: [
    {
      id: `${id}-block`,
      text,
      shell: 'lab',
      opensPodShell: false,
      exitCode: 0,
      file: 'a.mdx',
      line: 1,
    },
  ],
  checks: [],
});

async function pack(): Promise<StatePack> {
  const file = join(directory, 'module.states');
  const states = [
    { step: 'before', cluster: undefined, files: { 'labs/a.yaml': 'a: 1\n', 'labs/b.yaml': null } },
    { step: 'after', cluster: cluster(150), files: {} },
  ];
  writeFileSync(file, packed(states, stepDigests([step('before', 'a'), step('after', 'b')])));
  const read = await StatePack.read(file);
  assert.ok(read);
  return read;
}

test('a state comes back as it was packed, without passing events and the beginning of long logs', async () => {
  const { recorded } = { recorded: (await pack()).recorded('after') };
  assert.deepEqual(recorded.cluster?.snapshot.store.objects, { namespaces: [namespace] });
  const log = recorded.cluster?.snapshot.node.pods[0]?.containers[0]?.log;
  assert.deepEqual([log?.length, log?.[0]], [100, 'line 50']);
});

test('files come back with their text, and a file that is gone as null', async () => {
  const { cluster: none, files } = (await pack()).recorded('before');
  assert.equal(none, undefined);
  assert.deepEqual(files, { 'labs/a.yaml': 'a: 1\n', 'labs/b.yaml': null });
});

test('whoever arrives a month later finds things as old as they were, and a key that nobody else has', async () => {
  const later = TIME + 30 * 86_400_000;
  const state = (await pack()).now('after', later);
  assert.equal(state.cluster?.snapshot.time, later);
  assert.deepEqual(state.cluster?.snapshot.store.objects['namespaces'], [
    { kind: 'Namespace', metadata: { creationTimestamp: '2026-12-29T11:59:00Z' } },
  ]);
  assert.notEqual(state.cluster?.snapshot.tokenKey, 'recorded');
});

test('moments move with as many digits as they have, and other numbers stay', () => {
  const moved = inTime(
    { time: TIME, port: 15_090, renew: '2026-11-29T12:00:00.250000Z', since: TIME - 5 },
    60_000,
  );
  assert.deepEqual(moved, {
    time: TIME + 60_000,
    port: 15_090,
    renew: '2026-11-29T12:01:00.250000Z',
    since: TIME + 59_995,
  });
});

test('a state is known only while the steps up to it are written as they were', async () => {
  const states = await pack();
  const digests = (first: string) => stepDigests([step('before', first), step('after', 'b')]);
  assert.equal(states.knows('after', digests('a').get('after')), true);
  assert.equal(states.knows('after', digests('changed').get('after')), false);
  assert.equal(states.knows('elsewhere', 'x'), false);
});

test('without a file nothing is known', async () => {
  assert.equal(await StatePack.read(join(directory, 'missing')), undefined);
});
