// The environment, read once and checked; every bound of the server, with its reason. Nobody else reads process.env.

import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type EngineName = 'embedded' | 'kind';

/** `own`: the learner's shell as it is on their machine. `sandbox`: in bubblewrap, see server/terminal/sandbox.ts. */
export type ShellName = 'own' | 'sandbox';

export interface Config {
  /** Where learners' work is kept, across clones and versions. `MESHPROOF_HOME`, default `~/.meshproof`. */
  home: string;
  /** `PORT`, default 4747. 0 asks the system for a free one. */
  port: number;
  /** Which engine `cluster up` starts. `MESHPROOF_ENGINE`, default embedded. */
  engine: EngineName;
  /** What a terminal runs. `MESHPROOF_SHELL`, default own. */
  shell: ShellName;
  /** Cluster seconds a real second, for the embedded engine. `MESHPROOF_CLOCK_SPEED`, default 1; tests use 20. */
  clockSpeed: number;
  /** Opens the browser once the page answers. Off with `MESHPROOF_OPEN=0`, in CI and without a display. */
  openBrowser: boolean;
  /** The built pages. `MESHPROOF_SITE`, default `dist` of this clone. */
  site: string;
  /** Besides localhost, the addresses at which browsers reach this lab, such as `https://lab.example.com`. `MESHPROOF_ORIGINS`. */
  origins: string[];
  /** The laptop's one learner. Every session, workspace, cluster and record carries a learner's id, for classes to come. */
  learner: string;
}

