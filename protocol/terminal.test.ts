import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
  frameLimits,
  OUTPUT_HEAD,
  writeOutputHead,
} from './terminal.ts';
import type { ClientFrame, ServerFrame } from './terminal.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const id = fc.stringMatching(/^[\w-]{1,40}$/);
const offset = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const columns = fc.integer({ min: frameLimits.minColumns, max: frameLimits.maxColumns });
const rows = fc.integer({ min: frameLimits.minRows, max: frameLimits.maxRows });
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const bytes = fc.uint8Array({ minLength: 1, maxLength: 2_000 });

const clientFrame: fc.Arbitrary<ClientFrame> = fc.oneof(
  fc.record({
    kind: fc.constant('hello' as const),
    hello: fc.record({
      ticket: id,
      session: id,
      resume: fc.oneof(fc.constant(-1), offset),
      epoch: fc.oneof(fc.constant(''), id),
      columns,
      rows,
      page: id,
      takeOver: fc.boolean(),
    }),
  }),
  fc.record({ kind: fc.constant('input' as const), bytes }),
  fc.record({ kind: fc.constant('resize' as const), columns, rows }),
  fc.record({ kind: fc.constant('ack' as const), offset }),
  fc.record({ kind: fc.constant('ping' as const), token: u32 }),
  fc.record({
    kind: fc.constant('control' as const),
    control: fc.constantFrom('restart' as const, 'takeover' as const, 'clear' as const),
  }),
);

const role = fc.constantFrom('write' as const, 'watch' as const);
const at = fc.integer({ min: 0, max: 2 ** 42 });
const markBase = { offset, at, own: fc.boolean() };
const serverFrame: fc.Arbitrary<Exclude<ServerFrame, { kind: 'output' }>> = fc.oneof(
  fc.record({
    kind: fc.constant('ready' as const),
    ready: fc.record({
      session: id,
      epoch: id,
      offset,
      heard: fc.oneof(offset, fc.constant(-1)),
      columns,
      rows,
      role,
    }),
  }),
  fc.record({ kind: fc.constant('snapshot' as const), offset, columns, rows, screen: bytes }),
  fc.record({
    kind: fc.constant('exit' as const),
    exit: fc.record({ code: fc.nat(), signal: fc.nat(64), reason: fc.string() }),
  }),
  fc.record({ kind: fc.constant('pong' as const), token: u32 }),
  fc.record({
    kind: fc.constant('notice' as const),
    notice: fc.oneof(
      fc.record({ kind: fc.constant('gap' as const), bytes: offset, modes: fc.string() }),
      fc.record({ kind: fc.constant('role' as const), role }),
      fc.record({ kind: fc.constant('watched' as const), watchers: fc.nat(9) }),
      fc.record({ kind: fc.constant('input' as const), say: fc.string() }),
    ),
  }),
  fc.record({
    kind: fc.constant('mark' as const),
    mark: fc.oneof(
      fc.record({ ...markBase, mark: fc.constantFrom('prompt' as const, 'input' as const) }),
      fc.record({ ...markBase, mark: fc.constant('command' as const), previous: fc.nat(255) }),
      fc.record({ ...markBase, mark: fc.constant('command' as const) }),
      fc.record({ ...markBase, mark: fc.constant('done' as const), exit: fc.nat(255) }),
      fc.record({ ...markBase, mark: fc.constant('line' as const), text: fc.string() }),
      fc.record({ ...markBase, mark: fc.constant('cwd' as const), path: fc.string() }),
    ),
  }),
);

test('what a page sends, the server reads', () => {
  fc.assert(
    fc.property(clientFrame, (frame) => {
      assert.deepEqual(decodeClientFrame(encodeClientFrame(frame)), structuredClone(frame));
    }),
  );
});

test('what the server sends, a page reads', () => {
  fc.assert(
    fc.property(serverFrame, (frame) => {
      assert.deepEqual(decodeServerFrame(encodeServerFrame(frame)), structuredClone(frame));
    }),
  );
});

test('output keeps its offset beyond 32 bits and its bytes', () => {
  const frame = new Uint8Array(OUTPUT_HEAD + 3);
  writeOutputHead(frame, 2 ** 40 + 5);
  frame.set([1, 2, 3], OUTPUT_HEAD);
  assert.deepEqual(frame, hex('80 010000000005 010203'));
  assert.deepEqual(decodeServerFrame(frame), {
    kind: 'output',
    offset: 2 ** 40 + 5,
    bytes: new Uint8Array([1, 2, 3]),
  });
});

test('any bytes at all are a frame within its bounds or one code of what is wrong', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3_000 }), (input) => {
      const frame = decodeClientFrame(input);
      if (frame.kind === 'wrong') assert.match(frame.code, /^LAB_FRAME_/);
      if (frame.kind === 'resize') {
        assert.ok(frame.columns >= 2 && frame.columns <= 500);
        assert.ok(frame.rows >= 1 && frame.rows <= 300);
      }
      decodeServerFrame(input);
    }),
    { numRuns: 500 },
  );
});

for (const [what, input, code] of [
  ['nothing', '', 'LAB_FRAME_EMPTY'],
  ['an unknown type', '09', 'LAB_FRAME_TYPE'],
  ["the server's own type", '80 000000000000 41', 'LAB_FRAME_TYPE'],
  ['an INPUT without bytes', '01', 'LAB_FRAME_LENGTH'],
  ['a cut RESIZE', '02 0050 00', 'LAB_FRAME_LENGTH'],
  ['a long ACK', '03 00000000000000', 'LAB_FRAME_LENGTH'],
  ['a PING of two bytes', '04 0001', 'LAB_FRAME_LENGTH'],
  ['a HELLO that is not JSON', '00 7b', 'LAB_FRAME_JSON'],
  ['a HELLO that is not UTF-8', '00 ff', 'LAB_FRAME_JSON'],
  ['a HELLO that is a list', '00 5b5d', 'LAB_FRAME_JSON'],
  ['a control nobody knows', '05 7b22636f6e74726f6c223a22666c79227d', 'LAB_FRAME_JSON'],
] as const) {
  test(`${what} is ${code}`, () => {
    assert.deepEqual(decodeClientFrame(hex(input)), { kind: 'wrong', code });
  });
}

test('an INPUT, HELLO or CTL above its bound is too big', () => {
  for (const [type, most] of [
    [0, frameLimits.helloBytes],
    [1, frameLimits.inputBytes],
    [5, frameLimits.controlBytes],
  ] as const) {
    const frame = new Uint8Array(most + 2).fill(0x20);
    frame[0] = type;
    assert.deepEqual(decodeClientFrame(frame), { kind: 'wrong', code: 'LAB_FRAME_TOO_BIG' });
  }
});

test('a wild size is clamped to what a screen can be', () => {
  assert.deepEqual(decodeClientFrame(hex('02 0000 0000')), {
    kind: 'resize',
    columns: 2,
    rows: 1,
  });
  assert.deepEqual(decodeClientFrame(hex('02 ffff ffff')), {
    kind: 'resize',
    columns: 500,
    rows: 300,
  });
});
