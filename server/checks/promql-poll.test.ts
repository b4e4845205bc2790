import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { ApiStatusError } from './api-server.ts';
import { PromqlPoll } from './promql-poll.ts';
import type { Reading } from './reading.ts';

/** No pause between questions. */
const AT_ONCE_MS = 0;

let poll: PromqlPoll | undefined;
afterEach(() => poll?.close());

/** Readings as they change, while the proxy answers in turn what `answers` says; the last one again and again. */
async function readings(count: number, answers: (() => unknown)[]): Promise<Reading[]> {
  const seen: Reading[] = [];
  let asked = 0;
  await new Promise<void>((resolve) => {
    const api = {
      json: <T>(path: string) => {
        assert.equal(
          path,
          '/api/v1/namespaces/istio-system/services/prometheus:9090/proxy/api/v1/query?query=up%20%3D%3D%201',
        );
        const answer = answers[Math.min(asked++, answers.length - 1)];
        return new Promise<T>((settle) => settle(answer?.() as T));
      },
    };
    poll = new PromqlPoll(
      api,
      'up == 1',
      () => {
        if (poll) seen.push(poll.reading);
        if (seen.length === count) resolve();
      },
      AT_ONCE_MS,
    );
  });
  return seen;
}

const vector = (...values: string[]) => ({
  status: 'success',
  data: {
    resultType: 'vector',
    result: values.map((value, at) => ({ metric: { job: `job-${at}` }, value: [1.5, value] })),
  },
});

test('a vector is a list of samples', async () => {
  assert.deepEqual(await readings(1, [() => vector('41.5', '+Inf')]), [
    {
      state: 'known',
      value: [
        { metric: { job: 'job-0' }, value: 41.5 },
        { metric: { job: 'job-1' }, value: Infinity },
      ],
    },
  ]);
});

test('a scalar is one sample without labels', async () => {
  const scalar = { status: 'success', data: { resultType: 'scalar', result: [1.5, '2'] } };
  assert.deepEqual(await readings(1, [() => scalar]), [
    { state: 'known', value: [{ metric: {}, value: 2 }] },
  ]);
});

test('no Prometheus is null until there is one', async () => {
  const seen = await readings(2, [
    () => {
      throw new ApiStatusError(404, 'services "prometheus" not found');
    },
    () => {
      throw new ApiStatusError(503, 'no endpoints available for service "prometheus"');
    },
    () => vector('1'),
  ]);
  assert.deepEqual(seen[0], { state: 'known', value: null });
  assert.deepEqual(seen[1], {
    state: 'known',
    value: [{ metric: { job: 'job-0' }, value: 1 }],
  });
});

test('an answer that stays the same is told once', async () => {
  const seen = await readings(2, [() => vector('1'), () => vector('1'), () => vector('2')]);
  assert.deepEqual(seen.at(-1), {
    state: 'known',
    value: [{ metric: { job: 'job-0' }, value: 2 }],
  });
});

test('a query that Prometheus refuses is our fault, in its words', async () => {
  const body = JSON.stringify({
    status: 'error',
    errorType: 'bad_data',
    error: 'invalid parameter "query": 1:4: parse error: unexpected end of input',
  });
  const seen = await readings(1, [
    () => {
      throw new ApiStatusError(400, '400 for /api/v1', body);
    },
  ]);
  assert.deepEqual(seen[0], {
    state: 'broken',
    error:
      'Prometheus refuses the query: invalid parameter "query": 1:4: parse error: unexpected end of input',
  });
});

test('a query with a range is our fault, too', async () => {
  const matrix = { status: 'success', data: { resultType: 'matrix', result: [] } };
  assert.deepEqual(await readings(1, [() => matrix]), [
    {
      state: 'broken',
      error: 'The query answers with a matrix; a condition needs a vector or a scalar.',
    },
  ]);
});
