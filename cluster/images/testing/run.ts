// Runs a command in a container of its own and waits for its end, moving the clock: for tests of shells and programs.

import { createContainerRuntime } from '../../node/runtime/runtime.ts';
import type { Image } from '../../node/image.ts';
import type { Program } from '../../node/process.ts';
import type { ContainerConfig } from '../../node/runtime.ts';
import { defaultLimits } from '../../limits.ts';
import { networkLab, seeded } from '../../network/testing/network-lab.ts';
import type { NetworkLab } from '../../network/testing/network-lab.ts';
import { Pipe, bytesOf, concatBytes } from '../../streams.ts';
import { decodeText } from '../programs/text.ts';

export interface Outcome {
  stdout: string;
  stderr: string;
  code: number;
  /** Cluster milliseconds it took. */
  ms: number;
}

export interface RunOptions {
  stdin?: string;
  env?: Record<string, string>;
  cwd?: string;
  files?: Image['files'];
  user?: Image['user'];
  /** More programs, by path or by name in /bin. */
  programs?: Record<string, Program>;
  lab?: NetworkLab;
  net?: ContainerConfig['net'];
  /** Cluster milliseconds before the run counts as hung. */
  limitMs?: number;
}

export class Hung extends Error {}

/** What a command prints and how it ends. Throws Hung when it does not. */
export async function run(
  programs: Readonly<Record<string, Program>>,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const lab = options.lab ?? networkLab();
  const written: Record<'stdout' | 'stderr', Uint8Array[]> = { stdout: [], stderr: [] };
  const runtime = createContainerRuntime({
    clock: lab.clock,
    random: seeded(1),
    limits: defaultLimits,
  });
  const net =
    options.net ??
    lab.network.addPod({
      ip: '10.244.0.5',
      hostname: 'web-1',
      namespace: 'default',
      podName: 'web-1',
    });
  const image: Image = {
    repository: 'test',
    tags: ['latest'],
    entrypoint: [],
    cmd: [],
    env: {},
    workingDir: options.cwd ?? '/',
    user: options.user ?? { uid: 0, gid: 0, name: 'root', home: '/root' },
    stopSignal: 'SIGTERM',
    size: 1,
    files: options.files ?? {},
    programs: { ...placed(programs), ...placed(options.programs ?? {}) },
  };
  const startedAt = lab.clock.now();
  const container = runtime.start({
    name: 'default/web-1/web',
    image,
    argv,
    env: new Map(Object.entries({ PATH: '/usr/local/bin:/usr/bin:/bin', ...options.env })),
    workingDir: options.cwd ?? '/',
    user: image.user,
    mounts: [],
    net,
    hostname: net.hostname,
    tty: false,
    stdin: options.stdin !== undefined,
    stdinOnce: true,
    onOutput: (stream, bytes) => written[stream].push(bytes.slice()),
  });
  if (options.stdin !== undefined) {
    const stdin = new Pipe(Infinity);
    await stdin.write(bytesOf(options.stdin));
    stdin.end();
    void container.attach({
      stdin,
      stdout: { write: () => Promise.resolve(), end() {} },
      stderr: { write: () => Promise.resolve(), end() {} },
      onResize() {},
      signal: new AbortController().signal,
    });
  }
  let ended: { exitCode: number } | undefined;
  void container.exited.then((exit) => (ended = exit));
  const limit = startedAt + (options.limitMs ?? 600_000);
  while (!ended) {
    // All promises run dry before time moves.
    await settled();
    if (ended) break;
    const wait = lab.clock.untilNext();
    if (wait === Infinity || lab.clock.now() + wait > limit)
      throw new Hung(
        `${argv.join(' ')} still runs; it printed ${text(written.stdout)}${text(written.stderr)}`,
      );
    await lab.clock.step(wait);
  }
  return {
    stdout: text(written.stdout),
    stderr: text(written.stderr),
    code: ended.exitCode,
    ms: lab.clock.now() - startedAt,
  };
}

/** Resolves when every promise that can go on has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function placed(programs: Readonly<Record<string, Program>>): Record<string, Program> {
  return Object.fromEntries(
    Object.entries(programs).map(([name, program]) => [
      name.startsWith('/') ? name : `/bin/${name}`,
      program,
    ]),
  );
}

function text(chunks: readonly Uint8Array[]): string {
  return decodeText(concatBytes(chunks));
}
