import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveHttp, textResponse } from '../../network/http-server.ts';
import { networkLab } from '../../network/testing/network-lab.ts';
import { readAll, textOf } from '../../streams.ts';
import { appMetrics, mergedMetrics } from './agent-metrics.ts';

test('the pod’s former annotations say where the application’s metrics are', () => {
  const told = (values: object) => appMetrics(JSON.stringify(values));
  assert.deepEqual(told({ scrape: 'true', path: '', port: '9090' }), {
    port: 9090,
    path: '/metrics',
  });
  assert.deepEqual(told({ scrape: 'true', path: '/m', port: '' }), { port: 80, path: '/m' });
  assert.equal(told({ scrape: '', path: '/m', port: '80' }), undefined);
  assert.equal(appMetrics(undefined), undefined);
});

test('the application’s metrics stand behind the proxy’s, and its absence costs nothing else', async () => {
  const { clock, pod } = networkLab();
  const net = pod('10.244.0.5');
  const words: string[] = [];
  const merged = async () => {
    const app = { port: 9090, path: '/metrics' };
    const response = await mergedMetrics({ net, clock }, 'proxy 1\n', app, (why) =>
      words.push(why),
    );
    return textOf(await readAll(response.body));
  };
  assert.equal(await merged(), 'proxy 1\n');
  assert.deepEqual(words, ['failed scraping application metrics: Connection refused']);
  net.listen(9090, (connection) => {
    void serveHttp(connection, () => Promise.resolve(textResponse(200, 'app 2')));
  });
  assert.equal(await merged(), 'proxy 1\napp 2\n');
});
