import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gate } from './gate.ts';

const options = {
  port: 4747,
  origins: ['https://lab.example.com'],
  cookieKey: 'key of this home',
  launchSecret: 'launch-secret',
};
const gate = new Gate(options);

for (const [host, answers] of [
  ['127.0.0.1:4747', true],
  ['localhost:4747', true],
  ['[::1]:4747', true],
  ['lab.example.com', true],
  ['127.0.0.1', false],
  ['127.0.0.1:4748', false],
  ['localhost', false],
  ['evil.example:4747', false],
  ['localhost.evil.example:4747', false],
  ['127.0.0.1:4747.evil.example', false],
  [undefined, false],
] as const) {
  test(`Host ${host} is ${answers ? 'answered' : 'refused'}`, () => {
    assert.equal(gate.refusesHost({ host }), answers ? undefined : 'LAB_HOST');
  });
}

for (const [origin, may] of [
  ['http://127.0.0.1:4747', true],
  ['http://localhost:4747', true],
  ['https://lab.example.com', true],
  ['http://lab.example.com', false],
  ['https://127.0.0.1:4747', false],
  ['http://127.0.0.1:4000', false],
  ['http://127.0.0.1', false],
  ['http://127.0.0.1:47470', false],
  ['http://127.0.0.1.evil.example:4747', false],
  ['http://evil.example', false],
  ['null', false],
  ['', false],
] as const) {
  test(`pages of ${origin || 'an empty origin'} ${may ? 'may ask' : 'are refused'}`, () => {
    assert.equal(gate.refusesOrigin({ origin }, true), may ? undefined : 'LAB_ORIGIN');
    assert.equal(gate.refusesOrigin({ origin }, false), may ? undefined : 'LAB_ORIGIN');
  });
}

test('without an origin one may look, not change', () => {
  assert.equal(gate.refusesOrigin({}, false), undefined);
  assert.equal(gate.refusesOrigin({}, true), 'LAB_ORIGIN');
});

test('a browser’s word on who asks counts, too', () => {
  const from = (site: string) => ({ origin: 'http://127.0.0.1:4747', 'sec-fetch-site': site });
  assert.equal(gate.refusesOrigin(from('same-origin'), true), undefined);
  assert.equal(gate.refusesOrigin(from('same-site'), true), 'LAB_ORIGIN');
  assert.equal(gate.refusesOrigin(from('cross-site'), false), 'LAB_ORIGIN');
  assert.equal(gate.refusesOrigin({ 'sec-fetch-site': 'none' }, false), undefined);
});

test('a browser needs its cookie and its key, and both of the same admission', () => {
  const admitted = gate.admit({}, 'launch-secret');
  assert.ok(admitted);
  const [cookie = ''] = admitted.cookies;
  assert.match(
    cookie,
    /^meshproof-4747-[\w-]{8}=[\w-]{22}\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
  );
  const headers = { cookie: `other=1; ${cookie.split(';')[0]}; x=y` };
  const browser = gate.browser(headers, admitted.key);
  assert.match(browser ?? '', /^[\w-]{22}$/);
  assert.equal(gate.browser(headers, undefined), undefined);
  assert.equal(gate.browser(headers, 'guess'), undefined);
  assert.equal(gate.browser({}, admitted.key), undefined);

  const other = gate.admit({}, 'launch-secret');
  assert.notEqual(other?.key, admitted.key);
  assert.equal(gate.browser(headers, other?.key), undefined);
  assert.equal(
    gate.admit(headers, 'launch-secret')?.key,
    admitted.key,
    'a known browser stays the same',
  );
});

test('a forged cookie is nobody’s', () => {
  const admitted = gate.admit({}, 'launch-secret');
  const [pair = ''] = (admitted?.cookies[0] ?? '').split(';');
  const forged = pair.replace(/=./, (text) => (text === '=A' ? '=B' : '=A'));
  assert.equal(gate.browser({ cookie: forged }, admitted?.key), undefined);
});

test('cookies outlive a start, and mean nothing in another home or at another port', () => {
  const admitted = gate.admit({}, 'launch-secret');
  const headers = { cookie: (admitted?.cookies[0] ?? '').split(';')[0] };
  assert.ok(new Gate({ ...options, launchSecret: 'next' }).browser(headers, admitted?.key));
  for (const other of [{ cookieKey: 'another home' }, { port: 4748 }]) {
    assert.equal(new Gate({ ...options, ...other }).browser(headers, admitted?.key), undefined);
  }
});

test('a wrong secret opens nothing', () => {
  for (const secret of ['', 'launch-secre', 'launch-secret ', 'LAUNCH-SECRET']) {
    assert.equal(gate.admit({}, secret), undefined);
  }
});

test('a one-time code opens one browser, soon', () => {
  let now = 0;
  const timed = new Gate({ ...options, now: () => now });
  timed.allowOnce('code');
  timed.allowOnce('late');
  assert.ok(timed.admit({}, 'code'));
  assert.equal(timed.admit({}, 'code'), undefined);
  now = 60_001;
  assert.equal(timed.admit({}, 'late'), undefined);
});
