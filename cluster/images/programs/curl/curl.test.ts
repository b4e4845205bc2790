// What curl prints and how it ends. The literals are curl 7.88's own, recorded against a server with the same answers, in the
// words of 8.11 where those changed.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hello, web } from '../../testing/web.ts';
import type { Answer, Web } from '../../testing/web.ts';
import { run } from '../../testing/run.ts';
import type { Outcome } from '../../testing/run.ts';
import { busyboxApplets } from '../table.ts';
import { curlProgram } from './curl.ts';

const programs = { ...busyboxApplets, curl: curlProgram({ version: '8.11.1' }) };

const answers: Record<string, Answer> = {
  '/': hello,
  '/hello': hello,
  '/503': 'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 19\r\n\r\nno healthy upstream',
  '/redirect': 'HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 0\r\n\r\n',
  '/loop': 'HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n',
  '/empty': { closes: true },
  '/reset': { resets: true },
  '/slow': { afterMs: 3_000, says: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' },
  '/partial': 'HTTP/1.1 200 OK\r\nX-Closes: yes\r\nContent-Length: 100\r\n\r\nabc',
  '/chunked':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n\n\r\n0\r\n\r\n',
  '/close': 'HTTP/1.1 200 OK\r\n\r\nbody until close\n',
  '/garbage': 'garbage\r\n\r\n',
  '/echo': { echoes: true },
  '/nothing': 'HTTP/1.1 204 No Content\r\n\r\n',
};

async function curl(
  argv: readonly string[],
  options: { web?: Web; stdin?: string; files?: Record<string, string> } = {},
): Promise<Outcome> {
  const site = options.web ?? web(answers);
  return run(programs, ['curl', ...argv], {
    lab: site.lab,
    cwd: '/tmp',
    ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
    ...(options.files ? { files: options.files } : {}),
  });
}

describe('curl gets', () => {
  test('a page by the name of its Service', async () => {
    assert.deepEqual(await curl(['-s', 'http://web/hello']), {
      stdout: 'hello\n',
      stderr: '',
      code: 0,
      ms: 0,
    });
    assert.equal((await curl(['-s', 'web'])).stdout, 'hello\n');
    assert.equal(
      (await curl(['-s', 'http://web.default.svc.cluster.local:80/hello'])).stdout,
      'hello\n',
    );
  });

  test('the head with -i, the head alone with -I', async () => {
    const head =
      'HTTP/1.1 200 OK\r\nServer: nginx/1.30\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nConnection: keep-alive\r\n\r\n';
    assert.equal((await curl(['-si', 'http://web/hello'])).stdout, `${head}hello\n`);
    const site = web({ '/hello': head });
    assert.equal((await curl(['-sI', 'http://web/hello'], { web: site })).stdout, head);
    assert.match(site.requests[0] ?? '', /^HEAD \/hello HTTP\/1\.1\r\n/);
  });

  test('bodies of every framing', async () => {
    assert.equal((await curl(['-s', 'http://web/chunked'])).stdout, 'hello\n');
    assert.equal((await curl(['-s', 'http://web/close'])).stdout, 'body until close\n');
    assert.equal((await curl(['-s', 'http://web/nothing'])).stdout, '');
  });

  test('several URLs over one connection', async () => {
    const outcome = await curl([
      '-s',
      '-w',
      '%{num_connects}\n',
      'http://web/hello',
      'http://web/hello',
    ]);
    assert.equal(outcome.stdout, 'hello\n1\nhello\n0\n');
  });

  test('the URLs a glob stands for', async () => {
    const site = web({ '/1': hello, '/2': hello, '/a': hello });
    assert.equal(
      (await curl(['-s', 'http://web/[1-2]', 'http://web/{a}'], { web: site })).stdout,
      'hello\nhello\nhello\n',
    );
    assert.deepEqual(
      site.requests.map((request) => request.split(' ')[1]),
      ['/1', '/2', '/a'],
    );
  });

  test('files with -o and -O, nothing with -o /dev/null', async () => {
    const script =
      'curl -s -o out http://web/hello; cat out; curl -sO http://web/hello; cat hello; curl -s -o /dev/null http://web/hello';
    const site = web(answers);
    const outcome = await run(programs, ['sh', '-c', script], { lab: site.lab, cwd: '/tmp' });
    assert.equal(outcome.stdout, 'hello\nhello\n');
  });
});

describe('curl asks', () => {
  const request = async (
    argv: readonly string[],
    more: { stdin?: string; files?: Record<string, string> } = {},
  ) => (await curl(['-sS', ...argv], more)).stdout;

  test('as curl asks', async () => {
    assert.equal(
      await request(['http://web/echo']),
      'GET /echo HTTP/1.1\r\nHost: web\r\nUser-Agent: curl/8.11.1\r\nAccept: */*\r\n\r\n',
    );
    assert.equal(
      await request(['http://10.244.0.20:80/echo']),
      'GET /echo HTTP/1.1\r\nHost: 10.244.0.20\r\nUser-Agent: curl/8.11.1\r\nAccept: */*\r\n\r\n',
    );
  });

  test('with headers added, replaced and removed', async () => {
    assert.equal(
      await request([
        '-H',
        'Accept:',
        '-H',
        'X-A: b',
        '-A',
        'agent',
        '-u',
        'u:p',
        '-e',
        'ref',
        '-b',
        'c=d',
        'http://web/echo',
      ]),
      'GET /echo HTTP/1.1\r\nHost: web\r\nAuthorization: Basic dTpw\r\nUser-Agent: agent\r\nReferer: ref\r\nCookie: c=d\r\nX-A: b\r\n\r\n',
    );
    assert.match(
      await request(['-H', 'Host: shop.example', 'http://web/echo']),
      /^GET \/echo HTTP\/1\.1\r\nHost: shop\.example\r\n/,
    );
    assert.match(await request(['-H', 'canary: true', 'http://web/echo']), /\r\ncanary: true\r\n/);
  });

  test('with data from arguments, files and standard input', async () => {
    const posted = (body: string) =>
      `POST /echo HTTP/1.1\r\nHost: web\r\nUser-Agent: curl/8.11.1\r\nAccept: */*\r\nContent-Length: ${body.length}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n${body}`;
    assert.equal(await request(['-d', 'a=1', '-d', 'b=2', 'http://web/echo']), posted('a=1&b=2'));
    assert.equal(
      await request(['--data-urlencode', 'q=a b&c', 'http://web/echo']),
      posted('q=a+b%26c'),
    );
    assert.equal(await request(['--data-raw', '@x', 'http://web/echo']), posted('@x'));
    assert.equal(
      await request(['-d', '@-', 'http://web/echo'], { stdin: 'from\nstdin\n' }),
      posted('fromstdin'),
    );
    assert.equal(
      await request(['--data-binary', '@/tmp/f', 'http://web/echo'], {
        files: { '/tmp/f': 'one\ntwo\n' },
      }),
      posted('one\ntwo\n'),
    );
    assert.match(
      await request(['--json', '{"a":1}', 'http://web/echo']),
      /Content-Type: application\/json\r\n\r\n\{"a":1\}$/,
    );
  });

  test('with -G, -X, -0, -T and multipart forms', async () => {
    assert.match(
      await request(['-G', '-d', 'a=1', '-d', 'b=2', 'http://web/echo']),
      /^GET \/echo\?a=1&b=2 HTTP/,
    );
    assert.match(await request(['-X', 'DELETE', 'http://web/echo']), /^DELETE \/echo HTTP\/1\.1/);
    assert.match(await request(['-0', 'http://web/echo']), /^GET \/echo HTTP\/1\.0/);
    assert.match(
      await request(['-T', '-', 'http://web/echo'], { stdin: 'put' }),
      /^PUT \/echo[\s\S]*\r\n\r\nput$/,
    );
    assert.match(
      await request(['-F', 'a=b', 'http://web/echo']),
      /Content-Type: multipart\/form-data; boundary=-{24}\w{22}\r\n\r\n-{26}\w{22}\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n/,
    );
  });

  test('elsewhere with --resolve and --connect-to', async () => {
    assert.match(
      await request(['--resolve', 'shop:80:10.244.0.20', 'http://shop/echo']),
      /Host: shop\r\n/,
    );
    assert.match(
      await request(['--connect-to', 'shop:80:web:80', 'http://shop/echo']),
      /Host: shop\r\n/,
    );
  });
});

describe('curl follows', () => {
  test('redirects with -L, and says where they went', async () => {
    const outcome = await curl([
      '-sL',
      '-w',
      '%{num_redirects} %{url_effective}',
      'http://web/redirect',
    ]);
    assert.equal(outcome.stdout, 'hello\n1 http://web/hello');
    assert.equal(
      (await curl(['-s', '-w', '%{http_code} %{redirect_url}', 'http://web/redirect'])).stdout,
      '302 http://web/hello',
    );
  });

  test('fifty and no more', async () => {
    const outcome = await curl(['-sSL', 'http://web/loop']);
    assert.deepEqual(
      [outcome.stderr, outcome.code],
      ['curl: (47) Maximum (50) redirects followed\n', 47],
    );
  });

  test('a redirected POST becomes a GET', async () => {
    const site = web(answers);
    await curl(['-sL', '-d', 'x', 'http://web/redirect'], { web: site });
    assert.deepEqual(
      site.requests.map((one) => one.split('\r\n')[0]),
      ['POST /redirect HTTP/1.1', 'GET /hello HTTP/1.1'],
    );
  });
});

describe('curl fails', () => {
  const cases: readonly [
    what: string,
    argv: string[],
    stderr: string,
    code: number,
    stdout?: string,
  ][] = [
    [
      'a name that does not resolve',
      ['-sS', 'http://nope/'],
      'curl: (6) Could not resolve host: nope\n',
      6,
    ],
    [
      'a refused connection',
      ['-sS', 'http://web-1.nowhere:81/'],
      'curl: (6) Could not resolve host: web-1.nowhere\n',
      6,
    ],
    [
      'a port nobody listens on',
      ['-sS', 'http://10.244.0.20:81/'],
      'curl: (7) Failed to connect to 10.244.0.20 port 81 after 0 ms: Could not connect to server\n',
      7,
    ],
    [
      'an answer of 400 or more, with -f',
      ['-sSf', 'http://web/503'],
      'curl: (22) The requested URL returned error: 503\n',
      22,
    ],
    [
      'the same with its body',
      ['-sS', '--fail-with-body', 'http://web/503'],
      'curl: (22) The requested URL returned error: 503\n',
      22,
      'no healthy upstream',
    ],
    ['no answer', ['-sS', 'http://web/empty'], 'curl: (52) Empty reply from server\n', 52],
    [
      'a reset connection',
      ['-sS', 'http://web/reset'],
      'curl: (56) Recv failure: Connection reset by peer\n',
      56,
    ],
    [
      'an answer that breaks off',
      ['-sS', 'http://web/partial'],
      'curl: (18) end of response with 97 bytes missing\n',
      18,
      'abc',
    ],
    ['no HTTP', ['-sS', 'http://web/garbage'], 'curl: (1) Received HTTP/0.9 when not allowed\n', 1],
    [
      'too long an answer',
      ['-sS', '-m', '1', 'http://web/slow'],
      'curl: (28) Operation timed out after 1000 milliseconds with 0 bytes received\n',
      28,
    ],
    [
      'nobody who answers',
      ['-sS', '--connect-timeout', '2', 'http://10.244.9.9/'],
      'curl: (28) Connection timed out after 2000 milliseconds\n',
      28,
    ],
    ['another scheme', ['-sS', 'foo://x/'], 'curl: (1) Protocol "foo" not supported\n', 1],
    ['no host', ['-sS', 'http://'], 'curl: (3) URL rejected: No host part in the URL\n', 3],
    [
      'a wrong port',
      ['-sS', 'http://a:99999/'],
      'curl: (3) URL rejected: Port number was not a decimal number between 0 and 65535\n',
      3,
    ],
    [
      'a space in the URL',
      ['-sS', 'http://web/a b'],
      'curl: (3) URL rejected: Malformed input to a URL function\n',
      3,
    ],
    [
      'TLS',
      ['-sS', 'https://web:80/'],
      'curl: (35) TLS is not simulated in the embedded cluster: use http://\n',
      35,
    ],
    [
      'a proxy',
      ['-sS', '-x', 'http://proxy:3128', 'http://web/'],
      'curl: (5) --proxy is not simulated in the embedded cluster\n',
      5,
    ],
    [
      'no URL',
      [],
      "curl: (2) no URL specified\ncurl: try 'curl --help' or 'curl --manual' for more information\n",
      2,
    ],
    [
      'an option it does not know',
      ['--nope'],
      "curl: option --nope: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n",
      2,
    ],
    [
      'an option without its value',
      ['-sS', '-o'],
      "curl: option -o: requires parameter\ncurl: try 'curl --help' or 'curl --manual' for more information\n",
      2,
    ],
    ['silently with -s alone', ['-s', 'http://nope/'], '', 6],
  ];
  for (const [what, argv, stderr, code, stdout = ''] of cases)
    test(`on ${what}`, async () => {
      const outcome = await curl(argv);
      assert.deepEqual([outcome.stdout, outcome.stderr, outcome.code], [stdout, stderr, code]);
    });

  test('never reaches beyond the cluster', async () => {
    for (const url of [
      'http://example.com/',
      'http://1.1.1.1/',
      'http://169.254.169.254/latest/meta-data/',
      'http://[::1]:80/',
    ])
      assert.notEqual((await curl(['-s', '-m', '5', url])).code, 0, url);
  });
});

describe('curl tells', () => {
  test('what -w asks for', async () => {
    const format =
      '%{http_code} %{size_download} %{size_header} %{size_request} %{content_type} %{num_connects} %{num_redirects} %{url_effective} %{remote_ip} %{remote_port} %{scheme} %{http_version} %{method} %{exitcode} %{errormsg}|%{redirect_url} %{nope} %%\\n';
    const outcome = await curl(['-sS', '-o', '/dev/null', '-w', format, 'http://web/hello']);
    assert.equal(
      outcome.stdout,
      '200 6 108 72 text/plain 1 0 http://web/hello 10.96.0.80 80 http 1.1 GET 0 |  %\n',
    );
    assert.equal(outcome.stderr, "curl: unknown --write-out variable: 'nope'\n");
  });

  test('000 where no answer came', async () => {
    assert.equal(
      (
        await curl([
          '-s',
          '-o',
          '/dev/null',
          '-w',
          '%{http_code} %{time_total}s\\n',
          'http://nope/',
        ])
      ).stdout,
      '000 0.000000s\n',
    );
  });

  test('times of the cluster', async () => {
    const outcome = await curl(
      ['-s', '-w', ' %{time_total} %{time_starttransfer} %{time_connect}', 'http://web/slow'],
      { web: web(answers, { latencyMs: 1 }) },
    );
    assert.equal(outcome.stdout, 'ok 3.006000 3.006000 0.004000');
  });

  test('everything with -v', async () => {
    const outcome = await curl(['-sv', 'http://web/hello']);
    assert.equal(
      outcome.stderr,
      '* Host web:80 was resolved.\n* IPv6: (none)\n* IPv4: 10.96.0.80\n*   Trying 10.96.0.80:80...\n* Connected to web (10.96.0.80) port 80\n* using HTTP/1.x\n' +
        '> GET /hello HTTP/1.1\r\n> Host: web\r\n> User-Agent: curl/8.11.1\r\n> Accept: */*\r\n> \r\n* Request completely sent off\n' +
        '< HTTP/1.1 200 OK\r\n< Server: nginx/1.30\r\n< Content-Type: text/plain\r\n< Content-Length: 6\r\n< Connection: keep-alive\r\n< \r\n{ [6 bytes data]\n' +
        '* Connection #0 to host web left intact\n',
    );
  });

  test('its progress, when the body does not go to a terminal', async () => {
    const outcome = await curl(['-o', '/dev/null', 'http://web/hello']);
    assert.equal(
      outcome.stderr,
      '  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n' +
        '\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0\r100     6  100     6    0     0   6000      0 --:--:-- --:--:-- --:--:--  6000\n',
    );
  });

  test('its version', async () => {
    assert.match((await curl(['-V'])).stdout, /^curl 8\.11\.1 /);
  });
});

describe('curl tries again', () => {
  test('after passing troubles, a second and then two', async () => {
    const site = web(answers);
    const outcome = await curl(
      [
        '--retry',
        '2',
        '-o',
        '/dev/null',
        '--no-progress-meter',
        '-w',
        '%{http_code}\\n',
        'http://web/503',
      ],
      { web: site },
    );
    assert.equal(site.requests.length, 3);
    assert.equal(outcome.stdout, '503\n');
    assert.equal(
      outcome.stderr,
      'Warning: Problem: HTTP error. Will retry in 1 second. 2 retries left.\nWarning: Problem: HTTP error. Will retry in 2 seconds. 1 retry left.\n',
    );
    assert.equal(outcome.ms, 3_000);
  });

  test('when the connection is refused only if asked to', async () => {
    assert.equal((await curl(['-s', '--retry', '1', 'http://10.244.0.20:81/'])).ms, 0);
    const outcome = await curl([
      '-s',
      '--retry',
      '3',
      '--retry-delay',
      '5',
      '--retry-connrefused',
      'http://10.244.0.20:81/',
    ]);
    assert.deepEqual([outcome.code, outcome.ms], [7, 15_000]);
  });
});
