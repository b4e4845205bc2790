import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { serveHttp, textResponse } from '../../network/http-server.ts';
import type { HttpHeaders, HttpRequest } from '../../network/http.ts';
import { bytesOf } from '../../streams.ts';
import { settled } from '../../node/runtime/testing/container-lab.ts';
import { nginx, nginxRelease } from '../nginx.ts';
import { nginxHello } from '../nginx-hello.ts';
import type { Image } from '../../node/image.ts';
import type { Program } from '../../node/process.ts';
import { type ServerLab, serverLab } from '../testing/server-lab.ts';

function image(tag = '1.30'): Image {
  const made = nginx.image(tag);
  assert.ok(made, `nginx:${tag}`);
  return made;
}

/** An nginx at 10.244.0.5 whose conf.d holds one file. */
async function served(configuration: string, tag?: string, lab: ServerLab = serverLab()) {
  const pod = await lab.start(image(tag), '10.244.0.5', {
    volumes: { '/etc/nginx/conf.d': { 'default.conf': configuration } },
  });
  return {
    lab,
    pod,
    ask: (path: string, options?: Parameters<ServerLab['ask']>[1]) =>
      lab.ask(`http://10.244.0.5${path}`, options),
  };
}

/** A backend that tells what it was asked, at 10.244.0.6 and behind the Service `backend`. */
function backend(
  lab: ServerLab,
  answer?: (request: HttpRequest) => Promise<ReturnType<typeof textResponse>>,
) {
  const seen: { line: string; headers: HttpHeaders }[] = [];
  const connections = { count: 0 };
  const net = lab.pod('10.244.0.6', { hostname: 'backend-1' });
  net.listen(80, (connection) => {
    connections.count++;
    void serveHttp(connection, async (request) => {
      seen.push({
        line: `${request.method} ${request.target} HTTP/${request.version}`,
        headers: request.headers,
      });
      return answer
        ? answer(request)
        : textResponse(200, 'from the backend', [
            ['Server', 'backend'],
            ['X-Kept', 'yes'],
          ]);
    });
  });
  lab.service('backend', { clusterIP: '10.96.0.20', ports: [{ port: 80 }] });
  lab.slice('backend', [{ port: 80 }], ['10.244.0.6']);
  return { seen, connections };
}

