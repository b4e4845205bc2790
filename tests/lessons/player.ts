// Plays lessons in one lab: every block typed into a real terminal, every check red before its step, green after it, red with the right
// words after its mistakes, green after every other right way. Knows how to try; report.ts and recording.ts know what for.

import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckSpec } from '../../protocol/check.ts';
import type { Block, Lesson, Proven, Step } from '../../protocol/lesson.ts';
import { numberIn } from '../../protocol/number-in.ts';
import { Receipts } from '../../server/checks/receipts.ts';
import { StateFiles } from '../../server/engines/embedded/state.ts';
import type { ClusterFile, StepState } from '../../server/travel/pack.ts';
import { changedFiles, put } from '../../server/travel/workspace-files.ts';
import { ANYTHING } from '../../src/lesson/expected.ts';
import { ClusterLab } from '../support/cluster-lab.ts';
import { LabShell, type Ran } from '../support/lab-shell.ts';
import type { Recording } from './recording.ts';
import type { Report } from './report.ts';
import { WatchedBoard, say } from './watched-board.ts';

/** Everything that waits inside the cluster runs this much faster; kubectl stays real. */
const CLOCK_SPEED = 20;

/** Folders of the workspace in which learners write. */
const FOLDERS = ['labs', 'reports'];

export interface PlayerOptions {
  /** From top to bottom, without mistakes and other ways, which need saved states. */
  once: boolean;
  /** Of each check's mistakes, how many are tried. */
  mistakes: number;
  /** `compare` with what is recorded, `keep` it anew, or leave outputs alone. */
  outputs: 'compare' | 'keep' | 'leave';
  /** Keeps how each step leaves the lab. */
  states: boolean;
  report: Report;
  recording: Recording;
  /** Goes before each line, where two players talk at a time. */
  say: (line: string) => void;
}

export class Player {
  readonly lab: ClusterLab;
  readonly #options: PlayerOptions;

  private constructor(lab: ClusterLab, options: PlayerOptions) {
    this.lab = lab;
    this.#options = options;
  }

  static async start(options: PlayerOptions): Promise<Player> {
    return new Player(await ClusterLab.start({ clockSpeed: CLOCK_SPEED }), options);
  }

