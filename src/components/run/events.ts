// What run blocks tell the page, and what the page may ask of them.

/** Bubbles from a run block when its command has ended, whichever way. */
export const RUN_DONE = 'run-done';
export interface RunDone {
  block: string;
  passed: boolean;
}

/** Asks a run block to type its command. */
export const TYPE_BLOCK = 'type-block';
