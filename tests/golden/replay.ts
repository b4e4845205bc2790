// Replays one section of recorded commands, in order and in one session, with the real kubectl against a fresh embedded
// cluster, and compares each outcome with the recording.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MadeNames, firstDifference } from './compare.ts';
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
}

export type Outcome =
  | { step: GoldenStep; verdict: 'identical' | 'withheld' | 'not judged' }
  | { step: GoldenStep; verdict: 'different'; what: string };

export interface ReplayOptions {
  kubectl: string;
  /** Steps of the section to run; default all. */
  only?: (step: GoldenStep) => boolean;
  clockSpeed: number;
  onOutcome?: (outcome: Outcome) => void;
}

export function readSection(name: string): GoldenStep[] {
  return JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8')) as GoldenStep[];
}

export async function replay(steps: GoldenStep[], options: ReplayOptions): Promise<Outcome[]> {
  const directory = mkdtempSync(join(tmpdir(), 'golden-'));
  const cluster = await TestCluster.start({ directory, clockSpeed: options.clockSpeed });
  const names = new MadeNames();
  const outcomes: Outcome[] = [];
  try {
    for (const step of steps.filter(options.only ?? (() => true))) {
      if (reads(step)) await cluster.settled();
      const ours = await run(step, names, {
        directory,
        kubectl: options.kubectl,
        kubeconfig: cluster.kubeconfig,
      });
      names.learn(`${step.stdout ?? ''}${step.stderr ?? ''}`, `${ours.stdout}${ours.stderr}`);
      const outcome = judge(step, ours);
      outcomes.push(outcome);
      options.onOutcome?.(outcome);
    }
  } finally {
    await cluster.stop();
    rmSync(directory, { recursive: true, force: true });
  }
  return outcomes;
}

interface Ran {
  exit: number;
  stdout: string;
  stderr: string;
}

function judge(step: GoldenStep, ours: Ran): Outcome {
  if (step.withheld) return { step, verdict: 'withheld' };
  if (step.notJudged || step.tag === 'kwok') return { step, verdict: 'not judged' };
  if (ours.exit !== step.exit) {
    return {
      step,
      verdict: 'different',
      what: `exit ${ours.exit} instead of ${step.exit}\n${ours.stderr}${ours.stdout}`,
    };
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    const difference = firstDifference(step[stream] ?? '', ours[stream]);
    if (difference) {
      const what = `${stream} line ${difference.line}\n  recorded: ${difference.recorded}\n  ours:     ${difference.ours}`;
      return { step, verdict: 'different', what };
    }
  }
  return { step, verdict: 'identical' };
}

/** Commands that look at the world after the recorder had let it come to rest. Rollouts are watched while they run. */
function reads(step: GoldenStep): boolean {
  const verb = step.argv?.find((word, at) => at > 0 && !word.startsWith('-')) ?? '';
  return ['get', 'describe', 'logs', 'top', 'events'].includes(verb) || step.shell !== undefined;
}

function run(
  step: GoldenStep,
  names: MadeNames,
  { directory, kubectl, kubeconfig }: { directory: string; kubectl: string; kubeconfig: string },
): Promise<Ran> {
  const env = {
    HOME: directory,
    PATH: `${join(kubectl, '..')}:${process.env['PATH'] ?? ''}`,
    KUBECONFIG: kubeconfig,
    KUBECACHEDIR: join(directory, 'cache'),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
  };
  const child: ChildProcess = step.shell
    ? spawn('bash', ['-c', names.translate(step.shell)], { cwd: directory, env })
    : spawn(
        kubectl,
        (step.argv ?? []).slice(1).map((word) => names.translate(word)),
        { cwd: directory, env },
      );
  child.stdin?.end(names.translate(step.stdin ?? ''));
  if (step.interruptedWithSIGINTAfterSeconds !== undefined) {
    setTimeout(() => child.kill('SIGINT'), step.interruptedWithSIGINTAfterSeconds * 1_000).unref();
  }
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr?.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
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
