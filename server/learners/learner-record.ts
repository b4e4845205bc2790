// What Meshproof remembers of learners: checks proven, and how far a check of history has come. SQLite, one file.
// Knows nothing of clusters or pages.

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { CheckState } from '../../protocol/verdict.ts';

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