describe('the nginx image', () => {
  test('greets, serves files and answers 404 as nginx does, and logs both', async () => {
    const lab = serverLab();
    const pod = await lab.start(image(), '10.244.0.5');
    const welcome = await lab.ask('http://10.244.0.5/');
    assert.equal(welcome.status, 200);
    assert.match(
      welcome.body,
      /<h1>Welcome to nginx!<\/h1>\n<p>If you see this page, nginx is successfully installed and working\./,
    );
    assert.deepEqual(
      welcome.headers.map(([name]) => name),
      [
        'Server',
        'Date',
        'Content-Type',
        'Content-Length',
        'Last-Modified',
        'Connection',
        'ETag',
        'Accept-Ranges',
      ],
    );
    const missing = await lab.ask('http://10.244.0.5/nope');
    assert.equal(
      missing.body,
      '<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx/1.30.3</center>\r\n</body>\r\n</html>\r\n',
    );
    const log = pod.log();
    assert.match(
      log,
      /10\.244\.0\.99 - - \[22\/Nov\/2026:10:32:05 \+0000\] "GET \/ HTTP\/1\.1" 200 896 "-" "curl\/8\.11\.1" "-"\n/,
    );
    assert.match(
      log,
      /\[error\] \d+#\d+: \*2 open\(\) "\/usr\/share\/nginx\/html\/nope" failed \(2: No such file or directory\), client: 10\.244\.0\.99, server: localhost, request: "GET \/nope HTTP\/1\.1", host: "10\.244\.0\.5"\n/,
    );
  });

  test('greets in the old words before 1.29', async () => {
    const lab = serverLab();
    await lab.start(image('1.27'), '10.244.0.5');
    assert.match((await lab.ask('http://10.244.0.5/')).body, /Commercial support is available/);
  });

  test('answers HEAD, conditional and range requests, and only GET and HEAD for files', async () => {
    const lab = serverLab();
    await lab.start(image(), '10.244.0.5');
    const url = 'http://10.244.0.5/';
    assert.equal((await lab.ask(url, { method: 'HEAD' })).body, '');
    const etag = (await lab.ask(url)).header('etag') ?? '';
    assert.equal((await lab.ask(url, { headers: [['If-None-Match', etag]] })).status, 304);
    const part = await lab.ask(url, { headers: [['Range', 'bytes=0-14']] });
    assert.deepEqual(
      [part.status, part.body, part.header('content-range')],
      [206, '<!DOCTYPE html>', 'bytes 0-14/896'],
    );
    const post = await lab.ask(url, { method: 'POST', body: 'x' });
    assert.deepEqual([post.status, post.reason], [405, 'Not Allowed']);
  });

  test('refuses what is no request with its own page', async () => {
    const lab = serverLab();
    await lab.start(image(), '10.244.0.5');
    const net = lab.pod('10.244.0.50');
    const connection = await net.connect('10.244.0.5', 80);
    await connection.output.write(bytesOf('hello\r\n\r\n'));
    const text = new TextDecoder().decode((await connection.input.read()) ?? undefined);
    assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\nServer: nginx\/1\.30\.3\r\n/);
  });

  test('is tested, reloaded and stopped as nginx is', async () => {
    const lab = serverLab();
    const pod = await lab.start(image(), '10.244.0.5');
    assert.deepEqual(await pod.run('nginx', '-t'), {
      exitCode: 0,
      output:
        'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n',
    });
    assert.equal((await pod.run('nginx', '-v')).output, 'nginx version: nginx/1.30.3\n');
    assert.equal((await pod.run('nginx', '-s', 'reload')).exitCode, 0);
    assert.match(pod.log(), /reconfiguring\n[^]*start worker process/);
    assert.equal((await lab.ask('http://10.244.0.5/')).status, 200);
    pod.container.signal('SIGQUIT');
    await lab.clock.step(10);
    assert.deepEqual(await pod.container.exited, { exitCode: 0 });
    assert.match(
      pod.log(),
      /signal 3 \(SIGQUIT\) received, shutting down\n[^]*\[notice\] 1#1: exit\n$/,
    );
  });

  test('says what a user or a read-only root file system keeps it from', async () => {
    const lab = serverLab();
    for (const [ip, config, words] of [
      ['10.244.0.5', { user: { uid: 1000, gid: 1000 } }, 'failed (13: Permission denied)'],
      ['10.244.0.6', { readOnlyRoot: true }, 'failed (30: Read-only file system)'],
    ] as const) {
      const pod = await lab.start(image(), ip, { config });
      assert.deepEqual(await pod.container.exited, { exitCode: 1 });
      assert.ok(
        pod.log().endsWith(`nginx: [emerg] mkdir() "/var/cache/nginx/client_temp" ${words}\n`),
        pod.log(),
      );
    }
  });

  test('a second nginx finds the port taken', async () => {
    const lab = serverLab();
    const pod = await lab.start(image(), '10.244.0.5');
    const trying = pod.container.run(['nginx', '-g', 'daemon off;'], new AbortController().signal);
    await lab.clock.step(10_000);
    const { exitCode, output } = await trying;
    assert.equal(exitCode, 1);
    assert.equal(
      output.match(/bind\(\) to 0\.0\.0\.0:80 failed \(98: Address already in use\)/g)?.length,
      5,
    );
    assert.match(output, /still could not bind\(\)\n$/);
  });

  test('goes into the background without daemon off, and then its container ends', async () => {
    const lab = serverLab();
    const alone = await lab.start(image(), '10.244.0.5', { argv: ['nginx'] });
    assert.deepEqual(await alone.container.exited, { exitCode: 0 });
    const pod = await lab.start(image(), '10.244.0.6');
    const second = pod.container.run(['nginx'], new AbortController().signal);
    await lab.clock.step(10_000);
    assert.equal((await second).exitCode, 1);
  });

  test('its processes show as master and workers, and a killed worker is replaced', async () => {
    const lab = serverLab();
    const base = image();
    const listing: Program = async (process) => {
      for (const { pid, argv } of process.processes.list())
        await process.stdout.write(bytesOf(`${pid} ${argv.join(' ')}\n`));
      return 0;
    };
    const killing: Program = async (process) =>
      process.processes.kill(Number(process.argv[1]), 'SIGKILL') ? 0 : 1;
    const pod = await lab.start(
      { ...base, programs: { ...base.programs, '/bin/ps': listing, '/bin/killer': killing } },
      '10.244.0.5',
    );
    const before = (await pod.run('ps')).output;
    assert.match(before, /^1 nginx: master process nginx -g daemon off;\n/);
    const [, worker = ''] = /(\d+) nginx: worker process/.exec(before) ?? [];
    await pod.run('killer', worker);
    assert.match(
      pod.log(),
      new RegExp(`worker process ${worker} exited on signal 9\n.*start worker process`),
    );
    assert.equal((await pod.run('ps')).output.match(/worker process/g)?.length, 4);
  });

  test('fills templates from the environment', async () => {
    const lab = serverLab();
    const pod = await lab.start(image(), '10.244.0.5', {
      volumes: {
        '/etc/nginx/templates': {
          'default.conf.template': 'server { listen ${PORT}; return 200 "$host in ${PLACE}"; }',
        },
      },
      env: { PORT: '8080', PLACE: 'staging' },
    });
    assert.match(
      pod.log(),
      /Running envsubst on \/etc\/nginx\/templates\/default\.conf\.template to \/etc\/nginx\/conf\.d\/default\.conf/,
    );
    assert.equal((await lab.ask('http://10.244.0.5:8080/')).body, '10.244.0.5 in staging');
  });
});