  async stop(): Promise<void> {
    // An embedded cluster ends with its lab; a cluster of containers would stay.
    if (this.#options.once) await this.lab.cluster({ verb: 'down' });
    await this.lab.stop();
  }

  /** Goes to a recorded state, as a learner does who starts in the middle. */
  async arrive({ cluster, files }: StepState): Promise<void> {
    const { directory } = this.lab.workspace;
    for (const [path, text] of Object.entries(files)) await put(directory, path, text);
    if (!cluster) return;
    const states = new StateFiles(directory);
    await states.prepare();
    writeFileSync(states.saved('recorded'), JSON.stringify(cluster));
    await this.lab.cluster({ verb: 'restore', name: 'recorded' });
  }

  async play(lesson: Lesson, examine: boolean): Promise<void> {
    const { once, states, recording, say } = this.#options;
    say(`\n${lesson.module}.${lesson.number} ${lesson.title}`);
    for (const step of lesson.steps) {
      say(`  ${step.number} ${step.title}`);
      if (once) await this.#playStep(lesson, step, examine);
      else {
        const begins = await this.#saved(`begin-${step.id}`);
        if (examine) for (const check of step.checks) await this.#examineCheck(check, begins);
        await begins.restore();
        await this.#playStep(lesson, step, examine);
        if (examine) await this.#examineBreaks(step);
      }
      if (states) recording.keepState(await this.#state(step));
    }
  }

  /** The step as its page has it: red before, each block with its exit code and its output, green after. */
  async #playStep(lesson: Lesson, step: Step, examine: boolean): Promise<void> {
    const { report, outputs, recording } = this.#options;
    await this.#withShell(step.checks, async (shell, board) => {
      if (examine) {
        for (const { check } of step.checks) {
          await report.test(`${check}: red before its step`, async () => {
            const { verdict } = await board.until(
              check,
              ({ verdict: { state } }) => state !== 'not started',
            );
            if (verdict.state !== 'waiting') throw new Error(`it is ${say(verdict)}`);
          });
        }
      }
      for (const block of step.blocks) {
        await report.test(`block ${block.id}`, async () => {
          const ran = await runBlock(shell, block);
          report.executed(block.id);
          expectExit(block, ran);
          expectAnswers(block, ran);
          const printed = ran.printed.replaceAll(this.lab.workspace.directory, ANYTHING);
          if (outputs === 'keep') recording.keep(lesson, block, printed, provenOn());
          else if (outputs === 'compare' && examine) recording.compare(block, printed);
        });
      }
      for (const { check } of step.checks)
        await report.test(`${check}: green after its step`, () => board.untilPassed(check));
    });
  }

  async #examineCheck(check: CheckSpec, begins: Saved): Promise<void> {
    const { report } = this.#options;
    for (const [number, mistake] of check.mistakes.slice(0, this.#options.mistakes).entries()) {
      await begins.restore();
      await this.#withShell([check], async (shell, board) => {
        await report.mistake(`${check.check}: names mistake ${number + 1}`, async () => {
          await shell.run(mistake.run);
          await board.until(
            check.check,
            ({ verdict }) => verdict.state === 'waiting' && verdict.because.includes(mistake.says),
            `waiting with "${mistake.says}"`,
          );
        });
      });
    }
    for (const [number, alternative] of (check.alternatives ?? []).entries()) {
      await begins.restore();
      await this.#withShell([check], async (shell, board) => {
        await report.test(`${check.check}: green after other right way ${number + 1}`, async () => {
          await shell.run(alternative.run);
          await board.untilPassed(check.check);
        });
      });
    }
  }

  async #examineBreaks(step: Step): Promise<void> {
    const { report } = this.#options;
    const breaks = step.checks.flatMap((check) =>
      (check.breaks ?? []).map((way) => ({ check, way })),
    );
    if (breaks.length === 0) return;
    const after = await this.#saved(`after-${step.id}`);
    for (const { check, way } of breaks) {
      await this.#withShell([check], async (shell, board) => {
        await report.test(`${check.check}: says when it is no longer so`, async () => {
          await board.untilPassed(check.check);
          await shell.run(way.run);
          await board.until(
            check.check,
            ({ verdict, proven }) =>
              verdict.state === 'waiting' &&
              verdict.because.includes(way.says) &&
              proven !== undefined,
            `waiting with "${way.says}", once proven`,
          );
        });
      });
      await after.restore();
    }
  }

  /** The present state of the learner's cluster and files, to come back to. Before the first `cluster up` there is no cluster. */
  async #saved(name: string): Promise<Saved> {
    const { directory } = this.lab.workspace;
    const kept = join(directory, '.meshproof/kept', name);
    for (const folder of FOLDERS) copyIfThere(join(directory, folder), join(kept, folder));
    const { running } = await this.lab.cluster({ verb: 'status' });
    if (running) await this.lab.cluster({ verb: 'save', name });
    return {
      restore: async () => {
        for (const folder of FOLDERS) {
          rmSync(join(directory, folder), { recursive: true, force: true });
          copyIfThere(join(kept, folder), join(directory, folder));
        }
        await this.lab.cluster(running ? { verb: 'restore', name } : { verb: 'down' });
      },
    };
  }

  /** How the step leaves the lab, for learners who start behind it. */
  async #state({ id }: Step): Promise<StepState> {
    const { directory } = this.lab.workspace;
    const files = await changedFiles(directory);
    const { running } = await this.lab.cluster({ verb: 'status' });
    if (!running) return { step: id, cluster: undefined, files };
    await this.lab.cluster({ verb: 'save', name: 'recorded' });
    const text = readFileSync(new StateFiles(directory).saved('recorded'), 'utf8');
    return { step: id, cluster: JSON.parse(text) as ClusterFile, files };
  }

  /** A fresh terminal and a fresh board, so that nothing of another try is remembered. */
  async #withShell(
    checks: CheckSpec[],
    use: (shell: LabShell, board: WatchedBoard) => Promise<void>,
  ): Promise<void> {
    const receipts = new Receipts();
    const shell = new LabShell(this.lab.workspace, (receipt) => receipts.add(receipt));
    const board = new WatchedBoard(checks, this.lab.workspace, receipts);
    try {
      await shell.ready();
      await use(shell, board);
    } finally {
      board.close();
      shell.close();
    }
  }
}

interface Saved {
  restore(): Promise<void>;
}

function runBlock(shell: LabShell, block: Block): Promise<Ran> {
  if (block.shell === 'pod') return shell.runInPod(block.text);
  if (block.opensPodShell) return shell.openPod(block.text);
  if (block.untilSeen !== undefined) return shell.runUntil(block.text, block.untilSeen);
  return shell.run(block.text);
}

function expectExit(block: Block, ran: Ran): void {
  const isJudged = block.shell === 'lab' && !block.opensPodShell && block.untilSeen === undefined;
  if (isJudged && ran.exit !== block.exitCode)
    throw new Error(`exit ${ran.exit} instead of ${block.exitCode}\n${ran.output}`);
}

/** What a page asks its reader to predict must be found in what the learner's own cluster says. */
function expectAnswers({ answers = [] }: Block, { printed }: Ran): void {
  for (const pointed of answers) {
    if (numberIn(printed, pointed) !== undefined) continue;
    throw new Error(`no number where <Predict> points, ${JSON.stringify(pointed)}, in\n${printed}`);
  }
}

/** What this run proves things on. */
function provenOn(): Proven {
  return {
    engine: 'the embedded cluster',
    versions: { Kubernetes: '1.36.2', Istio: '1.30.3' },
    date: new Date().toISOString().slice(0, 'yyyy-mm-dd'.length),
  };
}

function copyIfThere(from: string, to: string): void {
  if (existsSync(from)) cpSync(from, to, { recursive: true });
}
