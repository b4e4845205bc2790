// The line that stands where output is missing: between what a page had when it was lost, and the oldest that is still kept. Pure.

/** Off the other screen, plain, and on a line of its own, whatever was drawn before. */
const FRESH_LINE = '\x1b[?1049l\x1b[?7;25h\x1b[0m\r\n';
const MEGABYTE = 1_000_000;

/** `modes` hold for what follows. */
export function behindGap(bytes: number, modes: string): Uint8Array {
  const size =
    bytes < MEGABYTE ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / MEGABYTE).toFixed(1)} MB`;
  return new TextEncoder().encode(
    `${FRESH_LINE}\x1b[2m── ${size} of output are no longer kept ──\x1b[0m\r\n${modes}`,
  );
}
