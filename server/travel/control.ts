// A client of the workspace's control socket: asks the engine for what `meshproof cluster …` asks. Knows one request, one answer.

import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { type ControlRequest, parseControlReply } from '../../protocol/control.ts';

/** The engine's own sentence: what happened, and the next move. */
export class ControlRefusal extends Error {}

/** Resolves with whether a cluster runs now. */
export async function askEngine(
  socketPath: string,
  request: ControlRequest,
): Promise<{ running: boolean }> {
  const socket = connect(socketPath);
  // Told by the loop below, which ends without an answer.
  socket.on('error', () => {});
  try {
    socket.write(`${JSON.stringify(request)}\n`);
    for await (const line of createInterface({ input: socket })) {
      const reply = parseControlReply(line);
      if (reply?.kind === 'done') return { running: reply.running };
      if (reply?.kind === 'failed') throw new ControlRefusal(reply.text);
    }
  } finally {
    socket.destroy();
  }
  throw new ControlRefusal(
    'The cluster’s process did not answer. Stop Meshproof and run npm start again.',
  );
}
