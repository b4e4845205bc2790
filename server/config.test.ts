import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACK_BYTES } from '../protocol/terminal.ts';
import { ConfigError, limits, readConfig, windowHolds } from './config.ts';

test('an empty environment gives the laptop defaults', () => {
  const config = readConfig({});
  assert.equal(config.port, 4747);
  assert.equal(config.engine, 'embedded');
  assert.equal(config.shell, 'own');
  assert.equal(config.clockSpeed, 1);
  assert.match(config.home, /\.meshproof$/);
});

for (const [name, value, says] of [
  ['MESHPROOF_ENGINE', 'minikube', /MESHPROOF_ENGINE=minikube.*embedded or kind/],
  ['MESHPROOF_SHELL', 'zsh', /MESHPROOF_SHELL=zsh.*own or sandbox/],
  ['PORT', '99999', /PORT=99999: use a port from 0 to 65535/],
  ['PORT', 'http', /PORT=http/],
  ['MESHPROOF_ORIGINS', 'lab.example.com', /MESHPROOF_ORIGINS=lab.example.com: use origins/],
  ['MESHPROOF_ORIGINS', 'https://a.example/x', /without a path/],
  ['MESHPROOF_CLOCK_SPEED', '0', /MESHPROOF_CLOCK_SPEED=0: use a number above 0/],
] as const) {
  test(`${name}=${value} is refused with what to write instead`, () => {
    assert.throws(
      () => readConfig({ [name]: value }),
      (error) => error instanceof ConfigError && says.test(error.message),
    );
  });
}

test('flow control cannot stall: acknowledgements fit well into the window, and the window into the ring', () => {
  assert.ok(windowHolds(ACK_BYTES));
  assert.ok(!windowHolds(limits.windowLowBytes));
  assert.ok(!windowHolds(1024, { ...limits, windowLowBytes: limits.windowHighBytes }));
});
