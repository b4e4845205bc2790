// The options of `set`, by name and letter.

/** What `set -o` knows, with its letter. */
export const optionLetters = {
  errexit: 'e',
  noglob: 'f',
  ignoreeof: '',
  monitor: 'm',
  noexec: 'n',
  xtrace: 'x',
  verbose: 'v',
  noclobber: 'C',
  allexport: 'a',
  notify: 'b',
  nounset: 'u',
  errtrace: '',
  vi: '',
  emacs: '',
  pipefail: '',
  hashall: 'h',
  braceexpand: 'B',
  functrace: 'T',
  histexpand: 'H',
  history: '',
  physical: 'P',
  posix: '',
  privileged: 'p',
  keyword: 'k',
  onecmd: 't',
  'interactive-comments': '',
  nolog: '',
} as const;

export type OptionName = keyof typeof optionLetters;

export const byLetter: ReadonlyMap<string, OptionName> = new Map(
  Object.entries(optionLetters).flatMap(([name, letter]) =>
    letter === '' ? [] : [[letter as string, name as OptionName] as const],
  ),
);
