// npm test: every suite a change must pass, one after another, and one line at the end that counts them all.
// `npm test -- unit golden` runs only those.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

interface Suite {
  name: string;
  /** Arguments of Node. */
  args: string[];
  env?: Record<string, string>;
}

const node = (...args: string[]) => ['--disable-warning=ExperimentalWarning', ...args];
/** Milliseconds for one file and each test of it: one that waits for ever is told by its name, and the others go on. */
const TIMEOUT_MS = 300_000;
// Node 22 prints TAP where nobody looks.
const tests = (...files: string[]) =>
  node('--test', '--test-reporter=spec', `--test-timeout=${TIMEOUT_MS}`, ...files);
/** Node alone would leave one of two processors idle. */
const BOTH = '--test-concurrency=2';
const UNIT = ['protocol', 'cluster', 'istioctl', 'server', 'src', 'bin', 'scripts'].map(
  (room) => `${room}/**/*.test.ts`,
);

const suites: Suite[] = [
  { name: 'schemas', args: node('scripts/schemas/generate.ts') },
  { name: 'check', args: node('scripts/check.ts') },
  { name: 'build', args: node('scripts/build.ts') },
  {
    name: 'unit',
    args: tests(
      BOTH,
      ...UNIT,
      'tests/*.test.ts',
      'tests/golden/*.test.ts',
      'tests/support/*.test.ts',
    ),
  },
  { name: 'golden', args: node('tests/golden/run.ts') },
  { name: 'clients', args: tests('tests/clients/*.test.ts', 'tests/istioctl/*.test.ts') },
  { name: 'faults', args: tests('tests/faults/*.test.ts') },
  { name: 'lessons', args: node('tests/lessons/run.ts', '--one-mistake') },
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
  // Each skipped case has said its reason above; here they are counted, so that nobody takes them for passed.
  const skipped = counts.skipped > 0 ? `${counts.skipped} skipped, ` : '';
  console.log(
    `── ${suite.name}: ${counts.passed} passed, ${counts.failed} failed, ${skipped}${Math.round((Date.now() - started) / 1_000)} s`,
  );
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Suites count in node:test's words or in ours; one that counts nothing is one test. */
function run(suite: Suite): Promise<Counts> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, suite.args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...suite.env },
    });
    const counted: Record<string, number> = {};
    let ours: Counts | undefined;
    createInterface({ input: child.stdout }).on('line', (line) => {
      console.log(line);
      const [, word, count] = /^ℹ (pass|fail|cancelled|skipped) (\d+)$/.exec(line) ?? [];
      if (word) counted[word] = Number(count);
      const [, passed, failed] = /^(\d+) passed, (\d+) failed$/.exec(line) ?? [];
      if (passed) ours = { passed: Number(passed), failed: Number(failed), skipped: 0 };
    });
    child.on('error', (error) => {
      console.error(`${suite.name} did not start: ${error.message}`);
      resolve({ passed: 0, failed: 1, skipped: 0 });
    });
    child.on('close', (code) => {
      const { pass, fail = 0, cancelled = 0, skipped = 0 } = counted;
      let counts = ours ?? { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
      if (!ours && pass !== undefined) counts = { passed: pass, failed: fail + cancelled, skipped };
      // A suite that counts no failure and still ends badly has failed all the same.
      if (code !== 0 && counts.failed === 0) counts.failed = 1;
      resolve(counts);
    });
  });
}