describe('tags', () => {
  for (const [tag, version] of [
    ['latest', '1.31.1'],
    ['stable', '1.30.3'],
    ['alpine', '1.31.1 alpine'],
    ['1.25', '1.25.5'],
    ['1.25.3-alpine', '1.25.3 alpine'],
    ['1.14.2', '1.14.2'],
    ['1.30-bookworm', '1.30.3'],
    ['stable-alpine-slim', '1.30.3 alpine'],
    ['1.91', undefined],
    ['1.161', undefined],
    ['1.16.9', undefined],
    ['2.0', undefined],
    ['lastest', undefined],
  ] as const) {
    test(`${tag} is ${version ?? 'no tag of nginx'}`, () => {
      const release = nginxRelease(tag);
      assert.equal(release && release.version + (release.alpine ? ' alpine' : ''), version);
    });
  }
});

describe('a broken configuration', () => {
  for (const [what, text, words] of [
    [
      'an unknown directive',
      'server {\n  lisen 80;\n}\n',
      'unknown directive "lisen" in /etc/nginx/conf.d/default.conf:2',
    ],
    [
      'a missing semicolon',
      'server {\n  listen 80\n}\n',
      'unexpected "}" in /etc/nginx/conf.d/default.conf:3',
    ],
    [
      'a missing brace',
      'server {\n  listen 80;\n',
      'unexpected end of file, expecting "}" in /etc/nginx/conf.d/default.conf:2',
    ],
    [
      'a brace too many',
      'server { listen 80; }\n}\n',
      'unexpected "}" in /etc/nginx/conf.d/default.conf:2',
    ],
    [
      'a directive in the wrong place',
      'location / { }\n',
      '"location" directive is not allowed here in /etc/nginx/conf.d/default.conf:1',
    ],
    [
      'too few words',
      'server { proxy_set_header Host; }\n',
      'invalid number of arguments in "proxy_set_header" directive in /etc/nginx/conf.d/default.conf:1',
    ],
    [
      'an unknown variable',
      'server { return 200 $nope; }\n',
      'unknown "nope" variable in /etc/nginx/conf.d/default.conf:1',
    ],
    [
      'the same location twice',
      'server { location / { } location / { } }\n',
      'duplicate location "/" in /etc/nginx/conf.d/default.conf:1',
    ],
    [
      'an upstream that does not resolve',
      'upstream api { server\n  nowhere:8080; }\n',
      'host not found in upstream "nowhere:8080" in /etc/nginx/conf.d/default.conf:2',
    ],
    [
      'a proxied name that does not resolve',
      'server {\n location / { proxy_pass http://backend; } }\n',
      'host not found in upstream "backend" in /etc/nginx/conf.d/default.conf:2',
    ],
    [
      'a URL without a scheme',
      'server { location / { proxy_pass backend; } }\n',
      'invalid URL prefix in /etc/nginx/conf.d/default.conf:1',
    ],
    [
      'a bad port',
      'server { listen 99999; }\n',
      'invalid port in "99999" of the "listen" directive in /etc/nginx/conf.d/default.conf:1',
    ],
    [
      'a bad flag',
      'server { autoindex yes; }\n',
      'invalid value "yes" in "autoindex" directive, it must be "on" or "off" in /etc/nginx/conf.d/default.conf:1',
    ],
    [
      'two defaults',
      'server { listen 80 default_server; }\nserver { listen 80 default_server; }\n',
      'a duplicate default server for 0.0.0.0:80 in /etc/nginx/conf.d/default.conf:2',
    ],
  ] as const) {
    test(`${what} stops nginx: ${words}`, async () => {
      const { pod } = await served(text);
      assert.deepEqual(await pod.container.exited, { exitCode: 1 });
      assert.match(pod.log(), /\[emerg\] 1#1: /);
      assert.ok(pod.log().endsWith(`nginx: [emerg] ${words}\n`), pod.log());
    });
  }

  test('what this cluster does not simulate is said at the start', async () => {
    const { pod, ask } = await served('server { gzip on; return 200 ok; }');
    assert.match(
      pod.log(),
      /\[warn\] 1#1: "gzip" has no effect in this simulated cluster in \/etc\/nginx\/conf\.d\/default\.conf:1/,
    );
    assert.equal((await ask('/')).body, 'ok');
  });
});

describe('servers and locations', () => {
  test('are chosen by name, then by default', async () => {
    const { ask } = await served(`
      server { listen 80; server_name a.test; return 200 exact; }
      server { listen 80; server_name *.wild.test; return 200 suffix; }
      server { listen 80; server_name www.*; return 200 prefix; }
      server { listen 80; server_name ~^(?<who>\\w+)\\.regex$; return 200 "regex $who"; }
      server { listen 80 default_server; return 200 default; }
      server { listen 8080; return 200 "port $server_port"; }`);
    const as = async (host: string) => (await ask('/', { headers: [['Host', host]] })).body;
    assert.equal(await as('A.test:80'), 'exact');
    assert.equal(await as('x.wild.test'), 'suffix');
    assert.equal(await as('www.example'), 'prefix');
    assert.equal(await as('joe.regex'), 'regex joe');
    assert.equal(await as('other'), 'default');
    assert.equal((await ask(':8080/')).body, 'port 8080');
  });

  test('locations: exact, preferred prefix, regex in order, longest prefix', async () => {
    const { ask } = await served(`server {
      location = / { return 200 exact; }
      location / { return 200 root; }
      location /images/ { return 200 images; }
      location ^~ /static/ { return 200 static; }
      location ~* \\.(png|gif)$ { return 200 "picture $1"; }
      location ~ ^/user/(?<name>[^/]+) { return 200 "user $name"; }
    }`);
    for (const [path, body] of [
      ['/', 'exact'],
      ['/x', 'root'],
      ['/images/a.txt', 'images'],
      ['/images/a.PNG', 'picture PNG'],
      ['/static/a.png', 'static'],
      ['/user/jo%20e/x', 'user jo e'],
      ['//images//../images/b', 'images'],
    ] as const)
      assert.equal((await ask(path)).body, body, path);
  });

  test('return, rewrite, set and if', async () => {
    const { ask } = await served(`
      map $http_x_level $tier { default basic; gold premium; ~^s silver; }
      server {
        default_type text/plain;
        set $who world;
        location /hi { return 200 "hello $who$is_args$args\\n"; }
        location /gone { return 410; }
        location /move { return 301 /new?x=1; }
        location /away { return 302 https://example.com/; }
        location /silent { return 444; }
        location /old { rewrite ^/old/(.*)$ /hi?from=$1 last; }
        location /red { rewrite ^ /hi permanent; }
        location /tier { return 200 $tier; }
        location /if {
          if ($arg_debug = yes) { return 200 debugging; }
          if ($http_user_agent ~* curl) { set $agent curl; }
          return 200 "agent $agent";
        }
      }`);
    assert.equal((await ask('/hi?a=b')).body, 'hello world?a=b\n');
    assert.equal((await ask('/hi')).header('content-type'), 'text/plain');
    assert.match((await ask('/gone')).body, /410 Gone/);
    const moved = await ask('/move');
    assert.deepEqual([moved.status, moved.header('location')], [301, 'http://10.244.0.5/new?x=1']);
    const away = await ask('/away');
    assert.deepEqual(
      [away.status, away.reason, away.header('location')],
      [302, 'Moved Temporarily', 'https://example.com/'],
    );
    await assert.rejects(ask('/silent'), /without an answer/);
    assert.equal((await ask('/old/book?p=2')).body, 'hello world?from=book&p=2\n');
    assert.equal((await ask('/red?q=1')).header('location'), 'http://10.244.0.5/hi?q=1');
    assert.equal((await ask('/tier')).body, 'basic');
    assert.equal((await ask('/tier', { headers: [['X-Level', 'gold']] })).body, 'premium');
    assert.equal((await ask('/tier', { headers: [['X-Level', 'seven']] })).body, 'silver');
    assert.equal((await ask('/if?debug=yes')).body, 'debugging');
    assert.equal((await ask('/if')).body, 'agent curl');
  });

  test('headers, error pages, access rules and logs', async () => {
    const { ask, pod } = await served(`
      log_format short '$request_method $uri $status $upstream_addr "$http_x_id"';
      access_log /dev/stdout short;
      server {
        add_header X-Server one always;
        error_page 404 =200 /empty;
        error_page 403 @refused;
        location = /empty { return 200 "nothing here"; }
        location @refused { return 403 "go away"; }
        location /closed { deny all; }
        location /quiet { access_log off; add_header X-Own two; return 200 ok; }
        location /files { root /nowhere; }
      }`);
    const missing = await ask('/files/x');
    assert.deepEqual(
      [missing.status, missing.body, missing.header('x-server')],
      [200, 'nothing here', 'one'],
    );
    const refused = await ask('/closed', { headers: [['X-Id', '7']] });
    assert.deepEqual([refused.status, refused.body], [403, 'go away']);
    const quiet = await ask('/quiet');
    assert.deepEqual([quiet.header('x-own'), quiet.header('x-server')], ['two', undefined]);
    assert.match(pod.log(), /\nGET \/empty 200 - "-"\n/);
    assert.match(pod.log(), /access forbidden by rule/);
    assert.match(pod.log(), /GET \/closed 403 - "7"\n$/);
  });

  test('files: index, directories, listings, try_files, alias', async () => {
    const lab = serverLab();
    await lab.start(image(), '10.244.0.5', {
      volumes: {
        '/etc/nginx/conf.d': {
          'default.conf': `server {
            root /srv;
            location / { try_files $uri $uri/ /index.html; }
            location /list/ { autoindex on; }
            location /api/ { alias /srv/docs/; }
            location /bare/ { }
          }`,
        },
        '/srv': {
          'index.html': 'home',
          'docs/a.json': '{}',
          'list/one.txt': '1',
          'sub/index.html': 'sub',
          'bare/x': '',
        },
      },
    });
    const ask = (path: string) => lab.ask(`http://10.244.0.5${path}`);
    assert.equal((await ask('/')).body, 'home');
    assert.equal((await ask('/spa/route')).body, 'home');
    assert.equal((await ask('/sub/')).body, 'sub');
    assert.equal((await ask('/api/a.json')).header('content-type'), 'application/json');
    assert.match((await ask('/list/')).body, /<a href="one\.txt">one\.txt<\/a>/);
    const slash = await ask('/list');
    assert.equal(slash.status, 403);
    const plain = await ask('/api/../sub');
    assert.equal(plain.body, 'sub');
  });

  test('stub_status counts, and a large body is refused', async () => {
    const { ask } = await served(
      'server { client_max_body_size 1k; location /s { stub_status; } location / { return 200 ok; } }',
    );
    assert.match(
      (await ask('/s')).body,
      /^Active connections: 1 \nserver accepts handled requests\n 1 1 1 \n/,
    );
    assert.equal((await ask('/', { method: 'POST', body: 'x'.repeat(2_000) })).status, 413);
  });
});

describe('proxy_pass', () => {
  const frontend = `server { listen 80; location / { proxy_pass http://backend; add_header x-frontend $hostname; } }`;

  test('speaks HTTP/1.1 and keeps its connections since 1.29.7', async () => {
    const lab = serverLab();
    const { seen, connections } = backend(lab);
    const { ask } = await served(frontend, '1.30', lab);
    const answer = await ask('/path?q=1', {
      headers: [
        ['X-Custom', 'a'],
        ['Connection', 'keep-alive'],
        ['under_score', 'x'],
      ],
    });
    assert.equal(answer.body, 'from the backend');
    assert.deepEqual(
      [answer.header('server'), answer.header('x-kept'), answer.header('x-frontend')],
      ['nginx/1.30.3', 'yes', 'nginx-5'],
    );
    assert.equal(seen[0]?.line, 'GET /path?q=1 HTTP/1.1');
    assert.deepEqual(seen[0]?.headers, [
      ['Host', 'backend'],
      ['User-Agent', 'curl/8.11.1'],
      ['X-Custom', 'a'],
    ]);
    await ask('/again');
    assert.equal(connections.count, 1);
  });

  test('speaks HTTP/1.0 and closes before that', async () => {
    const lab = serverLab();
    const { seen, connections } = backend(lab);
    const { ask } = await served(frontend, '1.27', lab);
    await ask('/');
    await ask('/');
    assert.equal(seen[0]?.line, 'GET / HTTP/1.0');
    assert.deepEqual(seen[0]?.headers.slice(0, 2), [
      ['Host', 'backend'],
      ['Connection', 'close'],
    ]);
    assert.equal(connections.count, 2);
  });

  test('sets headers, drops empty ones, and passes bodies', async () => {
    const lab = serverLab();
    const { seen } = backend(lab, async (request) => textResponse(201, `${request.method}`));
    const { ask } = await served(
      `server { location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Host $host; proxy_set_header Connection ""; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header Accept ""; } }`,
      '1.27',
      lab,
    );
    const answer = await ask('/', {
      method: 'POST',
      body: 'data',
      headers: [
        ['Accept', '*/*'],
        ['X-Forwarded-For', '1.2.3.4'],
      ],
    });
    assert.deepEqual([answer.status, answer.body], [201, 'POST']);
    assert.deepEqual(seen[0]?.headers, [
      ['Host', '10.244.0.5'],
      ['X-Forwarded-For', '1.2.3.4, 10.244.0.99'],
      ['Content-Length', '4'],
      ['User-Agent', 'curl/8.11.1'],
    ]);
  });

  test('replaces the matched path when its URL has one', async () => {
    const lab = serverLab();
    const { seen } = backend(lab);
    const { ask } = await served(
      'server { location /api/ { proxy_pass http://backend/v1/; } location /raw/ { proxy_pass http://backend; } }',
      '1.30',
      lab,
    );
    await ask('/api/users?id=1');
    await ask('/raw/a%20b');
    assert.deepEqual(
      seen.map(({ line }) => line),
      ['GET /v1/users?id=1 HTTP/1.1', 'GET /raw/a%20b HTTP/1.1'],
    );
  });

  test('a Service without endpoints is a 502, and the log says why', async () => {
    const lab = serverLab();
    backend(lab);
    const { ask, pod } = await served(frontend, '1.30', lab);
    lab.slice('backend', [{ port: 80 }], []);
    const answer = await ask('/');
    assert.deepEqual([answer.status, answer.reason], [502, 'Bad Gateway']);
    assert.match(answer.body, /<center><h1>502 Bad Gateway<\/h1><\/center>/);
    assert.match(
      pod.log(),
      /connect\(\) failed \(111: Connection refused\) while connecting to upstream, client: 10\.244\.0\.99, server: , request: "GET \/ HTTP\/1\.1", upstream: "http:\/\/10\.96\.0\.20:80\/", host: "10\.244\.0\.5"/,
    );
  });

  test('an upstream that does not answer in time is a 504', async () => {
    const lab = serverLab();
    backend(lab, () => new Promise(() => {}));
    const { ask, pod } = await served(
      'server { location / { proxy_pass http://backend; proxy_read_timeout 2s; } }',
      '1.30',
      lab,
    );
    const asking = ask('/');
    await lab.clock.step(2_100);
    const answer = await asking;
    assert.deepEqual([answer.status, answer.reason], [504, 'Gateway Time-out']);
    assert.match(
      pod.log(),
      /upstream timed out \(110: Connection timed out\) while reading response header from upstream/,
    );
  });

  test('a client that leaves while nginx waits is a 499', async () => {
    const lab = serverLab();
    backend(lab, () => new Promise(() => {}));
    const { pod } = await served(frontend, '1.30', lab);
    const connection = await lab.pod('10.244.0.60').connect('10.244.0.5', 80);
    await connection.output.write(bytesOf('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n'));
    await settled();
    connection.close();
    await settled();
    assert.match(pod.log(), /"GET \/slow HTTP\/1\.1" 499 0 /);
  });

  test('an upstream that breaks off is a 502', async () => {
    const lab = serverLab();
    const net = lab.pod('10.244.0.6');
    net.listen(80, (connection) => connection.close());
    lab.service('backend', { clusterIP: '10.96.0.20', ports: [{ port: 80 }] });
    lab.slice('backend', [{ port: 80 }], ['10.244.0.6']);
    const { ask, pod } = await served(frontend, '1.30', lab);
    assert.equal((await ask('/')).status, 502);
    assert.match(
      pod.log(),
      /upstream prematurely closed connection while reading response header from upstream/,
    );
  });

  test('an upstream group takes turns by weight, and leaves out what fails', async () => {
    const lab = serverLab();
    for (const [ip, name] of [
      ['10.244.0.7', 'a'],
      ['10.244.0.8', 'b'],
    ] as const)
      lab
        .pod(ip)
        .listen(
          80,
          (connection) => void serveHttp(connection, async () => textResponse(200, name)),
        );
    lab.pod('10.244.0.9');
    const { ask, pod } = await served(
      'upstream group { server 10.244.0.7 weight=2; server 10.244.0.8; server 10.244.0.9; } server { location / { proxy_pass http://group; } }',
      '1.30',
      lab,
    );
    const answers: string[] = [];
    for (let n = 0; n < 9; n++) answers.push((await ask('/')).body);
    assert.ok(answers.every((body) => body === 'a' || body === 'b'));
    assert.equal(pod.log().match(/connect\(\) failed/g)?.length, 1);
    assert.equal(answers.slice(3).filter((body) => body === 'a').length, 4);
  });

  test('a URL with variables needs a resolver, which knows no search path', async () => {
    const lab = serverLab();
    backend(lab);
    const conf = (resolver: string, name: string) =>
      `server { ${resolver} location / { set $up ${name}; proxy_pass http://$up; } }`;
    const { ask, pod } = await served(conf('', 'backend'), '1.30', lab);
    assert.equal((await ask('/')).status, 502);
    assert.match(pod.log(), /no resolver defined to resolve backend/);
    const other = async (ip: string, text: string) => {
      const made = await lab.start(image(), ip, {
        volumes: { '/etc/nginx/conf.d': { 'd.conf': text } },
      });
      return { answer: await lab.ask(`http://${ip}/`), log: made.log() };
    };
    const short = await other('10.244.0.21', conf('resolver 10.96.0.10;', 'backend'));
    assert.equal(short.answer.status, 502);
    assert.match(short.log, /backend could not be resolved \(3: Host not found\)/);
    const full = await other(
      '10.244.0.22',
      conf('resolver 10.96.0.10;', 'backend.default.svc.cluster.local'),
    );
    assert.equal(full.answer.body, 'from the backend');
  });

  test('an https upstream fails at the handshake: there is no TLS in this cluster', async () => {
    const lab = serverLab();
    backend(lab);
    const { ask, pod } = await served(
      'server { location / { proxy_pass https://backend:80; } }',
      '1.30',
      lab,
    );
    assert.equal((await ask('/')).status, 502);
    assert.match(
      pod.log(),
      /SSL_do_handshake\(\) failed .* upstream: "https:\/\/10\.96\.0\.20:80\/"/,
    );
  });

  test('the page for broken upstreams is served from the image', async () => {
    const lab = serverLab();
    backend(lab);
    const { ask } = await served(
      'server { location / { proxy_pass http://10.244.0.6:81; } error_page 502 /50x.html; location = /50x.html { root /usr/share/nginx/html; } }',
      '1.30',
      lab,
    );
    const answer = await ask('/');
    assert.equal(answer.status, 502);
    assert.match(answer.body, /An error occurred\./);
  });
});

describe('nginxdemos/hello', () => {
  test('plain-text says who answered', async () => {
    const lab = serverLab();
    const hello = nginxHello.image('plain-text');
    assert.ok(hello);
    await lab.start(hello, '10.244.0.21');
    const answer = await lab.ask('http://10.244.0.21/some/path?x=1');
    assert.match(
      answer.body,
      /^Server address: 10\.244\.0\.21:80\nServer name: nginxdemos-hello-21\nDate: 22\/Nov\/2026:10:32:05 \+0000\nURI: \/some\/path\?x=1\nRequest ID: [0-9a-f]{32}\n$/,
    );
    assert.deepEqual(
      [answer.header('content-type'), answer.header('cache-control'), answer.header('expires')],
      ['text/plain', 'no-cache', 'Sun, 22 Nov 2026 10:32:04 GMT'],
    );
  });

  test('latest says it as a page', async () => {
    const lab = serverLab();
    const hello = nginxHello.image('latest');
    assert.ok(hello);
    await lab.start(hello, '10.244.0.21');
    const { body } = await lab.ask('http://10.244.0.21/');
    assert.match(body, /<title>Hello World<\/title>/);
    assert.match(
      body,
      /<span>10\.244\.0\.21:80<\/span>[^]*<span>nginxdemos-hello-21<\/span>[^]*Auto Refresh[^]*Request ID: [0-9a-f]{32}/,
    );
    assert.doesNotMatch(body, /server_hostname|server_address/);
  });
});
