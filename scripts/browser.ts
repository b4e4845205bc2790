// Makes sure a Chromium is there for the browser tests, and prints which. CHROMIUM_PATH=/path/to/chrome overrides.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from '@playwright/test';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const FIXED = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Flags for tests: no sandbox in containers, and no background requests to the browser maker’s hosts. */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Chromium's path, or undefined when there is none. */
export function findChromium(): string | undefined {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  const own = chromium.executablePath();
  if (existsSync(own)) return own;
  const inPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((directory) => NAMES.map((name) => join(directory, name)));
  return [...inPath, ...FIXED].find(isRunnable);
}

/** Installs one if need be: Playwright's, or Debian's where that cannot be downloaded. Exits with what to do when both fail. */
export function ensureChromium(): string {
  const present = findChromium();
  if (present) return present;
  console.log('There is no Chromium or Chrome here: fetching Playwright’s.');
  run(process.execPath, ['node_modules/@playwright/test/cli.js', 'install', 'chromium']);
  if (!findChromium() && isDebian()) {
    console.log('That did not work: installing Debian’s chromium.');
    const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
    const apt = (...args: string[]) => {
      const [command = '', ...rest] = [...asRoot, 'apt-get', ...args];
      run(command, rest);
    };
    apt('update', '-qq');
    apt('install', '-y', '-qq', '--no-install-recommends', 'chromium');
  }
  const found = findChromium();
  if (found) return found;
  console.error(
    '\nNo Chromium for the browser tests. Install Chrome or Chromium and run this again, or name one: CHROMIUM_PATH=/path/to/chrome npm test\n',
  );
  return process.exit(1);
}

function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not ours to run
  }
}

/** Ubuntu's package is a stub for snap, which containers lack: only Debian's will do. */
function isDebian(): boolean {
  return (
    existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
  );
}

const run = (command: string, args: string[]) =>
  spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], timeout: 5 * 60_000 });

if (process.argv[1]?.endsWith('browser.ts')) console.log(`browser: ${ensureChromium()}`);
