// What each shell says, and what it puts before it. Sources: busybox 1.35 and bash 5.2 run side by side.

import type { FileErrorCode } from '../../node/file-system.ts';
import { FileError } from '../../node/file-system.ts';
import { describe } from '../programs/files.ts';
import type { Shell } from './shell.ts';
import type { FaultToken, SyntaxFault } from './syntax.ts';

/** A whole line of complaint about something that was being run. */
export function complaint(shell: Shell, text: string, builtin?: string): string {
  return `${shell.isBash ? bashPrefix(shell) : ashPrefix(shell, builtin)}${builtin ? builtinPart(shell, builtin) : ''}${text}\n`;
}

function bashPrefix(shell: Shell): string {
  const { origin } = shell;
  if (shell.interactive) return `${origin.source ?? origin.name}: `;
  // In a function bash names where the function was defined.
  const defined = {
    command: 'environment',
    stdin: 'main',
    script: origin.name,
    interactive: 'main',
  };
  const name =
    shell.callStack.length > 0 && !origin.source
      ? defined[origin.kind]
      : (origin.source ?? origin.name);
  return `${name}: line ${shell.line}: `;
}

function ashPrefix(shell: Shell, builtin: string | undefined): string {
  const { origin } = shell;
  if (builtin) return `${origin.name}: `;
  const named = origin.source ? `${origin.source}: ` : '';
  const lined = origin.source !== undefined || origin.kind === 'script' || origin.named === true;
  return `${origin.name}: ${named}${lined ? ashLine(shell) : ''}`;
}

/** ash counts the lines of a `-c` text from 0. */
function ashLine(shell: Shell): string {
  const line =
    shell.origin.kind === 'command' && !shell.origin.source ? shell.line - 1 : shell.line;
  return `line ${line}: `;
}

function builtinPart(shell: Shell, builtin: string): string {
  if (shell.isBash) return `${builtin}: `;
  return `${builtin}: ${shell.interactive && !shell.origin.source ? '' : ashLine(shell)}`;
}

/** All lines about text that is no shell text. */
export function syntaxComplaint(shell: Shell, fault: SyntaxFault, lineText: string): string {
  return shell.isBash ? bashSyntax(shell, fault, lineText) : ashSyntax(shell, fault);
}

function bashSyntax(shell: Shell, fault: SyntaxFault, lineText: string): string {
  const { origin } = shell;
  const spoken = origin.speaker ?? (origin.kind === 'command' ? '-c' : undefined);
  const name = origin.source ?? (spoken ? `${origin.name}: ${spoken}` : origin.name);
  const prefix =
    shell.interactive && !origin.source ? `${name}: ` : `${name}: line ${fault.line}: `;
  const { token } = fault;
  switch (token.kind) {
    case 'end':
      return `${prefix}syntax error: unexpected end of file\n`;
    case 'unclosed':
      return token.opener === '[['
        ? `${prefix}unexpected EOF while looking for \`]]'\n`
        : `${prefix}unexpected EOF while looking for matching \`${token.closer}'\n`;
    case 'message':
      return `${prefix}${token.text}\n`;
    case 'newline':
    case 'operator':
    case 'redirection':
    case 'reserved':
    case 'word': {
      const text = token.kind === 'newline' ? 'newline' : token.text;
      const shown = shell.interactive ? '' : `${prefix}\`${lineText}'\n`;
      return `${prefix}syntax error near unexpected token \`${text}'\n${shown}`;
    }
  }
}

function ashSyntax(shell: Shell, fault: SyntaxFault): string {
  const { origin } = shell;
  const lined = origin.source !== undefined || origin.kind === 'script' || origin.named === true;
  const line = origin.kind === 'command' && !origin.source ? fault.line - 1 : fault.line;
  const named = origin.source ?? origin.speaker;
  const says = lined || (origin.speaker !== undefined && !shell.interactive);
  const prefix = `${origin.name}: ${named ? `${named}: ` : ''}${says ? `line ${line}: ` : ''}syntax error: `;
  const { token, expected } = fault;
  switch (token.kind) {
    case 'unclosed':
      return `${prefix}${unclosed(token.opener)}\n`;
    case 'message':
      return `${prefix}${token.text}\n`;
    case 'end':
    case 'newline':
    case 'operator':
    case 'redirection':
    case 'reserved':
    case 'word': {
      const wanted =
        expected === undefined
          ? ''
          : ` (expecting ${expected === 'word' ? expected : `"${expected}"`})`;
      return `${prefix}unexpected ${ashToken(token)}${wanted}\n`;
    }
  }
}

function ashToken(token: Exclude<FaultToken, { kind: 'unclosed' | 'message' }>): string {
  switch (token.kind) {
    case 'end':
      return 'end of file';
    case 'newline':
    case 'word':
    case 'redirection':
      return token.kind;
    case 'operator':
    case 'reserved':
      return `"${token.text}"`;
  }
}

function unclosed(opener: string): string {
  switch (opener) {
    case '`':
      return 'EOF in backquote substitution';
    case '${':
      return "missing '}'";
    case '$((':
      return "missing '))'";
    case '$(':
    case '(':
      return 'unexpected end of file (expecting ")")';
    default:
      return 'unterminated quoted string';
  }
}

/** A file that cannot be opened for a redirection. */
export function cannotOpen(shell: Shell, path: string, error: unknown, writing: boolean): string {
  if (shell.isBash) {
    if (error instanceof FileError && error.code === 'EEXIST')
      return `${path}: cannot overwrite existing file`;
    return `${path}: ${describe(error)}`;
  }
  const code = error instanceof FileError ? error.code : undefined;
  const words: Partial<Record<FileErrorCode, string>> = writing
    ? { ENOENT: 'nonexistent directory', ENOTDIR: 'nonexistent directory' }
    : { ENOENT: 'no such file', ENOTDIR: 'no such file' };
  const reason = (code && words[code]) ?? describe(error);
  return `can't ${writing ? 'create' : 'open'} ${path}: ${reason}`;
}

export function notFound(shell: Shell, command: string): string {
  if (!shell.isBash) return `${command}: not found`;
  return command.includes('/')
    ? `${command}: No such file or directory`
    : `${command}: command not found`;
}
