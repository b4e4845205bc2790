// Everything one can do with the terminals beside pressing keys in them: one table, from which come the keys, the buttons and
// the sheet that lists them. Pure.
//
// Keys: a shell wants Ctrl and Alt with letters, browsers want Ctrl+Shift with most of them. Alt+Shift is nobody's; where
// other terminals have a key that browsers leave alone, it works here too.

export type ActionId =
  | 'go'
  | 'leave'
  | 'help'
  | 'new'
  | 'close'
  | 'rename'
  | 'previous'
  | 'next'
  | 'split'
  | 'other'
  | 'maximise'
  | 'pop-out'
  | 'find'
  | 'copy'
  | 'copy-all'
  | 'paste'
  | 'interrupt'
  | 'clear'
  | 'restart'
  | 'larger'
  | 'smaller'
  | 'usual'
  | 'reader';

export type Group = 'Terminals' | 'Text' | 'What runs' | 'Sight and sound';

export interface Action {
  id: ActionId;
  group: Group;
  says: string;
  /** As they are printed; the first is the one to learn. */
  keys: readonly string[];
  /** The shell or the browser does it by itself: the key is only listed. */
  native?: true;
}

export type Platform = 'mac' | 'windows' | 'other';

export function platformOf(name: string): Platform {
  return name.startsWith('Mac') ? 'mac' : name.startsWith('Win') ? 'windows' : 'other';
}

/** Windows keeps Ctrl+Shift+Esc for itself, and a Mac has ⌘ for the clipboard. */
export function actionsOn(platform: Platform): readonly Action[] {
  const mac = platform === 'mac';
  const way = platform === 'windows' ? 'Ctrl+F6' : 'Ctrl+Shift+Esc';
  return [
    { id: 'go', group: 'Terminals', says: 'Go to the terminal', keys: ['Alt+Shift+G'] },
    { id: 'leave', group: 'Terminals', says: 'Leave it', keys: [way] },
    { id: 'help', group: 'Terminals', says: 'Show this sheet', keys: ['Alt+Shift+H'] },
    { id: 'new', group: 'Terminals', says: 'New terminal', keys: ['Alt+Shift+N'] },
    { id: 'close', group: 'Terminals', says: 'Close this terminal', keys: ['Alt+Shift+W'] },
    { id: 'rename', group: 'Terminals', says: 'Rename it', keys: ['Alt+Shift+E'] },
    { id: 'previous', group: 'Terminals', says: 'Terminal before', keys: ['Alt+Shift+←'] },
    { id: 'next', group: 'Terminals', says: 'Terminal after', keys: ['Alt+Shift+→'] },
    { id: 'split', group: 'Terminals', says: 'Split, or end the split', keys: ['Alt+Shift+S'] },
    { id: 'other', group: 'Terminals', says: 'Go to the other half', keys: ['Alt+Shift+O'] },
    { id: 'maximise', group: 'Terminals', says: 'Maximise, or back', keys: ['Alt+Shift+M'] },
    { id: 'pop-out', group: 'Terminals', says: 'A window of its own', keys: ['Alt+Shift+P'] },
    { id: 'find', group: 'Text', says: 'Find', keys: ['Alt+Shift+F', 'Ctrl+Shift+F'] },
    {
      id: 'copy',
      group: 'Text',
      says: 'Copy what is selected',
      keys: mac ? ['⌘+C'] : ['Ctrl+C', 'Ctrl+Shift+C'],
    },
    { id: 'copy-all', group: 'Text', says: 'Copy all of it as text', keys: ['Alt+Shift+C'] },
    {
      id: 'paste',
      group: 'Text',
      says: 'Paste',
      keys: mac ? ['⌘+V'] : ['Ctrl+V', 'Ctrl+Shift+V'],
      native: true,
    },
    {
      id: 'interrupt',
      group: 'What runs',
      says: 'Stop what runs',
      keys: ['Ctrl+C'],
      native: true,
    },
    { id: 'clear', group: 'What runs', says: 'Forget what was printed', keys: ['Alt+Shift+L'] },
    { id: 'restart', group: 'What runs', says: 'A new shell in its place', keys: ['Alt+Shift+R'] },
    { id: 'larger', group: 'Sight and sound', says: 'Larger letters', keys: ['Alt+Shift++'] },
    { id: 'smaller', group: 'Sight and sound', says: 'Smaller letters', keys: ['Alt+Shift+-'] },
    { id: 'usual', group: 'Sight and sound', says: 'Usual letters', keys: ['Alt+Shift+0'] },
    { id: 'reader', group: 'Sight and sound', says: 'Screen reader mode', keys: ['Alt+Shift+V'] },
  ];
}

