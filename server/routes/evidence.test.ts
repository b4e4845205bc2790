import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Gate } from '../gate.ts';
import { Listener } from '../listener.ts';
import { evidenceRoutes } from './evidence.ts';

const files = new Map<string, string>();
const forgotten: string[] = [];
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
      evidenceRoutes(
        (learner, measure) => {
          forgotten.push(`${learner} ${measure}`);
          return true;
        },
        () => ({
          read: async (name) => files.get(name) ?? null,
          write: async (name, text) => {
            files.set(name, text);
            return `business-case/${name}`;
          },
        }),
      ),
  });
});
after(() => listener.close());

function ask(method: string, path: string, body?: unknown, headers = {}): Promise<Response> {
  const { cookies, key } = gate.admit({}, 's') ?? { cookies: [], key: '' };
  const cookie = cookies.map((each) => each.split(';')[0]).join('; ');
  return fetch(`http://127.0.0.1:${listener.port}${path}`, {
    method,
    headers: {
      cookie,
      origin: `http://127.0.0.1:${listener.port}`,
      'x-meshproof-key': key,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

test('a page writes a file of the case and reads it again', async () => {
  const written = await ask('PUT', '/lab/business-case/board-memo.md', { text: '# Memo\n' });
  assert.deepEqual(await written.json(), { path: 'business-case/board-memo.md' });
  const read = await ask('GET', '/lab/business-case/board-memo.md');
  assert.deepEqual(await read.json(), { text: '# Memo\n' });
  assert.deepEqual(await (await ask('GET', '/lab/business-case/workbook.csv')).json(), {
    text: null,
  });
});

test('a measurement is forgotten by its name', async () => {
  assert.equal((await ask('DELETE', '/lab/evidence/failed-requests')).status, 200);
  assert.deepEqual(forgotten.splice(0), ['me failed-requests']);
});

for (const [what, path, body, headers, status] of [
  ['another name', '/lab/business-case/notes.md', { text: 'x' }, {}, 404],
  ['a way out of the folder', '/lab/business-case/..%2Fkubeconfig', { text: 'x' }, {}, 404],
  ['no text', '/lab/business-case/workbook.csv', { texts: 'x' }, {}, 400],
  ['too much text', '/lab/business-case/workbook.csv', { text: 'x'.repeat(65_536) }, {}, 413],
  ['no key', '/lab/business-case/workbook.csv', { text: 'x' }, { 'x-meshproof-key': '' }, 401],
  [
    'another origin',
    '/lab/business-case/workbook.csv',
    { text: 'x' },
    { origin: 'http://evil.example' },
    403,
  ],
] as const) {
  test(`T24: ${what} is ${status}, and nothing is written`, async () => {
    files.clear();
    assert.equal((await ask('PUT', path, body, headers)).status, status);
    assert.equal(files.size, 0);
  });
}
