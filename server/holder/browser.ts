// Opens a page in the person's browser, where there is one. A failure is no failure: the link stands on the terminal.

import { spawn } from 'node:child_process';
import { withoutDescriptors } from '../terminal/descriptors.ts';

const OPENERS: Partial<Record<NodeJS.Platform, [file: string, ...args: string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** Other users may read command lines: the address must hold nothing that stays secret. */
export function openBrowser(address: string): void {
  const [file, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const command = withoutDescriptors({ file, args: [...args, address] });
  const opener = spawn(command.file, command.args, { stdio: 'ignore', detached: true });
  opener.on('error', () => {}); // no opener here: the printed link is enough
  opener.unref();
}