/** What the shell itself and the seam between lesson and terminal do with keys: listed beside the actions. */
export const OTHER_KEYS: readonly { keys: string; says: string }[] = [
  { keys: 'Tab', says: 'Complete a word' },
  { keys: '↑', says: 'The command before' },
  { keys: 'Ctrl+R', says: 'Search the commands before' },
  { keys: 'Ctrl+L', says: 'Clear the screen' },
  { keys: 'Ctrl+D', says: 'End the shell' },
  { keys: '← →', says: 'On the seam: narrower, wider' },
  { keys: 'Enter', says: 'On the seam: usual width' },
];

/** What of a keyboard event counts. */
export type Key = Pick<
  KeyboardEvent,
  'key' | 'code' | 'ctrlKey' | 'altKey' | 'shiftKey' | 'metaKey'
>;

/** The action that a key stands for, if any. */
export function actionOf(event: Key, actions: readonly Action[]): ActionId | undefined {
  return actions.find(
    ({ native, id, keys }) =>
      !native &&
      keys.some((chord) => isPressed(event, chord) && !(id === 'copy' && isPlainCopy(event))),
  )?.id;
}

/** Ctrl+C and ⌘+C are the browser's own: with a selection it copies, without one the shell hears Ctrl+C. */
function isPlainCopy({ ctrlKey, metaKey, shiftKey }: Key): boolean {
  return (ctrlKey || metaKey) && !shiftKey;
}

/** What the other keys of the table say: their sign, with Shift on the layouts we know of, or their place. */
const KEYS: Readonly<Record<string, { signs: readonly string[]; codes: readonly string[] }>> = {
  '←': { signs: ['ArrowLeft'], codes: [] },
  '→': { signs: ['ArrowRight'], codes: [] },
  Esc: { signs: ['Escape'], codes: [] },
  '+': { signs: ['+', '*'], codes: ['Equal', 'NumpadAdd'] },
  '-': { signs: ['-', '_'], codes: ['Minus', 'NumpadSubtract'] },
  '0': { signs: ['0'], codes: ['Digit0', 'Numpad0'] },
};

/** `chord` as printed: modifiers and a key, with + between them. */
export function isPressed(event: Key, chord: string): boolean {
  const parts = chord.split('+');
  const key = parts.at(-1) || '+';
  const has = (name: string) => parts.includes(name);
  if (
    event.ctrlKey !== has('Ctrl') ||
    event.altKey !== has('Alt') ||
    event.shiftKey !== has('Shift') ||
    event.metaKey !== has('⌘')
  ) {
    return false;
  }
  if (/^[A-Z]$/.test(key)) {
    // By its letter on every layout; with Alt a Mac types a sign of its own, and the place on the keyboard tells.
    return /^[a-z]$/i.test(event.key)
      ? event.key.toUpperCase() === key
      : event.code === `Key${key}`;
  }
  if (/^F\d+$/.test(key)) return event.key === key;
  const { signs, codes } = KEYS[key] ?? { signs: [], codes: [] };
  if (signs.includes(event.key)) return true;
  // A sign of another key of the table is that key, wherever it stands on this layout.
  const meansAnother = Object.values(KEYS).some((other) => other.signs.includes(event.key));
  return codes.includes(event.code) && !meansAnother;
}

/** As a Mac prints it: `⌥⇧N`. */
export function printed(chord: string, platform: Platform): string {
  if (platform !== 'mac') return chord;
  const parts = chord.split('+');
  const key = parts.at(-1) || '+';
  const signs: Record<string, string> = { Ctrl: '⌃', Alt: '⌥', Shift: '⇧', '⌘': '⌘' };
  return [
    ...Object.keys(signs)
      .filter((name) => parts.includes(name))
      .map((name) => signs[name]),
    key,
  ].join('');
}

/** As an `aria-keyshortcuts` attribute has it. */
export function ariaKeys({ keys }: Action): string {
  const names: Record<string, string> = {
    '←': 'ArrowLeft',
    '→': 'ArrowRight',
    Esc: 'Escape',
    '⌘': 'Meta',
    Ctrl: 'Control',
  };
  return keys
    .map((chord) =>
      (chord.endsWith('++') ? [...chord.slice(0, -2).split('+'), 'Plus'] : chord.split('+'))
        .map((part) => names[part] ?? part)
        .join('+'),
    )
    .join(' ');
}
