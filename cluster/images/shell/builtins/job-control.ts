// Builtins about processes: jobs, fg, bg, kill, wait, disown, suspend.

import type { Signal } from '../../../node/process.ts';
import { signalNumbers, signalOf } from '../../../node/signals.ts';
import type { Builtin } from '../builtin.ts';
import { Fault, Interrupted } from '../faults.ts';
import type { Job } from '../jobs.ts';
import { deathWords, untilKilled } from '../launch.ts';
import { complaint } from '../messages.ts';
import type { Shell } from '../shell.ts';

/** One line about a job, as `jobs` prints it. */
export function jobLine(shell: Shell, job: Job, long = false): string {
  const pid = long ? `${job.children.at(-1)?.pid} ` : '';
  // busybox prints a longer gap.
  const state = stateWords(job).padEnd(shell.isBash ? 24 : 27);
  const tail = job.state.type === 'running' && shell.isBash ? ' &' : '';
  return `[${job.id}]${shell.jobs.mark(job)}  ${pid}${state}${job.source}${tail}\n`;
}

function stateWords(job: Job): string {
  switch (job.state.type) {
    case 'running':
      return 'Running';
    case 'stopped':
      return 'Stopped';
    case 'done':
      if (job.state.status === 0) return 'Done';
      return deathWords(job.state.status) ?? `Exit ${job.state.status}`;
  }
}

/** Tells a person about jobs that have ended since they were last told. */
export async function tellEndedJobs(shell: Shell): Promise<void> {
  for (const job of shell.jobs.list()) {
    if (job.state.type !== 'done' || job.reported) continue;
    job.reported = true;
    await shell.complain(jobLine(shell, job));
  }
  shell.jobs.sweep(false);
}

const jobs: Builtin = async (shell, { argv }) => {
  const options = argv
    .slice(1)
    .filter((word) => word.startsWith('-'))
    .join('');
  const specs = argv.slice(1).filter((word) => !word.startsWith('-'));
  const listed =
    specs.length > 0 ? specs.map((spec) => jobNamed(shell, spec, 'jobs')) : shell.jobs.list();
  for (const job of listed) {
    if (options.includes('r') && job.state.type !== 'running') continue;
    if (options.includes('s') && job.state.type !== 'stopped') continue;
    if (options.includes('p')) await shell.write(1, `${job.children[0]?.pid}\n`);
    else await shell.write(1, jobLine(shell, job, options.includes('l')));
    if (job.state.type === 'done') job.reported = true;
  }
  shell.jobs.sweep(false);
  return 0;
};

/** Throws Fault in the words of the shell. */
function jobNamed(shell: Shell, spec: string, builtin: string): Job {
  shell.jobs.list();
  const job = /^\d+$/.test(spec) ? shell.jobs.byPid(Number(spec)) : shell.jobs.named(spec);
  if (job === 'ambiguous')
    throw new Fault(`${spec}: ambiguous job spec`, { builtin, status: shell.isBash ? 1 : 2 });
  if (!job) throw new Fault(`${spec}: no such job`, { builtin, status: shell.isBash ? 1 : 2 });
  return job;
}

function currentJob(shell: Shell, builtin: string): Job {
  shell.jobs.list();
  const job = shell.jobs.current();
  if (job) return job;
  throw new Fault(shell.isBash ? 'current: no such job' : 'No current job', {
    builtin,
    status: shell.isBash ? 1 : 2,
  });
}

function needsJobControl(shell: Shell, builtin: string): void {
  if (shell.isBash && !shell.interactive) throw new Fault('no job control', { builtin });
}

const fg: Builtin = async (shell, { argv }, services) => {
  needsJobControl(shell, 'fg');
  const job = argv[1] === undefined ? currentJob(shell, 'fg') : jobNamed(shell, argv[1], 'fg');
  await shell.write(1, `${job.source}\n`);
  const wasStopped = job.state.type === 'stopped';
  if (wasStopped) for (const child of job.children) child.kill('SIGCONT');
  try {
    return await services.foreground(job);
  } finally {
    if (job.state.type === 'done') shell.jobs.forget(job);
  }
};

