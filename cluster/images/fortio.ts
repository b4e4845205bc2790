// The image fortio/fortio: a load generator, and the echo servers it is tried against. One program and no shell.

import type { Image } from '../node/image.ts';
import type { Process, Program } from '../node/process.ts';
import { bytesOf } from '../streams.ts';
import { type ImageFamily, imageFamily } from './family.ts';
import { FlagFault, type Flags, parseFlags, usageText } from './fortio/flags.ts';
import { fetchOnce, load } from './fortio/load.ts';
import { Log } from './fortio/log.ts';
import { PROCESSORS } from './fortio/pace.ts';
import { serve } from './fortio/server.ts';

/** Minor releases and their last patch. Source: the project's tags. Their reports read alike. */
const BRANCHES: Readonly<Record<string, number>> = {
  '1.60': 3,
  '1.61': 0,
  '1.62': 1,
  '1.63': 10,
  '1.65': 0,
  '1.66': 5,
  '1.67': 1,
  '1.68': 2,
  '1.69': 5,
  '1.70': 0,
  '1.71': 2,
  '1.72': 0,
  '1.73': 2,
  '1.74': 0,
  '1.75': 2,
};
const LATEST = '1.75.2';

const RED = '\u001b[91m';
const RESET = '\u001b[0m';

const COMMANDS = ['load', 'curl', 'server'];
/** Commands of the real one that would need what this cluster has not. */
const NOT_SIMULATED = 'report redirect tcp-echo udp-echo proxies grpcping nc script'.split(' ');

function fortioProgram(release: string): Program {
  const build = `${release} amd64 linux`;
  return async (process) => {
    const [, command, ...rest] = process.argv;
    const special = rest.length === 0 ? specialText(command ?? '', release, build) : undefined;
    if (special !== undefined) {
      await process.stdout.write(bytesOf(special));
      return 0;
    }
    const colours = process.isTerminal(2);
    try {
      if (command === undefined) throw new FlagFault('Missing command argument', 1);
      // On a terminal a bad flag is red.
      if (colours) await process.stderr.write(bytesOf(RED));
      const flags = parseFlags(rest);
      if (colours) await process.stderr.write(bytesOf(RESET));
      return await run(process, command, flags, release, build);
    } catch (error) {
      if (!(error instanceof FlagFault)) throw error;
      return complain(process, error, release);
    }
  };
}

function specialText(command: string, release: string, build: string): string | undefined {
  switch (command.toLowerCase()) {
    case 'version':
      return `${release}\n`;
    case 'buildinfo':
      return `${build}\nthis is the embedded cluster's simulation of fortio; it was not built from Go modules\n`;
    case 'help':
      return usageText(release);
    default:
      return undefined;
  }
}

async function run(
  process: Process,
  command: string,
  flags: Flags,
  release: string,
  build: string,
): Promise<number> {
  const log = new Log(process);
  log.json = flags.is('logger-json');
  const level = flags.level();
  if (level) await log.set(level);
  if (flags.is('quiet')) log.setQuietly('Error');
  if (flags.operands.length > 1)
    throw new FlagFault(`At most 1 argument expected, got ${flags.operands.length}`, 1);
  await log.write({
    level: 'Info',
    message: 'Starting',
    attributes: { command: 'Φορτίο', version: build, 'go-max-procs': PROCESSORS },
    place: { file: 'scli.go', line: 124 },
  });
  if (NOT_SIMULATED.includes(command))
    throw new FlagFault(`fortio: ${command} is not simulated in the embedded cluster`, 1, false);
  if (!COMMANDS.includes(command))
    throw new FlagFault(`Error: unknown command ${JSON.stringify(command)}`, 1);
  if (command === 'server') {
    if (flags.operands.length > 0)
      throw new FlagFault('Error: too many arguments (typo in a flag?)', 1);
    return serve(process, flags, log, release, build);
  }
  if (command === 'load' && !flags.is('curl')) return load(process, flags, log, release);
  log.asClientTool();
  return fetchOnce(process, flags, log, release);
}

/** Go names a bad flag before the usage, fortio a bad use behind it. */
async function complain(
  process: Process,
  { message, status, usage }: FlagFault,
  release: string,
): Promise<number> {
  const line = message === '' ? '' : `${message}\n`;
  const text = !usage ? line : status === 2 ? line + usageText(release) : usageText(release) + line;
  await process.stderr.write(bytesOf(text));
  return status;
}

function releaseOf(tag: string): string | undefined {
  if (tag === 'latest' || tag === 'latest_release') return LATEST;
  const [, minor = '', patch] = /^(\d+\.\d+)\.(\d+)$/.exec(tag) ?? [];
  const last = BRANCHES[minor];
  return last !== undefined && Number(patch) <= last ? tag : undefined;
}

function fortioImage(tag: string): Image | undefined {
  const release = releaseOf(tag);
  if (release === undefined) return undefined;
  return {
    repository: 'fortio/fortio',
    tags: [tag],
    entrypoint: ['/usr/bin/fortio'],
    cmd: ['server', '-config-dir', '/etc/fortio'],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    workingDir: '/var/lib/fortio',
    user: { uid: 0, gid: 0, name: 'root', home: '/' },
    stopSignal: 'SIGTERM',
    size: 7_900_000,
    memory: 12 * 1024 * 1024,
    files: {
      '/etc/fortio': { directory: true },
      '/var/lib/fortio': { directory: true },
    },
    programs: { '/usr/bin/fortio': fortioProgram(release) },
  };
}

export const fortio: ImageFamily = imageFamily(
  'fortio/fortio',
  ['latest', LATEST, '1.69.5'],
  fortioImage,
);
