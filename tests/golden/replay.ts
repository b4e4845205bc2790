// Replays one section of recorded commands, in order and in one session, with the real kubectl and our istioctl against a fresh
// embedded cluster, and compares each outcome with the recording.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MadeNames, firstDifference, sameRollout } from './compare.ts';
import type { Outcome } from './outcome.ts';
import { TestCluster } from '../support/cluster.ts';

/** A recorded command. Fields as in the recordings' README. */
export interface GoldenStep {
  id: string;
  argv?: string[];
  shell?: string;
  stdin?: string;
  exit?: number;
  stdout?: string;
  stderr?: string;
  interruptedWithSIGINTAfterSeconds?: number;
  tag?: string;
  withheld?: boolean;
  /** Why its outcome says nothing about us. */
  notJudged?: string;
  /** Why its output is not copied here: it is judged where the recordings are. */
  leftOut?: string;
  /** An API group the recording was made without: what speaks of it is not compared. */
  exceptGroup?: string;
}

/** A session that runs: the cluster, and the real kubectl against it. */
export interface Lab {
  cluster: TestCluster;
  /** The session's own: its commands run in `work` within it. */
  directory: string;
  /** What `kubectl …words` prints, or a rejection with what it complained of. */
  run(words: string[], stdin?: string): Promise<string>;
  /** The same for our istioctl. */
  istioctl(words: string[]): Promise<string>;
}

export interface ReplayOptions {
  kubectl: string;
  /** The folder of the recordings, for steps whose output is left out here. */
  recordings: string | undefined;
  /** Makes what stood in the recorded cluster before the section began. */
  preamble?: (lab: Lab) => Promise<void>;
  clockSpeed: number;
  /** Takes out of both texts what another version of kubectl prints otherwise. */
  common?: (text: string) => string;
}

export function readSection(name: string): GoldenStep[] {
  return JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8')) as GoldenStep[];
}

export async function replay(section: string, options: ReplayOptions): Promise<Outcome[]> {
  const directory = mkdtempSync(join(tmpdir(), 'golden-'));
  const cluster = await TestCluster.start({ directory, clockSpeed: options.clockSpeed });
  const session = { directory, kubectl: options.kubectl, kubeconfig: cluster.kubeconfig };
  mkdirSync(join(directory, 'work'));
  const names = new MadeNames();
  const outcomes: Outcome[] = [];
  try {
    await options.preamble?.({
      cluster,
      directory,
      run: (words, stdin) => output(['kubectl', ...words], stdin, session),
      istioctl: (words) => output(['istioctl', ...words], undefined, session),
    });
    for (const kept of readSection(section)) {
      const step = whole(kept, section, options.recordings);
      if (reads(step)) await cluster.settled();
      const ours = await run(
        {
          ...step,
          ...(step.argv && { argv: step.argv.map((word) => names.translate(word)) }),
          ...(step.shell && { shell: names.translate(step.shell) }),
          ...(step.stdin && { stdin: names.translate(step.stdin) }),
        },
        session,
      );
      names.learn(`${step.stdout ?? ''}${step.stderr ?? ''}`, `${ours.stdout}${ours.stderr}`);
      outcomes.push({ id: step.id, ...judge(step, ours, options.common ?? unchanged) });
    }
  } finally {
    await cluster.stop();
    rmSync(directory, { recursive: true, force: true });
  }
  return outcomes;
}

/** The step with the output that is left out of this repository, where the recordings are at hand. */
function whole(step: GoldenStep, section: string, recordings: string | undefined): GoldenStep {
  if (!step.leftOut || !recordings) return step;
  const { stdout } = JSON.parse(
    readFileSync(join(recordings, section, `${step.id}.json`), 'utf8'),
  ) as { stdout: string };
  const { leftOut: _, ...rest } = step;
  return { ...rest, stdout };
}

/** Where our istioctl is. */
const istioctlFolder = fileURLToPath(new URL('../../bin/embedded', import.meta.url));

interface Ran {
  exit: number;
  stdout: string;
  stderr: string;
}

