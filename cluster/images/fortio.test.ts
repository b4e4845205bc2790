import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settled } from '../node/runtime/testing/container-lab.ts';
import { fortio } from './fortio.ts';
import { type ServerLab, type ServerPod, serverLab } from './testing/server-lab.ts';

function image() {
  const made = fortio.image('1.75.2');
  assert.ok(made);
  return made;
}

/** Runs fortio to its end, moving the clock on while it sleeps. */
async function run(lab: ServerLab, line: string, ip = '10.244.0.7') {
  const pod = await lab.start(image(), ip, { argv: ['/usr/bin/fortio', ...line.split(' ')] });
  let exited: number | undefined;
  void pod.container.exited.then(({ exitCode }) => (exited = exitCode));
  for (let steps = 0; exited === undefined && steps < 400; steps++) {
    await settled();
    await lab.clock.step(50);
  }
  return { exitCode: exited, log: pod.log() };
}

async function withServer(): Promise<{ lab: ServerLab; server: ServerPod }> {
  const lab = serverLab();
  return { lab, server: await lab.start(image(), '10.244.0.5') };
}

test('30 requests over 3 connections are reported as fortio reports them', async () => {
  const { lab } = await withServer();
  const { exitCode, log } = await run(
    lab,
    'load -c 3 -qps 0 -n 30 -loglevel Warning http://10.244.0.5:8080/?size=100',
  );
  assert.equal(exitCode, 0);
  const lines = log.trimEnd().split('\n');
  assert.match(
    lines[0] ?? '',
    /^\{"ts":\d+\.\d{6},"level":"info","r":1,"file":"logger\.go","line":321,"msg":"Log level is now 3 Warning \(was 2 Info\)"\}$/,
  );
  const socket = (thread: number) =>
    `[${thread}]   1 socket used, resolved to 10.244.0.5:8080, connection timing : count 1 avg 0 +/- 0 min 0 max 0 sum 0`;
  assert.deepEqual(lines.slice(1, 3), [
    'Fortio 1.75.2 running at 0 queries per second, 4->4 procs, for 30 calls: http://10.244.0.5:8080/?size=100',
    'Starting at max qps with 3 thread(s) [gomax 4] for exactly 30 calls (10 per thread + 0)',
  ]);
  assert.match(lines[3] ?? '', /^Ended after \d+ms : 30 calls\. qps=\d+$/);
  assert.match(
    lines[4] ?? '',
    /^Aggregated Function Time : count 30 avg 0\.\d+ \+\/- 0\.\d+ min 0 max 0\.01 sum 0\.03$/,
  );
  assert.match(
    lines.at(-1) ?? '',
    /^All done 30 calls \(plus 0 warmup\) \d\.\d{3} ms avg, \d+\.\d qps$/,
  );
  assert.deepEqual(lines.slice(lines.indexOf('Error cases : no data'), -1), [
    'Error cases : no data',
    '# Socket and IP used for each connection:',
    socket(0),
    socket(1),
    socket(2),
    'Connection time (s) : count 3 avg 0 +/- 0 min 0 max 0 sum 0',
    'Sockets used: 3 (for perfect keepalive, would be 3)',
    'Uniform: false, Jitter: false, Catchup allowed: true',
    'IP addresses distribution:',
    '10.244.0.5:8080: 3',
    'Code 200 : 30 (100.0 %)',
    'Response Header Sizes : count 30 avg 117 +/- 0 min 117 max 117 sum 3510',
    'Response Body/Total Sizes : count 30 avg 217 +/- 0 min 217 max 217 sum 6510',
  ]);
});

test('a pace is kept by the cluster’s clock, and delays are measured', async () => {
  const { lab } = await withServer();
  const began = lab.clock.now();
  const { exitCode, log } = await run(
    lab,
    'load -c 2 -qps 10 -t 4s -loglevel Warning http://10.244.0.5:8080/?delay=150ms',
  );
  assert.equal(exitCode, 0);
  assert.match(
    log,
    /Starting at 10 qps with 2 thread\(s\) \[gomax 4\] for 4s : 20 calls each \(total 40\)/,
  );
  assert.match(log, /Ended after 4\.\d+s : 40 calls\. qps=9\.\d+\n/);
  assert.match(log, /Sleep times : count 38 avg 0\.0\d+/);
  assert.match(log, /Aggregated Function Time : count 40 avg 0\.1\d+ .* min 0\.15 max /);
  assert.match(log, /> 0\.14 <= 0\.15|>= 0\.15 <= /);
  assert.match(log, /All done 40 calls \(plus 2 warmup\) 1\d\d\.\d{3} ms avg, 9\.\d qps/);
  assert.ok(lab.clock.now() - began >= 4_000);
});

