// The learner's business case, one for all its parts on a page: the figures they changed, and what their lab measured. Kept in this
// browser; where there is a lab, in the workspace too, so that it is there in another browser and can be read by hand.

import type { Evidence } from '../../../protocol/evidence.ts';
import {
  FIELDS,
  type Field,
  type Figure,
  type Figures,
  SOURCE_LENGTH,
} from '../../business/assumption.ts';
import { preloaded } from '../../business/book.ts';
import { lab } from '../page/lab.ts';
import { forget, fromJson, keep, recall } from '../page/memory.ts';

const KEY = 'meshproof:business-case';
const FILE = 'workbook.json';
/** After the last key: a file is not written for every digit. */
const WRITE_AFTER_MS = 800;

/** Only what differs from Marcus's figures, and when it was last changed: the newer of two places wins. */
interface Kept {
  at: number;
  figures: Record<string, Partial<Figure>>;
}

class CaseStore {
  #kept: Kept = read(recall(KEY)) ?? { at: 0, figures: {} };
  #figures: Figures = merged(this.#kept);
  readonly #listeners = new Set<() => void>();
  #timer = 0;

  constructor() {
    lab.on('evidence', () => this.#tell());
    const meet = () => {
      if (lab.state === 'open') void this.#meetWorkspace();
    };
    lab.on('state', meet);
    meet();
  }

  get figures(): Figures {
    return this.#figures;
  }

  get evidence(): readonly Evidence[] {
    return lab.evidence;
  }

  get isChanged(): boolean {
    return Object.keys(this.#kept.figures).length > 0;
  }

  /** Calls now and after each change, until the answer is called. */
  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    listener();
    return () => this.#listeners.delete(listener);
  }

  /** False when this browser keeps nothing. */
  set(id: string, field: Field, value: number | string): boolean {
    const figures = { ...this.#kept.figures, [id]: { ...this.#kept.figures[id], [field]: value } };
    return this.#become({ at: Date.now(), figures });
  }

  /** Marcus's figures again, of these assumptions. */
  reset(ids: readonly string[]): void {
    const rest = Object.entries(this.#kept.figures).filter(([id]) => !ids.includes(id));
    this.#become({ at: Date.now(), figures: Object.fromEntries(rest) });
  }

  #become(kept: Kept): boolean {
    this.#kept = kept;
    this.#figures = merged(kept);
    if (!this.isChanged) forget(KEY);
    const done = !this.isChanged || keep(KEY, JSON.stringify(kept));
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#write(), WRITE_AFTER_MS);
    this.#tell();
    return done;
  }

  /** What another browser wrote is taken over when it is newer; ours is written down when that is. */
  async #meetWorkspace(): Promise<void> {
    try {
      const there = read(await lab.readDocument(FILE));
      if (there && there.at > this.#kept.at) {
        this.#kept = there;
        this.#figures = merged(there);
        keep(KEY, JSON.stringify(there));
        this.#tell();
      } else if (this.#kept.at > (there?.at ?? 0)) await this.#write();
    } catch {
      // The lab has gone again: the browser has it, and the next meeting will tell.
    }
  }

  async #write(): Promise<void> {
    if (lab.state !== 'open') return;
    try {
      await lab.writeDocument(FILE, `${JSON.stringify(this.#kept, null, 1)}\n`);
    } catch {
      // Written at the next change, or when the lab comes back.
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Undefined for what is no case of ours: a file may have been edited by hand. */
function read(text: string | undefined): Kept | undefined {
  const value = fromJson(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const { at, figures } = value as { at?: unknown; figures?: unknown };
  if (typeof at !== 'number' || typeof figures !== 'object' || figures === null) return undefined;
  const known = preloaded();
  const kept = Object.entries(figures).flatMap(([id, figure]) =>
    id in known ? [[id, fieldsOf(figure)] as const] : [],
  );
  return { at, figures: Object.fromEntries(kept) };
}

function fieldsOf(figure: unknown): Partial<Figure> {
  const found: Record<string, number | string> = {};
  for (const field of FIELDS) {
    const value: unknown =
      typeof figure === 'object' && figure !== null ? Reflect.get(figure, field) : undefined;
    if (field === 'source') {
      if (typeof value === 'string') found[field] = value.slice(0, SOURCE_LENGTH);
    } else if (typeof value === 'number' && Number.isFinite(value) && value >= 0)
      found[field] = value;
  }
  return found;
}

function merged({ figures }: Kept): Figures {
  return Object.fromEntries(
    Object.entries(preloaded()).map(([id, figure]) => [id, { ...figure, ...figures[id] }]),
  );
}

export const businessCase = new CaseStore();
