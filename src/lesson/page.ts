// A lesson's tree → the tree Astro renders: fences become components, elements get their numbers, components their
// imports. A remark plugin. Reads nothing from disk and judges nothing: lesson.ts has done that.

import type { ElementContent } from 'hast';
import type { Code, InlineCode, Parents, Root, RootContent } from 'mdast';
import type { MdxJsxFlowElement } from 'mdast-util-mdx-jsx';
import type { MdxjsEsm } from 'mdast-util-mdxjs-esm';
import type { Block, Lesson, Step } from '../../protocol/lesson.ts';
import { type CheckSpec, isOnlySeen } from '../../protocol/check.ts';
import { elements, fences, pageElements } from './elements.ts';
import { wordsOf } from './fence.ts';
import type { Glossary } from './glossary.ts';
import { attribute } from './lesson.ts';
import { Problems } from './problem.ts';
import { readQuiz } from './quiz.ts';
import { markTerms } from './terms.ts';

export interface PageOptions {
  /** The lesson that a file holds, or undefined when it is prose. */
  lessonOf: (file: string) => Lesson | undefined;
  /** The site’s base, `/` or `/course`: addresses in prose begin at the course, wherever that lies. */
  base: () => string;
  /** The words whose first appearance in a lesson is explained on the spot. */
  glossary?: () => Glossary;
}

/** remark plugin for `markdown.processor`. */
export function lessonPages({ lessonOf, base, glossary = () => [] }: PageOptions) {
  return () =>
    (tree: Root, file: { path?: string }): void => {
      const lesson = lessonOf(file.path ?? '');
      if (lesson) markTerms(tree, glossary());
      new PageMaker(lesson, base()).make(tree);
    };
}

class PageMaker {
  readonly #steps: Map<string, Step>;
  readonly #blocks: Map<string, Block>;
  readonly #checks: Map<string, CheckSpec>;
  readonly #base: string;
  readonly #used = new Set<string>();

  constructor(lesson: Lesson | undefined, base: string) {
    const steps = lesson?.steps ?? [];
    this.#steps = new Map(steps.map((step) => [step.id, step]));
    this.#blocks = new Map(steps.flatMap((step) => step.blocks).map((block) => [block.id, block]));
    this.#checks = new Map(steps.flatMap((step) => step.checks).map((spec) => [spec.check, spec]));
    this.#base = base.replace(/\/$/, '');
  }

  make(tree: Root): void {
    this.#walk(tree);
    const own = importedNames(tree);
    for (const component of this.#used) {
      const name = component.replace(/\.astro$/, '');
      if (!own.has(name)) tree.children.unshift(importOf(name, `/src/components/${component}`));
    }
  }

