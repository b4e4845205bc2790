// What busybox 1.35's wget printed for the same answers, except for -T, which that build has not.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { shellProgram } from '../../shell/program.ts';
import { run } from '../../testing/run.ts';
import type { Answer, Web } from '../../testing/web.ts';
import { hello, web } from '../../testing/web.ts';
import { busyboxApplets } from '../table.ts';
import { wget } from './wget.ts';

const programs = { ...busyboxApplets, sh: shellProgram({ flavour: 'ash' }), wget };

const answers: Readonly<Record<string, Answer>> = {
  '/': 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  '/hello': hello,
  '/echo': { echoes: true },
  '/missing': 'HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope',
  '/unavailable':
    'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 19\r\n\r\nno healthy upstream',
  '/moved': 'HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 0\r\n\r\n',
  '/away': 'HTTP/1.1 301 Moved\r\nLocation: http://web:80/hello\r\nContent-Length: 0\r\n\r\n',
  '/round': 'HTTP/1.1 302 Found\r\nLocation: /round\r\nContent-Length: 0\r\n\r\n',
  '/empty': { closes: true },
  '/reset': { resets: true },
  '/slow': { afterMs: 3_000, says: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' },
  '/partial': 'HTTP/1.1 200 OK\r\nX-Closes: yes\r\nContent-Length: 100\r\n\r\nabc',
  '/chunk': 'HTTP/1.1 200 OK\r\nX-Closes: yes\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
  '/close': 'HTTP/1.1 200 OK\r\n\r\nbody until close\n',
  '/garbage': 'garbage\r\n\r\n',
  '/big': `HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(200_000)}`,
};

const wgetOf = (argv: readonly string[], site: Web = web(answers)) =>
  run(programs, ['wget', ...argv], { lab: site.lab, cwd: '/tmp' });

const connecting = 'Connecting to web (10.96.0.80:80)\n';
const bar = (name: string, size: string) =>
  `${name.padEnd(20)} 100% |********************************|${size.padStart(6)}  0:00:00 ETA\n`;

/** Arguments, standard output, standard error, exit code. */
const cases: readonly [string[], string, string, number][] = [
  [['-q', '-O', '-', 'http://web/hello'], 'hello\n', '', 0],
  [['-qO-', 'web/hello'], 'hello\n', '', 0],
  [
    ['-O', '-', 'http://web/hello'],
    'hello\n',
    `${connecting}writing to stdout\n${bar('-', '6')}written to stdout\n`,
    0,
  ],
  [
    ['http://web/hello'],
    '',
    `${connecting}saving to 'hello'\n${bar('hello', '6')}'hello' saved\n`,
    0,
  ],
  [['http://web'], '', `${connecting}saving to 'index.html'\n'index.html' saved\n`, 0],
  [
    ['-O', '/dev/null', 'http://web/big'],
    '',
    `${connecting}saving to '/dev/null'\n${bar('null', '195k')}'/dev/null' saved\n`,
    0,
  ],
  [
    ['-S', '-O', '/dev/null', 'http://web/hello'],
    '',
    `${connecting}  HTTP/1.1 200 OK\n  Server: nginx/1.30\n  Content-Type: text/plain\n  Content-Length: 6\n  Connection: keep-alive\n  \nsaving to '/dev/null'\n${bar('null', '6')}'/dev/null' saved\n`,
    0,
  ],
  [['--spider', 'http://web/hello'], '', `${connecting}remote file exists\n`, 0],
  [['-q', '--spider', 'http://web/hello'], '', '', 0],
  [
    ['--spider', '-S', 'http://web/moved'],
    '',
    `${connecting}  HTTP/1.1 302 Found\n  Location: /hello\n${connecting}  HTTP/1.1 200 OK\n  Server: nginx/1.30\n  Content-Type: text/plain\n  Content-Length: 6\n  Connection: keep-alive\n  \nremote file exists\n`,
    0,
  ],
  [
    ['--spider', 'http://web/missing'],
    '',
    `${connecting}wget: server returned error: HTTP/1.1 404 Not Found\n`,
    1,
  ],
  [
    ['-qS', '-O-', 'http://web/unavailable'],
    '',
    '  HTTP/1.1 503 Service Unavailable\nwget: server returned error: HTTP/1.1 503 Service Unavailable\n',
    1,
  ],
  [['-qO-', 'http://web/moved', 'http://web/away'], 'hello\nhello\n', '', 0],
  [['-qO-', 'http://web/round'], '', 'wget: too many redirections\n', 1],
  [['-qO-', 'http://web/empty'], '', 'wget: error getting response\n', 1],
  [['-qO-', 'http://web/reset'], '', 'wget: error getting response: Connection reset by peer\n', 1],
  [['-qO-', 'http://web/partial'], 'abc', 'wget: connection closed prematurely\n', 1],
  [['-qO-', 'http://web/chunk'], 'hello', 'wget: error getting response\n', 1],
  [['-qO-', 'http://web/garbage'], '', 'wget: error getting response\n', 1],
  [
    ['-O-', 'http://web/close'],
    'body until close\n',
    `${connecting}writing to stdout\n${bar('-', '17')}written to stdout\n`,
    0,
  ],
  [
    ['-qO-', 'http://web/missing', 'http://web/hello'],
    '',
    'wget: server returned error: HTTP/1.1 404 Not Found\n',
    1,
  ],
  [['-qO-', 'http://nope'], '', "wget: bad address 'nope'\n", 1],
  [['-qO-', 'http://nope:80/'], '', "wget: bad address 'nope:80'\n", 1],
  [['-qO-', 'http://'], '', "wget: bad address ''\n", 1],
  [['-qO-', 'http://web:99999/'], '', "wget: bad port '99999'\n", 1],
  [['-qO-', 'gopher://x/'], '', 'wget: not an http or ftp url: gopher://x/\n', 1],
  [
    ['http://10.244.0.20:81/'],
    '',
    "Connecting to 10.244.0.20:81 (10.244.0.20:81)\nwget: can't connect to remote host (10.244.0.20): Connection refused\n",
    1,
  ],
  [['-q', '-T', '1', '-O-', 'http://web/slow'], '', 'wget: download timed out\n', 1],
  [['-q', '-T', '2', '-O-', 'http://web:81/'], '', 'wget: download timed out\n', 1],
  [
    ['-qO-', 'http://web:81/'],
    '',
    "wget: can't connect to remote host (10.96.0.80): Connection timed out\n",
    1,
  ],
  [
    ['-O', '/nope/x', 'http://web/hello'],
    '',
    `${connecting}wget: can't open '/nope/x': No such file or directory\n`,
    1,
  ],
];

describe('wget', () => {
  for (const [argv, stdout, stderr, code] of cases)
    test(argv.join(' '), async () => {
      const { ms: _, ...outcome } = await wgetOf(argv);
      assert.deepEqual(outcome, { stdout, stderr, code });
    });

  test('asks as wget asks', async () => {
    const site = web(answers);
    await wgetOf(['-q', '--spider', 'http://web/hello'], site);
    assert.deepEqual(site.requests, [
      'GET /hello HTTP/1.1\r\nHost: web\r\nUser-Agent: Wget\r\nConnection: close\r\n\r\n',
    ]);
  });

  test('sends headers, bodies and passwords', async () => {
    const argv = ['-qO-', '--header', 'X-A: 1', '--header=Host: foo.example', '-U', 'me'];
    assert.equal(
      (await wgetOf([...argv, '--post-data', 'a=b', 'http://u:p@web/echo'])).stdout,
      'POST /echo HTTP/1.1\r\nUser-Agent: me\r\nConnection: close\r\nAuthorization: Basic dTpw\r\nX-A: 1\r\nHost: foo.example\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b',
    );
  });

  test('keeps a file that is there, unless it is named', async () => {
    const site = web(answers);
    const script =
      'wget -q http://web/hello; wget -q http://web/hello; echo $?; wget -q -O hello http://web/close; cat hello; wget -q -P dir http://web/hello; wget -o log http://web/hello -O - ; cat log';
    const outcome = await run(programs, ['sh', '-c', script], { lab: site.lab, cwd: '/tmp' });
    assert.equal(
      outcome.stdout,
      `1\nbody until close\nhello\n${connecting}writing to stdout\nwritten to stdout\n`,
    );
    assert.equal(
      outcome.stderr,
      "wget: can't open 'hello': File exists\nwget: can't open 'dir/hello': No such file or directory\n",
    );
  });

  test('without a URL it tells its usage', async () => {
    const outcome = await wgetOf(['-q']);
    assert.match(outcome.stderr, /^BusyBox .*\n\nUsage: wget \[-cqS\]/);
    assert.equal(outcome.code, 1);
  });
});
