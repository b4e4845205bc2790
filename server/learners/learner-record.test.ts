import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Receipt } from '../../protocol/receipt.ts';
import { limits } from '../config.ts';
import { type Proof, LearnerRecord } from './learner-record.ts';

const proof: Proof = {
  at: 1_795_000_000_000,
  seen: '6 pods',
  engine: 'Embedded cluster',
  revisions: { pods: '41' },
};

function inDirectory(run: (file: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'record-'));
  try {
    run(join(directory, 'meshproof.db'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('a proof is there after the file was closed and opened again', () =>
  inDirectory((file) => {
    const first = new LearnerRecord(file);
    first.prove('me', 'company-runs', proof);
    first.close();
    const second = new LearnerRecord(file);
    assert.deepEqual(second.proofs('me').get('company-runs'), proof);
    second.close();
  }));

test('the first proof stays', () => {
  const record = new LearnerRecord(':memory:');
  record.prove('me', 'company-runs', proof);
  record.prove('me', 'company-runs', { ...proof, at: proof.at + 1_000, seen: 'later' });
  assert.equal(record.proofs('me').get('company-runs')?.seen, '6 pods');
});

test('learners do not see each other', () => {
  const record = new LearnerRecord(':memory:');
  record.prove('ana', 'company-runs', proof);
  record.setProgress('ana', 'debugged', 2);
  assert.equal(record.proofs('ben').size, 0);
  assert.equal(record.progress('ben').size, 0);
});

test('progress is the last one set', () => {
  const record = new LearnerRecord(':memory:');
  record.setProgress('me', 'debugged', 1);
  record.setProgress('me', 'debugged', 3);
  assert.equal(record.progress('me').get('debugged'), 3);
});

const receipt: Receipt = {
  session: 's1',
  offset: 40,
  place: 'lab',
  command: 'kubectl get pods',
  exit: 1,
  at: 1_795_000_000_000,
  ms: 120,
  output: 'No resources found\n',
  cut: false,
};

test('receipts are there next week, oldest first, each once', () =>
  inDirectory((file) => {
    const first = new LearnerRecord(file);
    const later = { ...receipt, offset: 90, cut: true };
    assert.ok(first.addReceipt('me', receipt));
    assert.ok(first.addReceipt('me', later));
    assert.ok(!first.addReceipt('me', { ...receipt, exit: 0 }), 'told again');
    first.close();
    const second = new LearnerRecord(file);
    assert.deepEqual(second.receipts('me'), [receipt, later]);
    assert.deepEqual(second.receipts('me', 's1', 41), [later]);
    assert.deepEqual(second.receipts('me', 'another terminal'), []);
    assert.deepEqual(second.receipts('ben'), []);
    second.close();
  }));

test('the oldest receipts go when there are too many, or too much was shown', () => {
  const record = new LearnerRecord(':memory:');
  for (let n = 0; n < limits.receiptsKept + 5; n++)
    record.addReceipt('me', { ...receipt, offset: n });
  const kept = record.receipts('me');
  assert.equal(kept.length, limits.receiptsKept);
  assert.equal(kept[0]?.offset, 5);
  const large = { ...receipt, session: 'large', output: 'x'.repeat(limits.receiptsKeptBytes / 4) };
  for (let n = 0; n < 6; n++) record.addReceipt('me', { ...large, offset: n });
  assert.deepEqual(
    record.receipts('me').map(({ offset }) => offset),
    [2, 3, 4, 5],
  );
});

test('a file of a newer Meshproof is refused with what to do', () =>
  inDirectory((file) => {
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 999');
    database.close();
    assert.throws(() => new LearnerRecord(file), /newer Meshproof \(format 999\).*git pull/);
  }));
