// Bytes both ways between a program's own streams and a connection, until the other side has ended.

import type { Connection } from '../../../network/network.ts';
import { NetError } from '../../../network/network.ts';
import type { Process } from '../../../node/process.ts';
import { BrokenPipe } from '../../../streams.ts';

export interface PumpOptions {
  /** The end of standard input is told to the other side. */
  halfClose: boolean;
  /** Ends the exchange so long after the end of standard input, or after silence. */
  quitMs?: number | undefined;
}

/** Resolves when the other side has ended. Rejects with NetError when it broke off. */
export async function pump(
  process: Process,
  connection: Connection,
  { halfClose, quitMs }: PumpOptions,
): Promise<void> {
  const over = new AbortController();
  const sending = send(process, connection, over.signal).then(async () => {
    if (over.signal.aborted) return;
    if (halfClose) connection.output.end();
    if (quitMs === undefined) return;
    await process.sleep(quitMs);
    connection.close();
  });
  sending.catch(() => {});
  try {
    for (;;) {
      const chunk = await connection.input.read();
      if (!chunk) return;
      await process.stdout.write(chunk);
    }
  } finally {
    over.abort();
    connection.close();
  }
}

async function send(process: Process, connection: Connection, over: AbortSignal): Promise<void> {
  try {
    for (;;) {
      const chunk = await process.stdin.read(undefined, over);
      if (!chunk) return;
      await connection.output.write(chunk);
    }
  } catch (error) {
    // The other side is gone, or the exchange is over: its reader tells.
    if (over.aborted || error instanceof BrokenPipe || error instanceof NetError) return;
    throw error;
  }
}
