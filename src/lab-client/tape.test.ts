import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tape } from './tape.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (tape: Tape, from: number, to: number) => {
  const printed = tape.between(from, to);
  return [new TextDecoder().decode(printed.bytes), printed.missing];
};

test('output is found by its offsets, across pieces', () => {
  const tape = new Tape();
  tape.append(0, bytes('hello '));
  tape.append(6, bytes('world'));
  assert.deepEqual(read(tape, 3, 8), ['lo wo', 0]);
  assert.deepEqual(read(tape, 0, 99), ['hello world', 0]);
  assert.deepEqual(read(tape, 11, 11), ['', 0]);
});

test('only the last bytes are kept, and what is missing is counted', () => {
  const tape = new Tape(4);
  for (const [at, letter] of 'abcdefgh'.split('').entries()) tape.append(at, bytes(letter));
  assert.deepEqual(read(tape, 0, 8), ['efgh', 4]);
  assert.deepEqual(read(tape, 0, 2), ['', 2], 'nothing of it is left');
});

test('one piece larger than the tape is kept whole, until the next comes', () => {
  const tape = new Tape(4);
  tape.append(0, bytes('abcdefgh'));
  assert.deepEqual(read(tape, 0, 8), ['abcdefgh', 0]);
  tape.append(8, bytes('ijkl'));
  assert.deepEqual(read(tape, 0, 12), ['ijkl', 8]);
});

test('a screen stands for what came before it, and a gap starts anew', () => {
  const tape = new Tape();
  tape.append(0, bytes('old'));
  tape.reset(100);
  tape.append(100, bytes('new'));
  assert.deepEqual(read(tape, 0, 103), ['new', 100]);
  tape.append(200, bytes('later'));
  assert.deepEqual(read(tape, 100, 205), ['later', 100]);
});
