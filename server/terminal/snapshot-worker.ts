// The thread that draws kept output on a terminal nobody sees and writes the screen down again. A raw replay instead would make the
// page's terminal answer every question in it, and those answers would be typed into the shell.

import { parentPort } from 'node:worker_threads';
import headless from '@xterm/headless'; // CommonJS: its names cannot be imported one by one
import { SerializeAddon } from '@xterm/addon-serialize';
import { refuseSenselessCounts } from '../../protocol/sane-counts.ts';
import type { Drawing, Drawn } from './snapshot.ts';

parentPort?.on('message', (drawing: Drawing) => {
  const { columns, rows, scrollback } = drawing;
  const terminal = new headless.Terminal({
    cols: columns,
    rows,
    scrollback,
    allowProposedApi: true,
  });
  refuseSenselessCounts(terminal.parser);
  const serialize = new SerializeAddon();
  terminal.loadAddon(serialize);
  terminal.write(drawing.modes);
  terminal.write(drawing.bytes, () => {
    const screen = new TextEncoder().encode(serialize.serialize({ scrollback }));
    terminal.dispose();
    const drawn: Drawn = { id: drawing.id, screen };
    parentPort?.postMessage(drawn, [screen.buffer]);
  });
});