const bg: Builtin = async (shell, { argv }) => {
  needsJobControl(shell, 'bg');
  const job = argv[1] === undefined ? currentJob(shell, 'bg') : jobNamed(shell, argv[1], 'bg');
  for (const child of job.children) child.kill('SIGCONT');
  await shell.write(
    1,
    shell.isBash
      ? `[${job.id}]${shell.jobs.mark(job)} ${job.source} &\n`
      : `[${job.id}] ${job.source}\n`,
  );
  return 0;
};

// wait

const wait: Builtin = async (shell, { argv }) => {
  const words = argv.slice(1);
  if (words[0] === '-n' && shell.isBash) return waitForNext(shell, words.slice(1));
  if (words.length === 0) {
    for (const job of shell.jobs.unfinished()) {
      const status = await waitForJob(shell, job);
      if (status === 'interrupted') return interruptedStatus(shell);
    }
    if (!shell.interactive) shell.jobs.sweep(true);
    return 0;
  }
  let status = 0;
  for (const word of words) {
    const waited = await waitFor(shell, word);
    if (waited === 'interrupted') return interruptedStatus(shell);
    status = waited;
  }
  return status;
};

/** Ctrl-C leaves everything; a trapped signal ends the wait with 128 and its number. */
function interruptedStatus(shell: Shell): number {
  if (shell.interrupted) throw new Interrupted();
  const signal = signalOf(shell.pendingSignals[0] ?? '');
  return 128 + (signal ? signalNumbers[signal] : 0);
}

async function waitFor(shell: Shell, word: string): Promise<number | 'interrupted'> {
  if (word.startsWith('%')) {
    const job = shell.jobs.named(word);
    if (!job || job === 'ambiguous') {
      if (shell.isBash) await shell.complain(complaint(shell, `${word}: no such job`, 'wait'));
      return 127;
    }
    return waitForJob(shell, job);
  }
  if (!/^\d+$/.test(word)) {
    if (!shell.isBash) throw new Fault(`Illegal number: ${word}`, { status: 2, builtin: 'wait' });
    throw new Fault(`\`${word}': not a pid or valid job spec`, { builtin: 'wait' });
  }
  const pid = Number(word);
  const job = shell.jobs.byPid(pid);
  if (job) return waitForJob(shell, job);
  const status = shell.jobs.statusOf(pid);
  if (status !== undefined) return status;
  if (shell.isBash)
    await shell.complain(complaint(shell, `pid ${pid} is not a child of this shell`, 'wait'));
  return 127;
}

/** Until the job ends, or Ctrl-C or a trapped signal comes. */
async function waitForJob(shell: Shell, job: Job): Promise<number | 'interrupted'> {
  const last = job.children.at(-1);
  if (!last) return 0;
  const status = await shell.orInterrupt(untilKilled(shell.process, last.exited));
  if (status === 'interrupted') return status;
  if (!shell.interactive) {
    const words = deathWords(status);
    if (words && (!shell.isBash || words !== 'Terminated')) await tellDeath(shell, job, words);
  }
  job.reported = true;
  shell.jobs.sweep(false);
  return status;
}

async function tellDeath(shell: Shell, job: Job, words: string): Promise<void> {
  if (!shell.isBash) return shell.complain(`${words}\n`);
  const pid = job.children.at(-1)?.pid;
  await shell.complain(
    complaint(shell, `${String(pid).padStart(5)} ${words.padEnd(24)}${job.source}`),
  );
}

async function waitForNext(shell: Shell, words: readonly string[]): Promise<number> {
  const waited =
    words.length > 0 ? words.map((word) => jobNamed(shell, word, 'wait')) : shell.jobs.unfinished();
  if (waited.length === 0) return 127;
  const first = waited.map(async (job) => ({
    job,
    status: (await job.children.at(-1)?.exited) ?? 0,
  }));
  const ended = await shell.orInterrupt(untilKilled(shell.process, Promise.race(first)));
  if (ended === 'interrupted') return interruptedStatus(shell);
  ended.job.reported = true;
  shell.jobs.sweep(false);
  return ended.status;
}

// kill

