// xargs: words from standard input as arguments of a program.

import type { Process, Program } from '../../node/process.ts';
import { applet } from './applet.ts';
import { complain, printError } from './program.ts';
import { run } from './running.ts';
import { decodeText } from './text.ts';

/** Arguments one run gets when nothing says otherwise. Linux would take more bytes than anybody sees here. */
const MOST_WORDS = 5_000;
/** Bytes of input held at a time. */
const MAX_INPUT = 8 * 1024 * 1024;

export const xargs: Program = applet(
  {
    letters: 'pr0tI:n:s:e::E:xP:L:',
    usage: '[OPTIONS] [PROG ARGS]',
    operandsEnd: true,
    long: { null: '0', 'no-run-if-empty': 'r', 'max-procs': 'P', 'max-args': 'n' },
  },
  async (process, options) => {
    const command = options.operands.length > 0 ? [...options.operands] : ['echo'];
    const words = await wordsOf(
      process,
      options.has('0') ? 'null' : options.has('I') ? 'line' : 'shell',
    );
    if (words === undefined) {
      await complain(process, 'unmatched quote');
      return 1;
    }
    const end = options.value('E');
    const used =
      end === undefined
        ? words
        : words.slice(0, words.includes(end) ? words.indexOf(end) : undefined);
    const runs = groups(
      used,
      command,
      options.value('I'),
      Number(options.value('n') ?? options.value('L') ?? MOST_WORDS),
    );
    if (runs.length === 0 && !options.has('r') && !options.has('I')) runs.push(command);
    return runAll(process, runs, Number(options.value('P') ?? 1) || runs.length, options.has('t'));
  },
);

function groups(
  words: readonly string[],
  command: readonly string[],
  replaced: string | undefined,
  size: number,
): string[][] {
  if (replaced !== undefined) {
    const mark = replaced === '' ? '{}' : replaced;
    return words.map((word) => command.map((part) => part.replaceAll(mark, () => word)));
  }
  const runs: string[][] = [];
  for (let at = 0; at < words.length; at += Math.max(1, size))
    runs.push([...command, ...words.slice(at, at + Math.max(1, size))]);
  return runs;
}

/** busybox: 123 when any run failed, 124 at exit 255, 126 and 127 when the program cannot be run. */
async function runAll(
  process: Process,
  runs: readonly string[][],
  atOnce: number,
  traced: boolean,
): Promise<number> {
  let status = 0;
  let next = 0;
  const worker = async () => {
    for (let argv = runs[next++]; argv; argv = runs[next++]) {
      if (traced) await printError(process, `${argv.join(' ')}\n`);
      const ended = await run(process, argv, { plainWords: true });
      if (ended === 126 || ended === 127) {
        status = ended;
        next = runs.length;
      } else if (ended === 255) {
        await complain(process, `${argv[0]}: exited with status 255; aborting`);
        status = 124;
        next = runs.length;
      } else if (ended > 128) status = 125;
      else if (ended !== 0) status = 123;
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, runs.length) }, worker));
  return status;
}

async function wordsOf(
  process: Process,
  style: 'shell' | 'line' | 'null',
): Promise<string[] | undefined> {
  let text = '';
  for (
    let chunk = await process.stdin.read();
    chunk && text.length < MAX_INPUT;
    chunk = await process.stdin.read()
  )
    text += decodeText(chunk);
  if (style === 'null')
    return text.split('\0').filter((word, index, all) => word !== '' || index < all.length - 1);
  if (style === 'line')
    return text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === "'" || char === '"') {
      const close = text.indexOf(char, at + 1);
      if (close < 0) return undefined;
      word = (word ?? '') + text.slice(at + 1, close);
      at = close;
    } else if (char === '\\') word = (word ?? '') + (text[++at] ?? '');
    else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}
