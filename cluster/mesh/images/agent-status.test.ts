import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkLab } from '../../network/testing/network-lab.ts';
import { textOf } from '../../streams.ts';
import { AgentStatus } from './agent-status.ts';

function agent(env: Record<string, string> = {}) {
  const { clock } = networkLab();
  const lines: string[] = [];
  const status = new AgentStatus({
    clock,
    env: new Map(Object.entries(env)),
    net: { ip: '10.244.0.5' },
    signal: new AbortController().signal,
    stdout: {
      write: (bytes) => {
        lines.push(textOf(bytes).split('\t').slice(1).join(' ').trimEnd());
        return Promise.resolve();
      },
      end: () => {},
    },
  });
  return { clock, lines, status };
}

test('a proxy is not ready before istiod has sent it something, and says so once it is', async () => {
  const { clock, lines, status } = agent();
  assert.equal(status.probed().status, 503);
  await clock.step(250);
  status.received('istiod.istio-system.svc:15012');
  status.received('istiod.istio-system.svc:15012');
  assert.equal(status.probed().status, 200);
  assert.equal(status.probed().status, 200);
  assert.deepEqual(lines, [
    'warn Envoy proxy is NOT ready: config not received from XDS server (is Istiod running?): cds updates: 0 successful, 0 rejected; lds updates: 0 successful, 0 rejected',
    'info xdsproxy connected to delta upstream XDS server[1]: istiod.istio-system.svc:15012',
    'info Readiness succeeded in 0.250000s',
    'info Envoy proxy is ready',
  ]);
});

test('it drains for five seconds before it ends, or as long as its configuration says', async () => {
  for (const [config, ms] of [
    ['{}', 5_000],
    ['{"terminationDrainDuration":"2s"}', 2_000],
  ] as const) {
    const { clock, lines, status } = agent({ PROXY_CONFIG: config });
    let drains = 0;
    let ended = false;
    void status.terminate(() => drains++).then(() => (ended = true));
    await clock.step(ms - 1);
    assert.deepEqual([drains, ended], [1, false]);
    await clock.step(1);
    assert.equal(ended, true);
    assert.equal(lines[1], `info Graceful termination period is ${ms / 1000}s, starting...`);
  }
});

test('one that was drained before has nothing to wait for', async () => {
  const { lines, status } = agent();
  status.drained();
  await status.terminate(() => assert.fail('it is drained'));
  assert.deepEqual(lines.slice(1), [
    'info Agent draining Proxy for termination',
    'info Agent already drained, exiting immediately',
    'info Agent has successfully terminated',
  ]);
});
