// A paper as Markdown, for whoever keeps it beside the code: the same tree as on the page, each claim with its basis in words. Pure.

import type { Branch, Tree } from './tree.ts';

export function markdown(...papers: Tree[]): string {
  const text = papers.map((paper) => block(paper).trim()).join('\n\n---\n\n');
  return `${text.replace(/\n{3,}/g, '\n\n')}\n`;
}

function block(tree: Tree): string {
  if (typeof tree === 'string') return tree;
  const { tag, children } = tree;
  switch (tag) {
    case 'h2':
      return `# ${inline(tree)}\n\n`;
    case 'h3':
      return `## ${inline(tree)}\n\n`;
    case 'p':
      return `${tree.attributes['class'] === 'top' || tree.attributes['class'] === 'sign' || tree.attributes['class'] === 'foot' ? words(tree).join(' · ') : inline(tree)}\n\n`;
    case 'ul':
      return `${children.map((item) => `- ${inline(item)}`).join('\n')}\n\n`;
    case 'table':
      return `${table(tree)}\n\n`;
    case 'svg':
      return `${described(tree)}\n\n`;
    case 'div':
      return tree.attributes['class'] === 'headlines'
        ? `${children.map((cell) => `- ${inline(cell)}`).join('\n')}\n\n`
        : children.map(block).join('');
    default:
      return children.map(block).join('');
  }
}

function inline(tree: Tree): string {
  if (typeof tree === 'string') return escaped(tree);
  const inside = tree.children.map(inline).join(tree.tag === 'div' ? ' ' : '');
  const from = tree.attributes['data-from'];
  if (from !== undefined) return `**${inside}** _[${escaped(from)}]_`;
  return inside;
}

/** The parts of a line of particulars, without the empty ones. */
function words(tree: Branch): string[] {
  return tree.children.map(inline).filter((text) => text.trim() !== '');
}

function table(tree: Branch): string {
  const rows = branches(tree, 'tr').map((row) =>
    row.children.map((cell) => inline(cell).replaceAll('|', '\\|')),
  );
  const [head = [], ...body] = rows;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n');
}

/** A drawing's own words. */
function described(tree: Branch): string {
  return branches(tree, 'desc').map(inline).join(' ');
}

function branches(tree: Tree, tag: string): Branch[] {
  if (typeof tree === 'string') return [];
  return [
    ...(tree.tag === tag ? [tree] : []),
    ...tree.children.flatMap((child) => branches(child, tag)),
  ];
}

const escaped = (text: string) => text.replace(/([*_[\]<>`])/g, '\\$1');
