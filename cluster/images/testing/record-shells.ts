// Records what the real shells and busybox's tools do with the scripts beside the recordings:
// `node cluster/images/testing/record-shells.ts`.
// Needs bash and busybox (Debian's will do). Tests never run this: they read what it wrote.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Script {
  for: 'both' | 'bash' | 'ash';
  script: string;
}

const images = join(import.meta.dirname, '..');
const recordings = [
  { folder: join(images, 'shell', 'recordings'), flavours: ['bash', 'ash'] },
  { folder: join(images, 'programs', 'recordings'), flavours: ['ash'] },
] as const;
const scratch = mkdtempSync(join(tmpdir(), 'shells-'));
const where = (name: string) =>
  spawnSync('sh', ['-c', `command -v ${name}`])
    .stdout.toString()
    .trim();
const programs = { bash: where('bash'), ash: where('busybox') };

/** Both shells get busybox's tools, as the images have them. */
const bin = join(scratch, 'bin');
mkdirSync(bin);
for (const applet of spawnSync(programs.ash, ['--list']).stdout.toString().trim().split('\n'))
  symlinkSync(applet === 'bash' ? programs.bash : programs.ash, join(bin, applet));

for (const { folder, flavours } of recordings)
  for (const flavour of flavours) record(folder, flavour);
rmSync(scratch, { recursive: true });

function record(folder: string, flavour: 'bash' | 'ash'): void {
  const scripts = JSON.parse(readFileSync(join(folder, 'scripts.json'), 'utf8')) as Script[];
  const program = programs[flavour];
  const said = spawnSync(program, flavour === 'bash' ? ['--version'] : []).stdout.toString();
  const recorded = scripts.flatMap(({ for: meant, script }) => {
    if (meant !== 'both' && meant !== flavour) return [];
    const work = join(scratch, 'work');
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work);
    // A bash whose input is a socket takes itself for a remote login and would read ~/.bashrc.
    const ran = spawnSync(program, [...(flavour === 'bash' ? ['--norc'] : []), '-c', script], {
      argv0: flavour === 'bash' ? 'bash' : 'sh',
      cwd: work,
      env: { PATH: bin, HOME: '/root' },
      input: '',
      timeout: 10_000,
    });
    // Where it ran is no part of the outcome, and busybox's usage texts are its own.
    const masked = (bytes: Buffer) =>
      bytes
        .toString()
        .replaceAll(work, '/tmp/work')
        .replaceAll(bin, '/bin')
        .replace(/BusyBox v[\s\S]*?Usage: (\S+)[\s\S]*$/, '<usage of $1>');
    return [{ script, stdout: masked(ran.stdout), stderr: masked(ran.stderr), code: ran.status }];
  });
  const recordedFrom = said.split('\n')[0];
  writeFileSync(
    join(folder, `${flavour}.json`),
    `${JSON.stringify({ recordedFrom, recorded }, null, 1)}\n`,
  );
  console.log(`${flavour}: ${recorded.length} scripts, ${recordedFrom}`);
}
