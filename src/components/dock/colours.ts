// The terminal's colours, read from the page's tokens, so that they are written in one place: src/styles/tokens.css.

import type { ISearchDecorationOptions } from '@xterm/addon-search';
import type { ITheme } from '@xterm/xterm';

export function colours(inside: HTMLElement): ITheme {
  return reading(inside, (read) => ({
    background: read('bg'),
    foreground: read('ink'),
    cursor: read('dim'),
    cursorAccent: read('bg'),
    selectionBackground: read('select'),
    black: read('black'),
    red: read('red'),
    green: read('green'),
    yellow: read('yellow'),
    blue: read('blue'),
    magenta: read('magenta'),
    cyan: read('cyan'),
    white: read('ink'),
    brightBlack: read('dim'),
    brightRed: read('red'),
    brightGreen: read('green'),
    brightYellow: read('yellow'),
    brightBlue: read('blue'),
    brightMagenta: read('magenta'),
    brightCyan: read('cyan'),
    brightWhite: read('ink'),
  }));
}

/** Words that a search has found, and the one it stands at. */
export function foundColours(inside: HTMLElement): ISearchDecorationOptions {
  return reading(inside, (read) => ({
    matchBackground: hex(read('select')),
    matchOverviewRuler: hex(read('dim')),
    activeMatchBackground: hex(read('found')),
    activeMatchBorder: hex(read('yellow')),
    activeMatchColorOverviewRuler: hex(read('yellow')),
  }));
}

/** Tokens are light-dark() pairs, which only a real colour property resolves. */
function reading<T>(inside: HTMLElement, use: (read: (token: string) => string) => T): T {
  const probe = document.createElement('span');
  probe.hidden = true;
  inside.append(probe);
  const colours = use((token) => {
    probe.style.color = `var(--term-${token})`;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return colours;
}

/** `rgb(53, 68, 61)` as `#35443d`: a search takes nothing else. */
function hex(colour: string): string {
  const [red = 0, green = 0, blue = 0] = (colour.match(/\d+/g) ?? []).map(Number);
  return `#${[red, green, blue].map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
