// A ```sh run="…" fence → Block. Knows what may stand behind `run`, and what must not be typed into a shell at once.

import type { Code } from 'mdast';
import type { Block } from '../../protocol/lesson.ts';
import { ID_FORM, isId } from './check.ts';
import { wordsOf, type Word } from './fence.ts';
import { all, guess, type Place, type Problems } from './problem.ts';
import { shellProblems } from './shell.ts';

/** Languages whose blocks a learner would type. */
export const SHELLS = ['sh', 'bash', 'shell', 'console'];

const FIELDS = ['run', 'in', 'opens', 'until', 'exit'];

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
  if (!code.value.trim()) problems.add(start, 'the block is empty: there is nothing to run.');
  if (problems.found.length > before) return undefined;

  const until = values.get('until');
  return {
    id: values.get('run') ?? '',
    text: code.value,
    shell: values.get('in') === 'pod' ? 'pod' : 'lab',
    opensPodShell: values.get('opens') === 'pod',
    ...(until !== undefined && { untilSeen: until }),
    exitCode: Number(values.get('exit') ?? SUCCESS),
    file,
    line: start.line,
  };
}

function wrongWith({ name, value }: Word): string | undefined {
  switch (name) {
    case 'run':
      return value && isId(value) ? undefined : `\`run\` needs the block’s id. ${ID_FORM}`;
    case 'in':
    case 'opens':
      return value === 'pod' ? undefined : `\`${name}\` can only be \`${name}=pod\`.`;
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
