import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { limits } from '../config.ts';
import { BusinessCase, isCaseFile } from './business-case.ts';

let lab: string;
let files: BusinessCase;
beforeEach(() => {
  lab = mkdtempSync(join(tmpdir(), 'business-case-'));
  files = new BusinessCase(lab);
});
afterEach(() => rmSync(lab, { recursive: true }));

test('a file is written whole, read again, and stands beside the reports', async () => {
  assert.equal(await files.read('board-memo.md'), null);
  assert.equal(await files.write('board-memo.md', '# One\n'), 'business-case/board-memo.md');
  assert.equal(await files.write('board-memo.md', '# Two\n'), 'business-case/board-memo.md');
  assert.equal(await files.read('board-memo.md'), '# Two\n');
  assert.equal(readFileSync(join(lab, 'business-case/board-memo.md'), 'utf8'), '# Two\n');
});

test('T24: only names of our own are files of a case', () => {
  assert.ok(isCaseFile('workbook.json'));
  for (const name of ['../../.bashrc', 'kubeconfig', 'board-memo.md/..', 'WORKBOOK.JSON', ''])
    assert.ok(!isCaseFile(name), name);
});

test('T24: a link in the way is neither followed nor replaced through', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'outside-'));
  writeFileSync(join(outside, 'workbook.csv'), 'theirs');
  mkdirSync(join(lab, 'business-case'));
  symlinkSync(join(outside, 'workbook.csv'), join(lab, 'business-case/workbook.csv'));
  assert.equal(await files.read('workbook.csv'), null);
  await files.write('workbook.csv', 'ours');
  assert.equal(readFileSync(join(outside, 'workbook.csv'), 'utf8'), 'theirs');
  rmSync(join(lab, 'business-case'), { recursive: true });
  symlinkSync(outside, join(lab, 'business-case'));
  assert.equal(await files.read('workbook.csv'), null);
  assert.equal(await files.write('workbook.csv', 'ours'), undefined);
  assert.equal(readFileSync(join(outside, 'workbook.csv'), 'utf8'), 'theirs');
  rmSync(outside, { recursive: true });
});

test('what is too large for a page’s is not read', async () => {
  await files.write('workbook.json', 'x'.repeat(limits.caseFileBytes + 1));
  assert.equal(await files.read('workbook.json'), null);
});
