// Bytes of one connection, both ways, counted, until both sides have ended. Knows nothing of what they mean.

import type { Clock } from '../../clock.ts';
import type { Connection } from '../../network/network.ts';
import { NetError } from '../../network/network.ts';
import { BrokenPipe, type ByteDuplex, type ByteReader, type ByteWriter } from '../../streams.ts';
import type { Exchange } from './exchange.ts';

/** Cluster milliseconds; 0: no limit. */
export interface PumpLimits {
  clock: Clock;
  /** Without a byte either way. */
  idleMs: number;
  lastsMs: number;
}

/** Resolves when both directions are over, or their time is. A reset of one side resets the other. */
export async function pump(
  downstream: Connection,
  upstream: Connection,
  exchange: Exchange,
  { clock, idleMs, lastsMs }: PumpLimits,
): Promise<void> {
  const breakOff = () => {
    downstream.reset();
    upstream.reset();
  };
  const end = () => {
    downstream.close();
    upstream.close();
  };
  const cancelEnd = lastsMs > 0 ? clock.after(lastsMs, end) : undefined;
  const idle = watchIdle(clock, idleMs, end);
  await Promise.all([
    direction(downstream.input, upstream.output, breakOff, (bytes) => {
      exchange.bytesReceived += bytes;
      idle.touch();
    }),
    direction(upstream.input, downstream.output, breakOff, (bytes) => {
      exchange.bytesSent += bytes;
      idle.touch();
    }),
  ]).finally(() => {
    cancelEnd?.();
    idle.over();
  });
}

/** Looks again when the time since the last touch may be over, so that a touch costs no timer. */
function watchIdle(clock: Clock, ms: number, end: () => void): { touch(): void; over(): void } {
  let last = clock.now();
  let cancel = () => {};
  const look = () => {
    const left = last + ms - clock.now();
    if (left <= 0) end();
    else cancel = clock.after(left, look);
  };
  if (ms > 0) cancel = clock.after(ms, look);
  return { touch: () => (last = clock.now()), over: () => cancel() };
}

/** Both ways until one side ends, which ends the other; counted. For what an HTTP connection has become. */
export async function passBytes(
  downstream: ByteDuplex,
  upstream: ByteDuplex,
  exchange: Exchange,
): Promise<void> {
  const end = () => {
    downstream.input.cancel();
    upstream.input.cancel();
  };
  const both = [
    direction(downstream.input, upstream.output, end, (bytes) => {
      exchange.bytesReceived += bytes;
    }),
    direction(upstream.input, downstream.output, end, (bytes) => {
      exchange.bytesSent += bytes;
    }),
  ];
  await Promise.race(both);
  end();
  await Promise.all(both);
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
