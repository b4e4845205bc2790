import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../config.ts';
import { MarkReader } from './marks.ts';
import { ReceiptReader } from './receipts.ts';
import type { Made } from './receipts.ts';

/** Each mark is read a tenth of a second after the one before it. */
const STEP_MS = 100;

interface Printed {
  made: Made[];
  receipts: ReceiptReader;
  end: number;
}

/** What a shell with the nonce `n` has printed. */
function print(...chunks: string[]): Printed {
  const made: Made[] = [];
  const all = Buffer.from(chunks.join(''));
  const receipts = new ReceiptReader(
    (from, to) => all.subarray(from, to),
    (receipt) => made.push(receipt),
  );
  let at = 0;
  const marks = new MarkReader('n', (mark) => receipts.mark({ ...mark, at: (at += STEP_MS) }));
  let offset = 0;
  for (const chunk of chunks) {
    const bytes = Buffer.from(chunk);
    marks.scan(bytes, offset);
    receipts.output(bytes, offset);
    offset += bytes.length;
  }
  return { made, receipts, end: offset };
}

const short = ({ made }: Printed) =>
  made.map(({ place, command, exit, output }) => ({ place, command, exit, output }));

const line = (text: string, nonce = 'n') => `\x1b]633;E;${text};${nonce}\x07`;
const command = (previous: number, nonce = 'n') => `\x1b]133;C;prev=${previous};nonce=${nonce}\x07`;
const done = (exit: number, nonce = 'n') => `\x1b]133;D;${exit};nonce=${nonce}\x07`;

test('a command, what it showed, how it ended and how long it took make a receipt', () => {
  const chunks = [
    '$ istioctl version\r\n',
    line('istioctl version'),
    command(0),
    '\x1b[1m1.30.3\x1b[0m\r\n',
    done(0),
    '$ ',
  ];
  assert.deepEqual(print(...chunks).made, [
    {
      offset: chunks.slice(0, 3).join('').length,
      place: 'lab',
      command: 'istioctl version',
      exit: 0,
      at: 2 * STEP_MS,
      ms: STEP_MS,
      output: '1.30.3\n',
      cut: false,
    },
  ]);
});

test('all of it in one piece makes the same', () => {
  const chunks = ['$ ', line('date'), command(0), 'now\r\n', done(3)];
  assert.deepEqual(print(chunks.join('')).made, print(...chunks).made);
});

test('each command of a pasted block has its own, and its own status', () => {
  assert.deepEqual(
    short(print(line('false'), command(0), line('echo b'), command(1), 'b\r\n', done(0))),
    [
      { place: 'lab', command: 'false', exit: 1, output: '' },
      { place: 'lab', command: 'echo b', exit: 0, output: 'b\n' },
    ],
  );
});

const inPod = {
  line: (text: string) => `\x1b]633;E;${text}\x07`,
  command: (previous: number) => `\x1b]133;C;prev=${previous}\x07`,
  done: (exit: number) => `\x1b]133;D;${exit}\x07`,
};

test('a shell in a pod has receipts of its own, inside the command that opened it', () => {
  const exec = 'kubectl exec -it web -- sh';
  const printed = print(
    line(exec) + command(0),
    inPod.line('ls /nope') + inPod.command(0) + 'ls: /nope: No such file\r\n',
    inPod.line('hostname') + inPod.command(1) + 'web\r\n' + inPod.done(0),
    done(0),
  );
  assert.deepEqual(
    short(printed).map(({ output: _output, ...rest }) => rest),
    [
      { place: 'pod', command: 'ls /nope', exit: 1 },
      { place: 'pod', command: 'hostname', exit: 0 },
      { place: 'lab', command: exec, exit: 0 },
    ],
  );
});

test('what a command showed ends at the next prompt, also where that comes before its status', () => {
  const prompt = '\x1b]133;A\x07/ # \x1b]133;B\x07';
  const printed = print(
    line('exec') + command(0),
    `${prompt}true\r\n${inPod.line('true')}${inPod.command(0)}`,
    `${prompt}hostname\r\n${inPod.line('hostname')}${inPod.command(0)}web\r\n${inPod.done(0)}${prompt}`,
  );
  assert.deepEqual(short(printed), [
    { place: 'pod', command: 'true', exit: 0, output: '' },
    { place: 'pod', command: 'hostname', exit: 0, output: 'web\n' },
  ]);
});

test('marks without the nonce end no command of the lab’s shell, and say nothing at its prompt', () => {
  assert.deepEqual(
    short(print(inPod.line('x'), inPod.command(0), inPod.done(0), line('cat evil'), command(0))),
    [],
  );
  const evil = print(
    line('cat evil') + command(0),
    line('istioctl', 'x') + command(0, 'x') + 'all is well' + done(0, 'x'),
    'cat: an error\r\n' + done(1),
  );
  assert.deepEqual(
    short(evil).filter(({ place }) => place === 'lab'),
    [{ place: 'lab', command: 'cat evil', exit: 1, output: 'all is wellcat: an error\n' }],
  );
});

test('a command that its shell ends with has the shell’s own status', () => {
  const printed = print(line('exit 4'), command(0), 'bye\r\n');
  printed.receipts.ended(4, { offset: printed.end, at: 900 });
  assert.deepEqual(short(printed), [{ place: 'lab', command: 'exit 4', exit: 4, output: 'bye\n' }]);
});

test('of a flood the beginning is kept, long after the terminal has forgotten it', () => {
  const made: Made[] = [];
  const receipts = new ReceiptReader(
    () => new Uint8Array(), // nothing of it is left
    (receipt) => made.push(receipt),
  );
  const common = { own: true, at: 0 } as const;
  receipts.mark({ ...common, mark: 'command', offset: 0 });
  const chunk = Buffer.from('y\n'.repeat(2_000));
  let offset = 0;
  for (; offset < 10 * limits.receiptBytes; offset += chunk.length) receipts.output(chunk, offset);
  receipts.mark({ ...common, mark: 'done', exit: 130, offset });
  const [receipt] = made;
  assert.equal(receipt?.output, 'y\n'.repeat(limits.receiptBytes / 2));
  assert.equal(receipt?.exit, 130);
  assert.ok(receipt?.cut);
});

test('a program that prints nothing but marks makes a few receipts, not thousands', () => {
  const flood = `${inPod.command(0)}${inPod.done(0)}`.repeat(10 * limits.receiptsAtOnce);
  const { made } = print(line('evil') + command(0) + flood, done(1));
  assert.ok(made.length < 2 * limits.receiptsAtOnce, `${made.length}`);
  const last = made.at(-1);
  assert.deepEqual([last?.place, last?.exit], ['lab', 1], 'and they crowd out no real one');
});
