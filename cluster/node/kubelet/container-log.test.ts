import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf, concatBytes, textOf } from '../../streams.ts';
import { ContainerLog } from './container-log.ts';

const T = 1_795_344_824_000;
const ALL = { follow: false, timestamps: false };
const never = new AbortController().signal;

async function read(log: ContainerLog, options: Parameters<ContainerLog['read']>[0] = ALL) {
  const chunks: Uint8Array[] = [];
  for await (const chunk of log.read(options, T + 10_000, never)) chunks.push(chunk);
  return textOf(concatBytes(chunks));
}

function logOf(...lines: [seconds: number, text: string][]): ContainerLog {
  const log = new ContainerLog(1_000_000);
  for (const [seconds, text] of lines) log.write('stdout', bytesOf(text), T + seconds * 1000);
  return log;
}

test('a line is in the log when its newline has come, however it was cut on the way', async () => {
  const log = logOf([0, 'on'], [1, 'e\ntw']);
  assert.equal(await read(log), 'one\n');
  log.write('stdout', bytesOf('o\n'), T + 2000);
  assert.equal(await read(log), 'one\ntwo\n');
});

test('what was begun and not ended is kept when the container ends', async () => {
  const log = logOf([0, 'prompt$ ']);
  log.close(T);
  assert.equal(await read(log), 'prompt$ ');
});

test('stdout and stderr do not cut into each other', async () => {
  const log = new ContainerLog(1000);
  log.write('stdout', bytesOf('out'), T);
  log.write('stderr', bytesOf('err\n'), T);
  log.write('stdout', bytesOf('put\n'), T);
  assert.equal(await read(log), 'err\noutput\n');
});

test('timestamps have nine digits and stand before each line', async () => {
  const log = logOf([0, 'one\n'], [1.5, 'two\n']);
  assert.equal(
    await read(log, { ...ALL, timestamps: true }),
    '2026-11-22T10:53:44.000000000Z one\n2026-11-22T10:53:45.500000000Z two\n',
  );
});

test('tail counts lines from the end, since drops what is older, limit cuts bytes', async () => {
  const log = logOf([0, 'one\n'], [5, 'two\n'], [8, 'three\n']);
  assert.equal(await read(log, { ...ALL, tailLines: 2 }), 'two\nthree\n');
  assert.equal(await read(log, { ...ALL, tailLines: 0 }), '');
  assert.equal(await read(log, { ...ALL, sinceSeconds: 6 }), 'two\nthree\n');
  assert.equal(await read(log, { ...ALL, sinceTime: '2026-11-22T10:53:50Z' }), 'three\n');
  assert.equal(await read(log, { ...ALL, sinceSeconds: 6, tailLines: 5 }), 'two\nthree\n');
  assert.equal(await read(log, { ...ALL, limitBytes: 6 }), 'one\ntw');
});

test('following shows what comes, and ends with the container', async () => {
  const log = logOf([0, 'one\n']);
  const seen: string[] = [];
  const reading = (async () => {
    for await (const chunk of log.read({ ...ALL, follow: true, tailLines: 0 }, T, never))
      seen.push(textOf(chunk));
  })();
  await Promise.resolve();
  log.write('stdout', bytesOf('two\n'), T);
  await Promise.resolve();
  await Promise.resolve();
  log.write('stdout', bytesOf('three\n'), T);
  log.close(T);
  await reading;
  assert.deepEqual(seen.join(''), 'two\nthree\n');
});

test('a follower that goes stops waiting', async () => {
  const log = logOf([0, 'one\n']);
  const client = new AbortController();
  const reading = (async () => {
    const seen: string[] = [];
    for await (const chunk of log.read({ ...ALL, follow: true }, T, client.signal))
      seen.push(textOf(chunk));
    return seen;
  })();
  await Promise.resolve();
  client.abort();
  assert.deepEqual(await reading, ['one\n']);
});

test('the log keeps the newest lines within its limit', async () => {
  const log = new ContainerLog(100);
  for (let line = 0; line < 1000; line++) log.write('stdout', bytesOf(`line ${line}\n`), T);
  const text = await read(log);
  assert.ok(text.length <= 110, `${text.length} bytes`);
  assert.ok(text.endsWith('line 998\nline 999\n'));
});

test('a line without an end is cut at 16 KiB', async () => {
  const log = new ContainerLog(1_000_000);
  log.write('stdout', new Uint8Array(40_000).fill(97), T);
  assert.equal((await read(log)).length, 2 * 16 * 1024);
});

test('a restored log reads as it was', async () => {
  const log = logOf([0, 'one\n'], [5, 'zwölf\n']);
  const copy = ContainerLog.restore(JSON.parse(JSON.stringify(log.snapshot())), 1000);
  assert.equal(await read(copy), await read(log));
});
