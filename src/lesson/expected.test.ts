import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fits, masked, merged } from './expected.ts';

test('names, addresses and ages that never come twice are masked, and columns keep their width', () => {
  const run = [
    'NAME                       READY   STATUS    RESTARTS   AGE   IP',
    'backend-7c9d8f6b5-x2x9k    2/2     Running   0          9s    10.244.0.7',
  ].join('\n');
  assert.equal(
    masked(run),
    [
      'NAME                       READY   STATUS    RESTARTS   AGE   IP',
      'backend-...                2/2     Running   0          ...   ...',
    ].join('\n'),
  );
});

test('words and exit codes stay as they are', () => {
  assert.equal(
    masked('deployment.apps/load-generator created\n'),
    'deployment.apps/load-generator created',
  );
});

test('a run fits what is expected when only masked parts and the width of columns differ', () => {
  const expected = 'NAME      AGE\nbackend-...   ...\n...\ndone';
  assert.ok(fits(expected, 'NAME   AGE\nbackend-x   9s\nmore\nand more\ndone'));
  assert.ok(fits(expected, 'NAME   AGE\nbackend-x   9s\ndone'));
  assert.ok(!fits(expected, 'NAME   AGE\nfrontend-x   9s\ndone'));
  assert.ok(!fits(expected, 'NAME   AGE\nbackend-x   9s\ndone\nand not done'));
});

test('a dot in an expected output is a dot', () => {
  assert.ok(!fits('v1.30', 'v1x30'));
});

test('two runs that differ in a word agree with both', () => {
  const both = merged('answers 17 of 20\nlast', 'answers 18 of 20\nlast');
  assert.equal(both, 'answers ... of 20\nlast');
  assert.ok(fits(both, 'answers 18 of 20\nlast'));
});

test('two runs of which one has more lines agree with both', () => {
  const first = 'begin\nodd\nend';
  const second = 'begin\nother\nmore\nend';
  const both = merged(first, second);
  assert.equal(both, 'begin\n...\nend');
  assert.ok(fits(both, first) && fits(both, second));
});

test('of a label and a number that changes, the label stays', () => {
  assert.equal(
    merged('pod:a response_code:200 1.5', 'pod:a response_code:503 1.5'),
    'pod:a response_code:... 1.5',
  );
});

test('a long output loses its middle, never its end', () => {
  const lines = Array.from({ length: 100 }, (_, at) => `row number ${at}`);
  const shown = masked(lines.join('\n')).split('\n');
  assert.equal(shown.length, 40);
  assert.equal(shown[27], '...');
  assert.equal(shown.at(-1), 'row number 99');
  assert.ok(fits(shown.join('\n'), masked(lines.join('\n'))));
});

test('a pod on its way is not held to where it was', () => {
  const table = (state: string) =>
    `NAME   READY   STATUS   RESTARTS   AGE\nbackend   ${state}   0   1s`;
  const recorded = masked(table('1/1   Running'));
  assert.match(recorded, /Running/);
  assert.ok(fits(recorded, masked(table('0/1   ContainerCreating'))));
  assert.ok(!fits(recorded, masked(table('0/1   CrashLoopBackOff'))));
});

test('what was measured is masked, and what it was measured of stays', () => {
  assert.equal(masked('Code 200 : 147 (73.5 %)'), 'Code 200 : ...');
  assert.equal(
    masked('0.74163504 destination_workload:frontend'),
    '...        destination_workload:frontend'.replace(/ +/, ' '),
  );
});

test('of a log, one line more of the same is no difference, and another line is', () => {
  assert.ok(fits('200 ...\n200 ...', '200 0.01\n200 0.02\n200 0.01'));
  assert.ok(fits('/balance 200', masked('[notice] 1#1: start worker\n/balance 200')));
  assert.ok(!fits('200 ...\n200 ...', '200 0.01\n500 0.02'));
});
