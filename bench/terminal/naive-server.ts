// The thirty lines that most people write: node-pty and ws, strings, no flow control. What terminals are compared with.

import type { AddressInfo } from 'node:net';
import { spawn } from 'node-pty';
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 }, () => {
  process.send?.((server.address() as AddressInfo).port);
});

server.on('connection', (socket) => {
  const shell = spawn('bash', ['--norc', '--noprofile', '-i'], {
    name: 'xterm-256color',
    cols: 80,
    rows: 24,
    env: { PATH: process.env['PATH'], HOME: '/', PROMPT_COMMAND: "PS1='$ '" },
  });
  shell.onData((text) => socket.send(text));
  shell.onExit(() => socket.close());
  socket.on('message', (text: Buffer) => shell.write(text.toString()));
  socket.on('close', () => shell.kill());
});