  #walk(parent: Parents): void {
    const children: RootContent[] = [];
    for (const node of parent.children) {
      const made = node.type === 'code' ? this.#fence(node) : node;
      if (made) children.push(made);
      if (node.type === 'link' && node.url.startsWith('/')) node.url = this.#base + node.url;
      if (node.type === 'inlineCode') keepOptionsWhole(node);
      if (node.type === 'mdxJsxFlowElement' || node.type === 'mdxJsxTextElement') {
        const name = node.name ?? '';
        const component = elements[name]?.component ?? pageElements[name];
        if (component) this.#used.add(component);
        const step = name === 'Step' ? this.#steps.get(attribute(node, 'id') ?? '') : undefined;
        if (step) {
          const provable = step.checks.filter((check) => !isOnlySeen(check));
          node.attributes.push(
            text('number', step.number),
            text('checks', provable.map(({ check }) => check).join(' ')),
          );
        }
      }
      if ('children' in node) this.#walk(node);
    }
    parent.children = children;
  }

  /** Undefined for a fence that its neighbour has swallowed. */
  #fence(code: Code): RootContent | undefined {
    const words = wordsOf(code.meta ?? '');
    const names = words.map(({ name }) => name);
    const id = words.find(({ name }) => name === 'run')?.value;
    const block = id === undefined ? undefined : this.#blocks.get(id);
    if (block) {
      const run = this.#component(fences.run, {
        id: block.id,
        text: block.text,
        shell: block.shell,
        exit: String(block.exitCode),
        ...(block.opensPodShell && { opens: 'pod' }),
        ...(block.untilSeen !== undefined && { until: block.untilSeen }),
        ...(block.expected !== undefined && { expected: block.expected }),
        ...(block.proven && { proven: JSON.stringify(block.proven) }),
      });
      if (!block.fades) return run;
      const { skill, blank, goal } = block.fades;
      const fade = this.#component(fences.fade, { skill, blank, goal });
      fade.children.push(run);
      return fade;
    }
    if (names.includes('quiz')) return this.#quiz(code);
    if (!names.includes('check')) return code;
    const spec = this.#checks.get(/^check:\s*(\S+)/m.exec(code.value)?.[1] ?? '');
    if (!spec) return undefined;
    const answers = spec.rules.flatMap(({ hint, answer }) =>
      hint && answer ? [[hint, answer]] : [],
    );
    return this.#component(fences.check, {
      id: spec.check,
      title: spec.title,
      answers: JSON.stringify(Object.fromEntries(answers)),
      ...(spec.measures?.length && {
        measures: JSON.stringify(
          spec.measures.map(({ measure, title, side, how }) => ({ measure, title, side, how })),
        ),
      }),
    });
  }

  #quiz(code: Code): RootContent | undefined {
    const quiz = readQuiz(code.value, { line: 1, indent: 0 }, new Problems(''));
    if (!quiz) return undefined;
    const questions = JSON.stringify(quiz.questions);
    return this.#component(fences.quiz, { id: quiz.quiz, to: quiz.to, questions });
  }

  #component(component: string, values: Record<string, string>): MdxJsxFlowElement {
    this.#used.add(component);
    return {
      type: 'mdxJsxFlowElement',
      name: component.replace(/\.astro$/, ''),
      attributes: Object.entries(values).map(([name, value]) => text(name, value)),
      children: [],
    };
  }
}

/** Longer words of code may be broken: a phone has room for about forty letters. */
const LONGEST_WHOLE_WORD = 36;

/** Browsers break a line behind each hyphen: `--env` would end one line and begin the next. */
function keepOptionsWhole(code: InlineCode): void {
  if (!code.value.includes('-')) return;
  const pieces = code.value.split(/( +)/).map((value): ElementContent => {
    const word = { type: 'text' as const, value };
    if (!value.includes('-') || value.length > LONGEST_WHOLE_WORD) return word;
    return { type: 'element', tagName: 'span', properties: { className: ['w'] }, children: [word] };
  });
  code.data = { ...code.data, hChildren: pieces };
}

function text(name: string, value: string) {
  return { type: 'mdxJsxAttribute' as const, name, value };
}

/** Names the page imports itself: an author who wants another Aside gets it. */
function importedNames(tree: Root): Set<string> {
  const names = tree.children.flatMap((node) =>
    node.type === 'mdxjsEsm' ? [...node.value.matchAll(/\bimport\s+(\w+)/g)] : [],
  );
  return new Set(names.map((match) => match[1] ?? ''));
}

/** A default import, as the tree and as the program that MDX compiles. */
function importOf(name: string, from: string): MdxjsEsm {
  return {
    type: 'mdxjsEsm',
    value: `import ${name} from ${JSON.stringify(from)};`,
    data: {
      estree: {
        type: 'Program',
        sourceType: 'module',
        body: [
          {
            type: 'ImportDeclaration',
            specifiers: [{ type: 'ImportDefaultSpecifier', local: { type: 'Identifier', name } }],
            source: { type: 'Literal', value: from },
            attributes: [],
          },
        ],
      },
    },
  };
}
