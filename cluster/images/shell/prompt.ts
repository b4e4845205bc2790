// Prompts: the backslash sequences of PS1 and PS2. Source: bash's manual, PROMPTING; busybox knows the common ones of them.

import { strftime } from '../programs/calendar.ts';
import type { Shell } from './shell.ts';

/** What a prompt variable shows. Expansion of parameters comes afterwards, by the caller. */
export function promptText(shell: Shell, template: string): string {
  return template.replace(/\\([0-7]{3}|D\{[^}]*\}|[\s\S])/g, (whole, code: string) => {
    if (/^[0-7]{3}$/.test(code)) return String.fromCharCode(parseInt(code, 8));
    if (code.startsWith('D{')) return strftime(code.slice(2, -1) || '%H:%M:%S', now(shell));
    return sequence(shell, code) ?? whole;
  });
}

function sequence(shell: Shell, code: string): string | undefined {
  const { process } = shell;
  const hostname = shell.variables.get('HOSTNAME') ?? process.net.hostname;
  switch (code) {
    case 'h':
      return hostname.split('.')[0];
    case 'H':
      return hostname;
    case 'u':
      return process.user.name;
    case 'w':
      return withHome(shell);
    case 'W':
      return withHome(shell) === '~' ? '~' : shell.cwd.split('/').at(-1) || '/';
    case '$':
      return process.user.uid === 0 ? '#' : '$';
    case 's':
      return shell.flavour.name;
    case 'v':
      return (shell.variables.get('BASH_VERSION') ?? '').split('.').slice(0, 2).join('.');
    case 'V':
      return (shell.variables.get('BASH_VERSION') ?? '').replace(/\(.*/, '');
    case 'j':
      return String(shell.jobs.list().length);
    case '#':
    case '!':
      return String(shell.history.length + 1);
    case 't':
      return strftime('%H:%M:%S', now(shell));
    case 'T':
      return strftime('%I:%M:%S', now(shell));
    case 'A':
      return strftime('%H:%M', now(shell));
    case '@':
      return strftime('%I:%M %p', now(shell));
    case 'd':
      return strftime('%a %b %d', now(shell));
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 'a':
      return '\x07';
    case 'e':
      return '\x1b';
    case '[':
    case ']':
      return '';
    case '\\':
      return '\\';
    default:
      return undefined;
  }
}

function withHome(shell: Shell): string {
  const home = shell.variables.get('HOME') ?? '';
  const { cwd } = shell;
  if (home === '' || home === '/') return cwd;
  return cwd === home || cwd.startsWith(`${home}/`) ? `~${cwd.slice(home.length)}` : cwd;
}

function now(shell: Shell): number {
  return shell.process.clock.now();
}