export const limits = {
  /** Terminals of one learner: more than anybody's tabs. */
  terminalsPerLearner: 8,
  /** Sockets of one learner: terminals and feeds of several open pages. */
  socketsPerLearner: 32,
  /** Characters of a terminal's name: a tab shows about twenty. */
  terminalNameLength: 40,

  /** Milliseconds a socket may stay without its first frame. */
  helloTimeoutMs: 5_000,
  /** Milliseconds a ticket may wait to be used. */
  ticketLifetimeMs: 30_000,
  /** Tickets of one learner that wait: a page asks for one a terminal, a moment before it uses it. */
  ticketsPerLearner: 64,
  /** Milliseconds between WebSocket pings; proxies cut silent lines at 60 s. */
  heartbeatMs: 15_000,
  /** Pings in a row without an answer before the line counts as lost. */
  heartbeatMisses: 2,

  /**
   * The window: bytes printed but not yet on the learner's screen. Above high the pty pauses; below low it goes on.
   * Measured: with 512 kB a browser's backlog stays below 0.53 MB and Ctrl-C is felt in 12 to 22 ms. Half of it still waits to be
   * drawn when the program goes on, so that on a busy machine the page is not idle until the next bytes come.
   */
  windowHighBytes: 512 * 1024,
  windowLowBytes: 256 * 1024,
  /** Milliseconds a page may draw nothing while output waits, before it counts as hung. */
  ackTimeoutMs: 30_000,
  /** Milliseconds a lost socket keeps its window: a gap shorter than this loses nothing, and the program waits. */
  lostSocketHoldMs: 20_000,
  /** Bytes a second that a program may print while nobody looks: a flood nobody sees must not cost a core. */
  unseenBytesPerSecond: 4 * 1024 * 1024,
  /** Bytes that a page which only watches may lag behind before it gets the screen instead. */
  watcherLagBytes: 1024 * 1024,
  /** Milliseconds in which further output joins a frame, after the first has gone at once. */
  coalesceMs: 4,
  /** Small pieces of output that go at once within that time: the echoes of the fastest typist, a prompt in its parts. */
  framesAtOnce: 4,
  smallOutputBytes: 1024,

  /** Bytes of past output kept in memory: what a page shows above its screen, 5 000 lines, comes back after a reload. */
  ringBytes: 512 * 1024,
  /** Bytes the ring may grow to while a window is held open, so that resuming is exact: window plus one read of the pty. */
  ringMostBytes: 1024 * 1024,
  /** Bytes of output kept in the workspace while nobody looks. */
  ringFileBytes: 4 * 1024 * 1024,
  /** Lines above the screen that a rebuilt screen brings along. */
  snapshotScrollback: 5_000,
  /** Milliseconds a rebuilt screen may take before the page starts from an empty one. */
  snapshotTimeoutMs: 5_000,
  /** Milliseconds the thread that rebuilds screens waits for more work before it ends. */
  snapshotIdleMs: 10_000,
  /** Marks of the command line kept for pages that come back: several hundred commands. */
  marksKept: 1_000,
  /** Bytes of one mark: a command line. Longer ones are not marks. */
  markBytes: 8 * 1024,

  /** Bytes of one command's output that its receipt keeps: a long table, and no flood. */
  receiptBytes: 32 * 1024,
  /** Receipts of one terminal in a second, and at once: a pasted block has a dozen commands, a program that prints marks thousands. */
  receiptsPerSecond: 20,
  receiptsAtOnce: 200,
  /** Receipts kept of one learner: weeks of a course. Those of this start are told to a new web server. */
  receiptsKept: 1_000,
  receiptsTold: 30,
  /** Bytes of output of all of a learner's kept receipts; the oldest go first. */
  receiptsKeptBytes: 8 * 1024 * 1024,
  /** Receipts among which a measurement looks for the command that began it. */
  receiptsMeasured: 100,
  /** Milliseconds a measurement waits for the receipt of a command that has had its effect already and still runs. */
  receiptAwaitedMs: 60_000,
  /** Bytes of one file of a business case: a request's body bounds what pages write, this what is read. */
  caseFileBytes: 64 * 1024,
  /** Milliseconds of the longest span that counts as measured: beyond it somebody was away. */
  spanMeasuredMs: 3_600_000,

  /** Bytes of input that wait for a program which does not read. */
  inputQueueBytes: 64 * 1024,
  /** Bytes of input a second that reach one pty: far above typing and pasting, below what a flood needs. */
  inputBytesPerSecond: 256 * 1024,
  /** Milliseconds between tries to write to a pty that is full: from first to longest. */
  inputRetryFirstMs: 5,
  inputRetryLongestMs: 100,
  /** From one socket in a second. Frames above it wait; of sizes the last one wins; other controls are ignored. */
  framesPerSecond: 10_000,
  resizesPerSecond: 20,
  controlsPerSecond: 10,

  /** Milliseconds that processes have between hang-up and kill when their terminal ends. */
  hangUpGraceMs: 2_000,
  /** Milliseconds an ended shell's screen stays to be looked at, while nobody does. */
  exitedKeptMs: 10 * 60_000,
  /** Milliseconds a terminal that nobody looks at goes on: over night and the day after. */
  unseenTerminalMs: 24 * 3_600_000,

  /** Milliseconds before a dead child is started again: from first to longest, and the life after which it starts at first. */
  restartFirstMs: 100,
  restartLongestMs: 5_000,
  restartForgetMs: 30_000,
  /** Milliseconds that the holder's children have to end by themselves. */
  childGraceMs: 5_000,
  /** Milliseconds the web server waits for an answer of the holder. */
  askTimeoutMs: 10_000,

  /** Tries to open the lab in a minute, from all browsers together: a person makes one, and no number of them finds 128 bits. */
  loginsPerMinute: 30,
  /** Seconds for which a browser that has opened the lab stays known: a course takes weeks. */
  cookieLifetimeS: 30 * 86_400,
  /** Connections to the web server at a time. */
  webConnections: 512,
  /** Milliseconds for a request's head to arrive. */
  requestHeadMs: 10_000,
  /** Bytes that a feed may have on its way to a page that does not read, before its line is cut; it comes back to a fresh state. */
  feedBacklogBytes: 1024 * 1024,
  /** Milliseconds after a learner's last page has gone until their checks stop watching: longer than a walk between pages. */
  boardRestMs: 30_000,
  /** Bytes of a request body to the web server: the largest is a short JSON. */
  webRequestBytes: 64 * 1024,
  /** Milliseconds for which a frame of the mesh is shown to all who look, before Kiali is asked again. */
  graphFreshMs: 900,
  /** Milliseconds Kiali may take for one: a real one with many namespaces takes seconds. */
  graphAnswerMs: 10_000,
  /** Frames kept of one learner's mesh, most of them of the past: five minutes by steps of 5 s, for a few pages. */
  graphFramesKept: 200,
  /** Bytes of a request to the whole Kiali, and of a page of its own that is read to mend its links. */
  kialiRequestBytes: 64 * 1024,
  kialiPageBytes: 2 * 1024 * 1024,
  /** Clusters in one worker thread: a worker costs about 37 MB, a cluster 3 to 6 MB. */
  clustersPerWorker: 25,
  /** Megabytes of heap of one worker, past which its clusters are restarted: 25 clusters at 20 times their usual size. */
  workerHeapMb: 2_048,
  /** Megabytes of its young generation. V8's own 48 hold mostly garbage of the start, for hours: clusters at rest make little. */
  workerYoungMb: 16,
  /** Milliseconds a fresh worker may take to load: it takes a second on an idle machine. */
  workerStartMs: 60_000,
  /** Milliseconds before another try after a worker that could not load. */
  workerRetryMs: 5_000,
  /** Milliseconds between pings of a worker. */
  workerPingMs: 1_000,
  /** Pings in a row without an answer before a worker counts as hung. Counted, not timed: a laptop may have slept. */
  workerPingMisses: 5,
  /** Times a cluster may hang its worker within the span before it is left stopped. */
  clusterHangs: 3,
  clusterHangsMs: 10 * 60_000,
  /** Milliseconds a cluster may take to answer, and its node to be ready. */
  clusterStartMs: 30_000,
  /** Milliseconds between snapshots of a cluster in which something happened: what kill -9 may lose. */
  snapshotIntervalMs: 1_000,
  /** Milliseconds without a client after which the heartbeats of a cluster wait for the next one. */
  unattendedAfterMs: 30_000,
  /** Milliseconds without a client after which a cluster freezes. */
  freezeAfterMs: 10 * 60_000,
  /** Commands at the control socket at a time, and the milliseconds they have to say what they want. */
  controlConnections: 16,
  controlRequestMs: 5_000,
} as const;

