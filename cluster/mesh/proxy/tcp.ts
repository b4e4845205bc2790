// Bytes of one connection, both ways, counted, until both sides have ended. Knows nothing of what they mean.

import type { Connection } from '../../network/network.ts';
import { NetError } from '../../network/network.ts';
import { BrokenPipe, type ByteReader, type ByteWriter } from '../../streams.ts';
import type { Exchange } from './exchange.ts';

/** Resolves when both directions are over. A reset of one side resets the other. */
export async function pump(
  downstream: Connection,
  upstream: Connection,
  exchange: Exchange,
): Promise<void> {
  const breakOff = () => {
    downstream.reset();
    upstream.reset();
  };
  await Promise.all([
    direction(downstream.input, upstream.output, breakOff, (bytes) => {
      exchange.bytesReceived += bytes;
    }),
    direction(upstream.input, downstream.output, breakOff, (bytes) => {
      exchange.bytesSent += bytes;
    }),
  ]);
}

async function direction(
  from: ByteReader,
  to: ByteWriter,
  breakOff: () => void,
  count: (bytes: number) => void,
): Promise<void> {
  try {
    for (let chunk = await from.read(); chunk; chunk = await from.read()) {
      count(chunk.length);
      await to.write(chunk);
    }
    to.end();
  } catch (error) {
    if (!(error instanceof NetError || error instanceof BrokenPipe)) throw error;
    breakOff();
  }
}
