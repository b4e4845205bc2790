// Bytes from a keyboard as keys: characters, control keys, escape sequences, pastes. Source: xterm's control sequences.

export type Key =
  | { type: 'text'; text: string }
  | { type: 'control'; letter: string }
  | { type: 'alt'; text: string }
  | { type: 'named'; name: NamedKey }
  | { type: 'paste'; text: string }
  /** A sequence nobody uses here. */
  | { type: 'unknown' };

export type NamedKey =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'home'
  | 'end'
  | 'delete'
  | 'insert'
  | 'page-up'
  | 'page-down'
  | 'word-left'
  | 'word-right';

const named: Readonly<Record<string, NamedKey>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  '1~': 'home',
  '2~': 'insert',
  '3~': 'delete',
  '4~': 'end',
  '5~': 'page-up',
  '6~': 'page-down',
  '7~': 'home',
  '8~': 'end',
  '1;5C': 'word-right',
  '1;5D': 'word-left',
  '1;3C': 'word-right',
  '1;3D': 'word-left',
  '5C': 'word-right',
  '5D': 'word-left',
};

const PASTE_START = '\x1b[200~';
const PASTE_END = '\x1b[201~';

/** Takes the first key off a text; undefined when only the beginning of one is there. */
export function takeKey(text: string): { key: Key; length: number } | undefined {
  const [first = ''] = text;
  if (first === '') return undefined;
  if (first === '\x1b') return escapeKey(text);
  const code = first.charCodeAt(0);
  if (code < 0x20 || code === 0x7f)
    return {
      key: { type: 'control', letter: code === 0x7f ? '?' : String.fromCharCode(code + 0x40) },
      length: 1,
    };
  return { key: { type: 'text', text: first }, length: first.length };
}

function escapeKey(text: string): { key: Key; length: number } | undefined {
  if (text.startsWith(PASTE_START)) {
    const end = text.indexOf(PASTE_END);
    if (end < 0) return undefined;
    const pasted = text.slice(PASTE_START.length, end).replace(/\r\n?/g, '\n');
    return { key: { type: 'paste', text: pasted }, length: end + PASTE_END.length };
  }
  // oxlint-disable-next-line no-control-regex -- escape sequences begin with one
  const sequence = /^\x1b(?:\[([0-9;]*[A-Za-z~])|O([A-Za-z]))/.exec(text);
  if (sequence) {
    const name = named[sequence[1] ?? sequence[2] ?? ''];
    return {
      key: name ? { type: 'named', name } : { type: 'unknown' },
      length: sequence[0].length,
    };
  }
  // oxlint-disable-next-line no-control-regex -- escape sequences begin with one
  if (/^\x1b(?:\[[0-9;]*|O)?$/.test(text)) return undefined;
  const [, next = ''] = text;
  return { key: { type: 'alt', text: next }, length: 1 + next.length };
}
