// A learner's journeys to known states: plans them, makes them, and knows the way back. The cluster changes through the control socket
// alone, as `meshproof cluster restore` does. Knows nothing of pages.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Catalogue, Step } from '../../protocol/lesson.ts';
import type { Differences, Travelled, TravelPlan } from '../../protocol/travel.ts';
import { ApiServer } from '../checks/api-server.ts';
import type { EngineName } from '../config.ts';
import { StateFiles } from '../engines/embedded/state.ts';
import type { WorkspacePaths } from '../workspace/workspace.ts';
import { askEngine } from './control.ts';
import { differences, fileDifferences } from './difference.ts';
import { StatePack, type StepState, stepDigests } from './pack.ts';
import {
  blocksBetween,
  type FileAt,
  fileChanges,
  isProven,
  lastDone,
  stepsSkipped,
} from './route.ts';
import { statesOf } from './states.ts';
import { fileOf, put, shipped } from './workspace-files.ts';

/** Where a journey's state lies for the engine, and where the one before it. */
const THERE = 'travel';
const BACK = 'before-travel';

export interface JourneyOptions {
  workspace: Pick<WorkspacePaths, 'directory' | 'controlSocket' | 'kubeconfig'>;
  engine: EngineName;
  catalogue: () => Promise<Catalogue>;
  /** Whether a check has been proven, or belongs to a step that was skipped. */
  proven: (check: string) => boolean;
  skipped: (check: string) => boolean;
  /** What becomes true of these steps from now on proves nothing. */
  skip: (steps: readonly Step[]) => void;
  /** Not on the way: what the arrival makes true of these is nobody's doing, what comes after may be. */
  lend: (steps: readonly Step[]) => void;
  /** These are to be done. */
  expect: (steps: readonly Step[]) => void;
  /** Where the module's states are recorded. Default: in the course. */
  states?: (module: number) => string;
  now?: () => number;
}

/** The steps of a module, and where in them a journey ends. */
interface Way {
  steps: Step[];
  /** Of other modules. */
  others: Step[];
  end: number;
  pack: StatePack | undefined;
}

export class Journey {
  readonly #options: JourneyOptions;
  readonly #backFile: string;

  constructor(options: JourneyOptions) {
    this.#options = options;
    this.#backFile = join(options.workspace.directory, '.meshproof/travel/back.json');
  }

  /** Undefined for a step that the course does not have. */
  async plan(to: string): Promise<TravelPlan | undefined> {
    const way = await this.#way(to);
    return way && this.#planOf(to, way);
  }

