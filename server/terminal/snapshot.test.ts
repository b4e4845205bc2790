import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { SerializeAddon } from '@xterm/addon-serialize';
import headless from '@xterm/headless'; // CommonJS: its names cannot be imported one by one
import { Snapshots } from './snapshot.ts';

const snapshots = new Snapshots((message) => assert.fail(message));
after(() => snapshots.close());

async function show(screen: Uint8Array | undefined, columns = 40, rows = 6) {
  assert.ok(screen);
  const terminal = new headless.Terminal({
    cols: columns,
    rows,
    scrollback: 5_000,
    allowProposedApi: true,
  });
  const answers: string[] = [];
  terminal.onData((text) => answers.push(text));
  await new Promise<void>((resolve) => terminal.write(screen, resolve));
  const { active } = terminal.buffer;
  const lines = Array.from({ length: active.length }, (_, line) =>
    active.getLine(line)?.translateToString(true),
  );
  return { terminal, lines, answers };
}

test('the screen and what was above it come back, colours and all', async () => {
  const output = Array.from(
    { length: 100 },
    (_, line) => `\x1b[3${line % 8}mline ${line}\x1b[0m\r\n`,
  );
  const screen = await snapshots.draw({
    modes: '',
    bytes: Buffer.from(`${output.join('')}$ `),
    columns: 40,
    rows: 6,
  });
  const { lines, terminal } = await show(screen);
  assert.deepEqual(lines, [...Array.from({ length: 100 }, (_, line) => `line ${line}`), '$ ']);
  assert.equal(terminal.buffer.active.getLine(1)?.getCell(0)?.getFgColor(), 1);
  assert.equal(terminal.buffer.active.cursorX, 2);
});

test('questions in the output are not asked again, so nothing is typed into the shell', async () => {
  const questions =
    '\x1b[c\x1b[>c\x1b[6n\x1b[5n\x1b]10;?\x07\x1bP$qm\x1b\\\x1b[?1$p\x1b[18t\x1b]4;1;?\x07';
  const screen = await snapshots.draw({
    modes: '',
    bytes: Buffer.from(`cat evil\r\n${questions}$ `),
    columns: 40,
    rows: 6,
  });
  const { answers, lines } = await show(screen);
  assert.deepEqual(answers, []);
  assert.deepEqual(lines.slice(0, 2), ['cat evil', '$ ']);
});

test('a full-screen program whose beginning is no longer kept comes back on its own screen', async () => {
  const screen = await snapshots.draw({
    modes: '\x1b[?1049h\x1b[?2004h',
    bytes: Buffer.from('\x1b[H\x1b[2J\x1b[3;5Hvim'),
    columns: 40,
    rows: 6,
  });
  const { terminal, lines } = await show(screen);
  assert.equal(terminal.buffer.active.type, 'alternate');
  assert.equal(lines[2], '    vim');
  assert.ok(terminal.modes.bracketedPasteMode);
});

test('drawings that are asked for together come one after the other, each its own', async () => {
  const screens = await Promise.all(
    ['one', 'two', 'three'].map((word) =>
      snapshots.draw({ modes: '', bytes: Buffer.from(word), columns: 20, rows: 2 }),
    ),
  );
  for (const [index, word] of ['one', 'two', 'three'].entries()) {
    assert.equal((await show(screens[index], 20, 2)).lines[0], word);
  }
});

test('closing answers those who wait', async () => {
  const closing = new Snapshots(() => {});
  const drawing = { modes: '', bytes: Buffer.from('x'), columns: 20, rows: 2 };
  const both = [closing.draw(drawing), closing.draw(drawing)];
  await closing.close();
  assert.deepEqual(await Promise.all(both), [undefined, undefined]);
});

test('a screen serialized twice is the same screen', async () => {
  const bytes = Buffer.from('\x1b[1;4mbold\x1b[0m\r\n\x1b[48;5;20mblue\x1b[0m wide: 世界\r\n');
  const first = await snapshots.draw({ modes: '', bytes, columns: 40, rows: 6 });
  const { terminal } = await show(first);
  const addon = new SerializeAddon();
  terminal.loadAddon(addon);
  assert.equal(addon.serialize({ scrollback: 5_000 }), new TextDecoder().decode(first));
});

test('T16: counts beyond any screen are not obeyed, and cost nothing', async () => {
  const counts = 'bLMSTIZ@PX'.split('').map((final) => `a\x1b[2147483647${final}`);
  const screen = await snapshots.draw({
    modes: '',
    bytes: Buffer.from(`${counts.join('')}\x1b[3bb\r\n\x1b[2;1Hstill here`),
    columns: 40,
    rows: 6,
  });
  const { lines } = await show(screen);
  assert.equal(lines[1], 'still here');
});
