// The words behind a fence's language: ```sh run="deploy-frontend" in=pod. Knows their grammar, not their meaning.

export interface Word {
  name: string;
  /** Undefined for a bare word: `expected`, `check`. */
  value: string | undefined;
  /** Where it begins in the fence's words. */
  offset: number;
}

const WORD = /([^\s="]+)(?:=(?:"([^"]*)"|([^\s"]*)))?/g;

export function wordsOf(meta: string): Word[] {
  return [...meta.matchAll(WORD)].map((match) => ({
    name: match[1] ?? '',
    value: match[2] ?? match[3],
    offset: match.index,
  }));
}
