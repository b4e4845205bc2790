// A learner on a bad network: 300 ms there and back, one packet in twenty lost. The real client against a real lab.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Connection } from '../../src/lab-client/connection.ts';
import type { TerminalSink, TerminalState } from '../../src/lab-client/lab.ts';
import { BadNetwork } from '../support/bad-network.ts';
import { eventually, percentile, TestLab } from '../support/lab.ts';
import { NodePage } from '../support/node-page.ts';

const ROUND_TRIP_MS = 300;

let network: BadNetwork;
let lab: TestLab;
let connection: Connection;
before(async () => {
  network = await BadNetwork.open({ roundTripMs: ROUND_TRIP_MS, loss: 0.05, seed: 5 });
  lab = await TestLab.start({ env: { MESHPROOF_ORIGINS: network.origin } });
  network.leadTo(Number(new URL(lab.origin).port));
  let open = false;
  connection = new Connection(
    { state: (state) => (open ||= state === 'open'), message: () => {} },
    new NodePage(`${network.origin}/#lab=${lab.secret}`),
  );
  await connection.open();
  await eventually('the lab is open', () => open);
});
after(async () => {
  connection.close();
  await lab.close();
  await network.close();
});

class Screen implements TerminalSink {
  columns = 80;
  rows = 24;
  text = '';
  screens = 0;
  states: TerminalState[] = [];
  latencies: number[] = [];

  output(bytes: Uint8Array, drawn: () => void): void {
    this.text += Buffer.from(bytes).toString('latin1');
    queueMicrotask(drawn);
  }

  snapshot(_screen: Uint8Array, _columns: number, _rows: number, drawn: () => void): void {
    this.screens++;
    queueMicrotask(drawn);
  }

  state(state: TerminalState): void {
    this.states.push(state);
  }

  latency(ms: number): void {
    this.latencies.push(ms);
  }

  until(pattern: RegExp, ms = 30_000): Promise<void> {
    return eventually(
      () => `${pattern} in ${JSON.stringify(this.text.slice(-200))}`,
      () => pattern.test(this.text.slice(-2_000)),
      ms,
    );
  }
}

test('typing, a long output and a lost line: every key and every byte arrives once and in order', async (t) => {
  const { session } = await connection.openTerminal('far away');
  const screen = new Screen();
  const stream = connection.terminal(session);
  const type = (text: string) => stream.input(new TextEncoder().encode(text));
  stream.attach(screen);
  await screen.until(/\$ $/);

  // Faster than the echo comes back: nobody waits for it.
  const typed = 'echo the quick brown fox; stty -echo -onlcr';
  const times: number[] = [];
  for (const key of typed) {
    const started = performance.now();
    const length = screen.text.length;
    assert.ok(type(key));
    if (times.length < 5) {
      await eventually('the echo', () => screen.text.length > length);
      times.push(performance.now() - started);
    }
  }
  type('\r');
  await screen.until(/the quick brown fox\r?\n/);
  assert.ok(screen.text.includes(typed), screen.text);
  t.diagnostic(
    `echoes ${times.map((ms) => ms.toFixed(0)).join(', ')} ms; ${network.lost} packets lost`,
  );
  assert.ok(
    percentile(
      times.toSorted((a, b) => a - b),
      0.5,
    ) >= ROUND_TRIP_MS,
    'it is far away',
  );
  assert.ok((screen.latencies[0] ?? 0) >= ROUND_TRIP_MS, 'and says so');

  // In pieces, so that the line breaks in the middle however fast the machine is.
  type(
    'clear; echo "BEG""IN"; for n in 1 2 3 4 5 6; do seq 1 10000; sleep 0.3; done; echo "E""ND"\r',
  );
  await eventually('it begins', () => screen.text.includes('BEGIN\n'), 30_000);
  network.cut();
  await eventually('it noticed', () => screen.states.at(-1) === 'offline');
  assert.ok(!type('echo QUEUED\r'), 'keys are not kept for later');
  await eventually('it is back by itself', () => screen.states.at(-1) === 'open', 20_000);
  await screen.until(/\nEND\n/);
  const got = screen.text.slice(
    screen.text.lastIndexOf('BEGIN\n') + 6,
    screen.text.lastIndexOf('END\n'),
  );
  const once = Array.from({ length: 10_000 }, (_, index) => `${index + 1}\n`).join('');
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  assert.equal(sha256(got), sha256(once.repeat(6)));
  assert.equal(screen.screens, 0, 'it went on where it stopped');
  assert.ok(network.lost > 10, `${network.lost} packets were lost`);
  type('echo "still ""here"\r');
  await screen.until(/still here\n/);
  assert.ok(!screen.text.includes('QUEUED'));
});
