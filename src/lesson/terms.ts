// Finds the first appearance of each of the course's words in a page's prose, and puts its meaning behind it. A tree in, the
// same tree out. Leaves alone what is not running text: code, links, headings, tables, questions, and the words of people.

import type { Parents, PhrasingContent, Root, RootContent, Text } from 'mdast';
import type { MdxJsxFlowElement, MdxJsxTextElement } from 'mdast-util-mdx-jsx';
import type { Glossary, Term } from './glossary.ts';

/** Elements whose prose is read in the order of the page. */
const PASSED_THROUGH = new Set(['Step', 'Aside']);

/** Nodes of Markdown that hold running text. */
const PROSE = new Set(['paragraph', 'list', 'listItem', 'blockquote', 'strong', 'emphasis']);

/** Marks them, and says which they were. */
export function markTerms(tree: Root, glossary: Glossary): Term[] {
  const marker = new Marker(glossary);
  marker.walk(tree);
  return marker.found;
}

class Marker {
  readonly found: Term[] = [];
  readonly #glossary: Glossary;
  readonly #byForm = new Map<string, Term>();
  readonly #forms: RegExp | undefined;

  constructor(glossary: Glossary) {
    this.#glossary = glossary;
    for (const term of glossary) {
      for (const form of term.forms) {
        this.#byForm.set(form, term);
        this.#byForm.set(capital(form), this.#byForm.get(capital(form)) ?? term);
      }
    }
    // The longest first: `service mesh` is one word, and so is `mutual TLS`.
    const forms = [...this.#byForm.keys()].sort((a, b) => b.length - a.length).map(escaped);
    if (forms.length) {
      this.#forms = new RegExp(
        `(?<![\\p{L}\\p{N}_-])(?:${forms.join('|')})(?![\\p{L}\\p{N}_]|-\\p{L})`,
        'gu',
      );
    }
  }

  walk(parent: Parents): void {
    parent.children = parent.children.flatMap((node): RootContent[] => {
      if (node.type === 'text') return this.#text(node);
      if (isJsx(node)) {
        // Marked by its author, in a form of the author's own.
        if (node.name === 'Term') return [this.#authors(node)];
        if (PASSED_THROUGH.has(node.name ?? '')) this.walk(node);
      } else if (PROSE.has(node.type) && 'children' in node && !isTable(node)) {
        this.walk(node);
      }
      return [node];
    }) as typeof parent.children;
  }

  #text(node: Text): PhrasingContent[] {
    if (!this.#forms) return [node];
    const pieces: PhrasingContent[] = [];
    let end = 0;
    for (const match of node.value.matchAll(this.#forms)) {
      const term = this.#byForm.get(match[0]);
      if (!term || this.found.includes(term)) continue;
      this.found.push(term);
      if (match.index > end)
        pieces.push({ type: 'text', value: node.value.slice(end, match.index) });
      pieces.push(marked(term, match[0]));
      end = match.index + match[0].length;
    }
    if (end === 0) return [node];
    if (end < node.value.length) pieces.push({ type: 'text', value: node.value.slice(end) });
    return pieces;
  }

  #authors(node: MdxJsxFlowElement | MdxJsxTextElement): RootContent {
    const term = this.#glossary.find(({ name }) => name === nameOf(node));
    if (!term || this.found.includes(term)) return { type: 'text', value: textOf(node) };
    this.found.push(term);
    return marked(term, textOf(node));
  }
}

/** What Astro renders: a word that takes focus, and behind it what it means. src/styles/term.css shows the one with the other. */
function marked({ name, says }: Term, word: string): MdxJsxTextElement {
  const id = `term-${name}`;
  return element('term-note', { class: 'term' }, [
    element('button', { type: 'button', 'aria-describedby': id }, [{ type: 'text', value: word }]),
    element('span', { class: 'says', role: 'tooltip', id, 'data-pagefind-ignore': '' }, [
      { type: 'text', value: says },
    ]),
  ]);
}

function element(
  name: string,
  attributes: Record<string, string>,
  children: PhrasingContent[],
): MdxJsxTextElement {
  return {
    type: 'mdxJsxTextElement',
    name,
    attributes: Object.entries(attributes).map(([field, value]) => ({
      type: 'mdxJsxAttribute',
      name: field,
      value,
    })),
    children,
  };
}

/** The lessons' own parser knows no tables: there one is a paragraph that begins with a bar. */
function isTable({ children: [first] }: Parents): boolean {
  return first?.type === 'text' && first.value.startsWith('|');
}

function isJsx(node: RootContent) {
  return node.type === 'mdxJsxFlowElement' || node.type === 'mdxJsxTextElement';
}

function nameOf(node: MdxJsxFlowElement | MdxJsxTextElement): string {
  const field = node.attributes.find(
    (one) => one.type === 'mdxJsxAttribute' && one.name === 'name',
  );
  return typeof field?.value === 'string' ? field.value : '';
}

function textOf(node: RootContent): string {
  if (node.type === 'text') return node.value;
  return 'children' in node ? node.children.map(textOf).join('') : '';
}

const capital = (form: string) => form.charAt(0).toUpperCase() + form.slice(1);
const escaped = (form: string) => form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
