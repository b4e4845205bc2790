// find: walks directories and tests what it meets.

import type { Process, Program } from '../../node/process.ts';
import type { FileInfo } from '../../node/file-system.ts';
import { FileError } from '../../node/file-system.ts';
import { matchesPattern } from '../shell/pattern.ts';
import { baseName, describe, resolvePath } from './files.ts';
import { complain, print } from './program.ts';
import { patternToRegExp } from './regex.ts';
import { run } from './running.ts';
import { findUser } from './users.ts';

interface Found {
  /** As printed: below the starting point as it was given. */
  name: string;
  path: string;
  info: FileInfo;
  depth: number;
}

type Test = (found: Found) => boolean | Promise<boolean>;

class FindFault extends Error {}

/** What the words of an expression compile to. */
interface Plan {
  test: Test;
  minDepth: number;
  maxDepth: number;
  depthFirst: boolean;
  /** Names collected for `-exec … +`. */
  batches: { argv: readonly string[]; names: string[] }[];
  pruned: Set<string>;
  quit: { now: boolean };
}

export const find: Program = async (process) => {
  const words = process.argv
    .slice(1)
    .filter((word, index) => !(index === 0 && /^-[HLP]$/.test(word)));
  const firstTest = words.findIndex((word) => /^[-(!]/.test(word));
  const starts = words.slice(0, firstTest < 0 ? undefined : firstTest);
  const expression = firstTest < 0 ? [] : words.slice(firstTest);
  let plan: Plan;
  try {
    plan = new Compiler(process, expression).plan();
  } catch (error) {
    if (!(error instanceof FindFault)) throw error;
    await complain(process, error.message);
    return 1;
  }
  let status = 0;
  for (const start of starts.length > 0 ? starts : ['.']) {
    const path = resolvePath(process.cwd, start);
    const info = process.fs.stat(path, false);
    if (!info) {
      await complain(process, `${start}: No such file or directory`);
      status = 1;
    } else if (!(await walk(process, plan, { name: start, path, info, depth: 0 }))) status = 1;
  }
  for (const { argv, names } of plan.batches)
    if (
      names.length > 0 &&
      (await run(
        process,
        argv.flatMap((word) => (word === '{}' ? names : [word])),
      )) !== 0
    )
      status = 1;
  return status;
};

async function walk(process: Process, plan: Plan, found: Found): Promise<boolean> {
  await process.yield();
  if (plan.quit.now) return true;
  const visits = found.depth >= plan.minDepth;
  if (visits && !plan.depthFirst) await plan.test(found);
  let fine = true;
  if (
    found.info.type === 'directory' &&
    found.depth < plan.maxDepth &&
    !plan.pruned.has(found.path)
  ) {
    let names: string[] = [];
    try {
      names = process.fs.list(found.path);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      await complain(process, `${found.name}: ${describe(error)}`);
      fine = false;
    }
    for (const name of names) {
      const path = resolvePath(found.path, name);
      const info = process.fs.stat(path, false);
      if (!info) continue;
      const shown = `${found.name.replace(/\/$/, '')}/${name}`;
      if (!(await walk(process, plan, { name: shown, path, info, depth: found.depth + 1 })))
        fine = false;
    }
  }
  if (visits && plan.depthFirst && !plan.quit.now) await plan.test(found);
  return fine;
}

class Compiler {
  readonly #process: Process;
  readonly #words: readonly string[];
  #at = 0;
  #acts = false;
  readonly #plan: Plan = {
    test: () => true,
    minDepth: 0,
    maxDepth: Infinity,
    depthFirst: false,
    batches: [],
    pruned: new Set(),
    quit: { now: false },
  };

  constructor(process: Process, words: readonly string[]) {
    this.#process = process;
    this.#words = words;
  }

  plan(): Plan {
    const test = this.#words.length > 0 ? this.#or() : () => true;
    if (this.#at < this.#words.length)
      throw new FindFault(`unrecognized: ${this.#words[this.#at]}`);
    const prints: Test = async (found) => {
      await print(this.#process, `${found.name}\n`);
      return true;
    };
    this.#plan.test = this.#acts
      ? test
      : async (found) => (await test(found)) && (await prints(found));
    return this.#plan;
  }

  #or(): Test {
    let left = this.#and();
    while (this.#take('-o') || this.#take('-or')) {
      const [first, second] = [left, this.#and()];
      left = async (found) => (await first(found)) || (await second(found));
    }
    return left;
  }

  #and(): Test {
    let left = this.#not();
    for (;;) {
      const next = this.#words[this.#at];
      if (next === undefined || next === ')' || next === '-o' || next === '-or') return left;
      this.#take('-a');
      const [first, second] = [left, this.#not()];
      left = async (found) => (await first(found)) && (await second(found));
    }
  }

  #not(): Test {
    if (this.#take('!') || this.#take('-not')) {
      const inner = this.#not();
      return async (found) => !(await inner(found));
    }
    if (this.#take('(')) {
      const inner = this.#or();
      if (!this.#take(')')) throw new FindFault("unmatched '('");
      return inner;
    }
    return this.#primary();
  }

  #take(word: string): boolean {
    if (this.#words[this.#at] !== word) return false;
    this.#at++;
    return true;
  }

  #argument(word: string): string {
    const value = this.#words[this.#at++];
    if (value === undefined) throw new FindFault(`${word} requires an argument`);
    return value;
  }

  #primary(): Test {
    const word = this.#words[this.#at++] ?? '';
    switch (word) {
      case '-name':
      case '-iname': {
        const pattern = this.#argument(word);
        return ({ name }) =>
          matchesPattern(baseName(name), pattern, { ignoreCase: word === '-iname' });
      }
      case '-path':
      case '-ipath':
      case '-wholename': {
        const pattern = this.#argument(word);
        return ({ name }) => matchesPattern(name, pattern, { ignoreCase: word === '-ipath' });
      }
      case '-regex': {
        const expression = patternToRegExp(this.#argument(word), { extended: false });
        return ({ name }) => expression?.exec(name)?.[0] === name;
      }
      case '-type': {
        const type = { f: 'file', d: 'directory', l: 'link', c: 'device' }[this.#argument(word)];
        return ({ info }) => info.type === type;
      }
      case '-maxdepth':
      case '-mindepth': {
        const depth = Number(this.#argument(word));
        if (word === '-maxdepth') this.#plan.maxDepth = depth;
        else this.#plan.minDepth = depth;
        return () => true;
      }
      case '-depth':
        this.#plan.depthFirst = true;
        return () => true;
      case '-mtime':
        return this.#age(this.#argument(word), 86_400_000);
      case '-mmin':
        return this.#age(this.#argument(word), 60_000);
      case '-newer': {
        const reference = this.#process.fs.stat(
          resolvePath(this.#process.cwd, this.#argument(word)),
        );
        return ({ info }) => reference !== undefined && info.modifiedAt > reference.modifiedAt;
      }
      case '-size':
        return this.#size(this.#argument(word));
      case '-empty':
        return ({ info, path }) =>
          info.type === 'directory'
            ? this.#process.fs.list(path).length === 0
            : info.type === 'file' && info.size === 0;
      case '-perm':
        return permission(this.#argument(word));
      case '-user': {
        const user = findUser(this.#process, this.#argument(word));
        return ({ info }) => info.uid === user?.uid;
      }
      default:
        return this.#action(word);
    }
  }

  #action(word: string): Test {
    switch (word) {
      case '-print':
        this.#acts = true;
        return async ({ name }) => {
          await print(this.#process, `${name}\n`);
          return true;
        };
      case '-print0':
        this.#acts = true;
        return async ({ name }) => {
          await print(this.#process, `${name}\0`);
          return true;
        };
      case '-delete':
        this.#acts = true;
        this.#plan.depthFirst = true;
        return ({ path }) => {
          this.#process.fs.remove(path, false);
          return true;
        };
      case '-prune':
        return ({ path }) => {
          this.#plan.pruned.add(path);
          return true;
        };
      case '-quit':
        return () => {
          this.#plan.quit.now = true;
          return true;
        };
      case '-true':
        return () => true;
      case '-false':
        return () => false;
      case '-xdev':
      case '-follow':
        return () => true;
      case '-exec':
      case '-ok':
        return this.#exec(word);
      default:
        throw new FindFault(`unrecognized: ${word}`);
    }
  }

  #exec(word: string): Test {
    this.#acts = true;
    const argv: string[] = [];
    for (;;) {
      const next = this.#argument(word);
      if (next === ';') break;
      if (next === '+' && argv.at(-1) === '{}') {
        const batch = { argv, names: [] as string[] };
        this.#plan.batches.push(batch);
        return ({ name }) => {
          batch.names.push(name);
          return true;
        };
      }
      argv.push(next);
    }
    return async ({ name }) =>
      (await run(
        this.#process,
        argv.map((one) => one.replaceAll('{}', name)),
      )) === 0;
  }

  #age(text: string, unit: number): Test {
    const now = this.#process.clock.now();
    const wanted = Number(text.replace(/^[-+]/, ''));
    return ({ info }) => {
      const age = Math.floor((now - info.modifiedAt) / unit);
      return text.startsWith('+')
        ? age > wanted
        : text.startsWith('-')
          ? age < wanted
          : age === wanted;
    };
  }

  #size(text: string): Test {
    const found = /^([-+]?)(\d+)([bcwkMG]?)$/.exec(text);
    if (!found) throw new FindFault(`invalid number '${text}'`);
    const unit =
      { '': 512, b: 512, c: 1, w: 2, k: 1024, M: 1024 ** 2, G: 1024 ** 3 }[found[3] ?? ''] ?? 512;
    const wanted = Number(found[2]);
    return ({ info }) => {
      const size = Math.ceil(info.size / unit);
      return found[1] === '+' ? size > wanted : found[1] === '-' ? size < wanted : size === wanted;
    };
  }
}

function permission(text: string): Test {
  const wanted = parseInt(text.replace(/^[-/+]/, ''), 8);
  if (Number.isNaN(wanted)) throw new FindFault(`invalid mode '${text}'`);
  return ({ info }) => {
    const mode = info.mode & 0o7777;
    if (text.startsWith('-')) return (mode & wanted) === wanted;
    return text.startsWith('/') || text.startsWith('+') ? (mode & wanted) !== 0 : mode === wanted;
  };
}
