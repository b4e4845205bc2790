// The terminal's colours, read from the page's tokens, so that they are written in one place: src/styles/tokens.css.

import type { ITheme } from '@xterm/xterm';

/** Tokens are light-dark() pairs, which only a real colour property resolves. */
export function colours(inside: HTMLElement): ITheme {
  const probe = document.createElement('span');
  probe.hidden = true;
  inside.append(probe);
  const read = (token: string) => {
    probe.style.color = `var(--term-${token})`;
    return getComputedStyle(probe).color;
  };
  const theme: ITheme = {
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
  };
  probe.remove();
  return theme;
}
