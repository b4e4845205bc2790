// The server's side of many idle terminals, in a process of its own: says its port, then, whenever it is asked, the memory it holds.
// Each page is a learner of its own among many, since one learner may not have so many terminals.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { limits } from '../../server/config.ts';
import { Terminals } from '../../server/terminal/terminals.ts';
import { plainShell } from '../../server/terminal/testing/door.ts';

const directory = mkdtempSync(join(tmpdir(), 'sessions-'));
const terminals = new Terminals({
  shell: async (_learner, id) => plainShell(directory, id),
  log: (message) => console.error(message),
});
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const server = createServer((_request, response) => {
  void openOne().then((opened) => response.end(JSON.stringify(opened)));
});
let opened = 0;

async function openOne(): Promise<object> {
  const learner = `learner-${Math.floor(opened++ / limits.terminalsPerLearner)}`;
  const terminal = await terminals.open(learner, 'idle');
  if (typeof terminal === 'string') throw new Error(terminal);
  const { session } = terminal;
  const ticket = terminals.ticket({ learner, browser: 'bench' }, session);
  return { learner, session, ticket };
}

server.on('upgrade', (request, socket, head) => {
  const learner = new URL(request.url ?? '/', 'http://bench').searchParams.get('learner') ?? '';
  sockets.handleUpgrade(request, socket, head, (page) =>
    terminals.serve(page, { learner, browser: 'bench' }),
  );
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));

/** Milliseconds in which V8 gives back the pages that a collection has emptied: it keeps them for eight seconds. */
const GIVEN_BACK_MS = 10_000;

process.on('message', () => {
  globalThis.gc?.();
  setTimeout(() => process.send?.(process.memoryUsage().rss), GIVEN_BACK_MS);
});
process.once('disconnect', () => {
  void terminals.end().then(() => {
    rmSync(directory, { recursive: true, force: true });
    process.exit(0);
  });
});
