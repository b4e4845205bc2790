// <theme-button>: light or dark. Until somebody presses it the page follows the system.

import { keys } from '../frame/theme.ts';
import { define, part } from './dom.ts';
import { keep, recall } from './memory.ts';

const system = matchMedia('(prefers-color-scheme: dark)');

class ThemeButton extends HTMLElement {
  connectedCallback(): void {
    part(this, 'button').addEventListener('click', () => {
      const theme = document.documentElement.dataset['theme'] === 'dark' ? 'light' : 'dark';
      keep(keys.theme, theme);
      show(theme);
    });
    show(document.documentElement.dataset['theme'] ?? 'light');
  }
}

function show(theme: string): void {
  document.documentElement.dataset['theme'] = theme;
  for (const button of document.querySelectorAll('theme-button button')) {
    button.setAttribute('aria-pressed', String(theme === 'dark'));
  }
}

system.addEventListener('change', ({ matches }) => {
  if (!recall(keys.theme)) show(matches ? 'dark' : 'light');
});

define('theme-button', ThemeButton);
