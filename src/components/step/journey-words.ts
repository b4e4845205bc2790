// What a page says of a journey before and after it, and of differences. Pure.

import type { Difference, TravelPlan, TravelStep } from '../../../protocol/travel.ts';

const CLUSTER: Record<TravelPlan['cluster'], string> = {
  replaced: 'Your cluster is replaced by one in the state of that moment.',
  made: 'A cluster in the state of that moment is started.',
  removed: 'Your cluster is taken away, because at that moment there is none.',
  none: 'There is no cluster at that moment, and none now.',
};

/** Everything that will be otherwise, a sentence a line. */
export function planWords(plan: TravelPlan): string[] {
  const { how, cluster, files, skipped, blocks, fromScratch, canReturn } = plan;
  const words = how === 'restore' ? [CLUSTER[cluster]] : replayWords(blocks.length, fromScratch);
  if (files.length > 0)
    words.push(`${counted(files.length, 'file')} of the lab will change: ${fileWords(plan)}.`);
  else if (how === 'restore') words.push('Your files stay as they are.');
  if (skipped.length > 0)
    words.push(
      `${stepWords(skipped)} will count as skipped, not as proven. You can do ${skipped.length > 1 ? 'them' : 'it'} later.`,
    );
  if (canReturn) words.push('What you have now is kept: one button brings it back.');
  return words;
}

function replayWords(blocks: number, fromScratch: boolean): string[] {
  const words = ['This cluster keeps no states, so the way there is to do the steps.'];
  if (fromScratch)
    words.push(
      'It cannot go backwards: it is replaced by an empty one first, and what you have in it is gone.',
    );
  words.push(
    `${counted(blocks, 'block')} will be typed into your terminal, one after another, while you watch.`,
  );
  return words;
}

function fileWords({ files }: TravelPlan): string {
  return files
    .map(({ path, change }) => `${path.replace(/^labs\/[^/]+\//, '')} is ${change}`)
    .join(', ');
}

function stepWords(steps: readonly TravelStep[]): string {
  const numbers = steps.map(({ number }) => number);
  if (numbers.length === 1) return `Step ${numbers[0] ?? ''}`;
  if (numbers.length > 3)
    return `${numbers.length} steps, ${numbers[0] ?? ''} to ${numbers.at(-1) ?? ''},`;
  return `Steps ${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1) ?? ''}`;
}

export function differenceWords({
  what,
  is,
  where,
  yours = 'nothing',
  should = 'nothing',
}: Difference): string {
  if (is === 'missing') return `${what} is missing.`;
  if (is === 'extra') return `${what} is there and should not be.`;
  return where
    ? `${what}: ${where} is ${yours}, and should be ${should}.`
    : `${what} reads otherwise.`;
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
