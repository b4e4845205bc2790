// A piece of a page as plain data, so that the build and the browser draw the same from the same figures. Knows neither HTML's text
// nor a DOM: Tree.astro writes it, grow() of the components plants it.

export type Tree = string | Branch;

export interface Branch {
  tag: string;
  attributes: Readonly<Record<string, string>>;
  children: readonly Tree[];
}

/** Numbers become text; an attribute that is undefined is left out. */
export function el(
  tag: string,
  attributes: Readonly<Record<string, string | number | undefined>> = {},
  ...children: Tree[]
): Branch {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) given[name] = String(value);
  }
  return { tag, attributes: given, children };
}

/** What a reader of the text alone gets. */
export function textOf(tree: Tree): string {
  return typeof tree === 'string' ? tree : tree.children.map(textOf).join('');
}
