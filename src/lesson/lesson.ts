// One MDX file → Lesson: its steps with their blocks and checks, and everything that is wrong with it, all at once.
// Knows nothing of other lessons (course.ts) and renders nothing (page.ts).

import type { Code, Root, RootContent } from 'mdast';
import type { MdxJsxFlowElement, MdxJsxTextElement } from 'mdast-util-mdx-jsx';
import remarkMdx from 'remark-mdx';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { type CheckSpec, isOnlySeen } from '../../protocol/check.ts';
import type { Lesson, Pointed, Step } from '../../protocol/lesson.ts';
import { readBlock, SHELLS, startOf } from './block.ts';
import { ID_FORM, isId, readCheck } from './check.ts';
import { type ElementForm, elements } from './elements.ts';
import { wordsOf } from './fence.ts';
import { frontmatterOf, isLesson, readFrontmatter } from './frontmatter.ts';
import type { TermMention } from './glossary.ts';
import { all, guess, type Place, type Problem, Problems } from './problem.ts';
import { readQuiz } from './quiz.ts';

/** Something with an id that must be the only one of its kind in the course. */
export interface Named {
  kind: 'step' | 'block' | 'check' | 'measure' | 'reflection' | 'prediction' | 'quiz';
  id: string;
  file: string;
  place: Place;
}

/** A mention by id: of a block of the same lesson, or of a check of any. */
export interface Mention {
  kind: 'block' | 'check';
  id: string;
  from: string;
  file: string;
  place: Place;
}

export interface ReadLesson {
  /** Undefined when the page is no lesson, or too broken to be one. */
  lesson: Lesson | undefined;
  problems: Problem[];
  names: Named[];
  mentions: Mention[];
  terms: TermMention[];
  /** Undefined where there is no lesson to go on with. */
  tree?: Root;
}

const parser = unified().use(remarkParse).use(remarkMdx);

/** @param id the page's path below the site's base: `module-2/a-day-without-a-mesh` */
export function readLesson(source: string, file: string, id: string): ReadLesson {
  const frontmatter = frontmatterOf(source);
  const problems = new Problems(file);
  const nothing = { lesson: undefined, names: [], mentions: [], terms: [] };
  if (!frontmatter || !isLesson(frontmatter)) {
    return { ...nothing, problems: problems.found };
  }
  const tree = parseMdx(source, problems);
  const head = readFrontmatter(frontmatter, problems);
  if (!tree) return { ...nothing, problems: problems.found };

  const reader = new LessonReader(file, head?.lesson ?? 0, problems);
  reader.read(tree);
  const lesson = head && {
    id,
    module: head.module,
    number: head.lesson,
    title: head.title,
    goal: head.goal,
    minutes: head.minutes,
    ...(head.optional && { optional: head.optional }),
    steps: reader.steps,
  };
  const { names, mentions, terms } = reader;
  return { lesson, problems: problems.found, names, mentions, terms, tree };
}

/** The frontmatter is blanked out, so that every position is the file's own. */
function parseMdx(source: string, problems: Problems): Root | undefined {
  const blanked = source.replace(/^\uFEFF?---[ \t]*\r?\n[\s\S]*?^---[ \t]*(?=\r?\n|$)/m, (text) =>
    text.replace(/[^\r\n]/g, ' '),
  );
  try {
    return parser.parse(blanked);
  } catch (error) {
    if (!isMessage(error)) throw error;
    problems.add(placeOf(error), `bad MDX: ${error.reason.replace(/\.$/, '')}.`);
    return undefined;
  }
}

const TYPED_BY_HAND =
  'an expected output is never typed by hand: leave this fence out, and `npm run lessons -- --record` writes down what the block prints.';

type Message = Error & { reason: string; line?: number; column?: number };

function isMessage(error: unknown): error is Message {
  return error instanceof Error && 'reason' in error && typeof error.reason === 'string';
}

