// npm test: every suite a change must pass, one after another, and one line at the end that counts them all.
// `npm test -- unit golden` runs only those.

import { spawn } from 'node:child_process';

interface Suite {
  name: string;
  /** Arguments of Node. */
  args: string[];
  env?: Record<string, string>;
}

const node = (...args: string[]) => ['--disable-warning=ExperimentalWarning', ...args];
// Node 22 prints TAP where nobody looks.
const tests = (...files: string[]) => node('--test', '--test-reporter=spec', ...files);
const UNIT = ['protocol', 'cluster', 'server', 'src', 'bin', 'scripts'].map(
  (room) => `${room}/**/*.test.ts`,
);

const suites: Suite[] = [
  { name: 'check', args: node('scripts/check.ts') },
  { name: 'build', args: node('scripts/build.ts') },
  {
    name: 'unit',
    args: tests(...UNIT, 'tests/*.test.ts', 'tests/golden/*.test.ts', 'tests/support/*.test.ts'),
  },
  { name: 'golden', args: node('tests/golden/run.ts') },
  { name: 'faults', args: tests('tests/faults/*.test.ts') },
  { name: 'lessons', args: node('tests/lessons/run.ts') },
  { name: 'browser', args: node('scripts/browser.ts') },
  { name: 'e2e', args: node('node_modules/@playwright/test/cli.js', 'test') },
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(
    `no suite ${unknown.join(', ')}: there are ${suites.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}

let passed = 0;
let failed = 0;
for (const suite of suites) {
  if (wanted.length > 0 && !wanted.includes(suite.name)) continue;
  const started = Date.now();
  console.log(`\n── ${suite.name}`);
  const counts = await run(suite);
  passed += counts.passed;
  failed += counts.failed;
  console.log(
    `── ${suite.name}: ${counts.passed} passed, ${counts.failed} failed, ${Math.round((Date.now() - started) / 1_000)} s`,
  );
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

/** Suites count in node:test's words or in ours; one that counts nothing is one test. */
function run(suite: Suite): Promise<{ passed: number; failed: number }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, suite.args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...suite.env },
    });
    let tail = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => {
      process.stdout.write(text);
      tail = (tail + text).slice(-4_000);
    });
    child.on('error', (error) => {
      console.error(`${suite.name} did not start: ${error.message}`);
      resolve({ passed: 0, failed: 1 });
    });
    child.on('close', (code) => {
      const ours = /(\d+) passed, (\d+) failed\s*$/.exec(tail);
      const pass = /^ℹ pass (\d+)$/m.exec(tail);
      const fail = /^ℹ fail (\d+)$/m.exec(tail);
      const cancelled = /^ℹ cancelled (\d+)$/m.exec(tail);
      let counts = { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
      if (ours) counts = { passed: Number(ours[1]), failed: Number(ours[2]) };
      else if (pass && fail)
        counts = { passed: Number(pass[1]), failed: Number(fail[1]) + Number(cancelled?.[1] ?? 0) };
      // A suite that counts no failure and still ends badly has failed all the same.
      if (code !== 0 && counts.failed === 0) counts.failed = 1;
      resolve(counts);
    });
  });
}
