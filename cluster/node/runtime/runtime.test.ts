import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BrokenPipe, Pipe, bytesOf, copy, readAll, textOf } from '../../streams.ts';
import type { Tty } from '../process.ts';
import { Killed, ProcessLimit, ProgramNotFound, type Process, type Program } from '../process.ts';
import { StartError } from '../runtime.ts';
import { Client, imageOf, settled, startContainer } from './testing/container-lab.ts';

const say = (process: Process, text: string) => process.stdout.write(bytesOf(text));

const echo: Program = async (process) => {
  await say(process, `${process.argv.slice(1).join(' ')}\n`);
  return 0;
};

const cat: Program = async (process) => {
  for (let chunk = await process.stdin.read(); chunk; chunk = await process.stdin.read())
    await process.stdout.write(chunk);
  return 0;
};

const sleep: Program = async (process) => {
  await process.sleep(Number(process.argv[1]) * 1000);
  return 0;
};

const programs = { echo, cat, sleep };

describe('a container', () => {
  test('writes its log and ends with the exit code of its main process', async () => {
    const { container, log } = startContainer(
      imageOf({
        main: async (process) => {
          await say(process, 'hello ');
          await process.stderr.write(bytesOf('world\n'));
          return 3;
        },
      }),
      ['main'],
    );
    assert.deepEqual(await container.exited, { exitCode: 3 });
    assert.equal(log(), 'hello world\n');
  });

  test('that throws has crashed: 139 and the message, without where it happened', async () => {
    const { container, log } = startContainer(
      imageOf({ main: () => Promise.reject(new Error('no more ideas')) }),
      ['main'],
    );
    assert.deepEqual(await container.exited, { exitCode: 139 });
    assert.equal(log(), 'main: this simulated program has crashed: no more ideas\n');
  });

  test('takes what its main process started with it', async () => {
    const image = imageOf({
      ...programs,
      main: async (process) => {
        process.spawn(['sleep', '1000']);
        process.fork(async (child) => {
          await child.sleep(1e6);
          return 0;
        });
        await process.sleep(1_000);
        return 0;
      },
    });
    const { container, clock } = startContainer(image, ['main']);
    await clock.step(500);
    assert.equal((await container.run(['echo', 'still here'], signal())).output, 'still here\n');
    await clock.step(500);
    assert.deepEqual(await container.exited, { exitCode: 0 });
    assert.equal(clock.untilNext(), Infinity);
  });

  for (const [argv, words] of [
    [['nope'], 'exec: "nope": executable file not found in $PATH'],
    [['/opt/nope'], 'exec: "/opt/nope": stat /opt/nope: no such file or directory'],
    [['/etc/passwd'], 'exec: "/etc/passwd": permission denied'],
  ] as const) {
    test(`that cannot start says so in runc's words: ${words}`, () => {
      assert.throws(
        () => startContainer(imageOf(programs), argv),
        (error) =>
          error instanceof StartError &&
          error.reason === 'StartError' &&
          error.message.endsWith(`error during container init: ${words}: unknown`),
      );
    });
  }

  test('has its environment from the image, the pod and containerd', async () => {
    const { container, log } = startContainer(
      imageOf({
        main: async (process) => {
          await say(process, [...process.env].map(([k, v]) => `${k}=${v}`).join(' '));
          return 0;
        },
      }),
      ['main'],
      {
        env: new Map([
          ['PATH', '/bin'],
          ['A', 'b'],
        ]),
      },
    );
    await container.exited;
    assert.equal(log(), 'PATH=/bin HOSTNAME=web-1 A=b HOME=/root');
  });
});

function signal(): AbortSignal {
  return new AbortController().signal;
}

