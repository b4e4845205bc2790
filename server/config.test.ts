import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, readConfig } from './config.ts';

test('an empty environment gives the laptop defaults', () => {
  const config = readConfig({});
  assert.equal(config.port, 4747);
  assert.equal(config.engine, 'embedded');
  assert.equal(config.clockSpeed, 1);
  assert.match(config.home, /\.meshproof$/);
});

for (const [name, value, says] of [
  ['MESHPROOF_ENGINE', 'minikube', /MESHPROOF_ENGINE=minikube.*embedded or kind/],
  ['PORT', '99999', /PORT=99999: use a port from 0 to 65535/],
  ['PORT', 'http', /PORT=http/],
  ['MESHPROOF_CLOCK_SPEED', '0', /MESHPROOF_CLOCK_SPEED=0: use a number above 0/],
] as const) {
  test(`${name}=${value} is refused with what to write instead`, () => {
    assert.throws(
      () => readConfig({ [name]: value }),
      (error) => error instanceof ConfigError && says.test(error.message),
    );
  });
}