  async #planOf(to: string, way: Way): Promise<TravelPlan> {
    const { steps, end } = way;
    const { engine } = this.#options;
    const skipped = stepsSkipped(steps, end, this.#options);
    if (!this.#isRestored(way)) {
      const from = lastDone(steps, this.#options);
      const fromScratch = end <= from;
      const blocks = blocksBetween(steps, fromScratch ? -1 : from, end);
      const cluster = fromScratch ? 'replaced' : 'none';
      return {
        to,
        how: 'replay',
        cluster,
        files: [],
        skipped,
        blocks,
        fromScratch,
        canReturn: false,
      };
    }
    const { running } = await this.#ask({ verb: 'status' });
    const step = steps[end];
    const cluster =
      step && way.pack?.hasCluster(step.id)
        ? running
          ? 'replaced'
          : 'made'
        : running
          ? 'removed'
          : 'none';
    const files = fileChanges(await this.#filesOn(way), end, (step) => this.#isTheirs(steps[step]));
    return {
      to,
      how: 'restore',
      cluster,
      files,
      skipped,
      blocks: [],
      fromScratch: false,
      canReturn: engine === 'embedded',
    };
  }

  /** Makes the journey that `plan` told of. Undefined when there is no such step, or its state is reached by doing alone. */
  async go(to: string): Promise<Travelled | undefined> {
    const began = performance.now();
    const way = await this.#way(to);
    const plan = way && (await this.#planOf(to, way));
    if (!way || plan?.how !== 'restore') return undefined;
    const { directory } = this.#options.workspace;
    const { cluster, files } = now(way, (this.#options.now ?? Date.now)());
    // Before the world changes: what it makes true at once is nobody's proof.
    this.#options.skip([...way.steps, ...way.others]);
    await this.#rememberBack(plan.files.map(({ path }) => path));
    for (const { path } of plan.files)
      await put(directory, path, files[path] ?? (await shipped(path)));
    await this.#setCluster(cluster === undefined ? undefined : JSON.stringify(cluster));
    this.#arrived(way);
    const step = way.steps[way.end];
    const say = step
      ? `You are behind step ${step.number}, ${step.title}.`
      : 'Nothing is done yet.';
    return {
      say,
      ms: performance.now() - began,
    };
  }

  /** The learner stands at the end of a step that the page has typed. False for a step that the course does not have. */
  async arrivedAt(to: string): Promise<boolean> {
    const way = await this.#way(to);
    if (way) this.#arrived(way);
    return way !== undefined;
  }

  /** Back to where the last journey began. Undefined when there was none. */
  async back(): Promise<Travelled | undefined> {
    const began = performance.now();
    const before = await this.#before();
    if (!before) return undefined;
    const { directory } = this.#options.workspace;
    for (const [path, text] of Object.entries(before.files)) await put(directory, path, text);
    if (before.running) await this.#ask({ verb: 'restore', name: BACK });
    else await this.#ask({ verb: 'down' });
    return {
      say: 'Your cluster and your files are as they were before you went.',
      ms: performance.now() - began,
    };
  }

  /** How the lab differs from the step's end. */
  async differences(to: string): Promise<Differences | undefined> {
    const way = await this.#way(to);
    if (!way) return undefined;
    if (!isKnown(way)) return { differences: undefined };
    const state = recorded(way);
    const { kubeconfig } = this.#options.workspace;
    const { running } = await this.#ask({ verb: 'status' });
    const api = running ? await ApiServer.fromKubeconfig(kubeconfig) : undefined;
    const files = fileDifferences(await this.#filesOn(way), way.end);
    return { differences: [...(await differences(state.cluster, api)), ...files] };
  }

  /** Whoever typed the steps has seen them happen, and yet skipped them: only doing proves. */
  #arrived({ steps, others, end }: Way): void {
    this.#options.skip(steps.slice(0, end + 1));
    this.#options.lend(others);
    this.#options.expect(steps.slice(end + 1));
  }

  /** `start:` a step is the end of the one before it. */
  async #way(to: string): Promise<Way | undefined> {
    const [, place, id] = /^(start|end):(.+)$/.exec(to) ?? [];
    const { lessons } = await this.#options.catalogue();
    const lesson = lessons.find(({ steps }) => steps.some((step) => step.id === id));
    if (!lesson) return undefined;
    const stepsOf = (mine: boolean) =>
      lessons
        .filter(({ module }) => (module === lesson.module) === mine)
        .flatMap((one) => one.steps);
    const steps = stepsOf(true);
    const others = stepsOf(false);
    const end = steps.findIndex((step) => step.id === id) - (place === 'start' ? 1 : 0);
    const file = (this.#options.states ?? statesOf)(lesson.module);
    return { steps, others, end, pack: await StatePack.read(file) };
  }

  /** Only the embedded engine keeps states. */
  #isRestored(way: Way): boolean {
    return this.#options.engine === 'embedded' && isKnown(way);
  }

  #isTheirs(step: Step | undefined): boolean {
    return step !== undefined && isProven(step, this.#options);
  }

  /** Every file that any step of the module writes, as it is and as it would be. */
  async #filesOn({ steps, end, pack }: Way): Promise<FileAt[]> {
    if (!pack) return [];
    const states = steps.map(({ id }) => (pack.steps.includes(id) ? pack.files(id) : {}));
    const paths = [...new Set(states.flatMap((files) => Object.keys(files)))].sort();
    const found: FileAt[] = [];
    for (const path of paths) {
      const given = await shipped(path);
      const texts = states.map((files) => (path in files ? (files[path] ?? null) : given));
      const changedBy = texts.flatMap((text, step) =>
        text === (step === 0 ? given : texts[step - 1]) ? [] : [step],
      );
      const have = await fileOf(this.#options.workspace.directory, path);
      found.push({ path, have, want: end < 0 ? given : (texts[end] ?? null), changedBy });
    }
    return found;
  }

  async #rememberBack(paths: readonly string[]): Promise<void> {
    const { directory } = this.#options.workspace;
    const files: Record<string, string | null> = {};
    for (const path of paths) files[path] = await fileOf(directory, path);
    const { running } = await this.#ask({ verb: 'status' });
    if (running) await this.#ask({ verb: 'save', name: BACK });
    await mkdir(dirname(this.#backFile), { recursive: true, mode: 0o700 });
    await writeFile(this.#backFile, JSON.stringify({ running, files }), { mode: 0o600 });
  }

  async #before(): Promise<{ running: boolean; files: Record<string, string | null> } | undefined> {
    try {
      return JSON.parse(await readFile(this.#backFile, 'utf8')) as {
        running: boolean;
        files: Record<string, string | null>;
      };
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #setCluster(text: string | undefined): Promise<void> {
    if (text === undefined) {
      await this.#ask({ verb: 'down' });
      return;
    }
    const states = new StateFiles(this.#options.workspace.directory);
    await states.prepare();
    await writeFile(states.saved(THERE), text, { mode: 0o600 });
    await this.#ask({ verb: 'restore', name: THERE });
  }

  #ask(request: Parameters<typeof askEngine>[1]): Promise<{ running: boolean }> {
    return askEngine(this.#options.workspace.controlSocket, request);
  }
}

/** What was recorded of steps as they are written now; before the first one nothing has to be. */
function isKnown({ steps, end, pack }: Way): boolean {
  const step = steps[end];
  return !step || pack?.knows(step.id, stepDigests(steps).get(step.id)) === true;
}

function recorded({ steps, end, pack }: Way): Omit<StepState, 'step'> {
  const step = steps[end];
  return (step && pack?.recorded(step.id)) ?? NOTHING;
}

function now({ steps, end, pack }: Way, at: number): Omit<StepState, 'step'> {
  const step = steps[end];
  return (step && pack?.now(step.id, at)) ?? NOTHING;
}

/** Before the first step. */
const NOTHING: Omit<StepState, 'step'> = { cluster: undefined, files: {} };
