import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { bytesOf, concatBytes, textOf } from '../../streams.ts';
import type { Signal } from '../process.ts';
import { Terminal } from './terminal.ts';

function terminal() {
  const screen: Uint8Array[] = [];
  const signals: Signal[] = [];
  const tty = new Terminal({
    screen: async (bytes) => void screen.push(bytes),
    signal: (signal) => signals.push(signal),
    foreground: () => {},
  });
  return {
    tty,
    signals,
    type: (text: string) => tty.type(bytesOf(text)),
    screen: () => textOf(concatBytes(screen)),
    read: async (max?: number) => {
      const bytes = await tty.input.read(max);
      return bytes && textOf(bytes);
    },
  };
}

describe('a cooked line', () => {
  for (const [typed, line, shown] of [
    ['ls -l\r', 'ls -l\n', 'ls -l\r\n'],
    ['ls\n', 'ls\n', 'ls\r\n'],
    ['lz\x7fs\r', 'ls\n', 'lz\b \bs\r\n'],
    ['\x7f\x7fx\r', 'x\n', 'x\r\n'],
    ['one two\x17three\r', 'one three\n', `one two${'\b \b'.repeat(3)}three\r\n`],
    ['one two  \x17\x17\r', '\n', `one two  ${'\b \b'.repeat(9)}\r\n`],
    ['wrong\x15right\r', 'right\n', `wrong${'\b \b'.repeat(5)}right\r\n`],
    ['é\x7fe\r', 'e\n', 'é\b \be\r\n'],
    ['\x16\x03x\x7f\x7f\r', '\n', '^\b^Cx\b \b\b \b\b \b\r\n'],
    ['a\tb\r', 'a\tb\n', 'a\tb\r\n'],
    ['\x1b[A\r', '\x1b[A\n', '^[[A\r\n'],
    ['ab\x12c\r', 'abc\n', 'ab^R\r\nabc\r\n'],
  ] as const) {
    test(`${JSON.stringify(typed)} is read as ${JSON.stringify(line)}`, async () => {
      const { type, read, screen } = terminal();
      await type(typed);
      assert.equal(await read(), line);
      assert.equal(screen(), shown);
    });
  }

  test('comes one at a time, and may be read in parts', async () => {
    const { type, read } = terminal();
    await type('one\rtwo\r');
    assert.equal(await read(2), 'on');
    assert.equal(await read(), 'e\n');
    assert.equal(await read(), 'two\n');
  });

  test('is limited as in Linux; what is typed beyond rings the bell', async () => {
    const { type, read, screen } = terminal();
    await type(`${'x'.repeat(5_000)}\r`);
    assert.equal((await read())?.length, 4_096);
    assert.equal(screen().split('\x07').length - 1, 905);
  });
});

describe('keys', () => {
  for (const [key, signal, shown] of [
    ['\x03', 'SIGINT', '^C'],
    ['\x1c', 'SIGQUIT', '^\\'],
    ['\x1a', 'SIGTSTP', '^Z'],
  ] as const) {
    test(`${shown} sends ${signal} and drops the line`, async () => {
      const { type, read, screen, signals } = terminal();
      await type(`abc${key}next\r`);
      assert.deepEqual(signals, [signal]);
      assert.equal(await read(), 'next\n');
      assert.equal(screen(), `abc${shown}next\r\n`);
    });
  }

  test('Ctrl-S holds output until Ctrl-Q or any other key', async () => {
    const { tty, type, screen } = terminal();
    await type('\x13');
    let written = false;
    const writing = tty.output.write(bytesOf('held')).then(() => (written = true));
    await Promise.resolve();
    assert.equal(written, false);
    await type('\x11');
    await writing;
    assert.equal(screen(), 'held');
  });
});

test('a mode change hands over what was typed of the line', async () => {
  const { tty, type, read } = terminal();
  await type('half');
  tty.setRaw(true);
  assert.equal(await read(), 'half');
  await type('\x7f\r');
  assert.equal(await read(), '\x7f\r');
});

test('after a hang-up what was typed is read and then the end, every time', async () => {
  const { tty, type, read } = terminal();
  await type('last\r');
  tty.hangUp();
  assert.deepEqual([await read(), await read(), await read()], ['last\n', null, null]);
  await tty.output.write(bytesOf('to nobody'));
});

test('a person who types faster than a program reads is made to wait, and loses nothing', async () => {
  const { tty, read } = terminal();
  tty.setRaw(true);
  let waited = true;
  const typing = tty.type(new Uint8Array(70_000)).then(() => (waited = false));
  await Promise.resolve();
  assert.equal(waited, true);
  assert.equal((await read(70_000))?.length, 70_000);
  await typing;
});

test('whatever is typed, in whatever pieces, reads the same', async () => {
  const key = fc.oneof(
    fc.constantFrom('\r', '\x7f', '\x15', '\x17', '\x04', '\t', 'é', '漢'),
    fc.stringMatching(/^[ -~]$/),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(key),
      fc.array(fc.integer({ min: 1, max: 4 })),
      async (keys, cuts) => {
        const whole = terminal();
        await whole.type(keys.join(''));
        const pieces = terminal();
        const bytes = bytesOf(keys.join(''));
        for (let at = 0, n = 0; at < bytes.length; n++) {
          const size = cuts[n % Math.max(1, cuts.length)] ?? 1;
          await pieces.tty.type(bytes.subarray(at, at + size));
          at += size;
        }
        whole.tty.hangUp();
        pieces.tty.hangUp();
        assert.equal(pieces.screen(), whole.screen());
        const everything = async ({ read }: ReturnType<typeof terminal>) => {
          const reads: (string | null)[] = [];
          // Ctrl-D gives nulls between; the last of many in a row is the hang-up.
          for (let n = 0; n <= keys.length + 1; n++) reads.push(await read());
          return reads;
        };
        assert.deepEqual(await everything(pieces), await everything(whole));
      },
    ),
  );
});
