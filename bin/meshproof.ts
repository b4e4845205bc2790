// meshproof cluster …: asks the Meshproof that runs for a cluster, and prints how it goes. What `make kind-up` calls.
// Knows the control socket's words; nothing of engines.
// Exit codes: 0 done, 1 it went wrong (or, for status, none is running), 2 the command makes no sense.

import { connect, type Socket } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  type ControlReply,
  type ControlRequest,
  controlVerbs,
  isStateName,
  parseControlReply,
} from '../protocol/control.ts';

const USAGE = `Usage: meshproof cluster VERB

  up            start your cluster and write its kubeconfig; when it runs already, change nothing
  down          delete your cluster and everything in it
  reset         exchange your cluster for a new, empty one
  status        say which cluster is running
  save NAME     keep the cluster as it is now, under a name (embedded clusters only)
  restore NAME  go back to a saved state
`;

const NOT_RUNNING = 'Meshproof is not running, so nobody can answer here. Start it with: npm start';

async function main(args: string[]): Promise<number> {
  if (
    args.length === 0 ||
    args.some((word) => word === '-h' || word === '--help' || word === 'help')
  ) {
    process.stdout.write(USAGE);
    return 0;
  }
  const request = requestIn(args);
  if (typeof request === 'string') {
    process.stderr.write(`meshproof: ${request}\n\n${USAGE}`);
    return 2;
  }
  return ask(request, await controlSocket());
}

function requestIn([subject, word, ...rest]: string[]): ControlRequest | string {
  if (subject !== 'cluster') return `there is no command "${subject}".`;
  const verb = controlVerbs.find((each) => each === word);
  if (!verb)
    return word === undefined ? 'say what to do with the cluster.' : `a cluster has no "${word}".`;
  const named = verb === 'save' || verb === 'restore';
  const [name] = rest;
  if (rest.length > (named ? 1 : 0)) return `"${rest.at(-1)}" is one word too many.`;
  if (!named) return { verb };
  if (name === undefined) return `cluster ${verb} needs a name.`;
  if (!isStateName(name)) return `"${name}" is no name: use small letters, digits and dashes.`;
  return { verb, name };
}

/** Set in every terminal of the course; elsewhere it is where the laptop's one learner has it. */
async function controlSocket(): Promise<string> {
  const set = process.env['MESHPROOF_CONTROL'];
  if (set) return set;
  const { workspacePaths } = await import('../server/workspace/workspace.ts');
  const home = process.env['MESHPROOF_HOME'] ?? join(homedir(), '.meshproof');
  return workspacePaths(home, 'me').controlSocket;
}

/** The clusters' process listens a moment after the terminals do, and again soon after it has been lost. */
const LISTENS_WITHIN_MS = 2_000;
const TRY_AGAIN_MS = 50;

/** Resolves with a connection, or undefined when nobody listens. */
async function reach(path: string): Promise<Socket | undefined> {
  const until = Date.now() + LISTENS_WITHIN_MS;
  for (;;) {
    const socket = await new Promise<Socket | undefined>((resolve) => {
      const candidate = connect(path);
      candidate.once('connect', () => resolve(candidate));
      candidate.once('error', () => resolve(undefined));
    });
    if (socket || Date.now() > until) return socket;
    await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
  }
}

/** Resolves with the exit code when the last line has come. */
async function ask(request: ControlRequest, path: string): Promise<number> {
  const socket = await reach(path);
  if (!socket) {
    process.stderr.write(`${NOT_RUNNING}\n`);
    return 1;
  }
  return new Promise((resolve) => {
    const finish = (code: number) => {
      socket.destroy();
      resolve(code);
    };
    const complain = (text: string) => {
      process.stderr.write(`${text}\n`);
      finish(1);
    };
    socket.on('error', () => complain(NOT_RUNNING));
    socket.write(`${JSON.stringify(request)}\n`);
    const lines = createInterface({ input: socket });
    let over = false;
    lines.on('line', (line) => {
      const reply = parseControlReply(line);
      if (!reply) {
        over = true;
        return complain(
          'Meshproof answered what this command does not understand: is it from another clone?',
        );
      }
      print(reply);
      if (reply.kind === 'done' || reply.kind === 'failed') {
        over = true;
        finish(reply.kind === 'failed' || (request.verb === 'status' && !reply.running) ? 1 : 0);
      }
    });
    // readline must not throw on the socket's error: said above.
    lines.on('error', () => {});
    lines.on('close', () => {
      if (!over && socket.bytesWritten > 0)
        complain('Meshproof ended in the middle. Start it with npm start, then run this again.');
    });
  });
}

function print(reply: ControlReply): void {
  switch (reply.kind) {
    case 'title':
    case 'done':
      return void process.stdout.write(`${reply.text}\n`);
    case 'failed':
      return void process.stderr.write(`${beforeFailure()}${reply.text}\n`);
    case 'stage':
      return printStage(reply.name, reply.state);
  }
}

/** A stage's line on the terminal has no end yet. */
let stageOpen = false;

/** On a terminal a stage shows while it lasts; in a file or pipe, once it is done. */
function printStage(name: string, state: 'begun' | 'done'): void {
  const live = process.stdout.isTTY;
  if (state === 'begun') {
    stageOpen = true;
    if (live) process.stdout.write(` • ${name} …`);
    return;
  }
  stageOpen = false;
  process.stdout.write(`${live ? '\r\x1b[K' : ''} ✓ ${name}\n`);
}

/** The stage in which it went wrong keeps its line. */
function beforeFailure(): string {
  return stageOpen && process.stdout.isTTY ? '\n' : '';
}

process.exitCode = await main(process.argv.slice(2));