/** Some of the parser's messages carry their place only in words: `(9:1-9:24)`. */
function placeOf({ line, column, reason }: Message): Place {
  if (line !== undefined && column !== undefined) return { line, column };
  const [, lineInWords, columnInWords] = /\((\d+):(\d+)/.exec(reason) ?? [];
  return { line: Number(lineInWords ?? 1), column: Number(columnInWords ?? 1) };
}

type Element = MdxJsxFlowElement | MdxJsxTextElement;

class LessonReader {
  readonly steps: Step[] = [];
  readonly names: Named[] = [];
  readonly mentions: Mention[] = [];
  readonly terms: TermMention[] = [];
  readonly #file: string;
  readonly #lesson: number;
  readonly #problems: Problems;
  readonly #answers: { block: string; answer: Pointed }[] = [];
  #step: Step | undefined;
  #podShellOpened = false;

  constructor(file: string, lesson: number, problems: Problems) {
    this.#file = file;
    this.#lesson = lesson;
    this.#problems = problems;
  }

  read(tree: Root): void {
    this.#readChildren(tree.children);
    const blocks = this.steps.flatMap((step) => step.blocks);
    for (const { block, answer } of this.#answers) {
      const answering = blocks.find(({ id }) => id === block);
      if (answering) answering.answers = [...(answering.answers ?? []), answer];
    }
  }

  #readChildren(children: readonly RootContent[]): void {
    for (const node of children) {
      if (node.type === 'code') this.#readCode(node);
      else if (node.type === 'mdxJsxFlowElement' || node.type === 'mdxJsxTextElement') {
        this.#readElement(node);
      } else if ('children' in node) {
        this.#readChildren(node.children);
      }
    }
  }

  #readCode(node: Code): void {
    const names = wordsOf(node.meta ?? '').map((word) => word.name);
    const language = node.lang ?? '';
    if (names.includes('run')) this.#readRun(node);
    else if (names.includes('check')) this.#readCheck(node);
    else if (names.includes('quiz')) this.#readQuiz(node);
    else if (names.includes('expected')) this.#problems.add(startOf(node), TYPED_BY_HAND);
    else if (SHELLS.includes(language)) {
      const message = `a \`${language}\` block that nobody can run: name it, \`\`\`${language} run="…", or call it \`\`\`text.`;
      this.#problems.add(startOf(node), message);
    }
  }

  #readRun(node: Code): void {
    const block = readBlock(node, this.#file, this.#problems);
    if (!block) return;
    const place = startOf(node);
    this.#name('block', block.id, place);
    if (!this.#step) {
      this.#problems.add(
        place,
        `block \`${block.id}\` stands outside a step: put it into a <Step>.`,
      );
      return;
    }
    if (block.shell === 'pod' && !this.#podShellOpened) {
      const message = `block \`${block.id}\` is for a pod’s shell, and no block before it opens one: mark that one \`opens=pod\`.`;
      this.#problems.add(place, message);
    }
    if (block.opensPodShell) this.#podShellOpened = true;
    this.#step.blocks.push(block);
  }

  #readQuiz(node: Code): void {
    const start = startOf(node);
    const origin = { line: start.line + 1, indent: start.column - 1 };
    const quiz = readQuiz(node.value, origin, this.#problems);
    if (quiz) this.#name('quiz', quiz.quiz, start);
  }

  #readCheck(node: Code): void {
    const start = startOf(node);
    const origin = { line: start.line + 1, indent: start.column - 1 };
    const written = readCheck(node.value, origin, this.#problems);
    if (!written) return;
    const { spec, place } = written;
    this.#name('check', spec.check, place(['check']));
    for (const [at, { measure }] of (spec.measures ?? []).entries()) {
      this.#name('measure', measure, place(['measures', at, 'measure']));
    }
    this.#mention(spec, place);
    if (this.#step) {
      const first = this.#step.checks[0];
      if (first && isOnlySeen(first) !== isOnlySeen(spec)) {
        const message = `check \`${spec.check}\` and check \`${first.check}\` share a step, and one is of receipts: those are for steps that change nothing.`;
        this.#problems.add(start, message);
      }
      this.#step.checks.push(spec);
    } else {
      const message = `check \`${spec.check}\` stands outside a step: put it into the <Step> it proves.`;
      this.#problems.add(start, message);
    }
  }

  #mention(spec: CheckSpec, place: (path: readonly PropertyKey[]) => Place): void {
    for (const [at, rule] of spec.rules.entries()) {
      if (rule.answer === undefined) continue;
      this.mentions.push({
        kind: 'block',
        id: rule.answer,
        from: `the rule’s \`answer\``,
        file: this.#file,
        place: place(['rules', at, 'answer']),
      });
    }
    for (const [at, { from, to }] of (spec.measures ?? []).entries()) {
      for (const [name, moment] of Object.entries({ from, to })) {
        if (!moment || !('check' in moment)) continue;
        this.mentions.push({
          kind: 'check',
          id: moment.check,
          from: `the measure’s \`${name}\``,
          file: this.#file,
          place: place(['measures', at, name, 'check']),
        });
      }
    }
  }

  #readElement(node: Element): void {
    const name = node.name ?? '';
    const form = elements[name];
    if (form) this.#readAttributes(node, name, form);
    else if (/^[A-Z]/.test(name)) {
      const known = Object.keys(elements);
      const message = `there is no <${name}>: a lesson has ${all(known.map((one) => `<${one}>`))}.${guess(name, known)}`;
      this.#problems.add(startOf(node), message);
    }
    if (name === 'Step') this.#readStep(node);
    else {
      if (name === 'Reflect' || name === 'Question') this.#readId('reflection', node);
      if (name === 'Predict') this.#readPrediction(node);
      if (name === 'Term') this.#readTerm(node);
      this.#readChildren(node.children);
    }
  }

  #readStep(node: Element): void {
    if (this.#step) {
      this.#problems.add(startOf(node), 'a <Step> inside a <Step>: close the first one before it.');
      this.#readChildren(node.children);
      return;
    }
    const id = this.#readId('step', node) ?? '';
    const number = `${this.#lesson}.${this.steps.length + 1}`;
    this.#step = { id, number, title: attribute(node, 'title') ?? '', blocks: [], checks: [] };
    this.steps.push(this.#step);
    this.#readChildren(node.children);
    this.#step = undefined;
  }

  #readId(kind: Named['kind'], node: Element): string | undefined {
    const id = attribute(node, 'id');
    if (id === undefined) return undefined;
    if (isId(id)) this.#name(kind, id, startOf(node));
    else this.#problems.add(startOf(node), `\`${id}\` is no id. ${ID_FORM}`);
    return id;
  }

  #readPrediction(node: Element): void {
    this.#readId('prediction', node);
    const block = attribute(node, 'block');
    if (block !== undefined) {
      const place = startOf(node);
      this.mentions.push({
        kind: 'block',
        id: block,
        from: 'a <Predict>',
        file: this.#file,
        place,
      });
      this.#readAnswer(block, node);
    }
    const [from, answer, to] = ['from', 'answer', 'to'].map((field) =>
      Number(attribute(node, field) ?? NaN),
    ) as [number, number, number];
    // Asked this way round, what is no number is refused, too.
    if (from < to && from <= answer && answer <= to) return;
    const message =
      'the scale of <Predict> runs from one number to a larger one, and its `answer` lies between them.';
    this.#problems.add(startOf(node), message);
  }

  /** Where in a block's output the answer stands. */
  #readAnswer(block: string, node: Element): void {
    const answer: Pointed = {};
    for (const field of ['reads', 'none', 'counts'] as const) {
      const expression = attribute(node, field);
      if (expression === undefined) continue;
      answer[field] = expression;
      if (isExpression(expression)) continue;
      this.#problems.add(startOf(node), `\`${field}\` of <Predict> is no regular expression.`);
    }
    if (answer.reads === undefined && answer.counts === undefined) {
      const message =
        'a <Predict> that a block answers says where: `reads` with a group for the number, or `counts`.';
      this.#problems.add(startOf(node), message);
    }
    this.#answers.push({ block, answer });
  }

  #readTerm(node: Element): void {
    const name = attribute(node, 'name');
    if (name !== undefined) this.terms.push({ name, file: this.#file, place: startOf(node) });
  }

  #readAttributes(node: Element, name: string, form: ElementForm): void {
    const known = [...form.required, ...form.optional];
    const given: string[] = [];
    for (const one of node.attributes) {
      if (one.type !== 'mdxJsxAttribute') {
        this.#problems.add(startOf(node), `<${name}> takes no {…} among its attributes.`);
        continue;
      }
      given.push(one.name);
      if (!known.includes(one.name)) {
        const message = `unknown field \`${one.name}\`: <${name}> has ${all(known.map((field) => `\`${field}\``))}.${guess(one.name, known)}`;
        this.#problems.add(startOf(one), message);
      } else if (typeof one.value !== 'string') {
        const message = `\`${one.name}\` of <${name}> has to be a text in quotes.`;
        this.#problems.add(startOf(one), message);
      }
    }
    for (const field of form.required.filter((field) => !given.includes(field))) {
      this.#problems.add(startOf(node), `<${name}> needs \`${field}\`.`);
    }
  }

  #name(kind: Named['kind'], id: string, place: Place): void {
    this.names.push({ kind, id, file: this.#file, place });
  }
}

/** An attribute's text; undefined when it is absent or no text. */
function isExpression(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

export function attribute(node: Element, name: string): string | undefined {
  for (const one of node.attributes) {
    if (one.type === 'mdxJsxAttribute' && one.name === name && typeof one.value === 'string') {
      return one.value;
    }
  }
  return undefined;
}