test('answers that are no success cost their connection and are counted', async () => {
  const { lab } = await withServer();
  const { exitCode, log } = await run(
    lab,
    'load -c 2 -qps 0 -n 10 http://10.244.0.5:8080/?status=503',
  );
  assert.equal(exitCode, 0);
  assert.match(
    log,
    /"level":"warn","r":\d+,"file":"http_client\.go","line":1159,"msg":"Non ok http code","code":503,"status":"HTTP\/1\.1 503","thread":0,"run":0\}/,
  );
  assert.match(log, /Sockets used: 10 \(for perfect keepalive, would be 2\)/);
  assert.match(log, /Code 503 : 10 \(100\.0 %\)/);
  assert.match(log, /Error cases : count 10 /);
  assert.match(log, /Response Header Sizes : count 10 avg 0 /);
});

test('a load for a time stops when its first requests fail, unless that is allowed', async () => {
  const { lab } = await withServer();
  const first = await run(lab, 'load -c 2 -t 1s http://10.244.0.5:8080/?status=503');
  assert.equal(first.exitCode, 1);
  assert.match(
    first.log,
    /Aborting because of error 503 for http:\/\/10\.244\.0\.5:8080\/\?status=503 \(\d+ bytes\)\n$/,
  );
  const allowed = await run(
    lab,
    'load -c 2 -t 1s -quiet -allow-initial-errors http://10.244.0.5:8080/?status=503',
    '10.244.0.8',
  );
  assert.equal(allowed.exitCode, 0);
  assert.doesNotMatch(allowed.log, /Starting at|Ended after|Non ok/);
  assert.match(allowed.log, /Code 503 : 8 \(100\.0 %\)\nAll done 8 calls/);
});

test('refused connections, time-outs and unknown names are told in Go’s words', async () => {
  const { lab } = await withServer();
  const refused = await run(lab, 'load -c 1 -n 2 -qps 0 http://10.244.0.5:81/');
  assert.match(
    refused.log,
    /"msg":"Unable to connect","dest":\{"IP":"10\.244\.0\.5","Port":81,"Zone":""\},"err":"dial tcp 10\.244\.0\.5:81: connect: connection refused"/,
  );
  assert.match(refused.log, /Code {2}-1 : 2 \(100\.0 %\)/);
  const late = await run(
    lab,
    'load -c 1 -n 1 -qps 0 -timeout 100ms http://10.244.0.5:8080/?delay=1s',
    '10.244.0.8',
  );
  assert.match(
    late.log,
    /"msg":"Timeout error \(incomplete\/invalid response\)","err":"read tcp 10\.244\.0\.8:\d+->10\.244\.0\.5:8080: i\/o timeout"/,
  );
  const unknown = await run(lab, 'load -n 1 http://nowhere/', '10.244.0.9');
  assert.equal(unknown.exitCode, 1);
  assert.match(unknown.log, /Aborting because of lookup nowhere on [\d.]+:53: no such host\n$/);
});

test('curl prints the head on standard error and the body on standard output', async () => {
  const { lab } = await withServer();
  const { exitCode, log } = await run(
    lab,
    'curl -quiet -H x-lesson:6 -payload hello http://10.244.0.5:8080/debug',
  );
  assert.equal(exitCode, 0);
  assert.match(log, /^HTTP\/1\.1 200 OK\r\nContent-Type: text\/plain; charset=UTF-8\r\n/);
  assert.match(
    log,
    /POST \/debug HTTP\/1\.1\n\nheaders:\n\nHost: 10\.244\.0\.5:8080\nContent-Length: 5\nContent-Type: application\/octet-stream\nUser-Agent: fortio\.org\/fortio-1\.75\.2\nX-Lesson: 6\n\nbody:\n\nhello\n$/,
  );
  const missing = await run(lab, 'curl -quiet http://10.244.0.5:8080/?status=404', '10.244.0.8');
  assert.equal(missing.exitCode, 1);
  assert.match(missing.log, /"msg":"Error status 404"\}\n$/);
});

