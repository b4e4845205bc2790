// Counts in escape sequences that no program means: a terminal that obeyed them would repeat a letter, or move its lines, two
// thousand million times. Source: ECMA-48 for the finals. Knows of a terminal only that its parser can be asked first.

/** No screen has more columns or lines (frameLimits); small, too, because a program can print thousands of them. */
const LARGEST_COUNT = 1_000;

/**
 * REP repeats the letter before; IL, DL, SU and SD move lines one by one; CHT and CBT go from tab to tab. Others a terminal clamps by
 * itself.
 */
const COUNTING = ['b', 'L', 'M', 'S', 'T', 'I', 'Z'];

/** What xterm's parser and its twin without a screen have in common. */
export interface SequenceParser {
  registerCsiHandler(
    id: { final: string },
    handle: (parameters: (number | number[])[]) => boolean,
  ): unknown;
}

/** Such sequences do nothing from now on; the others are the terminal's own, as before. */
export function refuseSenselessCounts(parser: SequenceParser): void {
  for (const final of COUNTING) {
    parser.registerCsiHandler({ final }, ([count]) => Number(count) > LARGEST_COUNT);
  }
}
