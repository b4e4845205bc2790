// What Meshproof remembers of learners: checks proven, how far a check of history has come, the last receipts of their
// terminals, and what their lab has measured.
// SQLite, one file. Knows nothing of clusters or pages.

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Evidence } from '../../protocol/evidence.ts';
import { Receipt } from '../../protocol/receipt.ts';
import type { CheckState } from '../../protocol/verdict.ts';
import { limits } from '../config.ts';

export type Proof = NonNullable<CheckState['proven']>;

/** Each entry brings the file from the version before it to its own. Never changed once released. */
const MIGRATIONS = [
  `CREATE TABLE proof (
     learner TEXT NOT NULL, check_id TEXT NOT NULL, at INTEGER NOT NULL, seen TEXT NOT NULL,
     engine TEXT NOT NULL, revisions TEXT NOT NULL, PRIMARY KEY (learner, check_id)
   ) STRICT;
   CREATE TABLE progress (
     learner TEXT NOT NULL, check_id TEXT NOT NULL, rules_seen INTEGER NOT NULL, PRIMARY KEY (learner, check_id)
   ) STRICT;`,
  `CREATE TABLE receipt (
     number INTEGER PRIMARY KEY, learner TEXT NOT NULL, session TEXT NOT NULL, offset INTEGER NOT NULL, place TEXT NOT NULL,
     command TEXT NOT NULL, exit INTEGER NOT NULL, at INTEGER NOT NULL, ms INTEGER NOT NULL, output TEXT NOT NULL,
     cut INTEGER NOT NULL, UNIQUE (learner, session, offset)
   ) STRICT;`,
  `CREATE TABLE evidence (
     learner TEXT NOT NULL, measure TEXT NOT NULL, at INTEGER NOT NULL, evidence TEXT NOT NULL,
     PRIMARY KEY (learner, measure)
   ) STRICT;`,
  `CREATE TABLE skip (
     learner TEXT NOT NULL, check_id TEXT NOT NULL, PRIMARY KEY (learner, check_id)
   ) STRICT;`,
];

interface ProofRow {
  check_id: string;
  at: number;
  seen: string;
  engine: string;
  revisions: string;
}

export class LearnerRecord {
  readonly #database: DatabaseSync;

