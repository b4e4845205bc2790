// All lessons of a folder → Catalogue, or everything that is wrong with them. Runs in the build, the server's tests and
// the tests of lessons alike.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Catalogue, Lesson } from '../../protocol/lesson.ts';
import { readGlossary, strangers, type Term, type WrittenGlossary } from './glossary.ts';
import { type Mention, type Named, type ReadLesson, readLesson } from './lesson.ts';
import { guess, LessonError, type Problem } from './problem.ts';
import { readRecord, recordBeside, withRecord } from './recorded.ts';
import { markTerms } from './terms.ts';

export interface LessonFile {
  /** As problems and blocks name it, from the project's folder on. */
  file: string;
  /** The page's path below the site's base. */
  id: string;
  source: string;
  /** What its last recorded run printed, as recorded.ts reads it. */
  record?: string | undefined;
}

/** A word of the course, and the lesson in whose prose it appears first. */
export interface SaidTerm extends Term {
  lesson: string;
}

export interface Course {
  catalogue: Catalogue;
  terms: SaidTerm[];
  problems: Problem[];
}

/** Everything below `directory` that ends in .mdx. Files that begin with `_` are not pages. */
export function lessonFiles(directory: string, root: string): LessonFile[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^[^_].*\.mdx$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({
      file: slashed(relative(root, path)),
      id: pageOf(slashed(relative(directory, path))),
      source: readFileSync(path, 'utf8'),
      record: textOf(recordBeside(path)),
    }));
}

/** `module-2/index.mdx` → `module-2`; `index.mdx` → ``. As Starlight makes addresses of files. */
export function pageOf(file: string): string {
  return file
    .toLowerCase()
    .replace(/\.mdx$/, '')
    .replace(/(^|\/)index$/, '');
}

/** The words of the lessons in `directory`, from the file beside it; none where there is no such file. */
export function glossaryBeside(directory: string, root: string): WrittenGlossary | undefined {
  const path = join(directory, '../glossary.yaml');
  const source = textOf(path);
  return source === undefined ? undefined : readGlossary(source, slashed(relative(root, path)));
}

export function readCourse(files: readonly LessonFile[], written?: WrittenGlossary): Course {
  const read = files.map(readRecorded);
  const lessons = read.flatMap(({ lesson }) => lesson ?? []).sort(inOrder);
  const names = read.flatMap((one) => one.names);
  const problems = [
    ...read.flatMap((one) => one.problems),
    ...twins(names),
    ...strays(
      read.flatMap((one) => one.mentions),
      names,
    ),
    ...sharedNumbers(lessons, files),
  ];
  if (!written) return { catalogue: { format: 1, lessons }, terms: [], problems };
  const terms = saidTerms(read, written);
  problems.push(
    ...written.problems,
    ...strangers(
      read.flatMap((one) => one.terms),
      written.glossary,
    ),
  );
  return { catalogue: { format: 1, lessons }, terms, problems };
}

function saidTerms(read: readonly ReadLesson[], { glossary }: WrittenGlossary): SaidTerm[] {
  const said = new Map<Term, string>();
  const inTurn = read
    .flatMap(({ lesson, tree }) => (lesson && tree ? [{ lesson, tree }] : []))
    .sort((a, b) => inOrder(a.lesson, b.lesson));
  for (const { lesson, tree } of inTurn)
    for (const term of markTerms(tree, glossary)) if (!said.has(term)) said.set(term, lesson.id);
  return [...said].map(([term, lesson]) => ({ ...term, lesson }));
}

/** A lesson, and beside each of its blocks what the last recorded run printed. */
function readRecorded({ source, file, id, record: text }: LessonFile): ReadLesson {
  const read = readLesson(source, file, id);
  const { record, problems } = readRecord(text, file);
  for (const step of read.lesson?.steps ?? [])
    step.blocks = step.blocks.map((block) => withRecord(block, record));
  return { ...read, problems: [...read.problems, ...problems] };
}

/** The catalogue of a folder of lessons. Throws a LessonError that lists everything wrong with them. */
export function catalogueOf(directory: string, root: string): Catalogue {
  const { catalogue, problems } = readCourse(
    lessonFiles(directory, root),
    glossaryBeside(directory, root),
  );
  if (problems.length) throw new LessonError(problems);
  return catalogue;
}

function inOrder(a: Lesson, b: Lesson): number {
  return a.module - b.module || a.number - b.number;
}

function twins(names: readonly Named[]): Problem[] {
  const first = new Map<string, Named>();
  return names.flatMap((name) => {
    const key = `${name.kind} ${name.id}`;
    const other = first.get(key);
    if (!other) {
      first.set(key, name);
      return [];
    }
    const message = `two ${name.kind}s are called \`${name.id}\`: the other is at ${other.file}:${other.place.line}. Rename one.`;
    return [{ file: name.file, ...name.place, message }];
  });
}

/** Hints lead to a block on their own page: the learner stands there. Spans may begin with a check of another. */
function strays(mentions: readonly Mention[], names: readonly Named[]): Problem[] {
  return mentions.flatMap(({ kind, id: wanted, from, file, place }) => {
    const known = names
      .filter((name) => name.kind === kind && (kind === 'check' || name.file === file))
      .map(({ id }) => id);
    if (known.includes(wanted)) return [];
    const where = kind === 'check' ? 'the course' : 'this lesson';
    const message = `${from} names a ${kind} \`${wanted}\` that ${where} does not have.${guess(wanted, known)}`;
    return [{ file, ...place, message }];
  });
}

function sharedNumbers(lessons: readonly Lesson[], files: readonly LessonFile[]): Problem[] {
  return lessons.flatMap((lesson, at) => {
    const before = lessons[at - 1];
    if (!before || inOrder(before, lesson) !== 0) return [];
    const [file, other] = [lesson, before].map(
      ({ id }) => files.find((one) => one.id === id)?.file ?? id,
    );
    const message = `lesson ${lesson.number} of module ${lesson.module} is ${other} already: give one of them another number.`;
    return [{ file: file ?? '', line: 1, column: 1, message }];
  });
}

function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function slashed(path: string): string {
  return path.split(sep).join('/');
}
