// What is measured: servers of terminals, each behind the same few words. Knows their protocols; measures nothing.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import {
  ACK_BYTES,
  encodeClientFrame,
  OUTPUT_HEAD,
  TERMINAL_PATH,
  TERMINAL_PROTOCOL,
} from '../../protocol/terminal.ts';
import type { ClientFrame } from '../../protocol/terminal.ts';
import { TestLab } from '../../tests/support/lab.ts';

/** A server of terminals, in a process of its own. */
export interface Subject {
  name: string;
  /** The process whose memory and time are counted. */
  pid: number;
  open(): Promise<Shell>;
  close(): Promise<void>;
}

/** What a page does with output: calls `drawn` when it is on the screen. Acknowledged is what was drawn, where that exists. */
export type Draw = (bytes: Uint8Array, drawn: () => void) => void;

/** A shell that can be typed into and listened to, whoever serves it. It has shown its prompt. */
export interface Shell {
  type(text: string): void;
  /** Bytes received so far, and the last of them. */
  received(): number;
  tail(): string;
  /** Resolves when more has come. Waiting costs nothing: a turning wheel would take a core from those who are measured. */
  more(): Promise<void>;
  /** What becomes of output from here on. At first it is drawn as it comes. */
  drawBy(draw: Draw): void;
  /** Stops and starts reading from the socket. */
  stall(stalled: boolean): void;
  close(): Promise<void>;
}

const TAIL_BYTES = 200;
const OUTPUT_FRAME = 0x80;
const AT_ONCE: Draw = (_bytes, drawn) => drawn();

/** What all of them have in common: what came, and how it is drawn. */
export class Received {
  bytes = 0;
  draw: Draw = AT_ONCE;
  #tail: Uint8Array = new Uint8Array();
  #wake: (() => void) | undefined;

  add(bytes: Uint8Array, drawn: () => void): void {
    this.bytes += bytes.length;
    const last = bytes.subarray(-TAIL_BYTES);
    this.#tail =
      last.length === TAIL_BYTES ? last : Buffer.concat([this.#tail.subarray(-TAIL_BYTES), last]);
    this.draw(bytes, drawn);
    this.#wake?.();
    this.#wake = undefined;
  }

  more(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  get tail(): string {
    return Buffer.from(this.#tail.subarray(-TAIL_BYTES)).toString('latin1');
  }

  async prompt(): Promise<void> {
    while (!this.tail.endsWith('$ ')) await this.more();
  }
}

export async function meshproof(): Promise<Subject> {
  const lab = await TestLab.start();
  const browser = await lab.browser();
  const open = async (): Promise<Shell> => {
    const session = await lab.openTerminal(browser);
    const ticket = await lab.ticket(browser, session);
    const socket = new WebSocket(
      new URL(TERMINAL_PATH, lab.origin.replace('http', 'ws')),
      TERMINAL_PROTOCOL,
      { perMessageDeflate: false, headers: { origin: lab.origin, cookie: browser.cookie } },
    );
    await once(socket, 'open');
    const send = (frame: ClientFrame) => socket.send(encodeClientFrame(frame));
    const hello = { resume: -1, epoch: '', columns: 80, rows: 24, page: 'bench', takeOver: false };
    send({ kind: 'hello', hello: { ticket, session, ...hello } });
    const received = new Received();
    // As a page does: an acknowledgement each 16 kB, and one when it has caught up.
    let [drawnTo, acked] = [0, 0];
    const acknowledge = () => {
      acked = drawnTo;
      send({ kind: 'ack', offset: acked });
    };
    socket.on('message', (data: Buffer) => {
      if (data[0] !== OUTPUT_FRAME) return;
      const bytes = data.subarray(OUTPUT_HEAD);
      const end = data.readUIntBE(1, 6) + bytes.length;
      received.add(bytes, () => {
        drawnTo = Math.max(drawnTo, end);
        if (drawnTo - acked >= ACK_BYTES) acknowledge();
      });
    });
    await received.prompt();
    return {
      type: (text) => send({ kind: 'input', bytes: Buffer.from(text) }),
      received: () => received.bytes,
      tail: () => received.tail,
      more: () => received.more(),
      drawBy: (draw) => (received.draw = draw),
      stall: (stalled) => (stalled ? socket.pause() : socket.resume()),
      close: async () => {
        socket.resume();
        await lab.request(browser, 'DELETE', `/lab/terminals/${session}`);
        socket.terminate();
      },
    };
  };
  return { name: 'meshproof', pid: lab.pid, open, close: () => lab.close() };
}

export async function naive(): Promise<Subject> {
  const server = fork(fileURLToPath(new URL('naive-server.ts', import.meta.url)));
  const [port] = (await once(server, 'message')) as [number];
  const open = async (): Promise<Shell> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    const received = new Received();
    socket.on('message', (data: Buffer) => received.add(data, () => {}));
    await once(socket, 'open');
    await received.prompt();
    return {
      type: (text) => socket.send(text),
      received: () => received.bytes,
      tail: () => received.tail,
      more: () => received.more(),
      drawBy: (draw) => (received.draw = draw),
      stall: (stalled) => (stalled ? socket.pause() : socket.resume()),
      close: async () => socket.terminate(),
    };
  };
  const close = async () => {
    server.kill();
    await once(server, 'exit');
  };
  return { name: 'naive', pid: server.pid ?? 0, open, close };
}
