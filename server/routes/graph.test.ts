import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { GraphQuestion } from '../../protocol/graph.ts';
import { Gate } from '../gate.ts';
import { Listener } from '../listener.ts';
import { graphRoutes } from './graph.ts';

const asked: GraphQuestion[] = [];
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
      graphRoutes(
        {
          ask: async (question) => {
            asked.push(question);
            return { state: 'no kiali' };
          },
        },
        { entrance: () => 'http://kiali-x.localhost/enter?code=y' },
      ),
  });
});
after(() => listener.close());

function ask(query: string, headers: Record<string, string> = {}): Promise<Response> {
  const { cookies, key } = gate.admit({}, 's') ?? { cookies: [], key: '' };
  const cookie = cookies.map((each) => each.split(';')[0]).join('; ');
  return fetch(`http://127.0.0.1:${listener.port}/lab/graph?${query}`, {
    headers: { cookie, 'x-meshproof-key': key, ...headers },
  });
}

test('a page’s question reaches the source, and its answer the page', async () => {
  const response = await ask('namespaces=default,shop&seconds=30&at=5000');
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { state: 'no kiali' });
  assert.deepEqual(asked.splice(0), [{ namespaces: ['default', 'shop'], seconds: 30, at: 5_000 }]);
});

for (const [what, query, headers, status] of [
  ['no question', 'namespaces=../secrets', {}, 400],
  ['no cookie', 'namespaces=default', { cookie: '' }, 401],
  ['no key', 'namespaces=default', { 'x-meshproof-key': '' }, 401],
  ['another origin', 'namespaces=default', { origin: 'http://evil.example' }, 403],
] as const) {
  test(`${what} is ${status}, and the cluster hears of nothing`, async () => {
    assert.equal((await ask(query, { ...headers })).status, status);
    assert.deepEqual(asked, []);
  });
}
