// What npm start becomes once everything is there: claims the home, starts the holder, prints the one link, and ends it all on Ctrl-C.
// Knows nothing of how pages or schemas are made.

import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { ConfigError, readConfig } from '../config.ts';
import type { Config } from '../config.ts';
import { openBrowser } from './browser.ts';
import { claimHome, cookieKey } from './home.ts';
import type { HomeClaim } from './home.ts';
import { Holder, isMeshproof, PortTaken } from './holder.ts';
import type { HolderOptions } from './holder.ts';
import { whyNoSandbox } from '../terminal/sandbox.ts';

/** Ctrl-C reaches us from the keyboard and from the npm script above us: the second one within this time is the same. */
const SAME_SIGNAL_MS = 1_000;

export type Start = Pick<HolderOptions, 'openWorkspace' | 'engines'>;

/** A sentence for the person at the terminal; there is nothing to debug in it. */
export class StartError extends Error {}

/** The configuration of this environment, or one sentence about what is wrong with it. */
export function configuration(env: Record<string, string | undefined>): Config {
  try {
    return readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) throw new StartError(error.message, { cause: error });
    throw error;
  }
}

/** Claims the home, or prints the link of the one that holds it and returns undefined. */
export async function claim(config: Config): Promise<HomeClaim | undefined> {
  const claimed = await claimHome(config.home);
  if (claimed.state === 'ours') return claimed.claim;
  if (claimed.url === undefined) {
    throw new StartError('Another Meshproof was just starting or stopping here. Try again.');
  }
  console.log(`\nMeshproof is already running:\n\n  ${claimed.url}\n`);
  return undefined;
}

/** Refuses a port that is somebody else's before anything long is begun. */
export async function checkPort({ port }: Config): Promise<void> {
  const free = await new Promise<boolean>((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
  if (!free) throw await portTaken(port);
}

/** Refuses to start with other shells than the ones that were asked for: who wants a sandbox does not want to go without. */
export async function checkShell(
  { shell }: Config,
  env: Record<string, string | undefined>,
): Promise<void> {
  const why = shell === 'sandbox' ? await whyNoSandbox(env) : undefined;
  if (why !== undefined) throw new StartError(why);
}

/** Serves until it is told to stop; the claim is its caller's to release. Resolves with the exit code. */
export async function serve(
  config: Config,
  held: HomeClaim,
  env: Record<string, string | undefined>,
  start: Start,
): Promise<number> {
  const log = (message: string) => console.error(message);
  const stopped = stopSignal();
  let holder: Holder;
  try {
    holder = await Holder.start({ ...start, config, cookieKey: cookieKey(config.home), env, log });
  } catch (error) {
    throw error instanceof PortTaken ? await portTaken(error.port) : error;
  }
  held.tell(holder.url);
  console.log(
    `\nMeshproof is ready:\n\n  ${holder.url}\n\nCtrl+C ends it. Your work stays in ${shortened(config.home)}.\n`,
  );
  if (config.openBrowser) openBrowser(holder.oneTimeUrl());
  const crashed = new Promise<number>((resolve) => {
    process.once('uncaughtException', (error) => {
      log(`Meshproof made a mistake and stops: ${error.stack ?? error.message}`);
      resolve(1);
    });
  });
  const code = await Promise.race([stopped.then(() => 0), crashed]);
  await holder.stop();
  return code;
}

async function portTaken(port: number): Promise<StartError> {
  const who = (await isMeshproof(port)) ? 'another Meshproof, of another home' : 'another program';
  return new StartError(
    `Port ${port} is in use by ${who}. Stop it, or choose another port: PORT=${port + 1} npm start`,
  );
}

/** Resolves at the first signal to end. A later one, from somebody who does not want to wait, ends us at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let first = 0;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (first === 0) {
          first = performance.now();
          resolve();
        } else if (performance.now() - first > SAME_SIGNAL_MS) {
          process.exit(1);
        }
      });
    }
  });
}

function shortened(path: string): string {
  return path.startsWith(homedir()) ? `~${path.slice(homedir().length)}` : path;
}