describe('signals', () => {
  const patient: Program = async (process) => {
    let asked = 0;
    process.onSignal('SIGTERM', () => asked++);
    while (asked === 0) await process.sleep(100);
    await say(process, 'bye');
    return 0;
  };

  test('a handler decides what a signal means', async () => {
    const { container, clock, log } = startContainer(imageOf({ patient }), ['patient']);
    await clock.step(1_000);
    container.signal('SIGTERM');
    await clock.step(1_000);
    assert.deepEqual(await container.exited, { exitCode: 0 });
    assert.equal(log(), 'bye');
  });

  test('the first process ignores what it does not handle, all but SIGKILL', async () => {
    const { container, clock } = startContainer(imageOf(programs), ['sleep', '60']);
    await clock.step(1_000);
    container.signal('SIGTERM');
    await clock.step(30_000);
    container.signal('SIGKILL');
    assert.deepEqual(await container.exited, { exitCode: 137, signal: 'SIGKILL' });
    assert.equal(clock.now() - 1_795_343_525_000, 31_000);
  });

  test('any other process dies of them, with 128 and the number', async () => {
    const image = imageOf({
      ...programs,
      main: async (process) => {
        const codes: number[] = [];
        for (const name of ['SIGINT', 'SIGTERM', 'SIGKILL', 'SIGHUP'] as const) {
          const child = process.spawn(['sleep', '60']);
          await process.sleep(10);
          child.kill(name);
          codes.push(await child.exited);
        }
        await say(process, codes.join(' '));
        return 0;
      },
    });
    const { container, clock, log } = startContainer(image, ['main']);
    await clock.step(1_000);
    await container.exited;
    assert.equal(log(), '130 143 137 129');
  });

  test('from inside, nobody can kill the first process', async () => {
    const { container, clock } = startContainer(
      imageOf({
        ...programs,
        kill: async (process) => {
          process.processes.kill(1, 'SIGKILL');
          return process.processes.kill(99, 'SIGTERM') ? 0 : 1;
        },
      }),
      ['sleep', '60'],
    );
    const { exitCode } = await container.run(['kill'], signal());
    assert.equal(exitCode, 1);
    await clock.step(59_000);
    assert.equal((await container.run(['echo', 'alive'], signal())).output, 'alive\n');
  });

  test('SIGSTOP holds a process at its next wait until SIGCONT', async () => {
    const seen: string[] = [];
    const image = imageOf({
      tick: async (process) => {
        for (let n = 1; n <= 3; n++) {
          await process.sleep(1_000);
          seen.push(`tick ${n} at ${process.clock.now() - start}`);
        }
        return 0;
      },
      main: async (process) => {
        const child = process.spawn(['tick']);
        await process.sleep(1_500);
        void child.changed().then(() => seen.push(`stopped ${child.stopped}`));
        child.kill('SIGSTOP');
        await process.sleep(10_000);
        child.kill('SIGCONT');
        return child.exited;
      },
    });
    const { container, clock } = startContainer(image, ['main']);
    const start = clock.now();
    await clock.step(20_000);
    await container.exited;
    assert.deepEqual(seen, [
      'tick 1 at 1000',
      'stopped true',
      'tick 2 at 11500',
      'tick 3 at 12500',
    ]);
  });

  test('a dead program that will not hear of it disturbs nobody', async () => {
    const { container, clock } = startContainer(
      imageOf({
        ...programs,
        deaf: async (process) => {
          for (;;) {
            try {
              await process.sleep(10);
            } catch {
              // deaf indeed
            }
          }
        },
        main: async (process) => {
          const child = process.spawn(['deaf']);
          await process.sleep(100);
          child.kill('SIGKILL');
          return child.exited;
        },
      }),
      ['main'],
    );
    await clock.step(1_000);
    assert.deepEqual(await container.exited, { exitCode: 137 });
  });
});

