import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTokenController } from './service-account-tokens.ts';
import { testWorld } from './testing/world.ts';

test('a secret for a token is filled for its account, and goes with it', async () => {
  const world = testWorld();
  world.rootCertificate = 'PEM';
  world.tokens = {
    issue: (subject, { bound }) => ({ token: `${subject.name} ${bound?.name}`, expiresAt: 0 }),
  };
  startTokenController(world);
  const account = await world.kinds.create('serviceaccounts', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'robot', namespace: 'default' },
  });
  const secret = (name: string, owner: string) =>
    world.kinds.create('secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/service-account-token',
      metadata: {
        name,
        namespace: 'default',
        annotations: { 'kubernetes.io/service-account.name': owner },
      },
    });
  await secret('robot-token', 'robot');
  await secret('stray', 'nobody');
  await world.clock.step(100);
  const filled = world.kinds.get('secrets', 'default', 'robot-token');
  assert.equal(
    filled?.metadata.annotations?.['kubernetes.io/service-account.uid'],
    account.metadata.uid,
  );
  const texts = Object.entries(filled?.data ?? {}).map(([key, data]) => [
    key,
    Buffer.from(data, 'base64').toString(),
  ]);
  assert.deepEqual(Object.fromEntries(texts), {
    'ca.crt': 'PEM',
    namespace: 'default',
    token: 'robot robot-token',
  });
  assert.equal(world.kinds.get('secrets', 'default', 'stray'), undefined);

  await world.kinds.delete('serviceaccounts', 'default', 'robot');
  await world.clock.step(100);
  assert.equal(world.kinds.get('secrets', 'default', 'robot-token'), undefined);
});
