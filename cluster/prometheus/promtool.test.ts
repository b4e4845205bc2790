import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverLab } from '../images/testing/server-lab.ts';
import { prometheusImages } from './image.ts';

async function started(configuration: string) {
  const lab = serverLab();
  const image = prometheusImages(
    () => Promise.resolve({ status: 401, body: 'Unauthorized' }),
    () => ({ programs: {}, files: {} }),
  )[0]?.image('v3.10.0');
  assert.ok(image);
  const pod = await lab.start(image, '10.244.0.7', {
    volumes: { '/etc/prometheus': { 'prometheus.yml': configuration } },
  });
  return { lab, pod };
}

const OWN = `
global: { scrape_interval: 1s }
scrape_configs: [{ job_name: own, static_configs: [{ targets: ['localhost:9090'] }] }]
`;

test('promtool asks the server beside it', async () => {
  const { lab, pod } = await started(OWN);
  await lab.clock.step(3_000);
  const up = await pod.run('promtool', 'query', 'instant', 'http://localhost:9090', 'up');
  assert.match(up.output, /^up\{instance="localhost:9090", job="own"\} => 1 @\[[\d.]+\]\n$/);
  const jobs = await pod.run('promtool', 'query', 'labels', 'http://localhost:9090', 'job');
  assert.equal(jobs.output, 'own\n');
  const wrong = await pod.run('promtool', 'query', 'instant', 'http://localhost:9090', 'up{');
  assert.deepEqual(wrong, {
    exitCode: 1,
    output:
      'query error: bad_data: invalid parameter "query": 1:4: parse error: unexpected end of input inside braces\n',
  });
});

test('promtool checks a configuration', async () => {
  const { pod } = await started(OWN);
  const file = '/etc/prometheus/prometheus.yml';
  assert.deepEqual(await pod.run('promtool', 'check', 'config', file), {
    exitCode: 0,
    output: `Checking ${file}\n SUCCESS: ${file} is valid prometheus config file syntax\n\n`,
  });
  assert.equal((await pod.run('promtool', 'check', 'config', '/nothing')).exitCode, 1);
});

test('prometheus says its version, and which flags it does not know', async () => {
  const { pod } = await started(OWN);
  assert.equal(
    (await pod.run('prometheus', '--version')).output,
    'prometheus, version 3.10.0 (simulated)\n',
  );
  assert.deepEqual(await pod.run('prometheus', '--storage.local.path=/x'), {
    exitCode: 2,
    output:
      "Error parsing command line arguments: unknown long flag '--storage.local.path'\nprometheus: error: unknown long flag '--storage.local.path'\n",
  });
});
