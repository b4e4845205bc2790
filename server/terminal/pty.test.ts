import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { withoutDescriptors } from './descriptors.ts';
import { endProcesses, processesOf, TERMINAL_VARIABLE } from './processes.ts';
import { Pty } from './pty.ts';

interface Run {
  pty: Pty;
  text: () => string;
  until: (pattern: RegExp) => Promise<string>;
  ended: Promise<{ code: number; signal: number }>;
}

function bash(script: string, env: Record<string, string> = {}): Run {
  let text = '';
  let look = () => {};
  let end: (value: { code: number; signal: number }) => void;
  const ended = new Promise<{ code: number; signal: number }>((resolve) => (end = resolve));
  const pty = new Pty({
    file: 'bash',
    args: ['--norc', '--noprofile', '-c', script],
    directory: '/',
    env: { PATH: process.env['PATH'] ?? '', ...env },
    columns: 80,
    rows: 24,
    output: (bytes) => {
      text += bytes.toString('latin1');
      look();
    },
    ended: (code, signal) => end({ code, signal }),
  });
  const until = (pattern: RegExp) =>
    new Promise<string>((resolve) => {
      look = () => pattern.test(text) && resolve(text);
      look();
    });
  return { pty, text: () => text, until, ended };
}

test('output, size, input and exit code', async () => {
  const { pty, until, ended } = bash('stty size; read -r line; echo "got $line"; exit 7');
  await until(/24 80\r\n/);
  pty.resize(100, 30);
  assert.ok(pty.write(Buffer.from('hello\r')));
  await until(/got hello/);
  assert.deepEqual(await ended, { code: 7, signal: 0 });
  assert.ok(!pty.write(Buffer.from('late')));
  pty.resize(10, 10);
});

test('a program that ends while it is paused loses none of its last words', async () => {
  const { pty, text, until, ended } = bash('echo go; read -r; printf %03000d 0; echo; echo end');
  await until(/go/);
  pty.pause();
  pty.write(Buffer.from('\r'));
  await ended;
  assert.match(text(), /0{3000}\r\nend\r\n$/);
});

test('input that nobody reads waits, and arrives whole when it is read', async () => {
  const { pty, until, ended } = bash(
    'stty raw -echo; echo go; while [ ! -e /proc/$$/fd/9 ]; do read -t 0.3 -n 0 <&-; sleep 0.3; break; done; head -c 60000 | cksum',
  );
  await until(/go/);
  const bytes = Buffer.from(Array.from({ length: 60_000 }, (_, index) => 97 + (index % 26)));
  for (let at = 0; at < bytes.length; at += 12_000) {
    assert.ok(pty.write(bytes.subarray(at, at + 12_000)));
  }
  const printed = await until(/\d+ 60000/);
  await ended;
  const sum = spawn('cksum', { stdio: ['pipe', 'pipe', 'inherit'] });
  sum.stdin.end(bytes);
  const wanted = (await sum.stdout.toArray()).join('').trim();
  assert.ok(printed.includes(wanted), `${printed} holds ${wanted}`);
});

test('a shell has no terminal but its own, and neither has a child of this process', async () => {
  const first = bash('echo ready; read -r');
  await first.until(/ready/);
  const ours = readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).endsWith('ptmx');
    } catch {
      return false; // the descriptor of this very listing
    }
  });
  assert.ok(ours.length >= 1, 'the master is open here');

  const second = bash('ls -l /proc/$$/fd; echo listed');
  assert.doesNotMatch(await second.until(/listed/), /ptmx/);

  const { file, args } = withoutDescriptors({ file: 'ls', args: ['-l', '/proc/self/fd'] });
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  assert.doesNotMatch((await child.stdout.toArray()).join(''), /ptmx/);

  first.pty.write(Buffer.from('\r'));
  await Promise.all([first.ended, second.ended]);
});

test('the wrapper keeps the descriptors it is told to, and hands arguments on as they are', async () => {
  const { file, args } = withoutDescriptors(
    {
      file: 'bash',
      // No pipeline: its own ends would be open in the shell that is listed.
      args: ['-c', 'ls /proc/$$/fd; printf "%s|" "$@"', '_', "a b'c", '$x', ''],
    },
    3,
  );
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit', 'pipe', 'pipe'] });
  const text = ((await child.stdout?.toArray()) ?? []).join('');
  assert.match(text, /^0\n1\n2\n3\n/);
  assert.doesNotMatch(text.split('a b')[0] ?? '', /\b4\b/);
  assert.match(text, /a b'c\|\$x\|\|$/);
});

test('at the end of a terminal its jobs end too, however they tried to stay', async () => {
  const id = `test-${process.pid}`;
  const run = bash(
    'nohup sleep 300 >/dev/null 2>&1 & setsid sleep 301 & (trap "" HUP; sleep 302) & (setsid setsid sleep 303 &); echo started; sleep 304',
    { [TERMINAL_VARIABLE]: id },
  );
  await run.until(/started/);
  const shells = new Map([[run.pty.pid, id]]);
  while ((await processesOf(shells)).length < 5)
    await new Promise((resolve) => setTimeout(resolve, 20));
  await endProcesses(shells);
  assert.deepEqual(await processesOf(shells), []);
  assert.equal((await run.ended).signal, 1);
});
