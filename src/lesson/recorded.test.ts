import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Block } from '../../protocol/lesson.ts';
import { readRecord, withRecord } from './recorded.ts';

const RECORD = JSON.stringify({
  on: { engine: 'Embedded cluster', versions: { Kubernetes: 'v1.36.2' }, date: '2026-11-29' },
  blocks: { look: { text: 'kubectl get nodes', printed: ['NAME', 'node'] } },
});
const block = (text: string): Block => ({
  id: 'look',
  text,
  shell: 'lab',
  opensPodShell: false,
  exitCode: 0,
  file: 'day.mdx',
  line: 1,
});

test('a block shows what it printed when it was recorded, and on what', () => {
  const { record } = readRecord(RECORD, 'day.mdx');
  const { expected, proven } = withRecord(block('kubectl get nodes'), record);
  assert.equal(expected, 'NAME\nnode');
  assert.equal(proven?.date, '2026-11-29');
});

test('a block that has changed since it was recorded claims nothing', () => {
  const { record } = readRecord(RECORD, 'day.mdx');
  const changed = block('kubectl get nodes -o wide');
  assert.deepEqual(withRecord(changed, record), changed);
});

test('a lesson that was never recorded has no problem, and a damaged record says how to mend it', () => {
  assert.deepEqual(readRecord(undefined, 'day.mdx'), { record: undefined, problems: [] });
  const { problems } = readRecord('{"on":1}', 'docs/day.mdx');
  assert.deepEqual(
    problems.map(({ file, message }) => [file, message]),
    [
      [
        'docs/day.proven.json',
        'no record of a run (a field is missing or unknown): make it anew, npm run lessons -- --record',
      ],
    ],
  );
});
