// What a run of the lessons is compared with, and what it leaves when it records: each block's output beside its lesson, and the state
// after each step. Knows files; runs nothing.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Block, Lesson } from '../../protocol/lesson.ts';
import { packed, StatePack, type StepState, stepDigests } from '../../server/travel/pack.ts';
import { statesOf } from '../../server/travel/states.ts';
import { ANYTHING, fits, masked, merged } from '../../src/lesson/expected.ts';
import { recordBeside, type RecordedLesson } from '../../src/lesson/recorded.ts';
import { UnlikeRecord } from './report.ts';

export const STALE = 'record it anew: npm run lessons -- --record';

export class Recording {
  readonly #lessons: readonly Lesson[];
  readonly #records = new Map<string, RecordedLesson>();
  readonly #states: StepState[] = [];

  constructor(lessons: readonly Lesson[]) {
    this.#lessons = lessons;
  }

  /** Throws when the block has no record; UnlikeRecord when it printed something else than its page shows. */
  compare(block: Block, printed: string): void {
    if (!block.proven)
      throw new Error(`${block.file}:${block.line}: never recorded, or changed since; ${STALE}`);
    const run = masked(said(block, printed));
    if (block.varies || fits(block.expected ?? '', run)) return;
    throw new UnlikeRecord(
      `${block.file}:${block.line}: it printed\n${run}\n--- and its page shows\n${block.expected ?? 'nothing'}\n--- If that is meant, ${STALE}`,
    );
  }

  /** What two runs do not agree on becomes `...`: recording twice teaches what varies. */
  keep(lesson: Lesson, block: Block, printed: string, on: RecordedLesson['on']): void {
    const run = masked(said(block, printed));
    const before = block.proven && (block.expected ?? '');
    const text = before === undefined || fits(before, run) ? (before ?? run) : learned(before, run);
    const record = this.#records.get(lesson.id) ?? { on, blocks: {} };
    record.blocks[block.id] = { text: block.text, printed: text === '' ? [] : text.split('\n') };
    this.#records.set(lesson.id, record);
  }

  keepState(state: StepState): void {
    this.#states.push(state);
  }

  /** Writes what was kept. */
  async write(): Promise<void> {
    for (const lesson of this.#lessons) {
      const record = this.#records.get(lesson.id);
      const file = lesson.steps.flatMap((step) => step.blocks)[0]?.file;
      if (!record || file === undefined) continue;
      writeFileSync(recordBeside(file), `${JSON.stringify(record, null, 2)}\n`);
      console.log(`recorded ${recordBeside(file)}`);
    }
    for (const module of new Set(this.#lessons.map((lesson) => lesson.module)))
      await this.#writeStates(module);
  }

  async #writeStates(module: number): Promise<void> {
    const steps = this.#lessons
      .filter((lesson) => lesson.module === module)
      .flatMap((lesson) => lesson.steps);
    const played = this.#states.filter(({ step }) => steps.some(({ id }) => id === step));
    if (played.length === 0) return;
    // What the module before has left lying about is no part of this one.
    const before = this.#states[this.#states.findIndex((state) => state === played[0]) - 1];
    const found = Object.entries(before?.files ?? {});
    const states = new Map(
      played.map((state) => {
        const own = Object.entries(state.files).filter(
          ([path, text]) => !found.some(([other, left]) => other === path && left === text),
        );
        return [state.step, { ...state, files: Object.fromEntries(own) }];
      }),
    );
    // A run that ends early leaves the later steps as they were recorded before.
    const digests = stepDigests(steps);
    const old = await StatePack.read(statesOf(module));
    for (const { id } of steps) {
      const digest = old?.digest(id);
      if (states.has(id) || !old || digest === undefined) continue;
      states.set(id, old.recorded(id));
      digests.set(id, digest);
    }
    const inOrder = steps.flatMap(({ id }) => states.get(id) ?? []);
    const bytes = packed(inOrder, digests);
    mkdirSync(dirname(statesOf(module)), { recursive: true });
    writeFileSync(statesOf(module), bytes);
    console.log(
      `recorded ${statesOf(module)}: ${played.length} of ${inOrder.length} states anew, ${Math.round(bytes.length / 1_024)} kB`,
    );
  }
}

/** A shell without bracketed paste echoes a block line by line, among what it prints. */
function said({ text, shell, opensPodShell }: Block, printed: string): string {
  if (shell === 'lab' && !opensPodShell) return printed;
  const typed = new Set(text.split('\n').map((line) => line.trim()));
  return printed
    .split('\n')
    .map((line) => line.replace(/\^\[\[20[01]~/g, ''))
    .filter((line) => !typed.has(line.trim()))
    .join('\n');
}

/** A mask that hides everything would hide mistakes, too: a block that prints something shows some of it. */
function learned(before: string, run: string): string {
  const both = merged(before, run);
  return both.replaceAll(ANYTHING, '').trim() === '' && run.trim() !== '' ? run : both;
}

/** The state at the beginning of a lesson, where its module's records know it. */
export async function stateBefore(
  lessons: readonly Lesson[],
  lesson: Lesson,
): Promise<StepState | undefined> {
  const steps = lessons.filter((one) => one.module === lesson.module).flatMap((one) => one.steps);
  const first = lesson.steps[0];
  const before = first && steps[steps.indexOf(first) - 1];
  const pack = before && (await StatePack.read(statesOf(lesson.module)));
  if (!before || !pack?.knows(before.id, stepDigests(steps).get(before.id))) return undefined;
  return pack.now(before.id, Date.now());
}
