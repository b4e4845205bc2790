import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { limits } from '../config.ts';
import { History } from './history.ts';
import { RingFile } from './ring-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'history-'));
after(() => rmSync(directory, { recursive: true }));
const fails = (error: unknown) => assert.fail(String(error));

test('a ring file keeps the last bytes at their offsets, and goes when it is closed', () => {
  const path = join(directory, 'deep', 'ring');
  const file = new RingFile(path, 1_000, 7);
  assert.ok(!existsSync(path));
  const all = Buffer.from(Array.from({ length: 3_500 }, (_, index) => index % 251));
  const evicted: Buffer[] = [];
  for (let at = 0; at < all.length; at += 330) {
    file.append(all.subarray(at, at + 330), (some) => evicted.push(Buffer.from(some)));
  }
  assert.equal(file.end, 7 + 3_500);
  assert.equal(file.start, 7 + 2_500);
  assert.deepEqual(file.read(file.start, 5_000), all.subarray(2_500));
  assert.deepEqual(file.read(file.start + 10, 20), all.subarray(2_510, 2_530));
  assert.deepEqual(Buffer.concat(evicted), all.subarray(0, 2_500));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  file.close();
  assert.ok(!existsSync(path));
});

test('one write larger than the file leaves its end', () => {
  const file = new RingFile(join(directory, 'big'), 100, 0);
  const evicted: Buffer[] = [];
  const all = Buffer.from(Array.from({ length: 950 }, (_, index) => index % 251));
  file.append(all, (some) => evicted.push(Buffer.from(some)));
  assert.deepEqual(file.read(850, 100), all.subarray(850));
  assert.deepEqual(Buffer.concat(evicted), all.subarray(0, 850));
  file.close();
});

test('the file begins with what memory holds, and reading runs from one into the other', () => {
  const history = new History(join(directory, 'both'), fails);
  const all = Buffer.from(Array.from({ length: 1_200_000 }, (_, index) => index % 253));
  history.append(all.subarray(0, 600_000), Infinity);
  assert.equal(history.start, 600_000 - limits.ringBytes);
  history.keepFile();
  for (let at = 600_000; at < all.length; at += 4_096) {
    history.append(all.subarray(at, at + 4_096), Infinity);
  }
  assert.equal(history.start, 600_000 - limits.ringBytes);
  assert.equal(history.memoryStart, 1_200_000 - limits.ringBytes);
  const read: Buffer[] = [];
  for (let at = history.start; at < history.end;) {
    const some = history.read(at, 65_536);
    read.push(some);
    at += some.length;
  }
  assert.deepEqual(Buffer.concat(read), all.subarray(history.start));
  history.close();
  assert.throws(() => history.read(600_000, 10), /no longer kept/);
});

test('modes set before the kept part are told with it, from memory and from the file', () => {
  for (const file of [false, true]) {
    const history = new History(join(directory, 'modes'), fails);
    history.append(Buffer.from('\x1b[?1049h\x1b[?1002;1006h'), Infinity);
    if (file) history.keepFile();
    const lots = Buffer.alloc(file ? limits.ringFileBytes : limits.ringBytes, 'x\n');
    history.append(lots, Infinity);
    history.append(Buffer.from('\x1b[?1002l'), Infinity);
    const { modes, bytes, offset } = history.everything();
    assert.equal(modes, '\x1b[?1049h\x1b[?1002h\x1b[?1006h');
    assert.equal(offset, history.end);
    assert.ok(bytes.length > lots.length - 10_000);
    assert.equal(history.modes, '\x1b[?1049h\x1b[?1006h');
    history.close();
  }
});

test('a cut stretch begins behind a newline or at a sequence, never inside one', () => {
  const line = Buffer.from('\x1b[31mred\x1b[0m ünïcödé\r\n');
  fc.assert(
    fc.property(fc.nat(line.length), (shift) => {
      const history = new History(join(directory, 'cut'), fails);
      history.append(Buffer.alloc(shift, '.'), Infinity);
      const lines = Math.ceil((limits.ringBytes * 1.2) / line.length);
      for (let n = 0; n < lines; n += 100) {
        history.append(Buffer.concat(Array.from({ length: 100 }, () => line)), Infinity);
      }
      assert.deepEqual(history.everything().bytes.subarray(0, line.length), line);
    }),
    { numRuns: 20 },
  );
});

test('what was cleared does not come back; the prompt stays', () => {
  const history = new History(join(directory, 'cleared'), fails);
  history.append(Buffer.from('secret\x1b[?2004h\r\n$ '), Infinity);
  history.clear();
  history.append(Buffer.from('ls'), Infinity);
  const { bytes, ...rest } = history.everything();
  assert.equal(bytes.toString(), '$ ls');
  assert.deepEqual(rest, { offset: 20, modes: '\x1b[?2004h', after: '' });
});

test('a hidden cursor is told behind the screen', () => {
  const history = new History(join(directory, 'cursor'), fails);
  history.append(Buffer.from('\x1b[?25l\x1b[?1002;1006h'), Infinity);
  assert.equal(history.everything().after, '\x1b[?1006h\x1b[?25l');
});

test('a disk that refuses costs the far past, not the output', () => {
  const errors: unknown[] = [];
  const history = new History(join('/dev/null', 'nowhere'), (error) => errors.push(error));
  history.append(Buffer.from('before'), Infinity);
  history.keepFile();
  history.append(Buffer.from(' after'), Infinity);
  assert.equal(errors.length, 1);
  assert.equal(history.everything().bytes.toString(), 'before after');
});