describe('processes', () => {
  test('see each other, with parents and names', async () => {
    const image = imageOf({
      ...programs,
      main: async (process) => {
        const middle = process.fork(async (child) => {
          child.spawn(['sleep', '50']);
          await child.sleep(100);
          return 0;
        });
        await process.sleep(50);
        const line = () =>
          process.processes
            .list()
            .map(({ pid, ppid, argv }) => `${pid}<${ppid} ${argv.join(' ')}`)
            .join(', ');
        await say(process, `${line()}\n`);
        await middle.exited;
        await say(process, line());
        return 0;
      },
    });
    const { container, clock, log } = startContainer(image, ['main']);
    await clock.step(1_000);
    await container.exited;
    assert.equal(log(), '1<0 main, 2<1 main, 3<2 sleep 50\n1<0 main, 3<1 sleep 50');
  });

  test('are limited in number', async () => {
    const { container } = startContainer(
      imageOf({
        ...programs,
        main: async (process) => {
          for (let n = 0; n < 3; n++) process.spawn(['sleep', '9']);
          assert.throws(() => process.spawn(['sleep', '9']), ProcessLimit);
          return 0;
        },
      }),
      ['main'],
      {},
      { processesPerContainer: 4 },
    );
    assert.deepEqual(await container.exited, { exitCode: 0 });
  });

  test('find programs by PATH, by path and through scripts, and say why not', async () => {
    const image = imageOf(
      {
        ...programs,
        sh: async (process) => {
          await say(process, `sh ran ${process.argv.slice(1).join(' ')}\n`);
          return 0;
        },
      },
      {
        files: {
          '/opt/hello': '#!/bin/echo from\nignored\n',
          '/opt/plain': { content: 'echo hi\n', mode: 0o755 },
          '/opt/alias': { link: '/bin/echo' },
          '/opt/secret': { content: '#!/bin/echo\n', mode: 0o644 },
        },
      },
    );
    const main: Program = async (process) => {
      const env = new Map([['PATH', '/opt:/bin']]);
      for (const argv of [
        ['hello', 'x'],
        ['./plain', 'y'],
        ['alias', 'z'],
      ])
        await process.spawn(argv, { env, cwd: '/opt' }).exited;
      const why = (argv: string[]) => {
        try {
          process.spawn(argv, { env });
          return 'found';
        } catch (error) {
          return error instanceof ProgramNotFound ? error.message : String(error);
        }
      };
      await say(process, [why(['secret']), why(['nope']), why(['/tmp'])].join('; '));
      return 0;
    };
    const { container, log } = startContainer(
      { ...image, programs: { ...image.programs, '/bin/main': main } },
      ['main'],
    );
    await container.exited;
    assert.equal(
      log(),
      'from /opt/hello x\nsh ran /opt/./plain y\nz\nsecret: Permission denied; nope: not found; /tmp: Permission denied',
    );
  });

  test('a copied program still runs, a removed one does not', async () => {
    const { container, log } = startContainer(
      imageOf({
        ...programs,
        main: async (process) => {
          process.fs.writeFile('/tmp/e', process.fs.readFile('/bin/echo'), 0o755);
          await process.spawn(['/tmp/e', 'copied']).exited;
          process.fs.remove('/bin/echo');
          assert.throws(() => process.spawn(['echo', 'x']), ProgramNotFound);
          return 0;
        },
      }),
      ['main'],
    );
    await container.exited;
    assert.equal(log(), 'copied\n');
  });

  test('pass bytes through pipes, and a writer without a reader dies of SIGPIPE', async () => {
    const { container, log } = startContainer(
      imageOf({
        ...programs,
        yes: async (process) => {
          for (;;) await say(process, 'y\n');
        },
        main: async (process) => {
          const pipe = new Pipe(1_000);
          const yes = process.spawn(['yes'], { stdout: pipe });
          const head = process.fork(
            async (child) => {
              await child.stdout.write((await child.stdin.read(4)) ?? new Uint8Array());
              return 0;
            },
            { stdin: pipe },
          );
          await head.exited;
          pipe.cancel();
          await say(process, `yes ended with ${await yes.exited}`);
          return 0;
        },
      }),
      ['main'],
    );
    await container.exited;
    assert.equal(log(), 'y\nyes ended with 141');
  });

  test('a reader that dies takes nothing that it has not been given', async () => {
    const { container, clock, log } = startContainer(
      imageOf({
        ...programs,
        main: async (process) => {
          const pipe = new Pipe();
          const first = process.spawn(['cat'], { stdin: pipe });
          await process.sleep(10);
          first.kill('SIGTERM');
          await first.exited;
          await pipe.write(bytesOf('for the second'));
          pipe.end();
          return process.spawn(['cat'], { stdin: pipe }).exited;
        },
      }),
      ['main'],
    );
    await clock.step(10);
    await container.exited;
    assert.equal(log(), 'for the second');
  });

  test('exec becomes another program under the same pid, without the old handlers', async () => {
    const { container, clock, log } = startContainer(
      imageOf({
        ...programs,
        main: async (process) => {
          process.onSignal('SIGTERM', () => assert.fail('the old program heard it'));
          return process.exec(['second', 'a'], {
            env: new Map([
              ['PATH', '/bin'],
              ['B', '1'],
            ]),
          });
        },
        second: async (process) => {
          process.onSignal('SIGTERM', () => process.processes.kill(2, 'SIGTERM'));
          const child = process.spawn(['sleep', '60']);
          await say(process, `${process.pid} ${process.argv.join(' ')} ${process.env.get('B')}`);
          return child.exited;
        },
      }),
      ['main'],
    );
    await clock.step(1_000);
    container.signal('SIGTERM');
    assert.deepEqual(await container.exited, { exitCode: 143 });
    assert.equal(log(), '1 second a 1');
  });

  test('close their sockets when they end', async () => {
    const { container, clock, network } = startContainer(
      imageOf({
        ...programs,
        serve: async (process) => {
          process.net.listen(80, () => {});
          await process.sleep(1_000);
          return 0;
        },
        main: async (process) => {
          await process.spawn(['serve']).exited;
          await process.sleep(60_000);
          return 0;
        },
      }),
      ['main'],
    );
    await clock.step(500);
    const connection = await network.node.connect('10.244.0.5', 80);
    await clock.step(1_000);
    assert.equal(await connection.input.read(), null);
    await assert.rejects(connection.output.write(bytesOf('x')), BrokenPipe);
    await assert.rejects(network.node.connect('10.244.0.5', 80), /refused/);
    void container;
  });
});

