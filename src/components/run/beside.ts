// The expected output beside the learner's, under a block that failed. Fetched when that happens: most blocks never need it.

import { make } from '../page/dom.ts';
import { compare, type ComparedLine } from './compare.ts';

/** Lines that are alike are left out where more of them stand together: what differs is what is looked for. */
const ALIKE_SHOWN = 2;
/** Lines on each side: more is read in the terminal. */
const MOST_LINES = 24;
const SKIPPED = '…\n';

/** Undefined when they are alike after all: then it failed for another reason. */
export function besideEachOther(expectedText: string, yoursText: string): HTMLElement | undefined {
  const { same, expected, yours } = compare(expectedText, yoursText);
  if (same) return undefined;
  return make(
    'dl',
    { class: 'yours' },
    make('dt', {}, 'Expected'),
    make('dd', {}, ...drawn(expected)),
    make('dt', {}, 'Yours'),
    make('dd', {}, ...(yoursText === '' ? [make('i', {}, 'nothing was printed')] : drawn(yours))),
  );
}

function drawn(lines: ComparedLine[]): (Node | string)[] {
  const shown: (Node | string)[] = [];
  let alike = 0;
  let left = MOST_LINES;
  for (const [at, pieces] of lines.entries()) {
    const differs = pieces.some((piece) => piece.differs);
    alike = differs ? 0 : alike + 1;
    if (left === 0 || (alike > ALIKE_SHOWN && !soonDiffers(lines, at))) {
      if (shown.at(-1) !== SKIPPED) shown.push(SKIPPED);
      continue;
    }
    left--;
    shown.push(
      ...pieces.map(({ text, differs: marked }) => (marked ? make('mark', {}, text) : text)),
      '\n',
    );
  }
  return shown;
}

const soonDiffers = (lines: ComparedLine[], at: number): boolean =>
  lines[at + 1]?.some((piece) => piece.differs) ?? false;
