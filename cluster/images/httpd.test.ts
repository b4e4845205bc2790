import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpd } from './httpd.ts';
import { serverLab } from './testing/server-lab.ts';

function image() {
  const made = httpd.image('2.4');
  assert.ok(made);
  return made;
}

test('httpd works, and logs as Apache does', async () => {
  const lab = serverLab();
  const pod = await lab.start(image(), '10.244.0.5');
  const answer = await lab.ask('http://10.244.0.5/');
  assert.equal(answer.body, '<html><body><h1>It works!</h1></body></html>\n');
  assert.deepEqual(
    answer.headers.map(([name]) => name),
    ['Date', 'Server', 'Last-Modified', 'ETag', 'Accept-Ranges', 'Content-Length', 'Content-Type'],
  );
  assert.match(
    pod.log(),
    /^AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using 10\.244\.0\.5\./,
  );
  assert.match(
    pod.log(),
    /\[Sun Nov 22 10:32:05\.\d{6} 2026\] \[mpm_event:notice\] \[pid 1:tid 1\] AH00489: Apache\/2\.4\.66 \(Unix\) configured -- resuming normal operations\n/,
  );
  assert.match(pod.log(), /AH00094: Command line: 'httpd -D FOREGROUND'\n/);
  assert.ok(
    pod.log().endsWith('10.244.0.99 - - [22/Nov/2026:10:32:05 +0000] "GET / HTTP/1.1" 200 45\n'),
  );
});

test('httpd answers 404, 405, redirects and listings', async () => {
  const lab = serverLab();
  await lab.start(image(), '10.244.0.5', {
    volumes: { '/usr/local/apache2/htdocs': { 'docs/a.json': '{}' } },
  });
  const ask = (path: string, method = 'GET') => lab.ask(`http://10.244.0.5${path}`, { method });
  const missing = await ask('/nope');
  assert.equal(missing.status, 404);
  assert.match(
    missing.body,
    /<title>404 Not Found<\/title>\n<\/head><body>\n<h1>Not Found<\/h1>\n<p>The requested URL was not found on this server\.<\/p>/,
  );
  assert.equal((await ask('/docs/a.json', 'DELETE')).status, 405);
  assert.equal((await ask('/docs/a.json')).header('content-type'), 'application/json');
  assert.equal((await ask('/docs')).header('location'), 'http://10.244.0.5/docs/');
  assert.match(
    (await ask('/')).body,
    /<h1>Index of \/<\/h1>\n<ul><li><a href="docs"> docs<\/a><\/li>/,
  );
});

test('httpd ends gracefully at SIGWINCH', async () => {
  const lab = serverLab();
  const pod = await lab.start(image(), '10.244.0.5');
  pod.container.signal('SIGWINCH');
  await lab.clock.step(1);
  assert.deepEqual(await pod.container.exited, { exitCode: 0 });
  assert.match(pod.log(), /AH00492: caught SIGWINCH, shutting down gracefully\n$/);
});