describe('a runaway', () => {
  test('lets the rest of the cluster run, and costs CPU that shows', async () => {
    const { container, clock } = startContainer(
      imageOf({
        ...programs,
        spin: async (process) => {
          for (;;) await process.yield();
        },
      }),
      ['spin'],
    );
    await clock.step(10);
    const { cpuNanoseconds } = container.usage();
    assert.ok(cpuNanoseconds > 1e6, `${cpuNanoseconds}`);
    assert.equal((await container.run(['echo', 'still served'], signal())).exitCode, 0);
  });

  test('is slowed down the longer it goes on', async () => {
    const { container, clock } = startContainer(
      imageOf({
        spin: async (process) => {
          for (;;) await say(process, 'x');
        },
      }),
      ['spin'],
    );
    // A real clock moves while the program works; this one only in its pauses, so shares are counted by them.
    await clock.step(60_000);
    const before = container.usage().cpuNanoseconds;
    await clock.step(1_000);
    const shares = (container.usage().cpuNanoseconds - before) / 20_000 / 200;
    assert.ok(shares <= 60, `${shares} shares in a second`);
  });
});

describe('a terminal', () => {
  const shell: Program = async (process) => {
    process.onSignal('SIGINT', () => {});
    await say(process, '$ ');
    for (let line = await process.stdin.read(); line; line = await process.stdin.read()) {
      const words = textOf(line).trim().split(' ').filter(Boolean);
      if (words[0] === 'exit') return Number(words[1] ?? 0);
      if (words.length > 0) {
        const child = process.spawn(words);
        process.tty?.setForeground([child.pid]);
        const code = await child.exited;
        process.tty?.setForeground([process.pid]);
        if (code !== 0) await say(process, `[${code}]`);
      }
      await say(process, '$ ');
    }
    await say(process, 'exit\n');
    return 0;
  };
  const image = imageOf({ ...programs, sh: shell });
  const idle = () => startContainer(image, ['sleep', '1000']);

  test('edits and echoes a line, and a program reads it whole', async () => {
    const { container } = idle();
    const client = new Client();
    const done = container.exec(['sh'], true, client.streams);
    await settled();
    await client.type('echo helo\x7flo\r');
    await client.type('exit 4\r');
    assert.deepEqual(await done, { exitCode: 4 });
    assert.equal(client.stdout, '$ echo helo\b \blo\r\nhello\r\n$ exit 4\r\n');
  });

  test('Ctrl-C ends what is in the foreground, and what was typed ahead', async () => {
    const { container } = idle();
    const client = new Client();
    const done = container.exec(['sh'], true, client.streams);
    await settled();
    await client.type('sleep 100\r');
    await client.type('typed ahead\x03');
    await client.type('echo back\rexit\r');
    assert.deepEqual(await done, { exitCode: 0 });
    assert.equal(
      client.stdout,
      '$ sleep 100\r\ntyped ahead^C[130]$ echo back\r\nexit\r\nback\r\n$ ',
    );
  });

  test('Ctrl-C at cat loses no line typed after it', async () => {
    const { container } = idle();
    const client = new Client();
    const done = container.exec(['sh'], true, client.streams);
    await settled();
    await client.type('cat\r');
    await client.type('one\r');
    await client.type('\x03echo two\rexit\r');
    await done;
    assert.match(client.stdout, /one\r\none\r\n\^C.*\r?\n?[^]*two\r\n\$ /);
  });

  test('Ctrl-D ends one program that reads, and the next one reads on', async () => {
    const { container } = idle();
    const client = new Client();
    const done = container.exec(['sh'], true, client.streams);
    await settled();
    await client.type('cat\r');
    await client.type('\x04');
    await client.type('echo on\r');
    await client.type('\x04');
    assert.deepEqual(await done, { exitCode: 0 });
    assert.equal(client.stdout, '$ cat\r\n$ echo on\r\non\r\n$ exit\r\n');
  });

  test('Ctrl-D after some text hands it over without a newline', async () => {
    const { container } = idle();
    const client = new Client();
    void container.exec(['cat'], true, client.streams);
    await settled();
    await client.type('ab\x04');
    assert.equal(client.stdout, 'abab');
  });

  test('in raw mode gives every byte, and echoes none', async () => {
    const seen: number[][] = [];
    const { container } = startContainer(
      imageOf({
        ...programs,
        raw: async (process) => {
          process.tty?.setRaw(true);
          for (let n = 0; n < 2; n++) seen.push([...((await process.stdin.read()) ?? [])]);
          await say(process, 'a\nb');
          return 0;
        },
      }),
      ['sleep', '1000'],
    );
    const client = new Client();
    const done = container.exec(['raw'], true, client.streams);
    await settled();
    await client.type('\x03\r');
    await client.type('\x04');
    await done;
    assert.deepEqual(seen, [[3, 13], [4]]);
    assert.equal(client.stdout, 'a\r\nb');
  });

  test('tells of its window', async () => {
    const sizes: string[] = [];
    const { container, clock } = startContainer(
      imageOf({
        ...programs,
        top: async (process) => {
          const tty = process.tty as Tty;
          process.onSignal('SIGWINCH', () => sizes.push(`signal ${tty.columns}x${tty.rows}`));
          tty.onResize(() => sizes.push(`${tty.columns}x${tty.rows}`));
          await process.sleep(1_000);
          return 0;
        },
      }),
      ['sleep', '1000'],
    );
    const client = new Client();
    const done = container.exec(['top'], true, client.streams);
    await settled();
    client.resize(100, 40);
    client.resize(100, 40);
    await clock.step(1_000);
    await done;
    assert.deepEqual(sizes, ['signal 100x40', '100x40']);
  });

  test('is one only for streams that are really its own', async () => {
    const asked: string[] = [];
    const { container } = startContainer(
      imageOf({
        ...programs,
        ask: async (process) => {
          asked.push(([0, 1, 2] as const).map((fd) => process.isTerminal(fd)).join());
          return 0;
        },
        both: async (process) => {
          await process.spawn(['ask']).exited;
          await process.spawn(['ask'], { stdout: new Pipe() }).exited;
          await process.spawn(['ask'], { stdin: new Pipe() }).exited;
          return 0;
        },
      }),
      ['sleep', '1000'],
    );
    await container.exec(['both'], true, new Client().streams);
    await container.exec(['ask'], false, new Client().streams);
    assert.deepEqual(asked, [
      'true,true,true',
      'true,false,true',
      'false,true,true',
      'false,false,false',
    ]);
  });

  test('a client that goes takes its session along', async () => {
    const { container, clock } = idle();
    const client = new Client();
    const done = container.exec(['sh'], true, client.streams);
    await settled();
    await client.type('sleep 500\r');
    client.leave();
    assert.deepEqual(await done, { exitCode: 0 });
    assert.equal((await container.run(['echo'], signal())).exitCode, 0);
    await clock.step(1);
  });
});

