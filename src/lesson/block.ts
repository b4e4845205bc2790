// A ```sh run="…" fence → Block. Knows what may stand behind `run`, and what must not be typed into a shell at once.

import type { Code } from 'mdast';
import type { Block } from '../../protocol/lesson.ts';
import { ID_FORM, isId } from './check.ts';
import { wordsOf, type Word } from './fence.ts';
import { all, guess, type Place, type Problems } from './problem.ts';
import { shellProblems } from './shell.ts';

/** Languages whose blocks a learner would type. */
export const SHELLS = ['sh', 'bash', 'shell', 'console'];

const FIELDS = ['run', 'in', 'opens', 'until', 'exit', 'varies', 'skill', 'blank', 'goal'];
/** They stand together or not at all. */
const FADES = ['skill', 'blank', 'goal'] as const;

/** What an ordinary command ends with. */
const SUCCESS = 0;
const LARGEST_EXIT_CODE = 255;

export function readBlock(code: Code, file: string, problems: Problems): Block | undefined {
  const start = startOf(code);
  const words = wordsOf(code.meta ?? '');
  const values = new Map(words.map((word) => [word.name, word.value]));
  const before = problems.found.length;

  for (const word of words) {
    const wrong = wrongWith(word);
    if (wrong) problems.add(placeOfWord(code, word), wrong);
  }
  for (const { line, message } of shellProblems(code.value)) {
    problems.add({ line: start.line + 1 + line, column: start.column }, message);
  }
  for (const message of fadingProblems(values, code.value)) problems.add(start, message);
  if (!code.value.trim()) problems.add(start, 'the block is empty: there is nothing to run.');
  if (problems.found.length > before) return undefined;

  const until = values.get('until');
  return {
    id: values.get('run') ?? '',
    text: code.value,
    shell: values.get('in') === 'pod' ? 'pod' : 'lab',
    opensPodShell: values.get('opens') === 'pod',
    ...(until !== undefined && { untilSeen: until }),
    ...(values.has('varies') && { varies: true }),
    ...(values.has('skill') && {
      fades: {
        skill: values.get('skill') ?? '',
        blank: values.get('blank') ?? '',
        goal: values.get('goal') ?? '',
      },
    }),
    exitCode: Number(values.get('exit') ?? SUCCESS),
    file,
    line: start.line,
  };
}

function fadingProblems(values: ReadonlyMap<string, string | undefined>, text: string): string[] {
  const given = FADES.filter((field) => values.has(field));
  if (given.length === 0) return [];
  const missing = FADES.filter((field) => !values.get(field));
  if (missing.length > 0)
    return [`a block that fades needs ${all(FADES.map((field) => `\`${field}\``))}.`];
  const wrong: string[] = [];
  if (text.includes('\n')) wrong.push('only a block of one line can fade.');
  if (!text.includes(values.get('blank') ?? ''))
    wrong.push(
      `\`blank\` is a part of the command to be filled in, and \`${values.get('blank') ?? ''}\` is none.`,
    );
  return wrong;
}

function wrongWith({ name, value }: Word): string | undefined {
  switch (name) {
    case 'run':
      return value && isId(value) ? undefined : `\`run\` needs the block’s id. ${ID_FORM}`;
    case 'in':
    case 'opens':
      return value === 'pod' ? undefined : `\`${name}\` can only be \`${name}=pod\`.`;
    case 'skill':
      return value && isId(value) ? undefined : `\`skill\` needs a name. ${ID_FORM}`;
    case 'varies':
      return value === undefined ? undefined : '`varies` is a word of its own, without a value.';
    case 'blank':
    case 'goal':
      return undefined;
    case 'until':
      return value
        ? undefined
        : '`until` needs the text after which the command is stopped: `until="Running"`.';
    case 'exit':
      return value && /^\d+$/.test(value) && Number(value) <= LARGEST_EXIT_CODE
        ? undefined
        : `\`exit\` needs the exit code the lesson means to show, 0 to ${LARGEST_EXIT_CODE}: \`exit=1\`.`;
    default:
      return `unknown field \`${name}\`: a run block has ${all(FIELDS.map((field) => `\`${field}\``))}.${guess(name, FIELDS)}`;
  }
}

export function startOf(node: { position?: { start: Place } | undefined }): Place {
  return node.position?.start ?? { line: 1, column: 1 };
}

/** Behind the fence and its language, where Markdown allows blanks. mdast does not say where: three ticks are usual. */
function placeOfWord(code: Code, word: Word): Place {
  const { line, column } = startOf(code);
  return { line, column: column + '```'.length + (code.lang ?? '').length + 1 + word.offset };
}
