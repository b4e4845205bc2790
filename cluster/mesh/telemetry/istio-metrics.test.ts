import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newExchange } from '../proxy/exchange.ts';
import { identityOf } from '../routing/workloads.ts';
import { client } from '../testing/mesh-lab.ts';
import { IstioMetrics } from './istio-metrics.ts';
import { MetricRegistry } from './registry.ts';

const downstream = {
  local: { ip: '10.244.0.6', port: 5432 },
  remote: { ip: '10.244.0.5', port: 40_000 },
};

function metrics() {
  const registry = new MetricRegistry();
  const self = identityOf(client).workload;
  const counted = new IstioMetrics({ registry, self, principal: 'spiffe://cluster.local/ns/app' });
  const value = (name: string) =>
    Number(new RegExp(`^${name}\\{.*\\} (\\d+)$`, 'm').exec(registry.text())?.[1] ?? NaN);
  return { counted, value };
}

test('a connection that stays open has its bytes counted every 15 seconds, and the rest at its end', () => {
  const { counted, value } = metrics();
  const exchange = newExchange('outbound', 0, downstream);
  counted.opened(exchange);
  exchange.bytesSent = 100;
  counted.settle(14_999);
  assert.ok(Number.isNaN(value('istio_tcp_sent_bytes_total')));
  counted.settle(15_000);
  assert.equal(value('istio_tcp_sent_bytes_total'), 100);
  exchange.bytesSent = 130;
  exchange.bytesReceived = 7;
  counted.settle(16_000);
  assert.equal(value('istio_tcp_sent_bytes_total'), 100);
  counted.closed(exchange);
  assert.equal(value('istio_tcp_sent_bytes_total'), 130);
  assert.equal(value('istio_tcp_received_bytes_total'), 7);
  assert.equal(value('istio_tcp_connections_opened_total'), 1);
  assert.equal(value('istio_tcp_connections_closed_total'), 1);
  counted.settle(60_000);
  assert.equal(value('istio_tcp_sent_bytes_total'), 130);
});

test('durations are whole milliseconds', () => {
  const { counted, value } = metrics();
  const exchange = newExchange('outbound', 0, downstream);
  exchange.endedAt = 7.9;
  counted.request(exchange);
  assert.equal(value('istio_request_duration_milliseconds_sum'), 7);
});
