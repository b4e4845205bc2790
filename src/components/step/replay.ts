// Types the blocks of a journey into the learner's own terminal, one after another, where no state can be put in place. Stops at the first
// that does not do what its lesson means it to.

import type { TravelBlock, TravelPlan } from '../../../protocol/travel.ts';
import { desk, type Typed } from '../dock/desk.ts';
import { RunRecord } from '../run/run-record.ts';

/** A command that runs on is stopped after this long: what a learner would watch it for has been seen. */
const WATCHED_MS = 10_000;

const RESET = 'meshproof cluster reset';

/** Rejects with a sentence when something stands in the way. */
export async function replay(
  { blocks, fromScratch }: TravelPlan,
  say: (words: string) => void,
): Promise<void> {
  const all = fromScratch ? [{ ...blockOf(RESET), step: '' }, ...blocks] : blocks;
  for (const [at, block] of all.entries()) {
    say(`${at + 1} of ${all.length}: ${block.text.split('\n')[0] ?? ''}`);
    await typed(block);
  }
}

function blockOf(text: string): Omit<TravelBlock, 'step'> {
  return { text, shell: 'lab', opensPodShell: false, exitCode: 0 };
}

async function typed(block: TravelBlock): Promise<void> {
  const beside = desk();
  if (!beside) throw new Error('This page has no terminal.');
  const done = await beside.type(block.text, block.shell);
  if (done.as === 'waits')
    throw new Error(
      `${done.program || 'A program'} is still running in ${done.shell.name}: end it, then try again.`,
    );
  if (done.as === 'not typed') throw new Error(done.because);
  if (block.untilSeen !== undefined) setTimeout(() => beside.interrupt(), WATCHED_MS);
  await over(block, done);
}

/** Resolves when the shell says that the block has ended, or that its pod's shell is open. */
function over(
  block: TravelBlock,
  { shell, after, patienceMs }: Extract<Typed, { as: 'typed' }>,
): Promise<void> {
  const record = new RunRecord(block, Date.now(), after);
  return new Promise((resolve, reject) => {
    const judge = () => {
      const { outcome } = record;
      if (outcome.state === 'running' && !outcome.inside) return;
      stop();
      clearTimeout(timer);
      const failed = outcome.state === 'ended' && !outcome.passed && block.untilSeen === undefined;
      if (failed)
        reject(
          new Error(
            `This ended with exit code ${outcome.exitCode}, and the rest was not typed: ${block.text}`,
          ),
        );
      else resolve();
    };
    const stop = shell.on((mark) => {
      record.mark(mark);
      judge();
    });
    const timer = setTimeout(() => {
      record.silence(Date.now());
      judge();
    }, patienceMs);
  });
}
