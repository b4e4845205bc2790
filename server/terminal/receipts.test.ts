import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Receipt } from '../../protocol/receipt.ts';
import { limits } from '../config.ts';
import { MarkReader } from './marks.ts';
import { ReceiptReader } from './receipts.ts';

/** The receipts of what a shell with the nonce `n` has printed. */
function receiptsOf(...chunks: string[]): Receipt[] {
  const made: Receipt[] = [];
  const all = Buffer.from(chunks.join(''));
  const receipts = new ReceiptReader(
    (from, to) => all.subarray(from, to),
    (receipt) => made.push(receipt),
  );
  const marks = new MarkReader('n', (mark) => receipts.mark(mark));
  let offset = 0;
  for (const chunk of chunks) {
    const bytes = Buffer.from(chunk);
    marks.scan(bytes, offset);
    offset += bytes.length;
  }
  return made;
}

const line = (text: string, nonce = 'n') => `\x1b]633;E;${text};${nonce}\x07`;
const command = (previous: number, nonce = 'n') => `\x1b]133;C;prev=${previous};nonce=${nonce}\x07`;
const done = (exit: number, nonce = 'n') => `\x1b]133;D;${exit};nonce=${nonce}\x07`;

test('a command, what it showed and how it ended make a receipt', () => {
  assert.deepEqual(
    receiptsOf(
      '$ istioctl version\r\n',
      line('istioctl version'),
      command(0),
      '\x1b[1m1.30.3\x1b[0m\r\n',
      done(0),
      '$ ',
    ),
    [{ command: 'istioctl version', exit: 0, output: '1.30.3\n' }],
  );
});

test('each command of a pasted block has its own, and its own status', () => {
  assert.deepEqual(
    receiptsOf(line('false'), command(0), line('echo b'), command(1), 'b\r\n', done(0)),
    [
      { command: 'false', exit: 1, output: '' },
      { command: 'echo b', exit: 0, output: 'b\n' },
    ],
  );
});

test('a mark without the nonce makes none, and ends none', () => {
  assert.deepEqual(
    receiptsOf(line('cat evil'), command(0), line('istioctl', 'x'), command(0, 'x'), done(0, 'x')),
    [],
  );
});

test('of a flood the beginning is kept', () => {
  const [receipt] = receiptsOf(
    line('yes'),
    command(0),
    'y\n'.repeat(limits.receiptBytes),
    done(130),
  );
  assert.equal(receipt?.output.length, limits.receiptBytes);
  assert.equal(receipt?.exit, 130);
});
