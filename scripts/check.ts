// npm run check: format, lint, types and walls, at once. Seconds: run it all the time.

import { spawn } from 'node:child_process';

const bin = (name: string) => `node_modules/.bin/${name}`;
const parts: [name: string, command: string, ...args: string[]][] = [
  ['format', bin('prettier'), '--check', '--cache', '--log-level=warn', '.'],
  ['lint', bin('oxlint'), '--deny-warnings'],
  ['types of protocol', bin('tsc'), '-p', 'protocol'],
  ['types of cluster', bin('tsc'), '-p', 'cluster'],
  ['types of server and tests', bin('tsc'), '-p', '.'],
  ['types of browser tests', bin('tsc'), '-p', 'tests/e2e'],
  [
    'types of the site',
    bin('astro'),
    'check',
    '--tsconfig=src/tsconfig.json',
    '--minimumFailingSeverity=warning',
  ],
  ['walls', process.execPath, '--test', 'tests/rooms.test.ts'],
];

/** Two at a time: as many as the smallest machine has cores. */
const queue = [...parts];
let passed = 0;
let failed = 0;
await Promise.all([work(), work()]);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

async function work(): Promise<void> {
  for (let part = queue.shift(); part; part = queue.shift()) {
    const [name, command, ...args] = part;
    const { code, output } = await run(command, args);
    if (code === 0) passed++;
    else failed++;
    console.log(code === 0 ? `✔ ${name}` : `✖ ${name}\n${output}`);
  }
}

function run(command: string, args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' },
    });
    let output = '';
    child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()));
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
