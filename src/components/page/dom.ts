// Small words for building HTML in elements. Text is always text: nothing here parses HTML.

type Child = Node | string;

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The part of an element that its .astro file promises. */
export function part(root: ParentNode, selector: string): HTMLElement {
  const found = root.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`the page lacks ${selector}`);
  return found;
}

/** Sentences of checks and hints carry `code` in backticks. */
export function withCode(sentence: string): Child[] {
  return sentence
    .split(/`([^`]+)`/)
    .map((piece, at) => (at % 2 === 0 ? piece : make('code', {}, piece)))
    .filter((piece) => piece !== '');
}

export function define(name: string, element: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, element);
}
