// What became of a block, as this browser keeps it: over reloads, and next week. One entry a block, bounded; the terminals
// themselves and the lab's own record know more. Nothing is judged by it.

import { forget, fromJson, keep, recall } from '../page/memory.ts';

export interface KeptCommand {
  /** As the shell read it; empty where it does not say. */
  text: string;
  exit: number;
  ms: number;
  output: string;
  /** Bytes of output before these that are not kept here. */
  missing: number;
}

export interface Ended {
  is: 'ended';
  passed: boolean;
  /** The exit code the lesson means to show. */
  meant: number;
  at: number;
  ms: number;
  shell: string;
  commands: KeptCommand[];
}

export type Kept =
  | Ended
  | { is: 'sent'; at: number; where: string }
  /** Typed into a terminal whose last mark stood at `after`. The page may go away meanwhile. */
  | { is: 'running'; session: string; shell: string; after: number; since: number };

/** The last characters of one command's output: two screens of a terminal. */
export const KEPT_CHARACTERS = 6_000;
/** Pages whose receipts are kept: a course has fewer, and a browser keeps 5 MB. */
const KEPT_PAGES = 40;
const PREFIX = 'meshproof:receipts:';
const PAGES_KEY = 'meshproof:receipts';

/** `text` is the block's: what became of another text is not shown. */
export function keepReceipt(page: string, block: string, text: string, kept: Kept): void {
  const all = entries(page);
  all[block] = { text: sum(text), kept };
  const value = JSON.stringify(all);
  const pages = [...pagesKept().filter((each) => each !== page), page];
  for (const old of pages.splice(0, pages.length - KEPT_PAGES)) forget(PREFIX + old);
  // A browser that is full gives up the page that was longest ago.
  while (!keep(PREFIX + page, value)) {
    const oldest = pages.shift();
    if (oldest === undefined || oldest === page) return;
    forget(PREFIX + oldest);
  }
  keep(PAGES_KEY, JSON.stringify(pages));
}

export function recallReceipt(page: string, block: string, text: string): Kept | undefined {
  const entry = entries(page)[block];
  return entry?.text === sum(text) ? entry.kept : undefined;
}

export function forgetReceipt(page: string, block: string): void {
  const { [block]: _, ...rest } = entries(page);
  keep(PREFIX + page, JSON.stringify(rest));
}

type Entries = Record<string, { text: number; kept: Kept }>;

function entries(page: string): Entries {
  const all = fromJson(recall(PREFIX + page));
  if (typeof all !== 'object' || all === null) return {};
  const good = Object.entries(all).filter(
    (entry): entry is [string, Entries[string]] =>
      isNumber(entry[1], 'text') && isKept(field(entry[1], 'kept')),
  );
  return Object.fromEntries(good);
}

function pagesKept(): string[] {
  const pages = fromJson(recall(PAGES_KEY));
  return Array.isArray(pages) ? pages.filter((page) => typeof page === 'string') : [];
}

/** An older version of the page may have written something else: that is nothing. */
function isKept(value: unknown): value is Kept {
  const commands = field(value, 'commands');
  switch (field(value, 'is')) {
    case 'ended':
      return (
        ['meant', 'at', 'ms'].every((name) => isNumber(value, name)) &&
        typeof field(value, 'passed') === 'boolean' &&
        isText(value, 'shell') &&
        Array.isArray(commands) &&
        commands.length > 0 &&
        commands.every(isCommand)
      );
    case 'sent':
      return isNumber(value, 'at') && isText(value, 'where');
    case 'running':
      return (
        ['after', 'since'].every((name) => isNumber(value, name)) &&
        ['session', 'shell'].every((name) => isText(value, name))
      );
    default:
      return false;
  }
}

function isCommand(value: unknown): value is KeptCommand {
  return (
    ['exit', 'ms', 'missing'].every((name) => isNumber(value, name)) &&
    ['text', 'output'].every((name) => isText(value, name))
  );
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
const isNumber = (value: unknown, name: string): boolean => typeof field(value, name) === 'number';
const isText = (value: unknown, name: string): boolean => typeof field(value, name) === 'string';

/** FNV-1a: tells one text from the next. */
function sum(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}
