import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BrokenPipe, Pipe, bytesOf, copy, readAll, readerOf, textOf } from './streams.ts';

test('what is written is read, in order, and then the end', async () => {
  const pipe = new Pipe();
  await pipe.write(bytesOf('one '));
  await pipe.write(bytesOf('two'));
  pipe.end();
  assert.equal(textOf(await readAll(pipe)), 'one two');
  assert.equal(await pipe.read(), null);
});

test('a reader waits for a writer', async () => {
  const pipe = new Pipe();
  const reading = pipe.read();
  await pipe.write(bytesOf('late'));
  assert.equal(textOf((await reading) as Uint8Array), 'late');
});

test('a full pipe holds its writer back until somebody reads', async () => {
  const pipe = new Pipe(4);
  let written = false;
  const writing = pipe.write(bytesOf('123456')).then(() => (written = true));
  await Promise.resolve();
  assert.equal(pipe.held, 4);
  assert.equal(written, false);
  assert.equal(textOf((await pipe.read()) as Uint8Array), '1234');
  await writing;
  assert.equal(pipe.held, 2);
});

test('a writer learns that nobody reads any more, even while it waits', async () => {
  const pipe = new Pipe(1);
  const writing = pipe.write(bytesOf('xyz'));
  pipe.cancel();
  await assert.rejects(writing, BrokenPipe);
  await assert.rejects(pipe.write(bytesOf('more')), BrokenPipe);
});

test('a broken pipe still gives what was written before, then its error', async () => {
  const pipe = new Pipe();
  await pipe.write(bytesOf('before'));
  pipe.break(new Error('Connection reset by peer'));
  assert.equal(textOf((await pipe.read()) as Uint8Array), 'before');
  await assert.rejects(pipe.read(), /reset/);
});

test('copy moves everything and ends the other side', async () => {
  const to = new Pipe();
  await copy(readerOf('all of it'), to);
  assert.equal(textOf(await readAll(to)), 'all of it');
});

test('any writes through any capacity come out the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 20 })),
      fc.integer({ min: 1, max: 30 }),
      async (chunks, capacity) => {
        const pipe = new Pipe(capacity);
        const writing = (async () => {
          for (const chunk of chunks) await pipe.write(chunk);
          pipe.end();
        })();
        const read = await readAll(pipe);
        await writing;
        assert.deepEqual(
          [...read],
          chunks.flatMap((chunk) => [...chunk]),
        );
      },
    ),
  );
});
