// dig's command line: servers, names, types and `+` options, each for all lookups or for the one they follow.

import { TYPES, reverseName } from './asking.ts';
import type { Sections } from './message.ts';

export interface DigLookup extends Sections {
  name: string;
  type: string;
  /** As given behind `@`. */
  server: string | undefined;
  port: number;
  short: boolean;
  search: boolean;
  edns: boolean;
  command: boolean;
  stats: boolean;
  timeoutMs: number;
  tries: number;
}

export interface DigArguments {
  lookups: readonly DigLookup[];
  /** Said on standard error before anything else. */
  warnings: readonly string[];
}

/** `Invalid option: +nosuch` */
export class BadDigOption extends Error {}

/** Options that change nothing here: no zone, no cache and no other server to change it for. */
const WITHOUT_EFFECT = new Set(
  'aaflag aaonly adflag badcookie besteffort bufsize cdflag class cookie crypto dnssec do ednsflags ednsnegotiation ednsopt expire fail header-only identify idn idnin idnout ignore keepalive keepopen multiline nsid onesoa opcode padding qid qr raflag rdflag recurse rrcomments showbadcookie split subnet tcflag tcp ttlid ttlunits unknownformat vc zflag expandaaaa coflag'.split(
    ' ',
  ),
);

export function parseDig(words: readonly string[]): DigArguments {
  const globals: DigLookup = {
    name: '',
    type: 'A',
    server: undefined,
    port: 53,
    short: false,
    search: false,
    edns: true,
    command: true,
    stats: true,
    comments: true,
    question: true,
    answer: true,
    authority: true,
    additional: true,
    timeoutMs: 5_000,
    tries: 3,
  };
  const lookups: DigLookup[] = [];
  const warnings: string[] = [];
  const current = () => lookups.at(-1) ?? globals;
  // `dig -t srv name`: what came before the first name is for all.
  const addName = (name: string, type = globals.type) => lookups.push({ ...globals, name, type });
  const setType = (word: string): boolean => {
    const type = word.toUpperCase();
    if (!TYPES.includes(type)) return false;
    current().type = type;
    return true;
  };
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word.startsWith('@')) current().server = word.slice(1);
    else if (word.startsWith('+')) setOption(current(), word);
    else if (/^-[46dmuri]+$/.test(word)) continue;
    else if (/^-[xtqcpb]/.test(word)) {
      const value = word.length > 2 ? word.slice(2) : words[++at];
      if (value === undefined) throw new BadDigOption(word);
      if (word[1] === 'x') addName(reverseName(value) ?? value, 'PTR');
      else if (word[1] === 'q') addName(value);
      else if (word[1] === 'p') current().port = Number(value);
      else if (word[1] === 't' && !setType(value))
        warnings.push(`;; Warning, ignoring invalid type ${value}`);
    } else if (word.startsWith('-') && word !== '-') throw new BadDigOption(word);
    else if (/^(in|ch|hs)$/i.test(word) || setType(word)) continue;
    else addName(word);
  }
  if (lookups.length === 0) lookups.push({ ...globals, name: '.', type: 'NS' });
  return { lookups, warnings };
}

function setOption(lookup: DigLookup, word: string): void {
  const [, no = '', name = '', value] = /^\+(no)?([a-z-]+)(?:=(.*))?$/.exec(word) ?? [];
  const on = no === '';
  switch (name) {
    case 'all':
      Object.assign(lookup, {
        command: on,
        stats: on,
        comments: on,
        question: on,
        answer: on,
        authority: on,
        additional: on,
      });
      return;
    case 'cmd':
      lookup.command = on;
      return;
    case 'comments':
    case 'question':
    case 'answer':
    case 'authority':
    case 'additional':
    case 'stats':
    case 'short':
    case 'edns':
      lookup[name] = on;
      return;
    case 'search':
    case 'defname':
    case 'showsearch':
      lookup.search = on;
      return;
    case 'time':
    case 'timeout':
      lookup.timeoutMs = Math.max(1, Number(value) || 5) * 1000;
      return;
    case 'tries':
    case 'retry':
      lookup.tries = Math.max(1, (Number(value) || 0) + (name === 'retry' ? 1 : 0));
      return;
    default:
      if (!WITHOUT_EFFECT.has(name)) throw new BadDigOption(word);
  }
}
