import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { httpEcho } from './http-echo.ts';
import { serverLab } from './testing/server-lab.ts';

function image() {
  const made = httpEcho.image('latest');
  assert.ok(made);
  return made;
}

test('http-echo answers with its text and logs who asked', async () => {
  const lab = serverLab();
  const pod = await lab.start(image(), '10.244.0.5', { argv: ['/http-echo', '-text=hello world'] });
  const answer = await lab.ask('http://10.244.0.5:5678/any');
  assert.equal(answer.body, 'hello world\n');
  assert.equal(answer.header('x-app-name'), 'http-echo');
  assert.match(
    pod.log(),
    /\[INFO\] server is listening on :5678\n.* "GET \/any HTTP\/1\.1" 200 12 "curl\/8\.11\.1"\n$/,
  );
  pod.container.signal('SIGTERM');
  assert.deepEqual(await pod.container.exited, { exitCode: 0 });
});

test('http-echo without a text says so', async () => {
  const pod = await serverLab().start(image(), '10.244.0.5');
  assert.deepEqual(await pod.container.exited, { exitCode: 127 });
  assert.equal(pod.log(), 'Missing -text option!\n');
});

test('the page about adding an image shows the file that runs', () => {
  const page = readFileSync(new URL('../../docs/adding-an-image.md', import.meta.url), 'utf8');
  const file = readFileSync(new URL('http-echo.ts', import.meta.url), 'utf8');
  assert.ok(
    page.includes(`\`\`\`ts\n${file}\`\`\`\n`),
    'copy cluster/images/http-echo.ts into docs/adding-an-image.md',
  );
});
