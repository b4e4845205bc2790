import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('cluster.ts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'cluster-script-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let count = 0;

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [script, ...args], { cwd: directory });
}

async function end(child: ChildProcess): Promise<{ code: number; stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}

for (const [args, says] of [
  [[], '--kubeconfig is missing: name the file to write, which clients then use.'],
  [['--kubeconfig'], "Option '--kubeconfig <value>' argument missing."],
  [
    ['--kubeconfig', 'k', '--port', 'http'],
    '--port http: use a port from 0 to 65535, 0 for any free one.',
  ],
  [
    ['--kubeconfig', 'k', '--port', '70000'],
    '--port 70000: use a port from 0 to 65535, 0 for any free one.',
  ],
  [['--kubeconfig', 'k', '--port', ''], '--port : use a port from 0 to 65535, 0 for any free one.'],
  [['--kubeconfig', 'k', '--speed', '0'], '--speed 0: use a number above 0, at most 1000.'],
  [['--kubeconfig', 'k', '--seed', '1.5'], '--seed 1.5: use a whole number from 0 to 4294967295.'],
  [['--kubeconfig', 'k', '--max-pods', '0'], '--max-pods 0: use a number from 1 to 2000.'],
  [['--kubeconfig', 'k', '--color'], "Unknown option '--color'."],
  [['k'], "Unexpected argument 'k'."],
] as const) {
  test(`cluster ${args.join(' ')} is refused in one sentence`, async () => {
    const { code, stdout, stderr } = await end(start(...args));
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.equal(
      stderr,
      `${says}\nUsage: npm run cluster -- --kubeconfig FILE [--port N] [--speed N] [--seed N] [--max-pods N]\n`,
    );
    assert.equal(existsSync(join(directory, 'k')), false);
  });
}

test('a taken port is told, and nothing is written', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  const { code, stderr } = await end(start('--kubeconfig', 'taken', '--port', port));
  assert.equal(code, 1);
  assert.equal(
    stderr,
    `Port ${port} is taken: stop what listens there, or name another with --port.\n`,
  );
  assert.equal(existsSync(join(directory, 'taken')), false);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`it prints one line when its kubeconfig leads to a cluster that answers, and ends at ${signal}`, async () => {
    const kubeconfig = join(directory, `kubeconfig-${++count}`);
    const child = start('--kubeconfig', kubeconfig, '--speed', '20', '--seed', '7');
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const [line] = (await once(lines, 'line')) as [string];
    assert.match(line, /^Kubernetes v1\.36\.2 \(embedded\) at https:\/\/127\.0\.0\.1:\d+\./);
    assert.ok(line.endsWith(`export KUBECONFIG=${kubeconfig}`));
    assert.equal(statSync(kubeconfig).mode & 0o777, 0o600);
    assert.equal(await readyz(readFileSync(kubeconfig, 'utf8')), 200);
    const ended = end(child);
    child.kill(signal);
    const { code, stdout, stderr } = await ended;
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' });
  });
}

function readyz(kubeconfig: string): Promise<number> {
  const value = (name: string) => new RegExp(`${name}: (\\S+)`).exec(kubeconfig)?.[1] ?? '';
  const decoded = (name: string) => Buffer.from(value(name), 'base64');
  return new Promise((resolve, reject) => {
    request(
      `${value('server')}/readyz`,
      {
        ca: decoded('certificate-authority-data'),
        cert: decoded('client-certificate-data'),
        key: decoded('client-key-data'),
        agent: false,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    )
      .on('error', reject)
      .end();
  });
}
