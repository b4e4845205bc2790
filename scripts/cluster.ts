// npm run cluster -- --kubeconfig FILE [--port N] [--speed N] [--seed N] [--max-pods N]
// One embedded cluster alone, in the foreground: for people, and for tests from outside. Writes the kubeconfig when the
// cluster answers, prints one line, keeps nothing, and stops on Ctrl-C.

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { made } from './products.ts';

const USAGE =
  'Usage: npm run cluster -- --kubeconfig FILE [--port N] [--speed N] [--seed N] [--max-pods N]';

interface Flags {
  kubeconfig: string;
  /** 0 asks for a free one. */
  port: number;
  /** Cluster seconds a real second. */
  speed: number;
  seed: number | undefined;
  /** Pods the node takes, by the name of the kubelet's own flag. */
  maxPods: number | undefined;
}

/** A flag that cannot be used: one sentence. */
class FlagError extends Error {}

function readFlags(args: string[]): Flags | 'help' {
  const { values } = parsed(args);
  if (values.help) return 'help';
  if (!values.kubeconfig)
    throw new FlagError('--kubeconfig is missing: name the file to write, which clients then use.');
  return {
    kubeconfig: resolve(values.kubeconfig),
    port: number('--port', values.port, 0, isPort, 'a port from 0 to 65535, 0 for any free one'),
    speed: number('--speed', values.speed, 1, isSpeed, 'a number above 0, at most 1000'),
    seed: number('--seed', values.seed, undefined, isSeed, 'a whole number from 0 to 4294967295'),
    maxPods: number('--max-pods', values['max-pods'], undefined, isPods, 'a number from 1 to 2000'),
  };
}

function parsed(args: string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args,
      options: {
        kubeconfig: text,
        port: text,
        speed: text,
        seed: text,
        'max-pods': text,
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    // Node's own sentence names the flag; what follows it is about writing such programs.
    const [sentence = ''] = (error instanceof Error ? error.message : String(error)).split('. ');
    throw new FlagError(`${sentence.replace(/\.?$/, '.')}`);
  }
}

function number<T>(
  name: string,
  text: string | undefined,
  otherwise: T,
  fits: (value: number) => boolean,
  wanted: string,
): number | T {
  if (text === undefined) return otherwise;
  const value = text.trim() === '' ? NaN : Number(text);
  if (!fits(value)) throw new FlagError(`${name} ${text}: use ${wanted}.`);
  return value;
}

const isPort = (value: number) => Number.isInteger(value) && value >= 0 && value <= 65_535;
const isSpeed = (value: number) => value > 0 && value <= 1_000;
const isPods = (value: number) => Number.isInteger(value) && value >= 1 && value <= 2_000;
const isSeed = (value: number) => Number.isInteger(value) && value >= 0 && value < 2 ** 32;

function complain(error: unknown, { port }: Partial<Flags>): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken: stop what listens there, or name another with --port.`;
  if (code === 'EACCES' && port !== undefined && port > 0 && port < 1024)
    return `Port ${port} is for the system's own services: name one above 1023 with --port.`;
  return error instanceof Error ? error.message : String(error);
}

async function main(): Promise<number> {
  let flags: Partial<Flags> = {};
  try {
    const read = readFlags(process.argv.slice(2));
    if (read === 'help') {
      console.log(USAGE);
      return 0;
    }
    flags = read;
    await run(read);
    return 0;
  } catch (error) {
    if (error instanceof FlagError) {
      console.error(`${error.message}\n${USAGE}`);
      return 2;
    }
    console.error(complain(error, flags));
    return 1;
  }
}

async function run({ kubeconfig, port, speed, seed, maxPods }: Flags): Promise<void> {
  await made('schemas');
  // Loaded here, so that a bad flag is told at once.
  const [{ createIdentity }, { kubeconfigFor }, { createCluster }, { Host }, { writeWhole }] =
    await Promise.all([
      import('../server/apiserver/certificates.ts'),
      import('../server/apiserver/kubeconfig.ts'),
      import('../server/engines/embedded/cluster.ts'),
      import('../server/engines/embedded/host.ts'),
      import('../server/engines/files.ts'),
    ]);
  const stopping = new Promise<void>((stop) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop());
  });
  const identity = await createIdentity();
  const host = await Host.start({
    identity,
    port,
    create: (init) =>
      createCluster(init, {
        clockSpeed: speed,
        ...(seed !== undefined && { seed }),
        ...(maxPods !== undefined && { limits: { podsPerNode: maxPods } }),
      }),
    log: (level, message) => {
      if (level !== 'info') console.error(message);
    },
    // Whoever started it by hand decides how long it lives.
    bounds: { freezeAfterMs: Infinity },
  });
  try {
    await writeWhole(kubeconfig, kubeconfigFor(identity, host.started.url));
    console.log(
      `Kubernetes v1.36.2 (embedded) at ${host.started.url}. Use it with: export KUBECONFIG=${kubeconfig}`,
    );
    await stopping;
  } finally {
    await host.stop(false);
  }
}

process.exit(await main());
