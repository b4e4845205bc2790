// A board of checks for each learner who has a page open: wiring between the catalogue, the record, the workspace and the feed.
// Boards that nobody looks at rest, so that the cluster behind them can rest too.

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineFacts, FeedMessage } from '../protocol/lab.ts';
import { Catalogue } from '../protocol/lesson.ts';
import type { CheckState } from '../protocol/verdict.ts';
import type { CheckSpec } from '../protocol/check.ts';
import type { Receipt } from '../protocol/receipt.ts';
import { Board } from './checks/board.ts';
import { Measurements } from './evidence/measurements.ts';
import { Receipts } from './checks/receipts.ts';
import { type Config, limits } from './config.ts';
import { LearnerRecord } from './learners/learner-record.ts';
import { workspacePaths } from './workspace/workspace.ts';

export interface BoardsOptions {
  config: Pick<Config, 'home' | 'site'>;
  publish: (learner: string, message: FeedMessage) => void;
  log: (message: string) => void;
}

export class Boards {
  readonly #options: BoardsOptions;
  readonly #boards = new Map<string, Board>();
  readonly #engines = new Map<string, Pick<EngineFacts, 'name' | 'simulated'>>();
  readonly #measurements = new Map<string, Measurements>();
  readonly #receipts = new Map<string, Receipts>();
  readonly #resting = new Map<string, NodeJS.Timeout>();
  #record: LearnerRecord | undefined;
  #catalogue: Promise<Catalogue> | undefined;
  /** When the build wrote what was read. */
  #catalogueMs: number | undefined;

  constructor(options: BoardsOptions) {
    this.#options = options;
  }

