// Waiting for something, but not for ever.

import type { Clock } from '../../clock.ts';

/** What a promise brings, or `late()` as a rejection when it has brought nothing by then. */
export async function within<T>(
  clock: Clock,
  ms: number,
  promise: Promise<T>,
  late: () => Error,
): Promise<T> {
  let cancel: () => void = () => {};
  const tooLate = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(ms, () => reject(late()));
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    cancel();
  }
}