const kill: Builtin = async (shell, { argv }) => {
  const words = argv.slice(1);
  if (words[0] === '-l' || words[0] === '-L') return listSignals(shell, words.slice(1));
  const { signal, targets } = signalArgument(shell, words);
  if (targets.length === 0) {
    if (shell.isBash)
      await shell.complain(
        'kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n',
      );
    else await shell.complain(`${shell.origin.name}: you need to specify whom to kill\n`);
    return shell.isBash ? 2 : 1;
  }
  let status = 0;
  for (const target of targets) if (!(await killOne(shell, signal, target))) status = 1;
  return status;
};

function signalArgument(
  shell: Shell,
  words: readonly string[],
): { signal: Signal | 0; targets: readonly string[] } {
  const [first = '', second] = words;
  if (first === '--') return { signal: 'SIGTERM', targets: words.slice(1) };
  const named = first === '-s' || first === '-n';
  if (!named && !/^-./.test(first)) return { signal: 'SIGTERM', targets: words };
  const text = named ? (second ?? '') : first.slice(1);
  const rest = words.slice(named ? 2 : 1);
  const targets = rest[0] === '--' ? rest.slice(1) : rest;
  if (text === '0') return { signal: 0, targets };
  const signal = signalOf(text);
  if (signal) return { signal, targets };
  if (shell.isBash) throw new Fault(`${text}: invalid signal specification`, { builtin: 'kill' });
  throw new Fault(`bad signal name '${text}'`, { status: 1 });
}

async function killOne(shell: Shell, signal: Signal | 0, target: string): Promise<boolean> {
  if (target.startsWith('%')) {
    const job = jobNamed(shell, target, 'kill');
    if (signal !== 0) for (const child of job.children) child.kill(signal);
    return true;
  }
  const { processes } = shell.process;
  if (!/^-?\d+$/.test(target)) {
    if (shell.isBash)
      await shell.complain(
        complaint(shell, `${target}: arguments must be process or job IDs`, 'kill'),
      );
    else await shell.complain(`${shell.origin.name}: invalid number '${target}'\n`);
    return false;
  }
  // A negative number is a process group; here the group of its leader.
  const pid = Math.abs(Number(target));
  const there =
    signal === 0 ? processes.list().some((one) => one.pid === pid) : processes.kill(pid, signal);
  if (there) return true;
  if (shell.isBash) await shell.complain(complaint(shell, `(${target}) - No such process`, 'kill'));
  else await shell.complain(`${shell.origin.name}: can't kill pid ${target}: No such process\n`);
  return false;
}

/** Names by number, from 1: signal(7) on x86 and ARM. */
const SIGNAL_NAMES =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'.split(
    ' ',
  );

async function listSignals(shell: Shell, words: readonly string[]): Promise<number> {
  for (const word of words) {
    const number = Number(word);
    const name = SIGNAL_NAMES[(number > 128 ? number - 128 : number) - 1];
    const index = SIGNAL_NAMES.indexOf(word.toUpperCase().replace(/^SIG/, ''));
    if (name === undefined && index < 0) {
      await shell.complain(complaint(shell, `${word}: invalid signal specification`, 'kill'));
      return 1;
    }
    await shell.write(1, `${name ?? index + 1}\n`);
  }
  if (words.length > 0) return 0;
  if (!shell.isBash) {
    const names = SIGNAL_NAMES.map((name) => (name === 'IO' ? 'POLL' : name));
    await shell.write(
      1,
      names.map((name, index) => `${String(index + 1).padStart(2)}) ${name}\n`).join(''),
    );
    return 0;
  }
  const cells = SIGNAL_NAMES.map((name, index) => `${String(index + 1).padStart(2)}) SIG${name}`);
  for (let at = 0; at < cells.length; at += 5)
    await shell.write(1, `${cells.slice(at, at + 5).join('\t')}\n`);
  return 0;
}

const disown: Builtin = (shell, { argv }) => {
  const specs = argv.slice(1).filter((word) => !word.startsWith('-'));
  if (specs.length === 0) shell.jobs.forget(currentJob(shell, 'disown'));
  for (const spec of specs) shell.jobs.forget(jobNamed(shell, spec, 'disown'));
  return 0;
};

const suspend: Builtin = () => {
  throw new Fault('cannot suspend', { builtin: 'suspend' });
};

export const jobBuiltins: Readonly<Record<string, Builtin>> = {
  jobs,
  fg,
  bg,
  wait,
  kill,
  disown,
  suspend,
};
