// Comments of TypeScript declarations, as both packages of models write them.

/** What a comment of a declaration says: without its frame, its escapes and a closing tag that it is deprecated. */
export function commentText(comment: string): string {
  return comment
    .replace(/^\/\*\*\s*/, '')
    .replace(/\s*\*\/$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .replaceAll('\\*', '*')
    .replaceAll('*\\/', '*/')
    .replace(/\n@deprecated$/, '')
    .trim();
}
