// The two ways a connection goes on after its upgrade, as one shape: ordered bytes or messages out, bytes or messages in.

import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** Bytes queued for one slow client before its writer waits. */
const HIGH_WATER_BYTES = 256 * 1024;
/** Milliseconds a finished connection may take to say goodbye before it is cut. */
const GOODBYE_MS = 2_000;

/** Sends one message; resolves when the client keeps up. Rejects when it has gone. */
export function sendMessage(socket: WebSocket, message: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) return reject(new Error('the client has gone'));
    const waits = socket.bufferedAmount > HIGH_WATER_BYTES;
    socket.send(message, { binary: true }, (error) => {
      if (error) reject(error);
      else if (waits) resolve();
    });
    if (!waits) resolve();
  });
}

/**
 * Hands each message to `take`, one after the other: no more is read from the client while one is being taken.
 * Resolves when the client has gone. Rejects with what `take` rejected with.
 */
export function receiveMessages(
  socket: WebSocket,
  take: (message: Buffer) => void | Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let queue = Promise.resolve();
    let waiting = 0;
    socket.on('message', (message: Buffer) => {
      if (++waiting === 1) socket.pause();
      queue = queue
        .then(() => take(message))
        .then(() => {
          if (--waiting === 0) socket.resume();
        });
      queue.catch(reject);
    });
    // ws reports a bad frame as an error and then closes; the close is what matters here.
    socket.on('error', () => {});
    socket.on('close', () => resolve(queue.catch(() => {})));
  });
}

/** Closes in good order, and cuts the line if the client does not answer. */
export function closeMessages(socket: WebSocket, code: number, reason: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === socket.CLOSED) return resolve();
    const cut = setTimeout(() => socket.terminate(), GOODBYE_MS);
    socket.on('close', () => {
      clearTimeout(cut);
      resolve();
    });
    socket.close(code, reason);
  });
}

/** Writes to the bare socket; resolves when the client keeps up. */
export function sendBytes(socket: Duplex, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.destroyed || !socket.writable) return reject(new Error('the client has gone'));
    if (socket.write(bytes)) return resolve();
    const done = () => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}

/** Ends the bare socket after what was written, and cuts the line if the client does not end its side. */
export function closeBytes(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    const cut = setTimeout(() => socket.destroy(), GOODBYE_MS);
    socket.on('close', () => {
      clearTimeout(cut);
      resolve();
    });
    socket.end();
    socket.resume();
  });
}

/**
 * Hands what the socket brings to `take`, piece by piece, `head` first; no more is read while one is being taken.
 * Resolves when the client has gone. What `take` cannot make sense of cuts the line.
 */
export function receiveBytes(
  socket: Duplex,
  head: Buffer,
  take: (bytes: Buffer) => Promise<void>,
): Promise<void> {
  return new Promise((resolve) => {
    let queue = take(head).catch(() => void socket.destroy());
    socket.on('data', (bytes: Buffer) => {
      socket.pause();
      queue = queue
        .then(() => take(bytes))
        .then(() => void socket.resume())
        .catch(() => void socket.destroy());
    });
    socket.on('close', () => resolve(queue));
    if (socket.destroyed) resolve(queue);
  });
}