describe('exec without a terminal', () => {
  test('keeps stdout and stderr apart and ends with the exit code', async () => {
    const { container } = startContainer(
      imageOf({
        ...programs,
        both: async (process) => {
          await say(process, 'out');
          await process.stderr.write(bytesOf('err'));
          return 7;
        },
      }),
      ['sleep', '9'],
    );
    const client = new Client();
    assert.deepEqual(await container.exec(['both'], false, client.streams), { exitCode: 7 });
    assert.deepEqual([client.stdout, client.stderr], ['out', 'err']);
  });

  test('reads the client to its end', async () => {
    const { container } = startContainer(imageOf(programs), ['sleep', '9']);
    const client = new Client();
    const done = container.exec(['cat'], false, client.streams);
    await client.type('piped');
    client.stdin.end();
    assert.deepEqual(await done, { exitCode: 0 });
    assert.equal(client.stdout, 'piped');
  });

  test("says in runc's words that there is no such program", async () => {
    const { container } = startContainer(imageOf(programs), ['sleep', '9']);
    const result = await container.exec(['bash'], false, new Client().streams);
    assert.match(
      'error' in result ? result.error : '',
      /^Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "[0-9a-f]{64}": OCI runtime exec failed: exec failed: unable to start container process: exec: "bash": executable file not found in \$PATH: unknown$/,
    );
  });
});

