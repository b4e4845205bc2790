// The environment, read once and checked; every bound of the server, with its reason. Nobody else reads process.env.

import { homedir } from 'node:os';
import { join } from 'node:path';

export type EngineName = 'embedded' | 'kind';

export interface Config {
  /** Where learners' work is kept, across clones and versions. `MESHPROOF_HOME`, default `~/.meshproof`. */
  home: string;
  /** `PORT`, default 4747. 0 asks the system for a free one. */
  port: number;
  /** Which engine `cluster up` starts. `MESHPROOF_ENGINE`, default embedded. */
  engine: EngineName;
  /** Cluster seconds a real second, for the embedded engine. `MESHPROOF_CLOCK_SPEED`, default 1; tests use 20. */
  clockSpeed: number;
  /** Opens the browser once the page answers. Off with `MESHPROOF_OPEN=0`, in CI and without a display. */
  openBrowser: boolean;
  /** The laptop's one learner. Every session, workspace, cluster and record carries a learner's id, for classes to come. */
  learner: string;
}

export const limits = {
  /** Terminals of one learner: more than anybody's tabs. */
  terminalsPerLearner: 8,
  /** Sockets of one learner: terminals and feeds of several open pages. */
  socketsPerLearner: 32,
  /** Milliseconds a socket may stay without its first frame. */
  helloTimeoutMs: 5_000,
  /** Milliseconds a ticket may wait to be used. */
  ticketLifetimeMs: 30_000,
  /** Bytes of a request body to the web server: the largest is a short JSON. */
  webRequestBytes: 64 * 1024,
  /** Clusters in one worker thread: a worker costs about 37 MB, a cluster 3 to 6 MB. */
  clustersPerWorker: 25,
} as const;

/** A setting that cannot be used: the message says which, why, and what to write instead. */
export class ConfigError extends Error {}

export function readConfig(env: Record<string, string | undefined>): Config {
  const engine = env['MESHPROOF_ENGINE'] || 'embedded';
  if (engine !== 'embedded' && engine !== 'kind') {
    throw new ConfigError(
      `MESHPROOF_ENGINE=${engine}: there is no such engine. Use embedded or kind.`,
    );
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
    clockSpeed: numberFrom(
      env,
      'MESHPROOF_CLOCK_SPEED',
      1,
      (n) => n > 0 && n <= 1_000,
      'a number above 0, at most 1000',
    ),
    openBrowser: env['MESHPROOF_OPEN'] !== '0' && !env['CI'],
    learner: 'me',
  };
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