test('the standard client follows redirects and counts bodies', async () => {
  const { lab } = await withServer();
  const { exitCode, log } = await run(
    lab,
    'load -stdclient -c 1 -n 4 -qps 0 http://10.244.0.5:8080/?status=503',
  );
  assert.equal(exitCode, 0);
  assert.match(log, /Sockets used: 1 \(for perfect keepalive, would be 1\)/);
  assert.match(log, /Response Body\/Total Sizes : count 4 avg 0 /);
});

test('the echo server echoes, closes, adds headers and says what it is not', async () => {
  const { lab, server } = await withServer();
  const echoed = await lab.ask('http://10.244.0.5:8080/any?header=X-A:b&close=true', {
    method: 'POST',
    body: 'ping',
  });
  assert.equal(echoed.body, 'ping');
  assert.equal(echoed.header('x-a'), 'b');
  assert.equal(echoed.header('connection'), 'close');
  const ui = await lab.ask('http://10.244.0.5:8080/fortio/');
  assert.equal(ui.status, 501);
  assert.match(ui.body, /not simulated in the embedded cluster/);
  const moved = await lab.ask('http://10.244.0.5:8081/x');
  assert.equal(moved.header('location'), 'https://10.244.0.5:8081/x');
  assert.match(
    server.log(),
    /"msg":"Fortio 1\.75\.2 http-echo server listening on tcp \[::\]:8080"/,
  );
  assert.match(server.log(), /the grpc server on port 8079 is not simulated/);
  server.container.signal('SIGTERM');
  assert.deepEqual(await server.container.exited, { exitCode: 0 });
});

test('chances in a query are kept', async () => {
  const { lab } = await withServer();
  const { log } = await run(
    lab,
    'load -quiet -c 1 -n 400 -qps 0 -log-errors=false http://10.244.0.5:8080/?status=503:25,404:25',
  );
  const counts = [...log.matchAll(/Code (\d+) : (\d+)/g)].map(([, code, count]) => [
    code,
    Number(count),
  ]);
  assert.deepEqual(
    counts.map(([code]) => code),
    ['200', '404', '503'],
  );
  for (const [, count] of counts) assert.ok(Number(count) > 60 && Number(count) < 240, log);
});

test('Ctrl-C ends a load with its report', async () => {
  const { lab } = await withServer();
  const pod = await lab.start(image(), '10.244.0.7', {
    argv: ['/usr/bin/fortio', 'load', '-t', '0', '-qps', '4', '-c', '1', 'http://10.244.0.5:8080/'],
  });
  await lab.clock.step(2_000);
  assert.match(pod.log(), /Starting at 4 qps with 1 thread\(s\) \[gomax 4\] until interrupted/);
  pod.container.signal('SIGINT');
  assert.deepEqual(await pod.container.exited, { exitCode: 0 });
  assert.match(pod.log(), /All done 9 calls \(plus 1 warmup\)/);
});

test('bad command lines say what is wrong', async () => {
  const lab = serverLab();
  const cases: [string, number, RegExp][] = [
    ['load -nope http://a/', 2, /^flag provided but not defined: -nope\n/],
    ['load -c three http://a/', 2, /^invalid value "three" for flag -c: parse error\n/],
    ['load', 1, /Error: fortio load\/curl needs a URL or destination\n$/],
    ['load https://a/', 1, /fortio: https:\/\/ is not simulated in the embedded cluster\n$/],
    ['load -json - http://a/', 1, /^fortio: -json is not simulated in the embedded cluster\n$/],
    ['grpcping a', 1, /fortio: grpcping is not simulated in the embedded cluster\n$/],
    ['loda http://a/', 1, /Error: unknown command "loda"\n$/],
    ['version', 0, /^1\.75\.2\n$/],
    ['help', 0, /^Φορτίο 1\.75\.2 usage:\n/],
  ];
  for (const [at, [line, exitCode, words]] of cases.entries()) {
    const result = await run(lab, line, `10.244.1.${at + 1}`);
    assert.match(result.log, words);
    assert.equal(result.exitCode, exitCode, line);
  }
});
