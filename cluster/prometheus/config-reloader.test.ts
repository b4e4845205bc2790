import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveHttp, textResponse } from '../network/http-server.ts';
import { serverLab } from '../images/testing/server-lab.ts';
import { prometheusImages } from './image.ts';

test('it asks for a reload at its start, and until it gets one', async () => {
  const lab = serverLab();
  const image = prometheusImages(
    () => Promise.reject(new Error('nobody asks')),
    () => ({ programs: {}, files: {} }),
  )[1]?.image('v0.89.0');
  assert.ok(image);
  const pod = await lab.start(image, '10.244.0.7', {
    volumes: { '/etc/config': { 'prometheus.yml': 'global: {}' } },
    argv: [
      ...image.entrypoint,
      '--watched-dir=/etc/config',
      '--listen-address=0.0.0.0:8080',
      '--reload-url=http://127.0.0.1:9090/-/reload',
    ],
  });
  assert.match(pod.log(), /level=ERROR msg="Failed to trigger reload. Retrying."/);
  const asked: string[] = [];
  pod.net.listen(9090, (connection) => {
    void serveHttp(connection, ({ method, target }) => {
      asked.push(`${method} ${target}`);
      return Promise.resolve(textResponse(200, ''));
    });
  });
  await lab.clock.step(5_000);
  assert.deepEqual(asked, ['POST /-/reload']);
  assert.match(pod.log(), /level=INFO msg="Reload triggered" watched_dirs=\/etc\/config/);
  assert.equal((await lab.ask('http://10.244.0.7:8080/healthz')).status, 200);
});
