import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verdictWords } from '../check/verdict-words.ts';
import { footWords } from '../dock/foot-words.ts';
import { engineWords } from './engine-words.ts';
import { clockTime, duration, moment, stopwatch } from './time.ts';

const at = new Date(2026, 10, 24, 10, 31, 7).getTime();
const proven = { at, seen: '6 of 6 pods', engine: 'Embedded cluster', revisions: {} };

test('a check that is not yet so gives its reason', () => {
  const words = verdictWords({
    check: 'c',
    at,
    verdict: {
      state: 'waiting',
      because: '3 pods are older than the label.',
      hint: 'Restart them.',
    },
  });
  assert.deepEqual(words, {
    look: 'waiting',
    verdict: 'not yet',
    why: '3 pods are older than the label.',
    hint: 'Restart them.',
  });
});

test('a check that was proven and no longer is says when it was', () => {
  const { verdict, why } = verdictWords({
    check: 'c',
    at: at + 1,
    verdict: { state: 'waiting', because: 'One backend pod runs without a proxy.' },
    proven,
  });
  assert.equal(verdict, 'no longer');
  assert.equal(why, 'It was true at 10:31:07. One backend pod runs without a proxy.');
});

test('a proven check carries the time of its first proof', () => {
  const words = verdictWords({
    check: 'c',
    at: at + 60_000,
    verdict: { state: 'passed', seen: '6 of 6 pods.' },
    proven,
  });
  assert.deepEqual(words, {
    look: 'passed',
    verdict: 'proven 10:31:07',
    why: '6 of 6 pods.',
    hint: undefined,
  });
});

test('a check of receipts is seen, and claims no proof', () => {
  const words = verdictWords({ check: 'c', at, verdict: { state: 'seen', seen: 'It listed 7.' } });
  assert.deepEqual(words, {
    look: 'seen',
    verdict: 'seen 10:31:07',
    why: 'It listed 7.',
    hint: undefined,
  });
});

test('a check that broke is our fault and says so', () => {
  const { look, why } = verdictWords({
    check: 'c',
    at,
    verdict: { state: 'broken', error: 'no such overload' },
  });
  assert.equal(look, 'broken');
  assert.match(why, /our fault, not yours; your work is safe. It said: no such overload$/);
});

test('the bar names the engine, and that it is simulated', () => {
  const engine = {
    name: 'Embedded cluster',
    state: 'ready' as const,
    simulated: true,
    versions: { Kubernetes: '1.36.2' },
  };
  assert.deepEqual(engineWords('open', engine), {
    name: 'Embedded cluster',
    detail: 'simulated',
    full: true,
    hint: 'Embedded cluster, a simulated cluster, Kubernetes 1.36.2',
  });
  assert.equal(engineWords('open', { ...engine, state: 'none' }).name, 'No cluster yet');
  assert.equal(
    engineWords('open', { ...engine, state: 'starting', detail: 'nodes' }).detail,
    'nodes',
  );
  assert.equal(engineWords('absent', undefined).name, 'No lab');
});

test('the foot says how the line is, and that keys are not sent without one', () => {
  const facts = {
    lab: 'open' as const,
    terminal: 'open' as const,
    detail: '',
    latency: 3.4,
    offlineMs: 0,
    watchers: 0,
  };
  assert.deepEqual(footWords(facts), { line: 'connected, 3 ms', away: false });
  assert.deepEqual(footWords({ ...facts, terminal: 'offline', offlineMs: 12_300 }), {
    line: 'offline for 12 s; your shell goes on, keys are not sent',
    away: true,
  });
  assert.deepEqual(
    footWords({ ...facts, terminal: 'exited', detail: 'The shell ended with exit 0.' }),
    {
      line: 'The shell ended with exit 0.',
      away: true,
    },
  );
});

test('times are printed as the look wants them', () => {
  assert.equal(clockTime(at), '10:31:07');
  assert.equal(duration(412), '0.41 s');
  assert.equal(duration(14_230), '14.2 s');
  assert.equal(duration(125_000), '2 min 05 s');
  assert.equal(stopwatch(74_900), '01:14');
});

test('a moment of another day carries its date', () => {
  const noon = new Date(2026, 10, 24, 12).getTime();
  assert.equal(moment(at, noon), '10:31:07');
  assert.equal(moment(at, noon + 24 * 3_600_000), '24 November, 10:31');
});