  /** A page of the learner has come or gone. */
  audience(learner: string, pages: number): void {
    clearTimeout(this.#resting.get(learner));
    if (pages > 0) {
      this.#start(learner).catch((error: unknown) => {
        this.#options.log(
          `checks cannot run: ${error instanceof Error ? error.message : String(error)}`,
        );
        this.#options.publish(learner, {
          kind: 'notice',
          text: 'The checks cannot run. This is our fault, not yours; your work is safe. Stop Meshproof and run npm start again.',
        });
      });
      return;
    }
    // A walk from page to page closes one feed before it opens the next.
    const rest = setTimeout(() => this.#boards.get(learner)?.stop(), limits.boardRestMs);
    this.#resting.set(learner, rest.unref());
  }

  /** Remembers what is behind the learner's kubeconfig: a proof says on what it was proven. */
  engine(learner: string, facts: EngineFacts): void {
    this.#engines.set(learner, facts);
  }

  /** A command has ended in one of the learner's terminals; a holder tells a new web server the last ones again. */
  receipt(learner: string, receipt: Receipt): void {
    if (!this.#keep(learner, receipt)) return;
    this.#receiptsOf(learner).add(receipt);
    this.#measurements.get(learner)?.receipt(receipt);
    this.#options.publish(learner, { kind: 'receipt', receipt });
  }

  /** Those of a terminal from an offset of its output on, or of all terminals; newest last. */
  receipts(learner: string, session?: string, from?: number): Receipt[] {
    return this.#learnerRecord.receipts(learner, session, from);
  }

  /** Forgets what was measured. False while nothing is known of the learner yet. */
  forgetEvidence(learner: string, measure: string): boolean {
    const measurements = this.#measurements.get(learner);
    const check = measurements?.forget(measure);
    if (check !== undefined) this.#boards.get(learner)?.again(check);
    return measurements !== undefined;
  }

  close(): void {
    for (const measurements of this.#measurements.values()) measurements.close();
    for (const timer of this.#resting.values()) clearTimeout(timer);
    for (const board of this.#boards.values()) board.stop();
    this.#record?.close();
  }

  /** False when it is known already. A record that cannot be written costs the memory of it, not the sight. */
  #keep(learner: string, receipt: Receipt): boolean {
    try {
      return this.#learnerRecord.addReceipt(learner, receipt);
    } catch (error) {
      this.#options.log(`a receipt is not kept: ${String(error)}`);
      return true;
    }
  }

  get #learnerRecord(): LearnerRecord {
    return (this.#record ??= new LearnerRecord(join(this.#options.config.home, 'meshproof.db')));
  }

  #receiptsOf(learner: string): Receipts {
    let receipts = this.#receipts.get(learner);
    if (!receipts) this.#receipts.set(learner, (receipts = new Receipts()));
    return receipts;
  }

  async #start(learner: string): Promise<void> {
    const { lessons } = await this.catalogue();
    const checks = lessons.flatMap(({ steps }) => steps.flatMap((step) => step.checks));
    let board = this.#boards.get(learner);
    if (!board) {
      board = this.#make(learner, checks);
      this.#boards.set(learner, board);
      for (const check of board.states) this.#options.publish(learner, { kind: 'check', check });
      const evidence = this.#measurements.get(learner)?.evidence ?? [];
      this.#options.publish(learner, { kind: 'evidence', evidence });
    }
    board.start();
  }

  #make(learner: string, checks: CheckSpec[]): Board {
    const { home } = this.#options.config;
    const record = this.#learnerRecord;
    const unknown = { name: 'Unknown engine', simulated: false };
    const engine = () => this.#engines.get(learner) ?? unknown;
    const measurements = new Measurements({
      checks,
      record: {
        evidence: () => record.evidence(learner),
        keepEvidence: (evidence) => record.keepEvidence(learner, evidence),
        forgetEvidence: (measure) => record.forgetEvidence(learner, measure),
      },
      provenAt: new Map([...record.proofs(learner)].map(([check, { at }]) => [check, at])),
      engine,
      publish: (evidence) => this.#options.publish(learner, { kind: 'evidence', evidence }),
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    });
    this.#measurements.set(learner, measurements);
    return new Board({
      checks,
      workspace: workspacePaths(home, learner),
      receipts: this.#receiptsOf(learner),
      record: {
        proofs: () => record.proofs(learner),
        prove: (check, proof) => record.prove(learner, check, proof),
        progress: () => record.progress(learner),
        setProgress: (check, rulesSeen) => record.setProgress(learner, check, rulesSeen),
        skipped: () => record.skipped(learner),
        setSkipped: (check, skipped) => record.setSkipped(learner, check, skipped),
      },
      engineName: () => engine().name,
      judged: (judgement) => measurements.judged(judgement),
      publish: (check) => this.#options.publish(learner, { kind: 'check', check }),
    });
  }

  /**
   * The build wrote and checked it: a catalogue that cannot be read is a broken build. One that was written anew, as an author's
   * `npm run dev` does, is read anew, and its checks get new boards.
   */
  async catalogue(): Promise<Catalogue> {
    const file = join(this.#options.config.site, 'catalogue.json');
    const writtenMs = await this.#writtenMs(file);
    if (this.#catalogue && writtenMs === this.#catalogueMs) return this.#catalogue;
    if (this.#catalogue) this.#startAnew();
    this.#catalogueMs = writtenMs;
    return (this.#catalogue = readFile(file, 'utf8').then((text) =>
      Catalogue.parse(JSON.parse(text)),
    ));
  }

  /** While a build takes its pages away, what was read before still holds. */
  async #writtenMs(file: string): Promise<number | undefined> {
    try {
      return (await stat(file)).mtimeMs;
    } catch (error) {
      if (this.#catalogue) return this.#catalogueMs;
      throw error;
    }
  }

  #startAnew(): void {
    for (const board of this.#boards.values()) board.stop();
    for (const measurements of this.#measurements.values()) measurements.close();
    this.#boards.clear();
    this.#measurements.clear();
  }

  /** What the board of a learner knows of checks; the board is there while a page is open. */
  known(learner: string, check: string): CheckState | undefined {
    return this.#boards.get(learner)?.states.find((state) => state.check === check);
  }

  skip(learner: string, checks: ReadonlySet<string>): void {
    this.#boards.get(learner)?.skip(checks);
  }

  lend(learner: string, checks: ReadonlySet<string>): void {
    this.#boards.get(learner)?.lend(checks);
  }

  expect(learner: string, checks: ReadonlySet<string>): void {
    this.#boards.get(learner)?.expect(checks);
  }
}
