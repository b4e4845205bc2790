// Plants a tree of src/business in the page. Text is always text: nothing here parses HTML.

import type { Tree } from '../../business/tree.ts';

const SVG = 'http://www.w3.org/2000/svg';

export function grow(tree: Tree, within: 'html' | 'svg' = 'html'): Node {
  if (typeof tree === 'string') return document.createTextNode(tree);
  const kind = tree.tag === 'svg' ? 'svg' : within;
  const element =
    kind === 'svg' ? document.createElementNS(SVG, tree.tag) : document.createElement(tree.tag);
  for (const [name, value] of Object.entries(tree.attributes)) element.setAttribute(name, value);
  element.append(...tree.children.map((child) => grow(child, kind)));
  return element;
}
