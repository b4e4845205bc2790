// The sheet of keys: every action of the terminals, from the one table, each a button with its key beside it.

import { make } from '../page/dom.ts';
import {
  type Action,
  ariaKeys,
  type Group,
  OTHER_KEYS,
  type Platform,
  printed,
} from './actions.ts';

/** Fills the sheet. `reader` is its only switch. */
export function fillSheet(
  sheet: HTMLElement,
  actions: readonly Action[],
  platform: Platform,
  act: (action: Action['id']) => void,
): void {
  const groups = new Map<Group, Action[]>();
  for (const action of actions) {
    groups.set(action.group, [...(groups.get(action.group) ?? []), action]);
  }
  const parts = [...groups].map(([name, these]) =>
    section(
      name,
      these.map((action) => {
        const button = make(
          'button',
          { type: 'button', 'aria-keyshortcuts': ariaKeys(action), 'data-action': action.id },
          make('span', {}, action.says),
          keysOf(action.keys.map((chord) => printed(chord, platform))),
        );
        button.addEventListener('click', () => act(action.id));
        return button;
      }),
    ),
  );
  const others = OTHER_KEYS.map(({ keys, says }) =>
    make('p', {}, make('span', {}, says), keysOf([keys])),
  );
  sheet.replaceChildren(
    make('h2', {}, 'Terminals: what they do, and by which key'),
    make('div', { class: 'columns' }, ...parts, section('In the shell, and beside it', others)),
  );
}

function section(name: string, rows: HTMLElement[]): HTMLElement {
  return make('section', {}, make('h3', {}, name), ...rows);
}

function keysOf(keys: string[]): HTMLElement {
  const words = keys.flatMap((key, at) => [...(at > 0 ? [' or '] : []), make('kbd', {}, key)]);
  return make('span', { class: 'chords' }, ...words);
}