/**
 * What the clusters' process is started with. V8 looks every eight seconds, for minutes, whether an idle heap is worth a
 * collection, and each look wakes a thread that has nothing to do. In its place a worker that nobody waits for collects once.
 */
export const clustersFlags: readonly string[] = ['--no-memory-reducer', '--expose-gc'];

/** What flow control rests on: a page acknowledges often enough to let a paused pty go on, whatever the numbers become. */
export function windowHolds(
  ackBytes: number,
  {
    windowLowBytes,
    windowHighBytes,
    ringMostBytes,
  }: Record<'windowLowBytes' | 'windowHighBytes' | 'ringMostBytes', number> = limits,
): boolean {
  const oneRead = 128 * 1024;
  return (
    ackBytes <= windowLowBytes / 2 &&
    windowLowBytes < windowHighBytes &&
    windowHighBytes + oneRead <= ringMostBytes
  );
}

/** A setting that cannot be used: the message says which, why, and what to write instead. */
export class ConfigError extends Error {}

export function readConfig(env: Record<string, string | undefined>): Config {
  const engine = env['MESHPROOF_ENGINE'] || 'embedded';
  if (engine !== 'embedded' && engine !== 'kind') {
    throw new ConfigError(
      `MESHPROOF_ENGINE=${engine}: there is no such engine. Use embedded or kind.`,
    );
  }
  const shell = env['MESHPROOF_SHELL'] || 'own';
  if (shell !== 'own' && shell !== 'sandbox') {
    throw new ConfigError(`MESHPROOF_SHELL=${shell}: there is no such shell. Use own or sandbox.`);
  }
  return {
    home: env['MESHPROOF_HOME'] || join(homedir(), '.meshproof'),
    port: numberFrom(
      env,
      'PORT',
      4747,
      (n) => Number.isInteger(n) && n >= 0 && n <= 65_535,
      'a port from 0 to 65535',
    ),
    engine,
    shell,
    clockSpeed: numberFrom(
      env,
      'MESHPROOF_CLOCK_SPEED',
      1,
      (n) => n > 0 && n <= 1_000,
      'a number above 0, at most 1000',
    ),
    openBrowser: env['MESHPROOF_OPEN'] !== '0' && !env['CI'] && hasDisplay(env),
    site: env['MESHPROOF_SITE'] || fileURLToPath(new URL('../dist', import.meta.url)),
    origins: originsFrom(env),
    learner: 'me',
  };
}

function hasDisplay(env: Record<string, string | undefined>): boolean {
  if (process.platform === 'darwin' || process.platform === 'win32') return !env['SSH_CONNECTION'];
  return Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);
}

function originsFrom(env: Record<string, string | undefined>): string[] {
  const texts = (env['MESHPROOF_ORIGINS'] ?? '').split(/[,\s]+/).filter((text) => text !== '');
  for (const text of texts) {
    if (!/^https?:\/\//.test(text) || URL.parse(text)?.origin !== text) {
      throw new ConfigError(
        `MESHPROOF_ORIGINS=${text}: use origins such as https://lab.example.com, without a path.`,
      );
    }
  }
  return texts;
}

function numberFrom(
  env: Record<string, string | undefined>,
  name: string,
  otherwise: number,
  fits: (value: number) => boolean,
  wanted: string,
): number {
  const text = env[name];
  if (!text) return otherwise;
  const value = Number(text);
  if (!fits(value)) throw new ConfigError(`${name}=${text}: use ${wanted}.`);
  return value;
}
