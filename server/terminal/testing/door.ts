// Terminals behind an open door, for tests of the room alone: whoever comes is the learner `me` with the browser he names in a header.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import type { Shell } from '../session.ts';
import { Terminals } from '../terminals.ts';
import type { TerminalsOptions } from '../terminals.ts';
import { Page } from './page.ts';
import type { PageOptions } from './page.ts';

export const visitor = { learner: 'me', browser: 'test' };

export interface Door {
  terminals: Terminals;
  url: string;
  log: string[];
  directory: string;
  /** A new terminal's id. */
  open: (name?: string) => Promise<string>;
  /** A page with a good ticket, greeted. */
  page: (session: string, options?: PageOptions) => Promise<Page>;
  close: () => Promise<void>;
}

/** A plain bash that prints `$ ` and keeps no history. */
export function plainShell(directory: string, id: string) {
  return {
    file: 'bash',
    args: ['--norc', '--noprofile', '-i'],
    directory,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: directory,
      PROMPT_COMMAND: "PS1='$ '",
      HISTFILE: '',
      LANG: 'C.UTF-8',
    },
    historyFile: join(directory, '.meshproof', `${id}.output`),
  };
}

export async function openDoor(
  change: Partial<Shell> = {},
  options: Pick<TerminalsOptions, 'unseen' | 'ran'> = {},
): Promise<Door> {
  const directory = mkdtempSync(join(tmpdir(), 'terminals-'));
  const log: string[] = [];
  const terminals = new Terminals({
    shell: async (_learner, id) => ({ ...plainShell(directory, id), ...change }),
    log: (message) => log.push(message),
    ...options,
  });
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 64 * 1024,
  });
  const server = createServer();
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (webSocket) =>
      terminals.serve(webSocket, visitor),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const open = async (name = 'test') => {
    const terminal = await terminals.open('me', name);
    if (typeof terminal === 'string') throw new Error(terminal);
    return terminal.session;
  };
  const page = async (session: string, options: PageOptions = {}) => {
    const page = await new Page(url, options).opened();
    const ticket = terminals.ticket(visitor, session);
    if (typeof ticket === 'string') throw new Error(ticket);
    page.hello({ ...ticket, session, ...options.hello });
    await page.frame('ready');
    return page;
  };
  const close = async () => {
    await terminals.end();
    sockets.close();
    server.close();
    server.closeAllConnections();
    rmSync(directory, { recursive: true, force: true });
  };
  return { terminals, url, log, directory, open, page, close };
}
