// Where traffic begins: what calls and is not called.

import type { Finalizer } from '../world.ts';

export const roots: Finalizer = (map) => {
  const called = new Set([...map.edges()].map(({ target }) => target.key));
  for (const node of map.nodes.values())
    if (node.edges.length > 0 && !called.has(node.key)) node.marks.isRoot = true;
};