const unchanged = (text: string) => text;

function judge(step: GoldenStep, ours: Ran, common: (text: string) => string): Omit<Outcome, 'id'> {
  if (step.withheld)
    return { verdict: 'withheld', ours: `exit ${ours.exit}\n${ours.stdout}${ours.stderr}` };
  if (step.tag === 'kwok') return { verdict: 'not judged', what: "it is KWOK's and no kubelet's" };
  const reason = step.notJudged ?? step.leftOut;
  if (reason) return { verdict: 'not judged', what: reason };
  if (ours.exit !== step.exit) {
    return {
      verdict: 'different',
      what: `exit ${ours.exit} instead of ${step.exit}\n${ours.stderr}${ours.stdout}`,
    };
  }
  const except = (text: string) => common(without(step.exceptGroup, text));
  for (const stream of ['stdout', 'stderr'] as const) {
    const recorded = step[stream] ?? '';
    if (isRollout(step) && sameRollout(recorded, ours[stream])) continue;
    const difference = firstDifference(except(recorded), except(ours[stream]));
    if (difference) {
      const what = `${stream} line ${difference.line}\n  recorded: ${difference.recorded}\n  ours:     ${difference.ours}`;
      return { verdict: 'different', what };
    }
  }
  return { verdict: 'identical' };
}

function isRollout({ argv }: GoldenStep): boolean {
  return argv?.[1] === 'rollout' && argv[2] === 'status';
}

function without(group: string | undefined, text: string): string {
  if (!group) return text;
  return text
    .split('\n')
    .filter((line) => !line.includes(group))
    .join('\n');
}

/** Commands that look at the world after the recorder had let it come to rest. Rollouts are watched while they run. */
function reads(step: GoldenStep): boolean {
  const verb = step.argv?.find((word, at) => at > 0 && !word.startsWith('-')) ?? '';
  return READING.has(verb) || step.shell !== undefined;
}

const READING = new Set(['get', 'describe', 'logs', 'top', 'events', 'analyze', 'version']);

interface Session {
  directory: string;
  kubectl: string;
  kubeconfig: string;
}

async function output(argv: string[], stdin: string | undefined, session: Session) {
  const ran = await run({ argv, ...(stdin !== undefined && { stdin }) }, session);
  if (ran.exit !== 0) throw new Error(`${argv.join(' ')}: exit ${ran.exit}\n${ran.stderr}`);
  return ran.stdout;
}

function run(
  command: Pick<GoldenStep, 'argv' | 'shell' | 'stdin' | 'interruptedWithSIGINTAfterSeconds'>,
  { directory, kubectl, kubeconfig }: Session,
): Promise<Ran> {
  const env = {
    HOME: directory,
    PATH: `${join(kubectl, '..')}:${istioctlFolder}:${process.env['PATH'] ?? ''}`,
    MESHPROOF_NODE: process.execPath,
    KUBECONFIG: kubeconfig,
    KUBECACHEDIR: join(directory, 'cache'),
    // The recorded editor changed nothing.
    KUBE_EDITOR: 'true',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
  };
  const cwd = join(directory, 'work');
  const [name = '', ...words] = command.argv ?? [];
  const child = command.shell
    ? spawn('bash', ['-c', command.shell], { cwd, env })
    : spawn(name === 'kubectl' ? kubectl : name, words, { cwd, env });
  child.stdin.end(command.stdin ?? '');
  if (command.interruptedWithSIGINTAfterSeconds !== undefined) {
    setTimeout(
      () => child.kill('SIGINT'),
      command.interruptedWithSIGINTAfterSeconds * 1_000,
    ).unref();
  }
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ exit: code ?? 1, stdout, stderr }));
  });
}

/** Where the tests' kubectl is: the pinned one, whatever else the machine has. */
export function requireKubectl(path: string): string {
  if (!existsSync(path))
    throw new Error(`no kubectl at ${path}: npm test fetches it; run that, or npm start, once.`);
  return path;
}