  /** `:memory:` keeps nothing. Throws when the file was written by a newer Meshproof, saying so. */
  constructor(file: string) {
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
    this.#database = new DatabaseSync(file);
    // A crash of the process loses nothing; only a crash of the machine may lose the last writes.
    this.#database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000;',
    );
    this.#migrate(file);
  }

  /** Proofs of one learner, by check. */
  proofs(learner: string): Map<string, Proof> {
    const rows = this.#database
      .prepare('SELECT check_id, at, seen, engine, revisions FROM proof WHERE learner = ?')
      .all(learner) as unknown as ProofRow[];
    return new Map(
      rows.map(({ check_id, revisions, ...row }) => [
        check_id,
        { ...row, revisions: JSON.parse(revisions) as Proof['revisions'] },
      ]),
    );
  }

  /** Keeps the first proof of a check; a later one changes nothing. */
  prove(learner: string, check: string, proof: Proof): void {
    this.#database
      .prepare(
        'INSERT OR IGNORE INTO proof (learner, check_id, at, seen, engine, revisions) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(learner, check, proof.at, proof.seen, proof.engine, JSON.stringify(proof.revisions));
  }

  /** Rules of a check of history that have been seen true, by check. */
  progress(learner: string): Map<string, number> {
    const rows = this.#database
      .prepare('SELECT check_id, rules_seen FROM progress WHERE learner = ?')
      .all(learner) as unknown as { check_id: string; rules_seen: number }[];
    return new Map(rows.map(({ check_id, rules_seen }) => [check_id, rules_seen]));
  }

  setProgress(learner: string, check: string, rulesSeen: number): void {
    this.#database
      .prepare(
        `INSERT INTO progress (learner, check_id, rules_seen) VALUES (?, ?, ?)
         ON CONFLICT (learner, check_id) DO UPDATE SET rules_seen = excluded.rules_seen`,
      )
      .run(learner, check, rulesSeen);
  }

  /** Checks of steps behind which the learner has arrived without doing them. */
  skipped(learner: string): Set<string> {
    const rows = this.#database.prepare('SELECT check_id FROM skip WHERE learner = ?').all(learner);
    return new Set(rows.map((row) => String(row['check_id'])));
  }

  setSkipped(learner: string, check: string, skipped: boolean): void {
    this.#database
      .prepare(
        skipped
          ? 'INSERT OR IGNORE INTO skip (learner, check_id) VALUES (?, ?)'
          : 'DELETE FROM skip WHERE learner = ? AND check_id = ?',
      )
      .run(learner, check);
  }

  /** False when it is known already. The oldest go when there are too many, or too much output. */
  addReceipt(learner: string, receipt: Receipt): boolean {
    const { session, offset, place, command, exit, at, ms, output, cut } = receipt;
    const { changes } = this.#database
      .prepare(
        `INSERT OR IGNORE INTO receipt (learner, session, offset, place, command, exit, at, ms, output, cut)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(learner, session, offset, place, command, exit, at, ms, output, Number(cut));
    if (changes === 0) return false;
    this.#database
      .prepare(
        `DELETE FROM receipt WHERE learner = ?1 AND number IN (
           SELECT number FROM (
             SELECT number, row_number() OVER newest AS kept, sum(length(output)) OVER newest AS bytes
             FROM receipt WHERE learner = ?1 WINDOW newest AS (ORDER BY number DESC))
           WHERE kept > ?2 OR bytes > ?3)`,
      )
      .run(learner, limits.receiptsKept, limits.receiptsKeptBytes);
    return true;
  }

  /** Newest last; of one terminal, from an offset of its output on, when they are given. */
  receipts(learner: string, session?: string, from = 0): Receipt[] {
    const columns = 'session, offset, place, command, exit, at, ms, output, cut';
    const where =
      session === undefined ? 'learner = ?' : 'learner = ? AND session = ? AND offset >= ?';
    const rows = this.#database
      .prepare(`SELECT ${columns} FROM receipt WHERE ${where} ORDER BY number`)
      .all(...(session === undefined ? [learner] : [learner, session, from]));
    return rows.map((row) => Receipt.parse({ ...row, cut: row['cut'] === 1 }));
  }

  /** What the learner's lab has measured, oldest first. */
  evidence(learner: string): Evidence[] {
    return this.#database
      .prepare('SELECT evidence FROM evidence WHERE learner = ? ORDER BY at, measure')
      .all(learner)
      .map((row) => Evidence.parse(JSON.parse(String(row['evidence']))));
  }

  /** Keeps the first measurement of each measure, until it is forgotten: so there are never more than the course declares. */
  keepEvidence(learner: string, evidence: Evidence): boolean {
    const { changes } = this.#database
      .prepare(
        'INSERT OR IGNORE INTO evidence (learner, measure, at, evidence) VALUES (?, ?, ?, ?)',
      )
      .run(learner, evidence.measure, evidence.at, JSON.stringify(evidence));
    return changes > 0;
  }

  forgetEvidence(learner: string, measure: string): void {
    this.#database
      .prepare('DELETE FROM evidence WHERE learner = ? AND measure = ?')
      .run(learner, measure);
  }

  close(): void {
    this.#database.close();
  }

  #migrate(file: string): void {
    const { user_version: version } = this.#database.prepare('PRAGMA user_version').get() as {
      user_version: number;
    };
    if (version > MIGRATIONS.length) {
      throw new Error(
        `${file} was written by a newer Meshproof (format ${version}). Update this one: git pull, then npm start.`,
      );
    }
    for (let next = version; next < MIGRATIONS.length; next++) {
      this.#database.exec(
        `BEGIN; ${MIGRATIONS[next] ?? ''} PRAGMA user_version = ${next + 1}; COMMIT;`,
      );
    }
  }
}