test('nothing can be executed in a container that has ended', async () => {
  const { container } = startContainer(imageOf(programs), ['echo']);
  await container.exited;
  const result = await container.exec(['echo'], false, new Client().streams);
  assert.match('error' in result ? result.error : '', /cannot exec in a stopped state/);
});

describe('a probe', () => {
  test('has its output cut and its time limited', async () => {
    const { container, clock } = startContainer(
      imageOf({
        ...programs,
        talk: async (process) => {
          await process.stdout.write(new Uint8Array(20_000).fill(65));
          return 1;
        },
      }),
      ['sleep', '9'],
    );
    const { exitCode, output } = await container.run(['talk'], signal());
    assert.deepEqual([exitCode, output.length], [1, 10_240]);
    const timeout = new AbortController();
    const late = container.run(['sleep', '5'], timeout.signal);
    await clock.step(1_000);
    timeout.abort(new Error('timed out'));
    assert.equal((await late).exitCode, 137);
    assert.equal((await container.run(['nope'], signal())).exitCode, 127);
  });
});

describe('attach', () => {
  test('joins a program without a terminal: output to all, input until the first client ends it', async () => {
    const { container, log } = startContainer(imageOf(programs), ['cat'], {
      stdin: true,
      stdinOnce: true,
    });
    const [first, second] = [new Client(), new Client()];
    const attached = container.attach(first.streams);
    const watching = container.attach({ ...second.streams, stdin: undefined } as never);
    await first.type('hello\n');
    first.stdin.end();
    await Promise.all([attached, watching]);
    assert.deepEqual(await container.exited, { exitCode: 0 });
    assert.deepEqual([log(), first.stdout, second.stdout], ['hello\n', 'hello\n', 'hello\n']);
  });

  test('a program without stdin is at its end from the start', async () => {
    const { container } = startContainer(imageOf(programs), ['cat']);
    assert.deepEqual(await container.exited, { exitCode: 0 });
  });

  test('a terminal session is in the log as the screen showed it, and ends with its only client', async () => {
    const { container, log, clock } = startContainer(imageOf(programs), ['cat'], {
      tty: true,
      stdin: true,
      stdinOnce: true,
    });
    const client = new Client();
    const attached = container.attach(client.streams);
    await client.type('hi\r');
    assert.equal(client.stdout, 'hi\r\nhi\r\n');
    assert.equal(log(), client.stdout);
    client.leave();
    await attached;
    await clock.step(1);
    assert.deepEqual(await container.exited, { exitCode: 0 });
  });
});

describe('port forwarding', () => {
  test('reaches what listens on loopback and explains when nobody does', async () => {
    const { container, clock } = startContainer(
      imageOf({
        serve: async (process) => {
          process.net.listen(
            8080,
            (connection) => void copy(connection.input, connection.output),
            '127.0.0.1',
          );
          await process.sleep(1e6);
          return 0;
        },
      }),
      ['serve'],
    );
    await clock.step(1);
    const connection = await container.portForward(8080);
    await connection.output.write(bytesOf('through'));
    connection.output.end();
    assert.equal(textOf(await readAll(connection.input)), 'through');
    await assert.rejects(
      container.portForward(81),
      /failed to connect to localhost:81 inside namespace/,
    );
  });
});

test('Killed names its signal', () => {
  assert.equal(new Killed('SIGTERM').by, 'SIGTERM');
});
