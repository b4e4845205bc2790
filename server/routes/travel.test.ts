import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Gate } from '../gate.ts';
import { Listener } from '../listener.ts';
import { ControlRefusal } from '../travel/control.ts';
import { travelRoutes } from './travel.ts';

const gone: string[] = [];
let listener: Listener;
let gate: Gate;
before(async () => {
  listener = await Listener.open({
    port: 0,
    learner: 'me',
    log: () => {},
    gate: (port) => (gate = new Gate({ port, origins: [], cookieKey: 'k', launchSecret: 's' })),
    pages: () => (_request, response) => response.end(),
    upgrades: {},
    routes: () =>
      travelRoutes(() => ({
        plan: () => Promise.resolve(undefined),
        go: (to) => {
          gone.push(to);
          if (to === 'end:refused')
            return Promise.reject(new ControlRefusal('There is no room for a cluster.'));
          return Promise.resolve({ say: 'You are there.', ms: 1 });
        },
        arrivedAt: () => Promise.resolve(false),
        back: () => Promise.resolve(undefined),
        differences: () => Promise.resolve({ differences: [] }),
      })),
  });
});
after(() => listener.close());

function ask(
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const { cookies, key } = gate.admit({}, 's') ?? { cookies: [], key: '' };
  const cookie = cookies.map((each) => each.split(';')[0]).join('; ');
  const origin = `http://127.0.0.1:${listener.port}`;
  const to = new URL(path, origin).searchParams.get('to');
  return fetch(origin + path, {
    method,
    headers: {
      cookie,
      'x-meshproof-key': key,
      origin,
      'content-type': 'application/json',
      ...headers,
    },
    ...(method === 'POST' && { body: JSON.stringify({ to }) }),
  });
}

test('a journey goes where the page asks', async () => {
  const response = await ask('POST', '/lab/travel?to=end:load');
  assert.deepEqual(await response.json(), { say: 'You are there.', ms: 1 });
  assert.deepEqual(gone.splice(0), ['end:load']);
});

for (const [what, headers, status] of [
  ['no cookie', { cookie: '' }, 401],
  ['no key', { 'x-meshproof-key': '' }, 401],
  ['another origin', { origin: 'http://evil.example' }, 403],
] as const) {
  test(`${what} is ${status}, and nobody goes anywhere`, async () => {
    assert.equal((await ask('POST', '/lab/travel?to=end:load', { ...headers })).status, status);
    assert.deepEqual(gone, []);
  });
}

test('a step that the course does not have is 404, and what the engine refuses is said in its own words', async () => {
  for (const [method, path] of [
    ['GET', '/lab/travel?to=end:x'],
    ['POST', '/lab/travel/back'],
    ['POST', '/lab/travel/arrived?to=end:x'],
  ] as const)
    assert.equal((await ask(method, path)).status, 404, path);
  const refused = await ask('POST', '/lab/travel?to=end:refused');
  assert.equal(refused.status, 409);
  assert.match(await refused.text(), /There is no room for a cluster/);
});
